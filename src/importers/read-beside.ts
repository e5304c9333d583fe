import type { SourceFile } from "../model/text-range.ts";
import type { Opened } from "./importer.ts";

/** More than any file that is read besides: a requirements file, a script, an environment. */
const LARGEST = 1_000_000;

/** The text of a file of the package; undefined where it is none that can be read whole. */
export async function readBeside(
  { directory, files }: Pick<Opened, "directory" | "files">,
  path: string,
): Promise<SourceFile | undefined> {
  const status = await files.status(`${directory}/${path}`);
  if (status?.type !== "file" || status.size > LARGEST) return undefined;
  return { path, text: await files.readText(`${directory}/${path}`) };
}
