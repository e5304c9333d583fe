import type { Clock } from "../../model/host.ts";
import { SharedPlaceFault } from "./shared-place.ts";

/** How long a shared place is waited for, in milliseconds. */
export type PatienceMs = {
  /** For a record to begin to come, and for the answer whether a content is there. */
  readonly answer: number;
  /** For a whole record, and for the next bytes of a content. */
  readonly idle: number;
  /** For the next bytes of what is uploaded to be taken, and for the answer after the last. */
  readonly upload: number;
};

export const USUAL_PATIENCE_MS: PatienceMs = { answer: 2_000, idle: 10_000, upload: 10_000 };

/** Slower than this, in bytes a millisecond, a place is of no use: the step itself is done sooner. */
const LEAST_RATE = 100;

/** What comes in drops is waited for a few times as long as what does not come, however few the bytes. */
const TIMES_AS_LONG = 4;

/** As `whileMoving`, and in no more time altogether than so many bytes may take. */
export async function whileMovingWell<T>(
  idleMs: number,
  bytes: number,
  waiting: Waiting,
  act: (signal: AbortSignal, movement: Movement) => Promise<T>,
): Promise<T> {
  return whileMoving(TIMES_AS_LONG * idleMs + bytes / LEAST_RATE, waiting, (signal) =>
    whileMoving(idleMs, { ...waiting, signal }, act),
  );
}

export type Waiting = { readonly clock: Clock; readonly signal: AbortSignal };

/** How an act says that it goes on. */
export type Movement = {
  /** The time begins anew. */
  readonly moved: () => void;
  /** Nobody else is waited for, until it moves again. */
  readonly rests: () => void;
};

/**
 * Waits for an act as long as it moves. Whatever the act does, an interrupt or the end of the time ends the waiting at
 * once; the act's own signal fires then, and once it is over.
 */
export async function whileMoving<T>(
  idleMs: number,
  { clock, signal }: Waiting,
  act: (signal: AbortSignal, movement: Movement) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  let lastMove = clock.monotonic();
  const movement: Movement = {
    moved: () => {
      lastMove = clock.monotonic();
    },
    rests: () => {
      lastMove = Number.POSITIVE_INFINITY;
    },
  };
  const watch = async (): Promise<never> => {
    for (;;) {
      const leftMs = lastMove + idleMs - clock.monotonic();
      if (leftMs <= 0) throw new SharedPlaceFault(`nothing came in ${idleMs} ms`, idleMs);
      await clock.sleep(Math.min(leftMs, idleMs), either);
    }
  };
  try {
    return await Promise.race([act(either, movement), watch()]);
  } finally {
    over.abort();
  }
}

/** What comes from elsewhere: the time runs while the next bytes are waited for, and not while they are written here. */
export async function* arriving(
  chunks: AsyncIterable<Uint8Array>,
  { moved, rests }: Movement,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    rests();
    yield chunk;
    moved();
  }
  rests();
}

/** What goes elsewhere: the time runs until the next bytes are taken. */
export async function* leaving(
  chunks: AsyncIterable<Uint8Array>,
  { moved }: Movement,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    moved();
    yield chunk;
  }
  moved();
}
