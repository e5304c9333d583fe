import { stripVTControlCharacters } from "node:util";
import { columnsOf, visibleText } from "./visible-text.ts";

/**
 * A line that a build or a container printed: its colours are taken out, and so is what asks for a picture of a
 * character, for terminals do not agree on how wide that is.
 */
export function calmText(text: string): string {
  return visibleText(stripVTControlCharacters(text).replaceAll("\ufe0f", ""));
}

/** How many rows of a terminal lines take, coloured or not, if it breaks those that are wider than it is. */
export function rowsOf(lines: string, columns: number): number {
  return stripVTControlCharacters(lines)
    .split("\n")
    .reduce((sum, line) => sum + Math.max(1, Math.ceil(columnsOf(line) / Math.max(1, columns))), 0);
}
