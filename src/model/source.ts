import type { Digest } from "./digest.ts";
import type { Host } from "./host.ts";
import type { LockedModel } from "./lock-file.ts";
import type { OutputFile } from "./outcome.ts";
import type { Repository } from "./registry.ts";
import type { Result } from "./result.ts";
import type { Serializable } from "./serializable.ts";

/**
 * An immutable identity of a model's content, as data: the same pin, the same bytes.
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
  /** What the lock has of it: then nobody has to be asked what it names. */
  readonly locked?: LockedModel;
};

export type SourceContext = {
  readonly host: Host;
  /** The package's folder, absolute. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Where a source that downloads puts a file under its digest; gives back the place in the store. */
  readonly store: ContentStore;
  /** Called of a file of the package that is being read for its digest, which has to be read again for its layer. */
  readonly onReading?: (file: Omit<OutputFile, "digest">) => void;
  /** The repository of a registry that a reference names; its tag and digest do not matter. */
  readonly repositoryOf: (reference: string) => Repository;
  readonly onProgress: (progress: TransferProgress) => void;
};

export type TransferProgress = {
  /** Of all files together, those that were here before left out. */
  readonly bytes: number;
  /** Where all sizes are known. */
  readonly totalBytes?: number;
  /** Files that are here, of those that are wanted. */
  readonly counts?: { readonly done: number; readonly all: number };
  /** Files that are under way. */
  readonly files?: readonly { readonly path: string; readonly bytes: number; readonly size?: number }[];
  /** Why nothing comes right now, and for how long: a server asked to be left alone, or broke off. */
  readonly waiting?: { readonly reason: string; readonly forMs: number };
};

export type Blob = { readonly digest: Digest; readonly size: number; readonly path: string };

/** Content by digest. */
export interface ContentStore {
  /** The absolute path of a blob whose bytes have that digest, else undefined; one with other bytes is put aside. */
  find(digest: Digest): Promise<string | undefined>;
  /** Takes a stream of bytes in whole or not at all: a blob appears under its digest only when it is complete. */
  write(chunks: AsyncIterable<Uint8Array>): Promise<Blob>;
  /**
   * As `write`, of a file that is moved here; it must lie on the same file system. Who wrote it may know its digest:
   * then it is not read again.
   */
  take(file: string, known?: Omit<Blob, "path">): Promise<Blob>;
  /** A folder for what a blob is gathered in, under a name of the caller's; it outlives the process, and a week at most. */
  gatherIn(name: Digest): Promise<string>;
  /** Bytes that there is room for. */
  freeBytes(): Promise<number>;
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
  /** The pinned content where it is here already, though it came under another pin. */
  find?(pin: Pin, context: SourceContext): Promise<readonly OutputFile[] | undefined>;
  /** Brings the pinned content. */
  fetch(reference: SourceReference, pin: Pin, context: SourceContext): Promise<Result<readonly OutputFile[]>>;
}
