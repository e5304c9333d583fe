import type { Cache } from "../../src/model/cache.ts";
import type { StepOutput } from "../../src/model/outcome.ts";

/** A cache for one test. */
export function createMemoryCache(): Cache {
  const outputs = new Map<string, StepOutput>();
  return {
    get: async (key) => {
      const output = outputs.get(key);
      return output === undefined ? "absent" : { output, restore: async () => true };
    },
    put: async (key, output) => void outputs.set(key, output),
  };
}

/** The same for everybody who asks. */
export function always<T>(value: T): () => T {
  return () => value;
}
