import { runInNewContext } from "node:vm";

const MOST_MS = 5_000;

/**
 * What a function gives, or undefined where it takes too long: a pattern of somebody's can go back and forth for years,
 * and nothing else of ours runs meanwhile. V8 ends what runs below a script with a limit, regular expressions as well.
 */
export function withinTime<Value extends object>(act: () => Value, mostMs = MOST_MS): Value | undefined {
  try {
    return runInNewContext("act()", { act }, { timeout: mostMs });
  } catch (error) {
    if ((error as { readonly code?: string }).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return undefined;
    throw error;
  }
}
