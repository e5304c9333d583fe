import type { Differences } from "../expectations/compare-json.ts";
import type { TestFailure } from "../model/test-result.ts";

const EXCERPT_CHARACTERS = 500;

/** The first is the message, and says how many there are; the next are shown below it. */
export function wordDifferences(
  { first: [message, ...others], count }: Differences,
  prefix = "",
): readonly TestFailure[] {
  if (message === undefined) return [];
  if (count === 1) return [failure(`${prefix}${message}`)];
  const untold = count - 1 - others.length;
  const more = untold > 0 ? [...others, `and ${untold} more`] : others;
  return [failure(`${prefix}${message}; ${count} places differ`, more)];
}

export function beginningOf(text: string): readonly string[] {
  return [`answered: ${text.slice(0, EXCERPT_CHARACTERS)}`];
}

export function failure(message: string, excerpt: readonly string[] = []): TestFailure {
  return { message, excerpt };
}
