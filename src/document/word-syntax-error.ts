import type { YAMLException } from "js-yaml";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { SourceFile } from "../model/text-range.ts";

const hints: readonly { readonly reason: RegExp; readonly rest: RegExp; readonly hint: string }[] = [
  { reason: /tab characters/, rest: /^/, hint: "indent with spaces" },
  { reason: /^/, rest: /^[@`%]/, hint: "put a value that begins with `@`, `` ` `` or `%` in quotes" },
  { reason: /bad indentation/, rest: /^[^\n]*: /, hint: "put a value that contains `: ` in quotes" },
  { reason: /unidentified alias/, rest: /^/, hint: "put a value that begins with `*` in quotes" },
  {
    reason: /deficient indentation/,
    rest: /^/,
    hint: "perhaps a quote, a `]` or a `}` is missing before this",
  },
  { reason: /flow collection/, rest: /^/, hint: "a `]` or `}` is missing" },
];

/** What the YAML parser says, at the place where it says it. */
export function wordSyntaxError(file: SourceFile, error: YAMLException): Diagnostic {
  const start = Math.min(error.mark?.position ?? 0, file.text.length);
  const rest = file.text.slice(start);
  const hint = hints.find(
    (candidate) => candidate.reason.test(error.reason) && candidate.rest.test(rest),
  )?.hint;
  return errorDiagnostic("document/syntax", error.reason.replaceAll('"', "`"), {
    location: { file, range: { start, end: Math.min(start + 1, file.text.length) } },
    ...(hint === undefined ? {} : { hint }),
  });
}
