import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Serializable } from "../model/serializable.ts";

/** The document with `--set key.path=value` applied: keys and list indices by dots, the value as JSON or else as text. */
export function applyOverrides(document: Document, overrides: readonly string[]): Result<Document> {
  let { value } = document;
  for (const override of overrides) {
    const equals = override.indexOf("=");
    if (equals < 1) {
      return fail(
        errorDiagnostic("cli/bad-override", `\`--set ${override}\` names no value`, {
          hint: "write `--set key=value`",
        }),
      );
    }
    const keys = override.slice(0, equals).split(".");
    const changed = withValue(value, keys, parseValue(override.slice(equals + 1)));
    if (changed === undefined) {
      return fail(
        errorDiagnostic("cli/bad-override", `\`--set ${override}\`: there is no such place in the file`),
      );
    }
    value = changed;
  }
  return succeed({ ...document, value });
}

function parseValue(text: string): Serializable {
  try {
    return JSON.parse(text) as Serializable;
  } catch {
    return text;
  }
}

function withValue(
  target: Serializable | undefined,
  keys: readonly string[],
  value: Serializable,
): Serializable | undefined {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (Array.isArray(target)) {
    const index = /^\d+$/.test(key) ? Number(key) : Number.NaN;
    if (!(index <= target.length)) return undefined;
    const item = withValue(target[index], rest, value);
    return item === undefined ? undefined : target.toSpliced(index, 1, item);
  }
  if (target !== undefined && (target === null || typeof target !== "object")) return undefined;
  const members = (target ?? {}) as { readonly [name: string]: Serializable };
  const member = withValue(Object.hasOwn(members, key) ? members[key] : undefined, rest, value);
  return member === undefined ? undefined : { ...members, [key]: member };
}
