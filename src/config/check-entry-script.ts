import type { Files } from "../model/host.ts";
import type { FoundPath, PathWording } from "./input-paths.ts";
import { mayDefine } from "./python-names.ts";

const maximumSize = 1_000_000;

/** The server imports the script and calls these two; a script without them would end the container at once. */
const wanted = ["init", "run"];

export async function checkEntryScript(script: FoundPath, files: Files): Promise<readonly PathWording[]> {
  if (script.status.size > maximumSize) return [];
  const source = await files.readText(script.absolute);
  const missing = wanted.filter((name) => !mayDefine(source, name));
  if (missing.length === 0) return [];
  const names = missing.length === 1 ? `no \`${missing[0]}\`` : "neither `init` nor `run`";
  const hint = "add `def init():`, called once at the start, and `def run(data):`, called for each request";
  return [["config/missing-function", `the entry script \`${script.path}\` defines ${names}`, hint]];
}
