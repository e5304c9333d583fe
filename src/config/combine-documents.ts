import { locate, pointerTo } from "../document/locate.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import { mergeDocuments } from "./merge-documents.ts";
import { isMapping } from "./merge-rules.ts";
import { nearest } from "./nearest.ts";
import { listed, quoted } from "./words.ts";

/** What the files of a call come to. */
export type CombinedDocuments = {
  /** All files, and the chosen profiles over them. */
  readonly document: Document;
  /** All files, and over them each profile that nobody chose: what is wrong in it is told all the same. */
  readonly unchosen: readonly UnchosenProfile[];
};

export type UnchosenProfile = { readonly name: string; readonly document: Document };

/**
 * Merges files, each over those before it, and the chosen profiles over that, in the order they were asked for.
 *
 * Errors: `config/unknown-profile`.
 */
export function combineDocuments(
  [first, ...rest]: readonly [Document, ...Document[]],
  profiles: readonly string[],
): Result<CombinedDocuments> {
  // A file by itself, as nearly all are, is as it was parsed; its tags leave nothing to do unless there are any.
  const lowest = hasTags(first) ? mergeDocuments(undefined, first) : first;
  const merged = rest.reduce<Document>((base, over) => mergeDocuments(base, over), lowest);
  const names = profilesOf(merged);
  const chosen = combine(
    profiles.map((name) =>
      names.includes(name) ? succeed(name) : fail(unknownProfile(merged, name, names)),
    ),
  );
  if (!chosen.ok) return chosen;
  return succeed({
    document: chosen.value.reduce((base, name) => mergeProfile(base, merged, name), merged),
    unchosen: names
      .filter((name) => !profiles.includes(name))
      .map((name) => ({ name, document: mergeProfile(merged, merged, name) })),
  });
}

function mergeProfile(base: Document, holder: Document, profile: string): Document {
  return mergeDocuments(base, holder, { profile, pointer: pointerTo("/profiles", profile) });
}

function hasTags({ file }: Document): boolean {
  return /!(?:reset|override)\b/.test(file.text);
}

function profilesOf({ value }: Document): readonly string[] {
  const profiles = isMapping(value) ? value.profiles : undefined;
  return isMapping(profiles) ? Object.keys(profiles) : [];
}

function unknownProfile(document: Document, name: string, names: readonly string[]): Diagnostic {
  const near = nearest(name, names);
  const none = "the file has no `profiles`";
  const all = names.length === 0 ? none : `the profiles are ${listed(names, "and")}`;
  return errorDiagnostic("config/unknown-profile", `there is no profile ${quoted(name)}`, {
    location: locate(document, "/profiles", "key"),
    path: "/profiles",
    hint: near === undefined ? all : `did you mean \`--profile ${near}\`?`,
  });
}
