import { parentPointer } from "../document/locate.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Serializable } from "../model/serializable.ts";
import { hideSecrets } from "./hide-secrets.ts";
import type { Interpolation, PutIn } from "./interpolate.ts";
import type { KnownNames } from "./known-names.ts";
import { isList, isMapping } from "./merge-rules.ts";
import { quoted } from "./words.ts";

/**
 * Says of diagnostics that are about a value with a variable in it which one it is, and what it stands for: the file shows
 * its name alone. What a build secret is stays unsaid, in the message too.
 */
export function explainVariables(
  diagnostics: readonly Diagnostic[],
  changed: Interpolation["changed"],
  secrets: ReadonlyMap<string, string>,
): readonly Diagnostic[] {
  if (changed.size + secrets.size === 0) return diagnostics;
  const isHidden = ({ name, isDefault }: PutIn) => !isDefault && secrets.has(name);
  const anywhere = [...changed.values()].flatMap(withoutRepeats).filter(isHidden);
  return diagnostics.map((diagnostic) => {
    const { path = "", hint, related = [] } = diagnostic;
    // What a text is short for has no place of its own.
    const used = withoutRepeats(changed.get(path) ?? changed.get(parentPointer(path)) ?? []);
    const hide = (text: string) =>
      hideSecrets(text, { here: used.filter(isHidden), anywhere, values: [...secrets.values()] });
    const message = hide(diagnostic.message);
    const told = used.map((one) => ({
      message: wordVariable(one, message, isHidden(one)),
      location: one.location,
    }));
    const notes = [...related.map((one) => ({ ...one, message: hide(one.message) })), ...told];
    return {
      ...diagnostic,
      message,
      ...(hint !== undefined && { hint: hide(hint) }),
      ...(notes.length > 0 && { related: notes }),
    };
  });
}

/** What is put in twice is told of once. */
function withoutRepeats(used: readonly PutIn[]): readonly PutIn[] {
  const first = new Map<string, PutIn>();
  for (const one of used) {
    const key = `${one.name} ${one.isDefault}`;
    if (!first.has(key)) first.set(key, one);
  }
  return [...first.values()];
}

/** The variables that hold passwords of the build, and what they are. */
export function secretVariables(
  file: Serializable,
  variables: KnownNames["variables"],
): ReadonlyMap<string, string> {
  const build = isMapping(file) ? file.build : undefined;
  const secrets = isMapping(build) ? build.secrets : undefined;
  const names = (isList(secrets) ? secrets : []).flatMap((one) =>
    isMapping(one) && typeof one.env === "string" && Object.hasOwn(variables, one.env) ? [one.env] : [],
  );
  return new Map(names.map((name) => [name, variables[name] ?? ""]));
}

/** A value that the message keeps to itself, such as a password in an address, is not told here either. */
function wordVariable({ name, value, isDefault }: PutIn, message: string, isHidden: boolean): string {
  if (isDefault) return `\`${name}\` is not set, so this default counts`;
  const isTold = !isHidden && value !== "" && message.includes(value);
  return isTold ? `\`${name}\` is ${quoted(value)}` : `\`${name}\` is set, and put in here`;
}
