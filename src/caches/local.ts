import path from "node:path";
import type { Cache } from "../model/cache.ts";
import type { Digest } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import { isStepOutput, type StepOutput } from "../model/outcome.ts";

/** Records of finished steps in a folder of this machine, one file a key: `steps/<two digits>/<digest>.json`. */
export function createLocalCache(directory: string, files: Files): Cache {
  const recordPath = (key: Digest): string => {
    const hexadecimal = key.slice("sha256:".length);
    return path.join(directory, "steps", hexadecimal.slice(0, 2), `${hexadecimal}.json`);
  };
  return {
    async get(key) {
      const record = recordPath(key);
      if ((await files.status(record)) === undefined) return undefined;
      try {
        const { key: recordedKey, output } = JSON.parse(await files.readText(record)) as Partial<CacheRecord>;
        return recordedKey === key && isStepOutput(output) ? { output } : undefined;
      } catch {
        // Cut short or damaged: the step runs again and writes it anew.
        return undefined;
      }
    },
    put: (key, output) =>
      files.writeAtomically(recordPath(key), JSON.stringify({ key, output } satisfies CacheRecord)),
  };
}

type CacheRecord = { readonly key: Digest; readonly output: StepOutput };
