import { parse } from "smol-toml";
import type { Location, TextRange } from "../model/text-range.ts";
import { parentPointer, pointerTo, segmentsOf } from "./locate.ts";
import type { TomlFile } from "./parse-toml.ts";

/**
 * The place of a value of a TOML file, or of what is nearest around it. The parser tells of none, and only a mistake has
 * to be shown: so the statements are read once more, each by itself, and an item is looked for in its own statement.
 */
export function locateInToml(toml: TomlFile, pointer: string): Location {
  const { file } = toml;
  const statements = statementsOf(file.text);
  const textOf = ({ start, end }: TextRange) => file.text.slice(start, end);
  const ranges = new Map<string, TextRange>();
  const lengths = new Map<string, number>();
  let table = "";
  for (const range of statements) {
    const keys = keysOf(textOf(range));
    if (keys === undefined) continue;
    const { path, kind } = keys;
    if (kind === "statement") setNew(ranges, path.reduce(descend, table), range);
    else {
      const parent = path.slice(0, -1).reduce(descend, "");
      table = pointerTo(parent, path.at(-1) ?? "");
      if (kind === "item") {
        const index = lengths.get(table) ?? 0;
        lengths.set(table, index + 1);
        table = pointerTo(table, index);
      }
      setNew(ranges, table, range);
    }
  }
  const found = nearest(ranges, pointer);
  return { file, range: found === undefined ? { start: 0, end: 0 } : narrow(toml, found, pointer) };

  /** A key that leads to an array of tables stands for the last of them. */
  function descend(from: string, key: string): string {
    const to = pointerTo(from, key);
    const length = lengths.get(to);
    return length === undefined ? to : pointerTo(to, length - 1);
  }
}

type Found = { readonly pointer: string; readonly range: TextRange };

function nearest(ranges: ReadonlyMap<string, TextRange>, pointer: string): Found | undefined {
  const range = ranges.get(pointer);
  if (range !== undefined) return { pointer, range };
  return pointer === "" ? undefined : nearest(ranges, parentPointer(pointer));
}

/** From a statement to the text in it that is meant, where it is written plainly; else to its first line. */
function narrow(toml: TomlFile, { pointer: outer, range }: Found, pointer: string): TextRange {
  const statement = toml.file.text.slice(range.start, range.end);
  const value = valueAt(toml.value, pointer);
  const offset = typeof value === "string" && pointer !== outer ? placeOf(value, statement) : undefined;
  if (offset !== undefined && typeof value === "string")
    return { start: range.start + offset, end: range.start + offset + value.length + 2 };
  const [line = ""] = statement.split("\n");
  return { start: range.start, end: range.start + line.trimEnd().length };
}

function placeOf(value: string, statement: string): number | undefined {
  const offsets = [`"${value}"`, `'${value}'`, JSON.stringify(value)].map((text) => statement.indexOf(text));
  return offsets.find((offset) => offset !== -1);
}

function valueAt(value: unknown, pointer: string): unknown {
  return segmentsOf(pointer).reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  );
}

/** What has a place keeps its first. */
function setNew(ranges: Map<string, TextRange>, pointer: string, range: TextRange): void {
  if (!ranges.has(pointer)) ranges.set(pointer, range);
}

/** The ranges of tables' heads, and of keys with their values, which may be lines long. */
function statementsOf(text: string): readonly TextRange[] {
  const starts = [...text.matchAll(/^[ \t]*(?=\[|["'A-Za-z0-9_-])/gm)].map(
    ({ index, 0: { length } }) => index + length,
  );
  const ranges: TextRange[] = [];
  for (let index = 0; index < starts.length; ) {
    const start = starts[index] ?? 0;
    let next = index + 1;
    // A line within a text or an array may look like the beginning of a statement.
    while (next < starts.length && !isWhole(text.slice(start, starts[next]))) next += 1;
    ranges.push({ start, end: starts[next] ?? text.length });
    index = next;
  }
  return ranges;
}

function isWhole(statement: string): boolean {
  return read(statement) !== undefined;
}

type Keys = { readonly kind: "statement" | "table" | "item"; readonly path: readonly string[] };

/** The keys that a statement names, from the outermost. */
function keysOf(statement: string): Keys | undefined {
  const value = read(statement);
  if (value === undefined) return undefined;
  const kind = statement.startsWith("[[") ? "item" : statement.startsWith("[") ? "table" : "statement";
  const depth = segmentCount(statement);
  const path: string[] = [];
  let inner: unknown = value;
  while (path.length < depth) {
    const [key] = Object.keys(inner as object);
    if (key === undefined) return undefined;
    path.push(key);
    inner = (inner as Record<string, unknown>)[key];
  }
  return { kind, path };
}

/** Of the key: what stands in quotes is one segment. */
function segmentCount(statement: string): number {
  const [key = ""] = /^\[*(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'\]=])*/.exec(statement) ?? [];
  return key.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, "x").split(".").length;
}

function read(statement: string): unknown {
  try {
    return parse(statement);
  } catch {
    return undefined;
  }
}
