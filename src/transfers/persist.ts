import { type Host, NetworkError } from "../model/host.ts";
import { Refusal } from "../model/place.ts";
import { isLastingFault, pauseAfter } from "../model/retry.ts";

/** So many attempts in a row may fail, the last one for good. */
const ATTEMPTS = 5;

/** What counts requests does so for five minutes at most; who asks for more is not waited for any longer. */
const LONGEST_ASKED_MS = 5 * 60_000;

/** What may be answered otherwise in a moment. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export type Patience = {
  readonly host: Host;
  readonly signal: AbortSignal;
  /** Told before each further attempt. */
  readonly onWait?: ((fault: Error, pauseMs: number) => void) | undefined;
};

/** Does what may be done more than once, until it succeeds, or fails in a way that will not pass, or too often. */
export async function persist<T>(patience: Patience, act: () => Promise<T>): Promise<T> {
  const failures = countFailures(patience);
  for (;;) {
    try {
      return await act();
    } catch (error) {
      await failures.pause(error);
    }
  }
}

/** Whether the next attempt may go better. */
export function mayPass(error: unknown): error is NetworkError | Refusal {
  if (error instanceof NetworkError) return !isLastingFault(error.code);
  return error instanceof Refusal && PASSING.has(error.status);
}

export type Failures = {
  /** Waits after a failure; rejects with it where it will not pass, or was one too many. */
  readonly pause: (error: unknown) => Promise<void>;
  /** Something has been achieved: what failed before does not count any more. */
  readonly forget: () => void;
};

export function countFailures({ host, signal, onWait }: Patience): Failures {
  let failed = 0;
  return {
    async pause(error) {
      failed += 1;
      if (failed >= ATTEMPTS || !mayPass(error) || signal.aborted) throw error;
      const askedMs = error instanceof Refusal ? askedMsOf(error, host.clock.now()) : 0;
      const backoffMs = pauseAfter({ attempts: failed, askedMs: 0, chance: host.random() });
      const pauseMs = Math.max(backoffMs, Math.min(askedMs, LONGEST_ASKED_MS));
      onWait?.(error, pauseMs);
      await host.clock.sleep(pauseMs, signal);
    },
    forget: () => {
      failed = 0;
    },
  };
}

/**
 * How long a server wants to be left alone, in milliseconds: `Retry-After` (RFC 9110, section 10.2.3), or where nothing
 * is left of what it grants, the time until it grants more: `RateLimit: "api";r=0;t=55` (draft-ietf-httpapi-ratelimit-headers).
 */
function askedMsOf({ headers }: Refusal, nowMs: number): number {
  const { "retry-after": retryAfter = "", ratelimit = "" } = headers;
  const [, seconds] = /(?:^|;)\s*r=0\b.*?;\s*t=(\d+)/.exec(ratelimit) ?? [];
  if (retryAfter === "") return Number(seconds ?? 0) * 1000;
  const asked = Number(retryAfter);
  const askedMs = Number.isNaN(asked) ? Date.parse(retryAfter) - nowMs : asked * 1000;
  return Number.isNaN(askedMs) ? 0 : Math.max(askedMs, 0);
}
