import type { Evaluation } from "../../src/plan/evaluate-step.ts";
import { always, createMemoryCache } from "./memory-cache.ts";

/** A world in which nothing has run yet, and nothing is ever missing. */
export function makeEvaluation(change: Partial<Evaluation> = {}): Evaluation {
  return {
    cacheOf: always(createMemoryCache()),
    lastFingerprint: () => undefined,
    lastFailure: () => undefined,
    kindVersion: () => 1,
    foresee: async () => undefined,
    findMissing: async () => undefined,
    force: false,
    ...change,
  };
}
