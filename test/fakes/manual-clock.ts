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

type Sleeper = { readonly untilMs: number; readonly wake: () => void };

/** A clock that stands until the test lets time pass; who sleeps is woken then, or when the signal fires. */
export function createStandingClock() {
  const sleepers = new Set<Sleeper>();
  const sleeps: number[] = [];
  let timeMs = 0;

  function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    sleeps.push(milliseconds);
    return new Promise((resolve, reject) => {
      const sleeper = { untilMs: timeMs + milliseconds, wake: resolve };
      const leave = (): void => {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      if (signal?.aborted) return leave();
      sleepers.add(sleeper);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  function pass(milliseconds: number): void {
    timeMs += milliseconds;
    for (const sleeper of sleepers) {
      if (sleeper.untilMs > timeMs) continue;
      sleepers.delete(sleeper);
      sleeper.wake();
    }
  }

  /** Comes back once somebody sleeps for so long. */
  async function whenAsleep(milliseconds: number): Promise<void> {
    const isAsleep = () => [...sleepers].some(({ untilMs }) => untilMs === timeMs + milliseconds);
    for (let turns = 0; !isAsleep(); turns += 1) {
      if (turns > 10_000)
        throw new Error(`nobody sleeps for ${milliseconds} ms; these were asked: ${sleeps}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  const clock: Clock = { now: () => timeMs, monotonic: () => timeMs, sleep };
  return { ...clock, sleeps: sleeps as readonly number[], sleeping: () => sleepers.size, pass, whenAsleep };
}
