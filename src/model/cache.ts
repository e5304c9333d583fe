import type { Digest } from "./digest.ts";
import type { StepOutput } from "./outcome.ts";

/**
 * A record found under a key. Looking and touching are two acts: what another machine made is brought here only when
 * it is asked for.
 */
export interface CacheHit {
  readonly output: StepOutput;
  /** Where the record was found, if not on this machine: worded for a message, never with a credential. */
  readonly from?: string;
  /** Brings every file of the output into the store, each byte checked; false where it cannot be had whole. */
  restore(): Promise<boolean>;
}

/** Why there is no record: there is none, or the one there was damaged and has been put aside. */
export type CacheMiss = "absent" | "damaged";

/** Outputs of steps by key. A record is used only by who checks that what it points to is there. */
export interface Cache {
  get(key: Digest): Promise<CacheHit | CacheMiss>;
  put(key: Digest, output: StepOutput): Promise<void>;
}
