import type { Digest } from "./digest.ts";
import type { StepOutput } from "./outcome.ts";

/** A record found under a key. Looking and touching are two acts: nothing is restored until it is asked for. */
export interface CacheHit {
  readonly output: StepOutput;
}

/** Outputs of steps by key. A record is used only by who checks that what it points to is there. */
export interface Cache {
  get(key: Digest): Promise<CacheHit | undefined>;
  put(key: Digest, output: StepOutput): Promise<void>;
}
