import { locate, pointerTo } from "../document/locate.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import type { Serializable } from "../model/serializable.ts";
import type { Location } from "../model/text-range.ts";
import { createPlacement } from "./create-placement.ts";
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
    const placeOf = createPlacement(locate(document, pointer), text);
    for (const problem of result.problems) diagnostics.push(wordProblem(problem, pointer, placeOf(problem)));
    if (result.problems.length > 0) return text;
    if (result.text !== text)
      changed.set(
        pointer,
        result.used.map(({ start, end, ...used }) => ({
          ...used,
          whole: result.text,
          location: placeOf({ start, end }),
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

function wordProblem({ code, message, hint }: TextProblem, path: string, location: Location): Diagnostic {
  return errorDiagnostic(code, message, {
    location,
    path,
    ...(hint === undefined ? {} : { hint }),
  });
}

function isList(value: Serializable): value is readonly Serializable[] {
  return Array.isArray(value);
}
