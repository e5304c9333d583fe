import { segmentsOf } from "../document/locate.ts";
import { maskLogins } from "../model/mask-logins.ts";
import type { Serializable } from "../model/serializable.ts";

/** A mistake in words, before it has a place. */
export type Wording = {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** The key beside it that it is at odds with. */
  readonly beside?: string;
};

/** What a mistake is about, as the subject of a sentence: a key, or the value at a pointer. */
export function subjectOf(about: { readonly propertyName?: string; readonly instancePath: string }): string {
  if (about.propertyName !== undefined) return `the key ${quoted(about.propertyName)}`;
  return about.instancePath === "" ? "the file" : `\`${pathName(about.instancePath)}\``;
}

/** A pointer as people say it: `/models/0/name` is `models[0].name`. */
export function pathName(pointer: string): string {
  return segmentsOf(pointer)
    .map((segment) => (/^\d+$/.test(segment) ? `[${segment}]` : `.${visible(segment)}`))
    .join("")
    .replace(/^\./, "");
}

/** A value as a message names it, short and on one line. */
export function describeValue(value: Serializable | undefined): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return typeof value === "string" ? quoted(value) : `the ${typeof value} \`${value}\``;
}

/**
 * Text in backticks, cut to a length that a line can hold, with control characters made visible. Passwords in addresses go
 * before it is cut: what is left of such an address is none.
 */
export function quoted(text: string): string {
  const shown = visible(maskLogins(text));
  return `\`${shown.length > 60 ? `${shown.slice(0, 57)}...` : shown}\``;
}

/** Control characters as they are escaped. */
export function visible(text: string): string {
  return JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("\\\\", "\\");
}

/** `a`, `b` and `c`. */
export function listed(words: readonly string[], last: "and" | "or"): string {
  const ticked = words.map((word) => `\`${word}\``);
  if (ticked.length < 2) return ticked.join("");
  return `${ticked.slice(0, -1).join(", ")} ${last} ${ticked.at(-1)}`;
}

const typeWords: Readonly<Record<string, string>> = {
  string: "a string",
  integer: "a whole number",
  number: "a number",
  boolean: "`true` or `false`",
  array: "a list",
  object: "a mapping",
};

/** The types of JSON Schema as people say them. */
export function typeName(types: string | readonly string[]): string {
  return [types]
    .flat()
    .map((type) => typeWords[type] ?? type)
    .join(" or ");
}
