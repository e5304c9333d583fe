import type { Tree } from "./pins.ts";

/** What makes one tree another: paths to write, new ones among them, and paths that are gone. Both sorted. */
export type TreeChange = { readonly written: readonly string[]; readonly removed: readonly string[] };

export function compareTrees(before: Tree, after: Tree): TreeChange {
  return {
    written: Object.keys(after)
      .filter((path) => before[path] !== after[path])
      .sort(),
    removed: Object.keys(before)
      .filter((path) => !Object.hasOwn(after, path))
      .sort(),
  };
}
