import type { Diagnostic } from "../model/diagnostic.ts";
import { pauseAfter } from "../model/retry.ts";

/** The diagnostic that says a failure may go better next time: no answer, an answer cut short, 429, 5xx. */
export function transientFault(diagnostics: readonly Diagnostic[]): Diagnostic | undefined {
  return diagnostics.find(({ details }) => details?.transient === true);
}

/** Milliseconds to wait after so many attempts, and never fewer than the other side asked for (`details.retryAfterMs`). */
export function pauseBeforeRetry({ details }: Diagnostic, attempts: number, chance: number): number {
  return pauseAfter({ attempts, askedMs: Number(details?.retryAfterMs ?? 0), chance });
}
