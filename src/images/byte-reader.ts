/** A stream that is read by the byte. */
export type ByteReader = {
  /** What is at hand, which stays there: at least a byte, and nothing at the end. */
  readonly peek: () => Promise<Uint8Array>;
  /** So many bytes, or fewer where the stream ends before. */
  readonly take: (count: number) => Promise<Buffer>;
  /** So many bytes, or fewer where the stream ends before, as they come. */
  readonly pass: (count: number) => AsyncGenerator<Uint8Array>;
  /** Passes over so many bytes, or to the end; true if there were as many. */
  readonly skip: (count: number) => Promise<boolean>;
  /** Nobody reads on. */
  readonly close: () => Promise<void>;
};

export function readBytes(chunks: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();

  async function peek(): Promise<Uint8Array> {
    while (rest.length === 0) {
      const { done, value } = await iterator.next();
      if (done === true) break;
      rest = value;
    }
    return rest;
  }

  async function* pass(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0; ) {
      const taken = (await peek()).subarray(0, left);
      if (taken.length === 0) return;
      rest = rest.subarray(taken.length);
      left -= taken.length;
      yield taken;
    }
  }

  async function take(count: number): Promise<Buffer> {
    if (rest.length >= count) {
      const taken = Buffer.from(rest.subarray(0, count));
      rest = rest.subarray(count);
      return taken;
    }
    const taken: Uint8Array[] = [];
    for await (const bytes of pass(count)) taken.push(bytes);
    return Buffer.concat(taken);
  }

  async function skip(count: number): Promise<boolean> {
    let passed = 0;
    for await (const bytes of pass(count)) passed += bytes.length;
    return passed === count;
  }

  return { peek, take, pass, skip, close: async () => void (await iterator.return?.()) };
}
