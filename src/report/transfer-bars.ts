import type { TransferProgress } from "../model/source.ts";
import { columnsOf, cutToColumns, visibleText } from "./visible-text.ts";
import { wordBytes } from "./word-transfer.ts";

/** So many files of a step, the largest: more would push the other steps off the screen. */
const MOST_BARS = 3;

const BAR_COLUMNS = 16;

/** `100 %  412 MB of 1.2 GB`, and what stands between. */
const NUMBERS_COLUMNS = 26;

/** Narrower than this, a name would be no name. */
const FEWEST_NAME_COLUMNS = 12;

/** A bar for each file that is under way and whose size is known, no wider than the terminal; none where there is no room. */
export function drawBars({ files = [] }: TransferProgress, columns: number): readonly string[] {
  const nameColumns = Math.min(40, columns - BAR_COLUMNS - NUMBERS_COLUMNS - 8);
  if (nameColumns < FEWEST_NAME_COLUMNS) return [];
  return files
    .flatMap(({ path, bytes, size }) => (size === undefined || size === 0 ? [] : [{ path, bytes, size }]))
    .toSorted((a, b) => b.size - a.size)
    .slice(0, MOST_BARS)
    .map(({ path, bytes, size }) => {
      const share = Math.min(1, Math.max(0, bytes / size));
      const name = endOf(visibleText(path), nameColumns);
      const full = Math.floor(share * BAR_COLUMNS);
      const bar = "█".repeat(full) + "░".repeat(BAR_COLUMNS - full);
      const percent = `${Math.floor(share * 100)} %`.padStart(5);
      const gap = " ".repeat(nameColumns - columnsOf(name));
      return cutToColumns(
        `    ${name}${gap}  ${bar} ${percent}  ${wordBytes(bytes)} of ${wordBytes(size)}`,
        columns,
      );
    });
}

/** Of the parts of a model the ends differ. */
function endOf(name: string, columns: number): string {
  if (columnsOf(name) <= columns) return name;
  let kept = "";
  for (const character of [...name].reverse()) {
    if (columnsOf(kept) + columnsOf(character) >= columns) break;
    kept = character + kept;
  }
  return `…${kept}`;
}
