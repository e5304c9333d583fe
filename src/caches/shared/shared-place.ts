import type { Digest } from "../../model/digest.ts";

/** `ac` has records by key, `cas` contents by their own digest: the words of Bazel's remote caches. */
export type SharedKind = "ac" | "cas";

export type SharedContent = {
  /** In bytes. */
  readonly size: number;
  readonly chunks: () => AsyncIterable<Uint8Array>;
  /** Of a record: the contents it names, for places that would else take them for garbage. */
  readonly names?: readonly { readonly digest: Digest; readonly size: number }[];
};

/**
 * Where machines share what they made. Nothing in it is to be believed, and all of it may be gone or never answer:
 * who asks checks, and waits only so long. Rejects with a `SharedPlaceFault`; bodies do so too.
 */
export interface SharedPlace {
  /** Where it is, worded for a message: without a credential. */
  readonly name: string;
  /** The bytes under a digest; undefined where there are none. */
  read(kind: SharedKind, digest: Digest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Whether there is a content of that digest, and of that size as far as the place can tell. */
  has(digest: Digest, size: number, signal: AbortSignal): Promise<boolean>;
  /** Puts bytes under a digest, whole or not at all; the last who writes counts. */
  write(kind: SharedKind, digest: Digest, content: SharedContent, signal: AbortSignal): Promise<void>;
}

/** The place is out of reach, or does not do what it should; the message has no credential in it. */
export class SharedPlaceFault extends Error {
  /** For how long it was waited for in vain, in milliseconds. */
  readonly waitedMs: number;
  constructor(message: string, waitedMs = 0) {
    super(message);
    this.name = "SharedPlaceFault";
    this.waitedMs = waitedMs;
  }
}
