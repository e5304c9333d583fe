import { SharedPlaceFault } from "./shared-place.ts";

/** Turns what goes wrong at a place into `SharedPlaceFault`s; `wordFault` gives undefined for a bug of ours. */
export function turnFaults(wordFault: (error: unknown) => string | undefined) {
  function turn(error: unknown): unknown {
    const message = wordFault(error);
    return message === undefined ? error : new SharedPlaceFault(message);
  }
  return {
    async during<T>(act: () => Promise<T>): Promise<T> {
      try {
        return await act();
      } catch (error) {
        throw turn(error);
      }
    },
    async *within(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
      try {
        yield* chunks;
      } catch (error) {
        throw turn(error);
      }
    },
  };
}
