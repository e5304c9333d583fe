import type { ScalarEvent } from "js-yaml";
import type { MergeTag } from "../model/document.ts";
import type { TextRange } from "../model/text-range.ts";

/** A node of the file as it is written. */
export type Node = ContentNode | AliasNode;

export type ContentNode = ScalarNode | SequenceNode | MappingNode;

/** Without an event where an alias leads nowhere. */
export type ScalarNode = NodeFacts & { readonly kind: "scalar"; readonly event?: ScalarEvent };
type SequenceNode = NodeFacts & { readonly kind: "sequence"; readonly items: readonly Node[] };
export type MappingNode = NodeFacts & { readonly kind: "mapping"; readonly entries: readonly MappingEntry[] };
type AliasNode = NodeFacts & { readonly kind: "alias"; readonly target: ContentNode };

export type MappingEntry = {
  readonly key: string;
  readonly keyRange: TextRange;
  readonly isMerge: boolean;
  readonly value: Node;
};

/** `size` and `depth` count what aliases stand for as well. */
type NodeFacts = {
  readonly range: TextRange;
  readonly size: number;
  readonly depth: number;
  readonly tag?: MergeTag;
};
