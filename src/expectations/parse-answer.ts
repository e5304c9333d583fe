import type { Serializable } from "../model/serializable.ts";

/** Whatever goes through a value calls itself for each level. */
const MOST_LEVELS = 500;

/** The value of an answer, or of what else is JSON, or why it cannot be looked at. */
export function parseAnswer(
  text: string,
  what = "the answer",
): { readonly value: Serializable } | { readonly reason: string } {
  try {
    const value = JSON.parse(text) as Serializable;
    return isDeep(value) ? { reason: `${what} has more than ${MOST_LEVELS} levels` } : { value };
  } catch {
    return { reason: `${what} is no JSON` };
  }
}

function isDeep(value: Serializable): boolean {
  let level: readonly Serializable[] = [value];
  for (let depth = 0; depth <= MOST_LEVELS; depth += 1) {
    level = level.flatMap((one) => (one !== null && typeof one === "object" ? Object.values(one) : []));
    if (level.length === 0) return false;
  }
  return true;
}
