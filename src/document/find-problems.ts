import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { SourceFile } from "../model/text-range.ts";
import { pointerTo } from "./locate.ts";
import type { MappingEntry, MappingNode, Node } from "./node.ts";
import type { MisplacedTag, RecursiveAlias, readNodes } from "./read-nodes.ts";

const maximumDepth = 100;
const maximumAliasedNodes = 10_000;

/** What YAML allows and a configuration must not have: keys given twice, alias bombs. */
export function findProblems(
  file: SourceFile,
  { root, recursive, misplaced }: ReturnType<typeof readNodes>,
): readonly Diagnostic[] {
  if (misplaced.length > 0) return misplaced.map((tag) => misplacedTag(file, tag));
  if (recursive.length > 0) return recursive.map((alias) => recursiveAlias(file, alias));
  if (root.depth > maximumDepth || aliasedNodes(root) > maximumAliasedNodes)
    return [tooManyAliases(file, root)];
  return hasKeyTwice(root) ? problemsOf(file, root, "") : [];
}

/** Found before any pointer is made: hardly any file has one. */
function hasKeyTwice(node: Node): boolean {
  if (node.kind === "sequence") return node.items.some(hasKeyTwice);
  if (node.kind !== "mapping") return false;
  const own = node.entries.filter((entry) => !entry.isMerge);
  return (
    new Set(own.map((entry) => entry.key)).size < own.length ||
    node.entries.some((entry) => hasKeyTwice(entry.value))
  );
}

function problemsOf(file: SourceFile, node: Node, pointer: string): readonly Diagnostic[] {
  if (node.kind === "sequence") {
    return node.items.flatMap((item, index) => problemsOf(file, item, pointerTo(pointer, index)));
  }
  if (node.kind !== "mapping") return [];
  const nested = node.entries.flatMap((entry) =>
    problemsOf(file, entry.value, pointerTo(pointer, entry.key)),
  );
  return [...duplicateKeys(file, node, pointer), ...nested];
}

function duplicateKeys(file: SourceFile, mapping: MappingNode, pointer: string): readonly Diagnostic[] {
  const first = new Map<string, MappingEntry>();
  return mapping.entries.flatMap((entry) => {
    const earlier = first.get(entry.key);
    if (earlier === undefined || entry.isMerge) {
      first.set(entry.key, entry);
      return [];
    }
    return errorDiagnostic("document/duplicate-key", `the key \`${entry.key}\` is given twice`, {
      location: { file, range: entry.keyRange },
      path: pointerTo(pointer, entry.key),
      related: [{ message: "first given here", location: { file, range: earlier.keyRange } }],
      hint: "keep one of them, and remove the other",
    });
  });
}

function aliasedNodes(node: Node): number {
  if (node.kind === "alias") return node.size;
  const children =
    node.kind === "mapping"
      ? node.entries.map((entry) => entry.value)
      : node.kind === "sequence"
        ? node.items
        : [];
  return children.reduce((sum, child) => sum + aliasedNodes(child), 0);
}

function recursiveAlias(file: SourceFile, { name, range }: RecursiveAlias): Diagnostic {
  return errorDiagnostic(
    "document/recursive-alias",
    `the alias \`*${name}\` is inside the value that it refers to`,
    {
      location: { file, range },
      hint: "write the value out in place of the alias",
    },
  );
}

function misplacedTag(file: SourceFile, { tag, range }: MisplacedTag): Diagnostic {
  return errorDiagnostic("document/misplaced-tag", `\`${tag}\` must stand before the value of a key`, {
    location: { file, range },
    hint: `write it after the key of the list or the mapping: \`key: ${tag} ...\``,
  });
}

function tooManyAliases(file: SourceFile, root: Node): Diagnostic {
  return errorDiagnostic("document/too-many-aliases", "the aliases of the file expand to too many values", {
    location: { file, range: { start: root.range.start, end: root.range.start } },
    hint: "write the values out, or move them into separate files",
  });
}
