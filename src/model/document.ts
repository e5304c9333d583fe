import type { Serializable } from "./serializable.ts";
import type { SourceFile, TextRange } from "./text-range.ts";

/** What is done with the value that another file or profile has in its place, in the words of docker compose. */
export type MergeTag = "!reset" | "!override";

/** Where a value stands in its text, and its key where it is a member of a mapping. */
export type NodeRanges = {
  readonly key?: TextRange;
  readonly value: TextRange;
  /** Its text, where that is not the document's own file. */
  readonly file?: SourceFile;
  /** The profile that it comes from. */
  readonly profile?: string;
  /** Present until the file is merged over another. */
  readonly tag?: MergeTag;
};

/**
 * A parsed configuration: plain data, and the place of every node.
 * `ranges` is keyed by JSON pointer (RFC 6901); the root is the empty string.
 */
export type Document = {
  readonly file: SourceFile;
  /** The files that were merged over it, in their order. */
  readonly overlays: readonly SourceFile[];
  readonly value: Serializable;
  readonly ranges: ReadonlyMap<string, NodeRanges>;
};
