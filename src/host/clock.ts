import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../model/host.ts";

export function createClock(): Clock {
  return {
    now: Date.now,
    monotonic: () => performance.now(),
    sleep: (milliseconds, signal) => delay(milliseconds, undefined, signal === undefined ? {} : { signal }),
  };
}
