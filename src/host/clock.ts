import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../model/host.ts";

export function createClock(): Clock {
  return {
    now: Date.now,
    // `performance` is a module to load.
    monotonic: () => Number(process.hrtime.bigint()) / 1e6,
    sleep: (milliseconds, signal) => delay(milliseconds, undefined, signal === undefined ? {} : { signal }),
  };
}
