import type { Location, TextRange } from "../model/text-range.ts";

/** After so many that are not found, the text is written in another way than it reads, and no more are looked for. */
const MOST_MISSES = 100;

/**
 * Finds expressions of a text, asked for in their order, in the text as it is written: quotes and escapes move them about.
 * One that is not found has the place of the whole. What was looked at for one is not for the next.
 */
export function createPlacement(place: Location, text: string): (expression: TextRange) => Location {
  const written = place.file.text.slice(place.range.start, place.range.end);
  let [read, found, misses] = [0, 0, 0];
  return ({ start, end }) => {
    if (start < read) [read, found] = [0, 0];
    if (misses > MOST_MISSES) return place;
    const expression = text.slice(start, end);
    const offset = indexAfter(written, expression, found, countIn(text.slice(read, start), expression));
    if (offset < 0) {
      misses += 1;
      return place;
    }
    [read, found] = [end, offset + expression.length];
    const first = place.range.start + offset;
    return { file: place.file, range: { start: first, end: first + expression.length } };
  };
}

function countIn(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** Where a part stands once more after it was passed over so many times; -1 where it does not. */
function indexAfter(text: string, part: string, from: number, earlier: number): number {
  let offset = text.indexOf(part, from);
  for (let passed = 0; passed < earlier && offset >= 0; passed += 1)
    offset = text.indexOf(part, offset + part.length);
  return offset;
}
