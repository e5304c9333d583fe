import { parentPointer } from "../document/locate.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Serializable } from "../model/serializable.ts";
import type { Interpolation, PutIn } from "./interpolate.ts";
import { isList, isMapping } from "./merge-rules.ts";
import { quoted } from "./words.ts";

/**
 * Says of diagnostics that are about a value with a variable in it which one it is, and what it stands for: the file shows
 * its name alone. What a build secret is stays unsaid, in the message too.
 */
export function explainVariables(
  diagnostics: readonly Diagnostic[],
  changed: Interpolation["changed"],
  secrets: ReadonlySet<string>,
): readonly Diagnostic[] {
  if (changed.size === 0) return diagnostics;
  return diagnostics.map((diagnostic) => {
    const { path = "" } = diagnostic;
    // What a text is short for has no place of its own.
    const used = changed.get(path) ?? changed.get(parentPointer(path)) ?? [];
    if (used.length === 0) return diagnostic;
    const hidden = used.filter(({ name, value }) => secrets.has(name) && value !== "");
    const message = hidden.reduce((text, { value }) => text.replaceAll(value, "***"), diagnostic.message);
    const related = used.map((one) => ({ message: wordVariable(one, message), location: one.location }));
    return { ...diagnostic, message, related: [...(diagnostic.related ?? []), ...related] };
  });
}

/** The variables that hold passwords of the build. */
export function secretVariables(file: Serializable): ReadonlySet<string> {
  const build = isMapping(file) ? file.build : undefined;
  const secrets = isMapping(build) ? build.secrets : undefined;
  const given = isList(secrets) ? secrets : [];
  return new Set(given.flatMap((one) => (isMapping(one) && typeof one.env === "string" ? [one.env] : [])));
}

/** A value that the message keeps to itself, such as a password in an address, is not told here either. */
function wordVariable({ name, value, isDefault }: PutIn, message: string): string {
  if (isDefault) return `\`${name}\` is not set, so this default counts`;
  const isTold = value !== "" && message.includes(value);
  return isTold ? `\`${name}\` is ${quoted(value)}` : `\`${name}\` is set, and put in here`;
}
