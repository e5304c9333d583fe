import { EVENT_ID, type Event, type ScalarEvent, type Schema } from "js-yaml";
import type { MergeTag } from "../model/document.ts";
import type { TextRange } from "../model/text-range.ts";
import type { MergeTags } from "./merge-tags.ts";
import type { ContentNode, MappingEntry, Node, ScalarNode } from "./node.ts";
import { closingEnd, emptyItemRange, scalarRange } from "./ranges.ts";
import { readKey } from "./read-key.ts";

/** An alias inside the node that it names. */
export type RecursiveAlias = { readonly name: string; readonly range: TextRange };

/** A tag that stands at something else than the value of a key. */
export type MisplacedTag = { readonly tag: MergeTag; readonly range: TextRange };

type Reader = {
  readonly text: string;
  readonly events: readonly Event[];
  readonly decodeKey: (event: ScalarEvent) => string;
  readonly anchors: Map<string, ContentNode | "open">;
  readonly tags: MergeTags;
  readonly recursive: RecursiveAlias[];
  readonly misplaced: MisplacedTag[];
  index: number;
  /** Where the node read last ends. */
  end: number;
};

/** The tree of nodes that js-yaml's flat events stand for. The events are of one document, and its aliases have anchors. */
export function readNodes(
  text: string,
  events: readonly Event[],
  { schema, tags }: { readonly schema: Schema; readonly tags: MergeTags },
): {
  readonly root: Node;
  readonly recursive: readonly RecursiveAlias[];
  readonly misplaced: readonly MisplacedTag[];
} {
  const decodeKey = (event: ScalarEvent) => readKey(text, event, { head: events[0], schema });
  const found = { anchors: new Map(), recursive: [], misplaced: [] };
  const reader: Reader = { text, events, decodeKey, tags, ...found, index: 1, end: 0 };
  const root = untagged(reader, () => readNode(reader, () => ({ start: 0, end: 0 })));
  return { root, recursive: reader.recursive, misplaced: reader.misplaced };
}

/** What is read now is no value of a key. */
function untagged(reader: Reader, read: () => Node): Node {
  const tag = reader.tags.get(reader.index);
  if (tag !== undefined) reader.misplaced.push(tag);
  return read();
}

/** `vacancy` is the place that stands for a value which is not written at all. */
function readNode(reader: Reader, vacancy: () => TextRange): Node {
  const event = reader.events[reader.index];
  const tag = reader.tags.get(reader.index)?.tag;
  reader.index += 1;
  if (event === undefined || event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) {
    throw new Error("the YAML parser's events end early");
  }
  if (event.type === EVENT_ID.ALIAS) return readAlias(reader, event);
  const anchor = event.anchorStart < 0 ? undefined : reader.text.slice(event.anchorStart, event.anchorEnd);
  if (anchor !== undefined) reader.anchors.set(anchor, "open");
  const content = readContent(reader, event, vacancy);
  const node = tag === undefined ? content : { ...content, tag };
  if (anchor !== undefined) reader.anchors.set(anchor, node);
  reader.end = Math.max(reader.end, node.range.end);
  return node;
}

function readContent(
  reader: Reader,
  event: Extract<Event, { anchorStart: number; tagStart: number }>,
  vacancy: () => TextRange,
) {
  if (event.type === EVENT_ID.SCALAR) return readScalar(reader, event, vacancy);
  reader.end = Math.max(reader.end, event.start);
  return event.type === EVENT_ID.SEQUENCE ? readSequence(reader, event) : readMapping(reader, event);
}

function readScalar(reader: Reader, event: ScalarEvent, vacancy: () => TextRange): ScalarNode {
  const range = scalarRange(reader.text, event) ?? vacancy();
  return { kind: "scalar", range, size: 1, depth: 1, event };
}

function readSequence(
  reader: Reader,
  event: Extract<Event, { type: typeof EVENT_ID.SEQUENCE }>,
): ContentNode {
  const items: Node[] = [];
  const readItem = () => readNode(reader, () => emptyItemRange(reader.text, reader.end));
  while (!closes(reader)) items.push(untagged(reader, readItem));
  return {
    kind: "sequence",
    items,
    ...factsOf(items),
    range: { start: event.start, end: closingEnd(reader, event) },
  };
}

function readMapping(reader: Reader, event: Extract<Event, { type: typeof EVENT_ID.MAPPING }>): ContentNode {
  const entries: MappingEntry[] = [];
  while (!closes(reader)) entries.push(readEntry(reader));
  const facts = factsOf(entries.map((entry) => entry.value));
  return {
    kind: "mapping",
    entries,
    ...facts,
    range: { start: event.start, end: closingEnd(reader, event) },
  };
}

function readEntry(reader: Reader): MappingEntry {
  const node = untagged(reader, () => readNode(reader, () => ({ start: reader.end, end: reader.end })));
  const content = node.kind === "alias" ? node.target : node;
  if (content.kind !== "scalar" || content.event === undefined) throw new Error("a key must be a scalar");
  const { range } = node;
  const isMerge = reader.text.slice(range.start, range.end) === "<<";
  const readValue = () => readNode(reader, () => range);
  return {
    key: reader.decodeKey(content.event),
    keyRange: range,
    isMerge,
    value: isMerge ? untagged(reader, readValue) : readValue(),
  };
}

function readAlias(reader: Reader, event: Extract<Event, { type: typeof EVENT_ID.ALIAS }>): Node {
  const name = reader.text.slice(event.anchorStart, event.anchorEnd);
  const range = { start: event.anchorStart - 1, end: event.anchorEnd };
  const anchored = reader.anchors.get(name);
  reader.end = range.end;
  if (anchored !== undefined && anchored !== "open") {
    return { kind: "alias", range, size: anchored.size, depth: anchored.depth, target: anchored };
  }
  reader.recursive.push({ name, range });
  return { kind: "scalar", range, size: 1, depth: 1 };
}

/** Steps over the event that ends a collection, if it is next. */
function closes(reader: Reader): boolean {
  if (reader.events[reader.index]?.type !== EVENT_ID.POP) return false;
  reader.index += 1;
  return true;
}

function factsOf(children: readonly Node[]): { readonly size: number; readonly depth: number } {
  return {
    size: children.reduce((sum, child) => sum + child.size, 1),
    depth: children.reduce((deepest, child) => Math.max(deepest, child.depth), 0) + 1,
  };
}
