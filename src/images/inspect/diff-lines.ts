import type { ChangedLines } from "../../model/image-difference.ts";
import { maskLogins } from "../../model/mask-logins.ts";

/** More lines than this are counted, and not shown. */
const MOST_LINES = 200;

/** What is written in one line, as JSON often is, is no line to read. */
const MOST_CHARACTERS = 300;

/** Texts that have less in common than this are replaced, and not changed: to find out would take minutes. */
const MOST_EDITS = 4000;

/** Undefined where two texts have too little in common to say which lines are others. */
export async function diffLines(first: string, second: string): Promise<ChangedLines | undefined> {
  const { structuredPatch } = await import("diff");
  const patch = structuredPatch("", "", first, second, undefined, undefined, {
    context: 3,
    maxEditLength: MOST_EDITS,
  });
  if (patch === undefined) return undefined;
  const lines = patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines: changed }) => [
    `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    ...changed,
  ]);
  const count = (sign: string) =>
    patch.hunks.flatMap((hunk) => hunk.lines).filter((line) => line.startsWith(sign)).length;
  return {
    added: count("+"),
    removed: count("-"),
    shown: lines.slice(0, MOST_LINES).map(shorten),
    omitted: Math.max(0, lines.length - MOST_LINES),
  };
}

function shorten(line: string): string {
  const masked = maskLogins(line);
  return masked.length > MOST_CHARACTERS ? `${masked.slice(0, MOST_CHARACTERS)}…` : masked;
}
