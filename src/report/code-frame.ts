import { maskLogins } from "../model/mask-logins.ts";
import { type Location, type Position, positionAt } from "../model/text-range.ts";
import { columnsOf, visibleText } from "./visible-text.ts";

/** A line of a frame: `gutter` holds the line number, or spaces as wide. */
export type FrameLine = { readonly kind: "code" | "mark"; readonly gutter: string; readonly text: string };

/** The characters of a line that are shown; longer ones are cut around the place. */
const lineLength = 100;
const leadLength = 40;

/** The line of a place, underlined, below the line before it. Of a place on several lines the first is underlined. */
export function codeFrame(location: Location): readonly FrameLine[] {
  const { file, range } = location;
  const position = positionAt(file.text, range.start);
  const lineStart = range.start - position.column + 1;
  const line = lineAt(file.text, lineStart);
  const before = lineStart === 0 ? "" : lineAt(file.text, file.text.lastIndexOf("\n", lineStart - 2) + 1);
  const marked = { start: position.column - 1, end: Math.min(range.end - lineStart, line.length) };
  const isLonger =
    range.end > lineStart + line.length && file.text.slice(lineStart + line.length, range.end).trim() !== "";
  const [code, mark] = underline(line, marked, isLonger);
  const gutter = String(position.line);
  const blank = " ".repeat(gutter.length);
  return [
    ...previousLine(position, before, blank.length),
    { kind: "code", gutter, text: code },
    { kind: "mark", gutter: blank, text: mark },
  ];
}

function previousLine({ line }: Position, text: string, width: number): readonly FrameLine[] {
  if (text.trim() === "") return [];
  const shown = text.length > lineLength ? `${text.slice(0, lineLength)}...` : text;
  return [{ kind: "code", gutter: String(line - 1).padStart(width), text: visibleText(shown) }];
}

function underline(
  line: string,
  { start, end }: { start: number; end: number },
  isLonger: boolean,
): readonly [string, string] {
  const from = line.length > lineLength ? Math.max(0, start - leadLength) : 0;
  const to = Math.min(line.length, from + lineLength);
  const lead = `${from > 0 ? "..." : ""}${visibleText(line.slice(from, start))}`;
  const width = Math.max(1, columnsOf(visibleText(line.slice(start, Math.min(end, to)).trimEnd())));
  const code = `${lead}${visibleText(line.slice(start, to))}${to < line.length ? "..." : ""}`;
  return [code.trimEnd(), `${" ".repeat(columnsOf(lead))}${"^".repeat(width)}${isLonger ? "..." : ""}`];
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf("\n", start);
  return withoutPasswords(text.slice(start, end === -1 ? text.length : end).replace(/\r$/, ""));
}

/** A log is for more people to read than the file. Each character has a mark, so that what follows keeps its place. */
function withoutPasswords(line: string): string {
  const stars = (secret: string) => "*".repeat(secret.length);
  return maskLogins(line, stars).replace(NAMED, stars);
}

/** After a name that only a secret has; a variable's own name is none. */
const NAMED =
  /(?<=(?:password|passwd|secret|secret_access_key|session_token|sas_token|account_key|api_key)["']?\s*[:=]\s*["']?)[^\s,;&}\]"'$]+/gi;
