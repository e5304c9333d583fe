export type Frame = { readonly stream: "stdout" | "stderr"; readonly text: string };

const HEADER_BYTES = 8;

/**
 * The two streams of a container without a terminal: frames of one byte of stream number, three of nothing, four of
 * length (big endian), then the bytes. Engine API, "Attach to a container", stream format.
 */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + pending.readUInt32BE(4);
      if (pending.length < end) break;
      const stream = pending[0] === 2 ? "stderr" : "stdout";
      yield { stream, text: decoders[stream].decode(pending.subarray(HEADER_BYTES, end), { stream: true }) };
      pending = pending.subarray(end);
    }
  }
}
