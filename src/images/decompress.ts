import { splitFrames } from "./compare/split-frames.ts";
import { loadLibrary } from "./compression.ts";
import { feed } from "./feed.ts";

/** The tar of a layer, given its blob. What is broken is told by an `Error`, whose message goes on from "it". */
export function decompress(chunks: AsyncIterable<Uint8Array>, mediaType: string): AsyncIterable<Uint8Array> {
  const [, ending] = /[.+](tar|gzip|zstd)$/.exec(mediaType) ?? [];
  switch (ending) {
    case "tar":
      return chunks;
    case "gzip":
      return gunzip(chunks);
    case "zstd":
      return unzstd(chunks);
    default:
      throw new Error("it is of a media type that is not known");
  }
}

async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // Loaded by who needs it: it takes a millisecond of every start.
  const { createGunzip } = await import("node:zlib");
  const stream = createGunzip();
  const fed = feed(chunks, stream);
  yield* stream as AsyncIterable<Buffer>;
  await fed;
}

/** The library does nothing by the stream, but a frame at once, and needs to know what it may become. */
async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const library = await loadLibrary();
  for await (const { bytes, mostBytes } of splitFrames(chunks)) {
    yield decompressFrame(() => library.decompress(bytes, { defaultHeapSize: mostBytes }));
  }
}

function decompressFrame(decompressed: () => Uint8Array): Uint8Array {
  try {
    return decompressed();
  } catch {
    // The library tells a number.
    throw new Error("it has a zstd frame that cannot be decompressed");
  }
}
