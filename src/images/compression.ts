import type { CompressionConfig } from "../model/config.ts";
import { feed } from "./feed.ts";

/** What a layer is compressed with, once that is decided. */
export type Compression = { readonly kind: "none" } | Extract<CompressionConfig, { readonly level: number }>;

/** Where a layer's largest file is looked at, as shares of its length, and how many bytes each time. */
export const SAMPLE_PLACES = [0, 0.5, 0.95];
export const SAMPLE_BYTES = 64 * 1024;

/** A smaller layer gains less from being compressed than it costs to look into it. */
export const WORTH_COMPRESSING_BYTES = 1 << 20;

/** Above so many bits a byte, what could be saved is not worth the time. */
const MOST_BITS = 6.4;

const ZSTD = { kind: "zstd", level: 3 } as const;

/** How content is compressed under `auto`: as its samples say, the first of which is its beginning. */
export function chooseCompression(name: string, samples: readonly Uint8Array[]): Compression {
  const [head = new Uint8Array()] = samples;
  const bits = samples.map(bitsPerByte).reduce((sum, one) => sum + one / samples.length, 0);
  const isDense = isWeights(name, head) || isCompressed(head) || bits > MOST_BITS;
  return isDense ? { kind: "none" } : ZSTD;
}

/** Formats of weights: floating-point numbers, of which hardly a bit can be saved. */
function isWeights(name: string, head: Uint8Array): boolean {
  const text = Buffer.from(head.subarray(0, 16)).toString("latin1");
  // A safetensors file begins with the length of its header, in eight bytes, and the header, which is JSON.
  return text.startsWith("GGUF") || text[8] === "{" || /\.(safetensors|gguf|onnx)$/i.test(name);
}

/** By their first bytes: gzip, zstd, zip (PyTorch, NumPy), xz, bzip2, lz4, Parquet. */
function isCompressed(head: Uint8Array): boolean {
  const start = Buffer.from(head.subarray(0, 6)).toString("hex");
  return ["1f8b", "28b52ffd", "504b0304", "fd377a58", "425a68", "04224d18", "50415231"].some((magic) =>
    start.startsWith(magic),
  );
}

/** The entropy of single bytes: what a coder that knows nothing else could save. */
function bitsPerByte(sample: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const byte of sample) counts[byte] = (counts[byte] ?? 0) + 1;
  return counts.reduce((bits, count) => {
    const share = count / sample.length;
    return count === 0 ? bits : bits - share * Math.log2(share);
  }, 0);
}

/** The ending of a layer's media type. */
export function suffixOf({ kind }: Compression): string {
  return kind === "none" ? "" : `+${kind}`;
}

export function compress(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncIterable<Uint8Array> {
  switch (compression.kind) {
    case "none":
      return chunks;
    case "gzip":
      return gzip(chunks, compression.level);
    case "zstd":
      return zstd(chunks, compression.level);
  }
}

/** Its header says no time and no system. The rest is as Node's zlib has it, and may differ with another version. */
async function* gzip(chunks: AsyncIterable<Uint8Array>, level: number): AsyncGenerator<Uint8Array> {
  // Loaded by who needs it: it takes a millisecond of every start.
  const { createGzip } = await import("node:zlib");
  const stream = createGzip({ level });
  const fed = feed(chunks, stream);
  let isFirst = true;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (isFirst) chunk[SYSTEM_OFFSET] = UNKNOWN_SYSTEM;
    isFirst = false;
    yield chunk;
  }
  await fed;
}

/** RFC 1952, section 2.3. */
const SYSTEM_OFFSET = 9;
const UNKNOWN_SYSTEM = 255;

/**
 * What is compressed at once; each is a frame of its own, and frames may follow each other (RFC 8878, section 3). At
 * high levels one of four megabytes would keep signals waiting for seconds.
 */
const FRAME_BYTES = 4 << 20;
const SLOW_FRAME_BYTES = 1 << 20;
const SLOW_FROM_LEVEL = 10;

/**
 * WebAssembly, because its bytes are the same on every machine and with every Node; the zstd of newer Nodes is faster and
 * may write other bytes with each of its versions.
 */
async function* zstd(chunks: AsyncIterable<Uint8Array>, level: number): AsyncGenerator<Uint8Array> {
  const library = await loadLibrary();
  for await (const frame of inFrames(chunks, level < SLOW_FROM_LEVEL ? FRAME_BYTES : SLOW_FRAME_BYTES))
    yield library.compress(frame, level);
}

type Library = typeof import("@bokuweb/zstd-wasm");

let loaded: Promise<Library> | undefined;

/** Once: a second `init` puts other memory under the functions of the first, which then compress what is not there. */
export function loadLibrary(): Promise<Library> {
  loaded ??= import("@bokuweb/zstd-wasm").then(async (library) => {
    await library.init();
    return library;
  });
  return loaded;
}

async function* inFrames(chunks: AsyncIterable<Uint8Array>, frameBytes: number): AsyncGenerator<Uint8Array> {
  const frame = Buffer.alloc(frameBytes);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length; ) {
      const count = Math.min(chunk.length - taken, frameBytes - filled);
      frame.set(chunk.subarray(taken, taken + count), filled);
      taken += count;
      filled += count;
      if (filled === frameBytes) {
        yield frame;
        filled = 0;
      }
    }
  }
  if (filled > 0) yield frame.subarray(0, filled);
}
