import type { Opened } from "./importer.ts";
import { readBeside } from "./read-beside.ts";

/**
 * The first of these that no file beside the other tool's has, or one that says the same: it was made before. What is
 * there is never replaced.
 */
export async function freeName(opened: Opened, names: readonly string[], text: string): Promise<string> {
  const { directory, folder, files } = opened;
  for (const name of names) {
    const isThere = (await files.status(`${directory}/${folder}/${name}`)) !== undefined;
    if (!isThere || (await readBeside(opened, `${folder}/${name}`))?.text === text) return name;
  }
  return names.at(-1) ?? "";
}
