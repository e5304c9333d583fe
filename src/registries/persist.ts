import { type Clock, NetworkError } from "../model/host.ts";
import { isLastingFault, pauseAfter } from "../model/retry.ts";
import { isPassing, Refusal } from "./refusal.ts";

export type Patience = {
  readonly clock: Clock;
  /** A number from 0 to 1, without 1. */
  readonly random: () => number;
  /** So many in a row may fail, the last one for good. */
  readonly attempts: number;
  /** Told before each further attempt. */
  readonly onRetry?: OnRetry | undefined;
};

export type OnRetry = (fault: Error, pauseMs: number, attempt: number) => void;

/** Does what may be done more than once, until it succeeds, or fails in a way that will not pass, or too often. */
export async function persist<T>(patience: Patience, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
  const failures = countFailures(patience, signal);
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!mayPass(error)) throw error;
      await failures.pause(error);
    }
  }
}

/** Whether the next attempt may go better. */
export function mayPass(error: unknown): boolean {
  return (error instanceof NetworkError && !isLastingFault(error.code)) || isPassing(error);
}

export type Failures = {
  /** Waits after a failure; rejects with it where it was one too many. */
  readonly pause: (error: unknown) => Promise<void>;
  /** Something has been achieved: what failed before does not count any more. */
  readonly forget: () => void;
};

export function countFailures({ clock, random, attempts, onRetry }: Patience, signal: AbortSignal): Failures {
  let failed = 0;
  return {
    async pause(error) {
      failed += 1;
      if (failed >= attempts) throw error;
      const askedMs = askedMsOf(error, clock.now());
      const pauseMs = pauseAfter({ attempts: failed, askedMs, chance: random() });
      if (error instanceof Error) onRetry?.(error, pauseMs, failed + 1);
      await clock.sleep(pauseMs, signal);
    },
    forget: () => {
      failed = 0;
    },
  };
}

/** `Retry-After` (RFC 9110, section 10.2.3) in milliseconds from now. */
function askedMsOf(error: unknown, nowMs: number): number {
  if (!(error instanceof Refusal) || error.retryAfter === "") return 0;
  const seconds = Number(error.retryAfter);
  const askedMs = Number.isNaN(seconds) ? Date.parse(error.retryAfter) - nowMs : seconds * 1000;
  return Number.isNaN(askedMs) ? 0 : Math.max(askedMs, 0);
}
