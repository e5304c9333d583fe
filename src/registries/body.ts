import type { BlobContent } from "../model/registry.ts";

/** The part of a blob that one request sends. */
export type Span = { readonly start: number; readonly length: number };

export type Body = {
  /** The bytes, anew with each call. */
  readonly chunks: () => AsyncGenerator<Uint8Array>;
  /** What went wrong with the content itself, and not on the way. */
  readonly fault: () => { readonly error: unknown } | undefined;
};

/** The body of a request: a part of a blob, and no byte more or fewer. */
export function makeBody(
  content: BlobContent,
  { start, length }: Span,
  onSent: (bytes: number) => void,
): Body {
  let fault: { readonly error: unknown } | undefined;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      let sent = 0;
      for await (const chunk of takeBytes(content.chunks(start), length)) {
        yield chunk;
        sent += chunk.length;
        onSent(start + sent);
      }
      if (sent < length) throw new Error(`${content.digest} ends after ${start + sent} bytes`);
    } catch (error) {
      fault = { error };
      throw error;
    }
  }
  return { chunks, fault: () => fault };
}

async function* takeBytes(chunks: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let left = most;
  if (left === 0) return;
  for await (const chunk of chunks) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}
