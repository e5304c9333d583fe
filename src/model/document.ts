import type { Serializable } from "./serializable.ts";
import type { SourceFile, TextRange } from "./text-range.ts";

/** Where a value stands in the text, and its key where it is a member of a mapping. */
export type NodeRanges = { readonly key?: TextRange; readonly value: TextRange };

/**
 * A parsed configuration file: plain data, and the place of every node.
 * `ranges` is keyed by JSON pointer (RFC 6901); the root is the empty string.
 */
export type Document = {
  readonly file: SourceFile;
  readonly value: Serializable;
  readonly ranges: ReadonlyMap<string, NodeRanges>;
};
