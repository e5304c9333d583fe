import type { Cache } from "../model/cache.ts";

/** Remembers nothing. */
export const noCache: Cache = {
  get: async () => undefined,
  put: async () => {},
};
