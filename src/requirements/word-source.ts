import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";

/** What a dependency comes from where that has no digest to lock. */
export type Origin = "path" | "repository";

const CODES = { path: "requirements/path", repository: "requirements/repository" } as const;

/** The place is in the file that was read. */
export function wordSource(name: string, origin: Origin, pointer: string): Diagnostic {
  return errorDiagnostic(CODES[origin], `\`${name}\` is required by a ${origin}, which cannot be locked`, {
    path: pointer,
    hint: "type `pip wheel --wheel-dir wheels SOURCE`, add `find_links: [wheels]`, and require its version",
  });
}

/** As much of a text as tells what it is. */
const TELLING = 500;

export function wordNoRequirement(whole: string, pointer: string): Diagnostic {
  const text = whole.trim().replace(/\s+/g, " ").slice(0, TELLING);
  const [, name = "", kind = ""] =
    /^([A-Za-z0-9._-]+)?[^@]*@? ?((?:git|hg|svn|bzr)\+|file:)/.exec(text) ?? [];
  if (/^(?:\.{0,2}\/|[^@]*\.(?:whl|tar\.gz|zip)\s*$)|^-e\b|^\.{1,2}$/.test(text))
    return wordSource(shown(whole), "path", pointer);
  if (kind !== "")
    return wordSource(name === "" ? shown(whole) : name, kind === "file:" ? "path" : "repository", pointer);
  return errorDiagnostic(
    "requirements/not-a-requirement",
    `\`${shown(whole)}\` is not a requirement that pip can read`,
    {
      path: pointer,
      hint: "write a name and a version, such as `numpy>=2.1,<3`",
    },
  );
}

/** On one line, and not all of a long one; nobody's password. */
function shown(text: string): string {
  const line = JSON.stringify(text.trim().slice(0, TELLING))
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replace(/\/\/[^/@\s]*@/g, "//…@");
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
}
