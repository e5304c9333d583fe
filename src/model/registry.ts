import type { Digest } from "./digest.ts";

/** What `docker login` keeps for a registry. A token stands in for both where the registry gave one. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string };

export type Blob = {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
};

/** The bytes of a blob, which may be asked for more than once. */
export type BlobContent = Blob & { readonly chunks: () => AsyncIterable<Uint8Array> };

/**
 * One repository of a registry (OCI distribution specification 1.1). What it answers is to be checked by who asks.
 * Rejects with a `RegistryError` where the registry refuses, with a `NetworkError` where there is no answer.
 */
export interface Repository {
  /** `registry.example.com/team/cache`. */
  readonly name: string;
  /** The size of a blob, in bytes; undefined where there is none. */
  findBlob(digest: Digest, signal: AbortSignal): Promise<number | undefined>;
  readBlob(digest: Digest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined>;
  writeBlob(content: BlobContent, signal: AbortSignal): Promise<void>;
  /** The text of a manifest under a tag or a digest; undefined where there is none. */
  readManifest(reference: string, signal: AbortSignal): Promise<string | undefined>;
  /** Puts a manifest under a tag, in the place of one there may be; all that it names must be there. */
  writeManifest(tag: string, mediaType: string, text: string, signal: AbortSignal): Promise<void>;
}

/** What a registry said no with. The message has no credential in it. */
export class RegistryError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "RegistryError";
    this.status = status;
  }
}
