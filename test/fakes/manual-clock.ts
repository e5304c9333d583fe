import type { Clock } from "../../src/model/host.ts";

/** A clock that nobody waits for: a sleep is over at once, and the time has passed all the same, or `rate` as much. */
export function createManualClock(rate = 1): Clock & { readonly sleeps: readonly number[] } {
  const sleeps: number[] = [];
  let timeMs = 0;
  return {
    sleeps,
    now: () => timeMs,
    monotonic: () => timeMs,
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      sleeps.push(milliseconds);
      timeMs += milliseconds * rate;
    },
  };
}
