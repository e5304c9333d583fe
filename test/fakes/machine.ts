import { createContentStore } from "../../src/caches/content-store.ts";
import { createLocalCache } from "../../src/caches/local.ts";
import { createSharedCache, type SharedCacheOptions } from "../../src/caches/shared/shared-cache.ts";
import type { SharedPlace } from "../../src/caches/shared/shared-place.ts";
import type { Cache, CacheHit } from "../../src/model/cache.ts";
import type { Diagnostic } from "../../src/model/diagnostic.ts";
import { type Digest, digestOf } from "../../src/model/digest.ts";
import type { StepOutput } from "../../src/model/outcome.ts";
import { makeHost } from "./host.ts";
import { makeFolder } from "./temporary-folder.ts";

/** Not long for a test to wait, and long enough for a busy machine to answer. */
export const SHORT_PATIENCE_MS = { answer: 100, idle: 250, upload: 150 };

/** For what must not be given up. */
export const LONG_PATIENCE_MS = { answer: 60_000, idle: 60_000, upload: 60_000 };

/** A machine of somebody's: a cache and a store of its own, and a shared cache behind them. */
export function makeMachine(place: SharedPlace, more: Partial<SharedCacheOptions> = {}) {
  const { files, clock } = makeHost();
  const folder = makeFolder();
  const [local, store] = [createLocalCache(folder, files), createContentStore(folder, files)];
  const warnings: Diagnostic[] = [];
  const cache = createSharedCache({
    local,
    place,
    store,
    files,
    clock,
    isWritten: false,
    trustedKeys: [],
    warn: (diagnostic) => warnings.push(diagnostic),
    signal: new AbortController().signal,
    ...more,
  });
  /** Makes an output of these files, as a step would. */
  const make = async (key: Digest, contents: Readonly<Record<string, string>>): Promise<StepOutput> => {
    const made = await Promise.all(
      Object.entries(contents).map(async ([path, text]) => {
        const { digest, size } = await store.write(once(text));
        return { path, digest, size, mode: 0o644 };
      }),
    );
    const output = { digest: digestOf(JSON.stringify(made)), files: made, values: { made: "here" } };
    await cache.put(key, output);
    await cache.finish();
    return output;
  };
  return { cache, local, store, make, warnings, codes: () => warnings.map(({ code }) => code) };
}

/** The record that must be there. */
export async function hitOf(cache: Cache, key: Digest): Promise<CacheHit> {
  const found = await cache.get(key);
  if (typeof found === "string") throw new Error(`the record is ${found}`);
  return found;
}

export async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
