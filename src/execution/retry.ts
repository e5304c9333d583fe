import type { Diagnostic } from "../model/diagnostic.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** The diagnostic that says a failure may go better next time: no answer, an answer cut short, 429, 5xx. */
export function transientFault(diagnostics: readonly Diagnostic[]): Diagnostic | undefined {
  return diagnostics.find(({ details }) => details?.transient === true);
}

/**
 * Milliseconds to wait after so many attempts: twice as long each time, half of it by chance, so that many clients do
 * not come back together; never sooner than the other side asked for (`details.retryAfterMs`), up to half a minute.
 */
export function pauseBeforeRetry({ details }: Diagnostic, attempts: number, chance: number): number {
  const backoffMs = FIRST_PAUSE_MS * 2 ** (attempts - 1) * (0.5 + chance / 2);
  const askedMs = Number(details?.retryAfterMs ?? 0);
  return Math.min(Math.max(backoffMs, askedMs), LONGEST_PAUSE_MS);
}
