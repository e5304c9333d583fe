import type { Clock } from "../model/host.ts";

export function createClock(): Clock {
  return {
    now: Date.now,
    // `performance` is a module to load, and so is `timers/promises`.
    monotonic: () => Number(process.hrtime.bigint()) / 1e6,
    sleep,
  };
}

/** Rejects with the signal's reason when it fires. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    if (milliseconds === 0) {
      setImmediate(resolve);
      return;
    }
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
