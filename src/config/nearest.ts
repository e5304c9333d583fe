/** What is longer stands for none of our words, and to compare it would take as long as it is. */
const LONGEST_WORD = 100;

/** The candidate that a misspelt word most likely stands for, if any is near enough. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  const meant = plain(word);
  const scored = candidates.map((candidate) => ({
    candidate,
    distance: unlikeness(meant, plain(candidate)),
  }));
  const [best] = scored.toSorted((a, b) => a.distance - b.distance);
  const allowed = Math.max(1, Math.floor(word.length / 3));
  return best !== undefined && best.distance <= allowed ? best.candidate : undefined;
}

/** `baseImage`, `base-image` and `base_image` are one word. */
function plain(word: string): string {
  return word.toLowerCase().replace(/[-_ ]/g, "");
}

/** A word that goes on where the other ends is as near as one with a letter wrong: `status_code` for `status`. */
function unlikeness(word: string, candidate: string): number {
  const isLonger = candidate.length > 3 && word.startsWith(candidate);
  return isLonger ? Math.min(1, distance(word, candidate)) : distance(word, candidate);
}

/** How many letters must be added, removed, changed or swapped with their neighbour to make one word of the other. */
function distance(from: string, to: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const at = (line: readonly number[], index: number) => line[index] ?? Number.POSITIVE_INFINITY;
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swapped = isSwapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY;
      const changed = at(last, column - 1) + (isSame ? 0 : 1);
      current.push(Math.min(at(last, column) + 1, at(current, column - 1) + 1, changed, swapped));
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] ?? 0;
}
