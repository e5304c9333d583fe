import type { Opened } from "./importer.ts";

/** The first of these that no file beside the other tool's has; what is there is never replaced. */
export async function freeName(
  { directory, folder, files }: Opened,
  names: readonly string[],
): Promise<string> {
  for (const name of names)
    if ((await files.status(`${directory}/${folder}/${name}`)) === undefined) return name;
  return names.at(-1) ?? "";
}
