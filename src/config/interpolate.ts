import { locate, pointerTo } from "../document/locate.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import type { Serializable } from "../model/serializable.ts";
import type { Location, TextRange } from "../model/text-range.ts";
import { interpolateText, type TextProblem, type UsedName } from "./interpolate-text.ts";
import { type KnownNames, lookupIn } from "./known-names.ts";

export type Interpolation = {
  readonly value: Serializable;
  readonly diagnostics: readonly Diagnostic[];
  /** The texts that something was put into, by their pointers, and what it was. */
  readonly changed: ReadonlyMap<string, readonly PutIn[]>;
};

/** What a variable has put into a text, where, and the whole that came of the text. */
export type PutIn = Pick<UsedName, "name" | "value" | "isDefault"> & {
  readonly location: Location;
  readonly whole: string;
};

/** The document's value with the variables in its texts replaced; a text with an unset variable stays as it is. */
export function interpolate(document: Document, names: KnownNames): Interpolation {
  const diagnostics: Diagnostic[] = [];
  const changed = new Map<string, readonly PutIn[]>();
  if (!mentions(document, "$")) return { value: document.value, diagnostics, changed };
  const lookup = lookupIn(names, packageName(document, names) ?? "unnamed");
  return { value: visit(document.value, ""), diagnostics, changed };

  function visit(value: Serializable, pointer: string): Serializable {
    if (isVerbatim(pointer)) return value;
    if (typeof value === "string") return replace(value, pointer);
    if (value === null || typeof value !== "object") return value;
    if (isList(value)) return value.map((item, index) => visit(item, pointerTo(pointer, index)));
    const members = Object.entries(value).map(
      ([key, member]) => [key, visit(member, pointerTo(pointer, key))] as const,
    );
    return Object.fromEntries(members);
  }

  function replace(text: string, pointer: string): string {
    const result = interpolateText(text, pointer === "/name" ? lookupIn(names, undefined) : lookup);
    diagnostics.push(...result.problems.map((problem) => wordProblem(document, pointer, text, problem)));
    if (result.problems.length > 0) return text;
    if (result.text !== text)
      changed.set(
        pointer,
        result.used.map(({ start, end, ...used }) => ({
          ...used,
          whole: result.text,
          location: placeWithin(locate(document, pointer), text, { start, end }),
        })),
      );
    return result.text;
  }
}

/** A JSONPath begins with a dollar, and patterns in a schema end with one. What a profile holds is read where it is chosen. */
export function isVerbatim(pointer: string): boolean {
  return (
    pointer === "/profiles" ||
    /^\/tests\/\d+\/(?:requests\/\d+\/)?expect\/(?:select|schema\/.*)$/.test(pointer)
  );
}

/** Whether anything in the file asks for the state of the git repository. */
export function usesGit(document: Document): boolean {
  return mentions(document, "${git.");
}

function mentions(document: Document, expression: string): boolean {
  return JSON.stringify(document.value).includes(expression);
}

/** The name is interpolated itself, by the variables alone. */
function packageName(document: Document, names: KnownNames): string | undefined {
  const { value } = document;
  const name = value !== null && typeof value === "object" && !isList(value) ? value.name : undefined;
  if (typeof name !== "string") return undefined;
  const result = interpolateText(name, lookupIn(names, undefined));
  return result.problems.length > 0 ? undefined : result.text;
}

function wordProblem(document: Document, pointer: string, text: string, problem: TextProblem): Diagnostic {
  const { code, message, hint } = problem;
  return errorDiagnostic(code, message, {
    location: placeWithin(locate(document, pointer), text, problem),
    path: pointer,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The expression's own place, found again in the text as it is written: quotes and escapes move it about. */
function placeWithin(place: Location, text: string, { start, end }: TextRange): Location {
  const written = place.file.text.slice(place.range.start, place.range.end);
  const expression = text.slice(start, end);
  const earlier = text.slice(0, start).split(expression).length - 1;
  const offset = nthIndex(written, expression, earlier);
  if (offset < 0) return place;
  const first = place.range.start + offset;
  return { file: place.file, range: { start: first, end: first + expression.length } };
}

function nthIndex(text: string, part: string, earlier: number): number {
  const offset = text.indexOf(part);
  if (earlier === 0 || offset < 0) return offset;
  const further = nthIndex(text.slice(offset + part.length), part, earlier - 1);
  return further < 0 ? -1 : offset + part.length + further;
}

function isList(value: Serializable): value is readonly Serializable[] {
  return Array.isArray(value);
}
