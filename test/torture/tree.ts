import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import path from "node:path";
import type { Difference } from "./tool.ts";

/** Relative path → type, mode and content of each file and link below a folder; empty for a folder that is not there. */
export async function readTree(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const name of await listFiles(folder)) {
    const place = path.join(folder, name);
    const status = await lstat(place);
    const content = status.isSymbolicLink() ? await readlink(place) : await readFile(place);
    const digest = createHash("sha256").update(content).digest("hex");
    found.set(
      name,
      `${status.isSymbolicLink() ? "link" : "file"} ${(status.mode & 0o777).toString(8)} ${digest}`,
    );
  }
  return found;
}

/** Relative paths of all files and links below a folder, in order. */
export async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** The worst that can be said of a tree. */
export function compareTrees(
  made: ReadonlyMap<string, string>,
  right: ReadonlyMap<string, string>,
): Difference {
  const shared = [...right].filter(([name]) => made.has(name));
  if (shared.some(([name, content]) => made.get(name) !== content)) return "wrong";
  if (shared.length < right.size) return "missing";
  return made.size > right.size ? "left" : "right";
}
