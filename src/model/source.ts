import type { Digest } from "./digest.ts";
import type { Host } from "./host.ts";
import type { Result } from "./result.ts";
import type { Serializable } from "./serializable.ts";

/** A file as the cache and the image know it. `mode` is 0o644 or 0o755. */
export type PinnedFile = {
  /** Relative path with forward slashes. */
  readonly path: string;
  readonly size: number;
  readonly digest: Digest;
};

/**
 * An immutable identity of a model's content, as data.
 * `files` is there when the content can be known without fetching it.
 */
export type Pin = {
  readonly scheme: string;
  readonly identity: Readonly<Record<string, Serializable>>;
  /** The names of the files the content will have, relative to the model's folder. */
  readonly paths: readonly string[];
};

/** A reference in the configuration, as its source reads it. */
export type SourceReference = {
  readonly source: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly sha256?: string;
};

/** A file of a model, and where its bytes lie now: absolute, inside the package or in the store. */
export type FetchedFile = PinnedFile & { readonly location: string };

export type SourceContext = {
  readonly host: Host;
  /** The package's folder, absolute. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Where a source that downloads puts a file under its digest; gives back the place in the store. */
  readonly store: ContentStore;
  readonly onProgress: (progress: { readonly bytes: number; readonly totalBytes?: number }) => void;
};

/** Content by digest. */
export interface ContentStore {
  /** The absolute path of a blob that is there with the right size, else undefined. */
  find(digest: Digest, size: number): Promise<string | undefined>;
  /** Takes a stream of bytes in whole or not at all: a blob appears under its digest only when it is complete. */
  write(chunks: AsyncIterable<Uint8Array>): Promise<{ readonly digest: Digest; readonly size: number; readonly path: string }>;
}

/**
 * A place models come from: reference → pin → content, three acts.
 * `schemes` are the URI schemes it answers for; the empty string is a bare path.
 */
export interface Source {
  readonly schemes: readonly string[];
  /** What is wrong with a reference, found without touching anything. */
  parse(reference: SourceReference): Result<SourceReference>;
  /** Finds the immutable identity of what the reference names now. */
  pin(reference: SourceReference, context: SourceContext): Promise<Result<Pin>>;
  /** Brings the pinned content. */
  fetch(reference: SourceReference, pin: Pin, context: SourceContext): Promise<Result<readonly FetchedFile[]>>;
}
