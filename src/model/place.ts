import type { Digest } from "./digest.ts";
import type { NetworkResponse } from "./host.ts";
import type { Result } from "./result.ts";
import type { SourceContext, SourceReference } from "./source.ts";

/** What names one state of a place for good, as its lock keeps it: a commit, a digest, a version. Empty where it has none. */
export type Revision = Readonly<Record<string, string>>;

/** A digest that a place publishes of a file, other than its SHA-256; in lower-case hexadecimal. */
export type PublishedDigest = {
  /** `git-blob` is the SHA-1 of `blob <size>\0` and the bytes; `crc32c` is big-endian. */
  readonly algorithm: "md5" | "sha1" | "git-blob" | "crc32c";
  readonly value: string;
};

/** The bytes from `start` on, up to and without `end`. */
export type Span = { readonly start: number; readonly end?: number };

/** A file as a place has it, before it is here. */
export type RemoteFile = {
  /** Its name inside the model, relative, with forward slashes; who takes it sees to it that it is safe. */
  readonly path: string;
  /** In bytes, where the place says so. */
  readonly size?: number;
  /** Where the place publishes it: then the file may be here already. */
  readonly digest?: Digest;
  readonly published?: readonly PublishedDigest[];
  /** What tells it from an earlier and a later file of that name: an ETag, a generation. It is for the pin, and in no request. */
  readonly version?: string;
  /** A file of this machine that may be the same: absolute. It is taken if its digest is the one that is published. */
  readonly copy?: string;
  /**
   * Sends the request for its bytes, or for a span of them; the answer is a 200 or a 206. Rejects with a `Refusal` or a
   * `NetworkError`. `validator` is the ETag of what was begun: where the place has another file by now, it answers with
   * the whole of that, or refuses.
   */
  open(span: Span | undefined, validator: string | undefined, signal: AbortSignal): Promise<NetworkResponse>;
};

export type Listing = { readonly revision: Revision; readonly files: readonly RemoteFile[] };

/** A kind of place that models are brought from, as far as it is like no other; `sources/remote-source.ts` makes a source of it. */
export interface Place {
  readonly schemes: readonly string[];
  /** What is wrong with a reference, found without touching anything. */
  parse(reference: SourceReference): Result<SourceReference>;
  /**
   * What the reference names: now, or, with a revision, what it named then. `include` and `exclude` are not applied yet.
   * May reject with a `Refusal` or a `NetworkError`: what may pass is tried again.
   */
  list(
    reference: SourceReference,
    revision: Revision | undefined,
    context: SourceContext,
  ): Promise<Result<Listing>>;
}

/** Why files cannot be brought, as a diagnostic will say it. The message has no credential in it. */
export class SourceFault extends Error {
  /** Of the diagnostic: `source/refused`. */
  readonly code: string;
  readonly hint: string | undefined;
  constructor(code: string, message: string, hint?: string) {
    super(message);
    this.name = "SourceFault";
    this.code = code;
    this.hint = hint;
  }
}

/** An answer that is none: what a server said no with. */
export class Refusal extends SourceFault {
  readonly status: number;
  /** Of the answer, names in lower case. */
  readonly headers: NetworkResponse["headers"];
  constructor(
    status: number,
    message: string,
    { headers = {}, code = "source/refused", hint }: RefusalDetails = {},
  ) {
    super(code, message, hint);
    this.name = "Refusal";
    this.status = status;
    this.headers = headers;
  }
}

export type RefusalDetails = {
  readonly headers?: NetworkResponse["headers"];
  readonly code?: string;
  readonly hint?: string | undefined;
};
