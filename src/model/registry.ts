import type { Digest } from "./digest.ts";
import type { NetworkResponse } from "./host.ts";
import type { Descriptor } from "./image.ts";

/** What `docker login` keeps for a registry. A token stands in for both where the registry gave one. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string };

export type Blob = {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
};

/** The bytes of a blob, from any place in it and as often as they are asked for. */
export type BlobContent = Blob & { readonly chunks: (start?: number) => AsyncIterable<Uint8Array> };

/** The bytes of a blob from `start` on, up to and without `end`. */
export type BlobSpan = { readonly start: number; readonly end?: number };

/** A manifest that names another as its subject, as lists of such have it. */
export type Referrer = Descriptor & { readonly artifactType: string };

/**
 * One repository of a registry (OCI distribution specification 1.1). What it answers is to be checked by who asks.
 * Rejects with a `RegistryError` where the registry refuses, with a `NetworkError` where there is no answer; what may
 * pass has been tried again by then.
 */
export interface Repository {
  /** `registry.example.com/team/cache`. */
  readonly name: string;
  /** The size of a blob, in bytes; undefined where there is none. */
  findBlob(digest: Digest, signal: AbortSignal): Promise<number | undefined>;
  /** The bytes of a blob, checked against its digest at their end; undefined where there is none. */
  readBlob(digest: Digest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined>;
  /**
   * Sends one request for a blob, or for a span of it, which is tried no second time; the answer is a 200 or a 206, and
   * is checked by nobody. Rejects with a `Refusal` of `model/place.ts`, or a `NetworkError`.
   */
  openBlob(digest: Digest, span: BlobSpan | undefined, signal: AbortSignal): Promise<NetworkResponse>;
  /** Sends a blob, in chunks where it is large. `onSent` is told how many bytes the registry has so far. */
  writeBlob(content: BlobContent, signal: AbortSignal, onSent?: (bytes: number) => void): Promise<void>;
  /** Takes a blob over from another repository of the same registry, called by its path; false where that is refused. */
  mountBlob(digest: Digest, from: string, signal: AbortSignal): Promise<boolean>;
  /** The digest of the manifest under a tag or a digest; undefined where there is none. */
  findManifest(reference: string, signal: AbortSignal): Promise<Digest | undefined>;
  /** The text of a manifest under a tag or a digest; undefined where there is none. */
  readManifest(reference: string, signal: AbortSignal): Promise<string | undefined>;
  /** Puts a manifest under a tag, in the place of one there may be, or under its digest; all that it names must be there. */
  writeManifest(reference: string, mediaType: string, text: string, signal: AbortSignal): Promise<void>;
  /** All that names a manifest as its subject, as far as the registry, or a list kept under a tag, tells. */
  listReferrers(subject: Digest, signal: AbortSignal): Promise<readonly Referrer[]>;
  /**
   * Puts manifests that name a subject, each under its digest, and sees to it that they are listed; where the registry
   * keeps no such list, under the tag that the specification says.
   */
  writeReferrers(subject: Digest, referrers: readonly WrittenReferrer[], signal: AbortSignal): Promise<void>;
}

export type WrittenReferrer = Referrer & { readonly text: string };

/** Repositories that blobs were seen in, by this machine: where one may be taken over from, and need not be sent. */
export interface BlobLocations {
  /** `registry.example.com/team/diabetes`, the latest first. */
  find(digest: Digest): Promise<readonly string[]>;
  note(digest: Digest, repository: string): Promise<void>;
}

/**
 * Uploads to one repository that this machine has begun, so that a later process may go on with them. Their addresses
 * may let whoever knows them go on as well: none is for a log.
 */
export interface UploadSessions {
  /** Where the upload of a blob goes on. It is a hint: the registry may have forgotten it, or another have written it. */
  find(digest: Digest): Promise<string | undefined>;
  note(digest: Digest, place: string): Promise<void>;
  forget(digest: Digest): Promise<void>;
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

/** What to do after a registry answered with a status. */
export function hintAfter(status: number, registry: string): string {
  if (status === 401 || status === 403) return `type \`docker login ${registry}\` if it is not public`;
  if (status === 404) return "the registry has lost a part of it: push it again";
  if (status === 429) return "the limit on requests is reached: apply again later";
  return status >= 500 ? "the registry has a problem: apply again later" : "ask whoever runs the registry";
}
