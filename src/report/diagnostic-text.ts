import type { Diagnostic } from "../model/diagnostic.ts";
import { type Location, positionAt } from "../model/text-range.ts";
import { codeFrame, type FrameLine } from "./code-frame.ts";
import { type Paint, painter } from "./paint.ts";
import { calmText } from "./printed-text.ts";
import { visibleText } from "./visible-text.ts";
import { withoutLogins } from "./without-logins.ts";

/** Diagnostics as people read them, a blank line between two, without a line break at the end. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  options: { readonly color: boolean },
): string {
  const paint = painter(options.color);
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, paint).join("\n")).join("\n\n");
}

function renderDiagnostic(diagnostic: Diagnostic, paint: Paint): readonly string[] {
  const { code, severity, message, location, related = [], excerpt = [], hint } = withoutLogins(diagnostic);
  const title = paint(severity === "error" ? ["bold", "red"] : ["bold", "yellow"], `${severity}[${code}]`);
  const [first = "", ...more] = message.split("\n").map(harmless);
  return [
    `${title}: ${paint("bold", first)}`,
    ...more.map((line) => renderBeside(line, paint)),
    ...(location === undefined ? [] : renderPlace(location, paint)),
    ...related.flatMap((place) => [
      `note: ${visibleText(place.message)}`,
      ...renderPlace(place.location, paint),
    ]),
    ...excerpt.map((line) => renderBeside(harmless(calmText(line)), paint)),
    ...(hint === undefined ? [] : renderHint(hint, paint)),
  ];
}

function renderHint(hint: string, paint: Paint): readonly string[] {
  const [first = "", ...more] = hint.split("\n").map(harmless);
  return [`${paint("cyan", "hint")}: ${first}`, ...more.map((line) => renderBeside(line, paint))];
}

/** Behind a bar, where a line that begins with `::` is no command to GitHub. */
function renderBeside(line: string, paint: Paint): string {
  return `${paint("blue", "  |")} ${line}`.trimEnd();
}

/** Neither a terminal does anything on it, nor GitHub, which reads `##[` anywhere in a line. */
function harmless(line: string): string {
  return visibleText(line).replaceAll("##[", "# #[");
}

function renderPlace(location: Location, paint: Paint): readonly string[] {
  const { line, column } = positionAt(location.file.text, location.range.start);
  const frame = codeFrame(location);
  const indent = " ".repeat(frame.at(-1)?.gutter.length ?? 1);
  return [
    `${indent}${paint("blue", "-->")} ${visibleText(location.file.path)}:${line}:${column}`,
    `${indent} ${paint("blue", "|")}`,
    ...frame.map((frameLine) => renderFrameLine(frameLine, paint)),
  ];
}

function renderFrameLine({ kind, gutter, text }: FrameLine, paint: Paint): string {
  const code = kind === "mark" ? paint("red", text) : text;
  return `${paint("blue", `${gutter} |`)} ${code}`.trimEnd();
}
