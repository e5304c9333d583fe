import { clockSetBack, filesOfTheFuture } from "./clock.ts";
import { fullCacheDisk, fullPackageDisk } from "./full-disk.ts";
import { killed } from "./killed.ts";
import { newerStore } from "./newer-store.ts";
import { readOnlyStore } from "./read-only.ts";
import { SHARED_CACHE_TRIALS } from "./shared-cache.ts";
import { manyCaches, manyFolders, sameFolder } from "./together.ts";
import type { Trial } from "./trial.ts";

/** Beyond the matrix: what no other tool is asked. */
export const TRIALS: readonly Trial[] = [
  sameFolder,
  manyFolders,
  manyCaches,
  fullCacheDisk,
  fullPackageDisk,
  readOnlyStore,
  clockSetBack,
  filesOfTheFuture,
  newerStore,
  ...SHARED_CACHE_TRIALS,
  killed,
];
