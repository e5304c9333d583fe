import { SourceFault } from "../model/place.ts";
import type { ContentStore } from "../model/source.ts";

/** Rejects where the store has no room for so many more bytes: better before they come than when the disk is full. */
export async function demandSpace(bytes: number, store: ContentStore): Promise<void> {
  const free = await store.freeBytes();
  if (bytes <= free) return;
  throw new SourceFault(
    "source/no-space",
    `the model needs ${wordBytes(bytes)}, and the cache folder has room for ${wordBytes(free)}`,
    "type `mlpackage cache gc` to remove what is not in use, or set `MLPACKAGE_CACHE_DIR` to a folder on another disk",
  );
}

function wordBytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
