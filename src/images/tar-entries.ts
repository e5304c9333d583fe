import type { Header } from "tar-stream";
import { feed } from "./feed.ts";

/** `chunks` can be read until the next entry is asked for; what is left of them is passed over. */
export type StreamedEntry = { readonly header: Header; readonly chunks: AsyncIterable<Uint8Array> };

/**
 * The entries of a tar, one after the other. A fault of the tar is thrown as `word` has it; one of `chunks` is thrown as
 * it is.
 */
export async function* tarEntries(
  chunks: AsyncIterable<Uint8Array>,
  word: (reason: string) => Error,
): AsyncGenerator<StreamedEntry> {
  const { extract } = await import("tar-stream");
  const reader = extract();
  let fault: unknown;
  const noted = wording(chunks, (error) => {
    fault = error;
    return error;
  });
  const fed = feed(noted, reader);
  const worded = (error: unknown) => (error === fault ? error : word((error as Error).message));
  for await (const entry of wording(reader, worded)) {
    yield { header: entry.header, chunks: wording(entry as AsyncIterable<Uint8Array>, worded) };
    entry.resume();
  }
  await fed;
}

async function* wording<T>(things: AsyncIterable<T>, word: (error: unknown) => unknown): AsyncGenerator<T> {
  try {
    yield* things;
  } catch (error) {
    throw word(error);
  }
}
