import type { NodeRanges } from "../model/document.ts";
import type { TextRange } from "../model/text-range.ts";
import { pointerTo } from "./locate.ts";
import type { MappingEntry, MappingNode, Node } from "./node.ts";

/** The place of every node by its pointer. What stands behind an alias or a merge key has the place of the original. */
export function collectRanges(root: Node): ReadonlyMap<string, NodeRanges> {
  const ranges = new Map<string, NodeRanges>();
  collect(root, "", undefined);
  return ranges;

  function collect(node: Node, pointer: string, key: TextRange | undefined): void {
    const content = node.kind === "alias" ? node.target : node;
    ranges.set(pointer, {
      ...(key !== undefined && { key }),
      value: node.range,
      ...(content.tag !== undefined && { tag: content.tag }),
    });
    if (content.kind === "sequence") {
      for (const [index, item] of content.items.entries())
        collect(item, pointerTo(pointer, index), undefined);
    }
    if (content.kind !== "mapping") return;
    for (const entry of membersOf(content).values())
      collect(entry.value, pointerTo(pointer, entry.key), entry.keyRange);
  }
}

/** The entries of a mapping, those it merges in included: its own win, then the mapping that is merged first. */
function membersOf(mapping: MappingNode): ReadonlyMap<string, MappingEntry> {
  const own = mapping.entries.filter((entry) => !entry.isMerge);
  if (own.length === mapping.entries.length) return new Map(own.map((entry) => [entry.key, entry]));
  const merged = mapping.entries
    .filter((entry) => entry.isMerge)
    .flatMap((entry) => mergedMappings(entry.value));
  const members = merged.toReversed().flatMap((source) => [...membersOf(source).values()]);
  return new Map([...members, ...own].map((entry) => [entry.key, entry]));
}

function mergedMappings(node: Node): readonly MappingNode[] {
  const content = node.kind === "alias" ? node.target : node;
  if (content.kind === "mapping") return [content];
  return content.kind === "sequence" ? content.items.flatMap(mergedMappings) : [];
}
