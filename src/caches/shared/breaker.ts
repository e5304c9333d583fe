import { SharedPlaceFault } from "./shared-place.ts";

export type Breaker = {
  /**
   * What an act gives. Undefined where the place is at fault, or was so often in a row that it is not asked any more,
   * or where the run has been interrupted.
   */
  readonly attempt: <T>(act: () => Promise<T>) => Promise<{ readonly value: T } | undefined>;
  readonly isOpen: () => boolean;
  /** Faults since the last answer, and what the last of them was. */
  readonly faults: () => { readonly count: number; readonly last: string };
};

export type BreakerOptions = {
  /** So many faults in a row open it, for good. */
  readonly most: number;
  /** As do faults in a row that have cost so many milliseconds of waiting. */
  readonly mostWaitedMs: number;
  readonly onFault: (message: string) => void;
  readonly onOpen: (message: string) => void;
  readonly signal: AbortSignal;
};

/** Stops asking what does not answer. An answer that there is nothing is an answer. */
export function createBreaker(options: BreakerOptions): Breaker {
  const { most, mostWaitedMs, onFault, onOpen, signal } = options;
  let count = 0;
  let waitedMs = 0;
  let last = "";
  let isOpen = false;
  const note = ({ message, waitedMs: wasted }: SharedPlaceFault): void => {
    count += 1;
    waitedMs += wasted;
    last = message;
    onFault(message);
    if (isOpen || (count < most && waitedMs < mostWaitedMs)) return;
    isOpen = true;
    onOpen(message);
  };
  return {
    isOpen: () => isOpen,
    faults: () => ({ count, last }),
    async attempt(act) {
      if (isOpen || signal.aborted) return undefined;
      try {
        const value = await act();
        count = 0;
        waitedMs = 0;
        return { value };
      } catch (error) {
        // What an interrupt breaks off is nobody's fault.
        if (signal.aborted) return undefined;
        if (!(error instanceof SharedPlaceFault)) throw error;
        note(error);
        return undefined;
      }
    },
  };
}
