import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";

/** Files of steps that are over, and of contents that never came to their end: there are none in a cache that nobody works with. */
export async function filesLeft(cacheDirectory: string): Promise<readonly string[]> {
  const left: string[] = [];
  for (const folder of ["work", "incoming"]) {
    const place = path.join(cacheDirectory, folder);
    if (!existsSync(place)) continue;
    const entries = await readdir(place, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((one) => one.isFile()))
      left.push(path.join(entry.parentPath, entry.name));
  }
  return left;
}
