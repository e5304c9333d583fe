import type { YAMLException } from "js-yaml";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { SourceFile } from "../model/text-range.ts";

type Hint = {
  readonly reason: RegExp;
  /** What stands before the place, and from it on. */
  readonly before?: RegExp;
  readonly rest: RegExp;
  readonly hint: string;
};

const hints: readonly Hint[] = [
  { reason: /tab characters/, rest: /^/, hint: "replace the tabs with spaces" },
  { reason: /^/, rest: /^[@`%]/, hint: "put a value that begins with `@`, `` ` `` or `%` in quotes" },
  { reason: /bad indentation/, rest: /^[^\n]*: /, hint: "put a value that contains `: ` in quotes" },
  { reason: /unidentified alias/, rest: /^/, hint: "put a value that begins with `*` in quotes" },
  {
    reason: /deficient indentation/,
    rest: /^/,
    hint: "add the quote, `]` or `}` that is missing before this",
  },
  {
    reason: /flow collection/,
    before: /\$$/,
    rest: /^\{/,
    hint: 'within `[ ]` and `{ }`, put a value with a variable in quotes: `"${NAME}"`',
  },
  { reason: /flow collection/, rest: /^/, hint: "add the missing `]` or `}`" },
];

/** What the YAML parser says, at the place where it says it. */
export function wordSyntaxError(file: SourceFile, error: YAMLException): Diagnostic {
  const start = Math.min(error.mark?.position ?? 0, file.text.length);
  const [before, rest] = [file.text.slice(0, start), file.text.slice(start)];
  const hint = hints.find(
    (one) => one.reason.test(error.reason) && one.rest.test(rest) && (one.before?.test(before) ?? true),
  )?.hint;
  return errorDiagnostic("document/syntax", error.reason.replaceAll('"', "`"), {
    location: { file, range: { start, end: Math.min(start + 1, file.text.length) } },
    hint: hint ?? "check the indentation, the quotes and the brackets here and in the line above",
  });
}
