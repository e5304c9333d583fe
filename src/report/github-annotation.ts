import type { Diagnostic } from "../model/diagnostic.ts";
import { positionAt } from "../model/text-range.ts";
import { visibleLines } from "./visible-text.ts";
import { withoutLogins } from "./without-logins.ts";

type PlaceOf = (path: string) => string | undefined;

/**
 * A diagnostic as a workflow command of GitHub Actions, which shows it beside the line of the file. `placeOf` gives a
 * file's path from the root of the repository on, and none to what lies elsewhere. Columns are for places within one line: GitHub refuses others.
 */
export function renderGithubAnnotation(diagnostic: Diagnostic, placeOf: PlaceOf): string {
  const { code, severity, message, hint } = withoutLogins(diagnostic);
  const properties = [...placeProperties(diagnostic, placeOf), ["title", code] as const]
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
    .join(",");
  const words = hint === undefined ? message : `${message}\nhint: ${hint}`;
  return `::${severity} ${properties}::${escapeData(visibleLines(words))}\n`;
}

function placeProperties(
  { location }: Diagnostic,
  placeOf: PlaceOf,
): readonly (readonly [string, string | number])[] {
  if (location === undefined) return [];
  const { file, range } = location;
  const place = placeOf(file.path);
  if (place === undefined) return [];
  const [start, end] = [positionAt(file.text, range.start), positionAt(file.text, range.end)];
  const lines = [["file", place] as const, ["line", start.line] as const];
  if (start.line !== end.line) return [...lines, ["endLine", end.line]];
  return [...lines, ["col", start.column], ["endLine", end.line], ["endColumn", end.column]];
}

/** As the commands' own toolkit does it; a `%` first, since the others bring some. */
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
