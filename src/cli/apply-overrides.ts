import { isList, isMapping, ruleAt } from "../config/merge-rules.ts";
import { pathName } from "../config/words.ts";
import { pointerTo } from "../document/locate.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Document, NodeRanges } from "../model/document.ts";
import { maskLogins } from "../model/mask-logins.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Serializable } from "../model/serializable.ts";
import type { SourceFile, TextRange } from "../model/text-range.ts";

/** A `--set`, as a text that mistakes can point into. */
type Override = {
  readonly file: SourceFile;
  readonly keys: readonly Key[];
  readonly value: Value;
};

type Key = { readonly text: string; readonly range: TextRange };
type Value = { readonly value: Serializable; readonly ranges: ReadonlyMap<string, NodeRanges> };

/** Each key is put in by a call within the one before; the file has none that is half as deep. */
const MOST_KEYS = 100;

/**
 * The document with `--set key.path=value` applied: keys and list indices by dots. The value is what YAML reads it as where
 * that is a number, a boolean, `null`, or in quotes or brackets, else text. It has its place in the argument.
 *
 * Errors: `cli/bad-override`.
 */
export async function applyOverrides(
  document: Document,
  overrides: readonly string[],
): Promise<Result<Document>> {
  let changed = document;
  for (const text of overrides) {
    const override = await readOverride(text);
    if (!override.ok) return override;
    const applied = apply(changed, override.value);
    if (!applied.ok) return applied;
    changed = applied.value;
  }
  return succeed(changed);
}

async function readOverride(written: string): Promise<Result<Override>> {
  // An error shows the argument, and must not show the password of an address in it.
  const file = { path: "--set", text: maskLogins(written, ({ length }) => "*".repeat(length)) };
  const equals = written.indexOf("=");
  if (equals < 1) {
    const range = { start: 0, end: written.length };
    return fail(
      errorDiagnostic("cli/bad-override", `\`--set ${file.text}\` has no value`, {
        location: { file, range },
        hint: "write `--set key=value`",
      }),
    );
  }
  let start = 0;
  const keys = written
    .slice(0, equals)
    .split(".")
    .map((text) => {
      const range = { start, end: start + text.length };
      start = range.end + 1;
      return { text, range };
    });
  const beyond = keys[MOST_KEYS];
  if (beyond !== undefined)
    return fail(
      errorDiagnostic("cli/bad-override", `\`--set\` takes at most ${MOST_KEYS} keys`, {
        location: { file, range: beyond.range },
        hint: "write `--set key.path=value`",
      }),
    );
  return succeed({ file, keys, value: await readValue(written, equals + 1) });
}

/** What is no YAML, or for YAML a text, is the text as it is written. */
async function readValue(written: string, start: number): Promise<Value> {
  const text = written.slice(start);
  const plain: Value = { value: text, ranges: new Map([["", { value: { start, end: written.length } }]]) };
  const isMeant = /^(?:[[{"'~]|[-+.\d]|null$|true$|false$)/i.test(text);
  if (!isMeant) return plain;
  const { parseDocument } = await import("../document/parse.ts");
  // In brackets nothing that goes on over a line is read, and everything stands where it stands in the argument.
  const parsed = parseDocument({ path: "--set", text: `${" ".repeat(start - 1)}[${text}]` });
  const items = parsed.ok ? parsed.value.value : undefined;
  const [value, ...others] = isList(items) ? items : [];
  const isText = typeof value === "string" && !/^["']/.test(text);
  const isPair = isMapping(value) && !text.startsWith("{");
  if (!parsed.ok || value === undefined || others.length > 0 || isText || isPair) return plain;
  const ranges = [...parsed.value.ranges].filter(([pointer]) => /^\/0(\/|$)/.test(pointer));
  return { value, ranges: new Map(ranges.map(([pointer, place]) => [pointer.slice("/0".length), place])) };
}

function apply(document: Document, override: Override): Result<Document> {
  const ranges = new Map(document.ranges);
  const value = put(document.value, override, { depth: 0, pointer: "", ranges });
  if (!value.ok) return value;
  return succeed({ ...document, value: value.value, ranges });
}

type Place = { readonly depth: number; readonly pointer: string; readonly ranges: Map<string, NodeRanges> };

function put(written: Serializable | undefined, override: Override, place: Place): Result<Serializable> {
  const { keys, value, file } = override;
  const { depth, pointer, ranges } = place;
  const key = keys[depth];
  if (key === undefined) {
    for (const known of [...ranges.keys()])
      if (known === pointer || known.startsWith(`${pointer}/`)) ranges.delete(known);
    for (const [below, found] of value.ranges) ranges.set(`${pointer}${below}`, { ...found, file });
    const last = keys.at(-1);
    const whole = value.ranges.get("");
    if (last !== undefined && whole !== undefined) ranges.set(pointer, { ...whole, key: last.range, file });
    return succeed(value.value);
  }
  const target = spellOut(written, place);
  const refusal = refuse(target, key, { ...place, file });
  if (refusal !== undefined) return fail(refusal);
  const inner = pointerTo(pointer, key.text);
  const members: Readonly<Record<string, Serializable>> = isMapping(target) ? target : {};
  const member = isList(target)
    ? target[Number(key.text)]
    : Object.hasOwn(members, key.text)
      ? members[key.text]
      : undefined;
  if (member === undefined && !ranges.has(inner))
    ranges.set(inner, { key: key.range, value: { start: key.range.start, end: file.text.length }, file });
  const changed = put(member, override, { depth: depth + 1, pointer: inner, ranges });
  if (!changed.ok) return changed;
  if (isList(target)) return succeed(target.toSpliced(Number(key.text), 1, changed.value));
  return succeed({ ...members, [key.text]: changed.value });
}

/** A text as the mapping that it is short for. */
function spellOut(value: Serializable | undefined, { pointer, ranges }: Place): Serializable | undefined {
  const { shortFor } = ruleAt(pointer);
  if (typeof value !== "string" || shortFor === undefined) return value;
  const place = ranges.get(pointer);
  if (place !== undefined) ranges.set(pointerTo(pointer, shortFor), place);
  return { [shortFor]: value };
}

/** Why there can be nothing by that name; undefined where there can. */
function refuse(
  target: Serializable | undefined,
  { text, range }: Key,
  { pointer, file }: Pick<Place, "pointer"> & { readonly file: SourceFile },
): Diagnostic | undefined {
  const told = (message: string, hint?: string) =>
    errorDiagnostic("cli/bad-override", message, {
      location: { file, range },
      ...(hint !== undefined && { hint }),
    });
  if (pointer === "" && text === "profiles")
    return told("`--set` cannot change profiles", "set the key itself, or choose a profile with `--profile`");
  const name = pathName(pointer);
  if (isList(target)) {
    const isIndex = /^\d+$/.test(text) && Number(text) <= target.length;
    const items = target.length === 1 ? "1 item" : `${target.length} items`;
    return isIndex
      ? undefined
      : told(
          `\`${name}\` has no item \`${text}\`: it is a list of ${items}`,
          `write \`${name}.${target.length}\` to add one`,
        );
  }
  if (target === undefined || isMapping(target)) return undefined;
  return told(`\`${name}\` is not a mapping, and cannot have the key \`${text}\``);
}
