/** How much is decompressed at once: all that comes of it, up to 128 MB, is in memory before any of it is handed on. */
const SLICE_BYTES = 4096;

/** Decompresses a stream as it comes, up to so many bytes. What is wrong with it is thrown as `word` has it. */
export async function* unzstdStream(
  chunks: AsyncIterable<Uint8Array>,
  mostBytes: number,
  word: (reason: string) => Error,
): AsyncGenerator<Uint8Array> {
  const { Decompress } = await import("fzstd");
  let bytes = 0;
  let excess: Error | undefined;
  let made: Uint8Array[] = [];
  const decompressing = new Decompress((chunk) => {
    bytes += chunk.length;
    if (bytes > mostBytes) {
      excess = word("would become more than 1000 times as large when unpacked");
      throw excess;
    }
    // Its memory is used again for what follows.
    made.push(chunk.slice());
  });
  const push = (chunk: Uint8Array, isLast: boolean): readonly Uint8Array[] => {
    made = [];
    try {
      decompressing.push(chunk, isLast);
    } catch (error) {
      throw excess ?? word(`is damaged: ${(error as Error).message}`);
    }
    return made;
  };
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += SLICE_BYTES)
      yield* push(chunk.subarray(at, at + SLICE_BYTES), false);
  yield* push(new Uint8Array(), true);
}
