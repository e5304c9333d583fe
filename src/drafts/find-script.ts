import type { Files } from "../model/host.ts";
import type { Survey } from "./survey-folder.ts";

const LARGEST = 1_000_000;
const MOST_READ = 500;

/** The scripts that a server can be given, the likeliest first: those called `score.py` and then those that lie higher. */
export async function findScripts(
  directory: string,
  { scripts }: Survey,
  files: Files,
): Promise<readonly string[]> {
  const sorted = [...scripts.filter(isScore), ...scripts.filter((path) => !isScore(path))];
  const found: string[] = [];
  for (const path of sorted.slice(0, MOST_READ)) {
    if (await defines(`${directory}/${path}`, files)) found.push(path);
  }
  return found;
}

function isScore(path: string): boolean {
  return path === "score.py" || path.endsWith("/score.py");
}

/** Both functions, in so many words: a module that imports something called `run` is no script for that. */
async function defines(place: string, files: Files): Promise<boolean> {
  try {
    const status = await files.status(place);
    if (status?.type !== "file" || status.size > LARGEST) return false;
    const text = await files.readText(place);
    return /^def init\b/m.test(text) && /^(?:async )?def run\b/m.test(text);
  } catch {
    return false;
  }
}
