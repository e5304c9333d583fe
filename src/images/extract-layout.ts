import { feed } from "./feed.ts";
import { UnreadableImage } from "./read-images.ts";

/** A file of an OCI layout in an archive: where it belongs in the layout's folder, and its bytes. */
export type LayoutFile = { readonly path: string; readonly chunks: AsyncIterable<Uint8Array> };

/** What an OCI layout consists of; whatever else an archive holds, wherever it would lead, is left alone. */
const LAYOUT_FILE = /^(\.\/)?(oci-layout|index\.json|blobs\/sha256\/[0-9a-f]{64})$/;

/**
 * The files of an OCI layout in a tar, one after the other; each must be read before the next comes. Rejects with an
 * `UnreadableImage` where the bytes are no tar.
 */
export async function* extractLayout(archive: AsyncIterable<Uint8Array>): AsyncGenerator<LayoutFile> {
  const { extract } = await import("tar-stream");
  const reader = extract();
  let fault: unknown;
  const noted = wording(archive, (error) => {
    fault = error;
    return error;
  });
  const fed = feed(noted, reader);
  const word = (error: unknown) =>
    error === fault ? error : new UnreadableImage(`it is no whole tar: ${(error as Error).message}`);
  for await (const entry of wording(reader, word)) {
    const { name, type } = entry.header;
    if (type === "file" && LAYOUT_FILE.test(name)) {
      yield { path: name.replace(/^\.\//, ""), chunks: wording(entry as AsyncIterable<Uint8Array>, word) };
    } else {
      entry.resume();
    }
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
