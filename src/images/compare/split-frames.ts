import { type ByteReader, readBytes } from "../byte-reader.ts";

/** A frame of zstd, and how many bytes there can be in it at most. */
export type Frame = { readonly bytes: Buffer; readonly mostBytes: number };

/**
 * A frame is held whole, before it is decompressed and after. Ours have four megabytes (`compression.ts`); other writers
 * make one frame of a whole layer, and a layer of theirs with more than this cannot be read.
 */
const MOST_FRAME_BYTES = 256 << 20;

/** RFC 8878, sections 3.1.1 and 3.1.2. */
const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const MOST_BLOCK_BYTES = 128 << 10;

/** Each block counts for so many bytes at least, so that a frame of empty ones comes to an end. */
const LEAST_BLOCK_BYTES = 1 << 10;

/** The frames of a zstd stream, without those that say nothing. */
export async function* splitFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const reader = readBytes(chunks);
  try {
    while ((await reader.peek()).length > 0) {
      const start = await takeAll(reader, 4);
      const magic = start.readUInt32LE();
      if (magic === MAGIC) yield await takeFrame(reader, start);
      else if ((magic & ~0xf) === SKIPPABLE_MAGIC) await skipFrame(reader);
      else throw new Error("it is no zstd");
    }
  } finally {
    await reader.close();
  }
}

async function skipFrame(reader: ByteReader): Promise<void> {
  const size = (await takeAll(reader, 4)).readUInt32LE();
  if (!(await reader.skip(size))) throw tooShort();
}

async function takeFrame(reader: ByteReader, start: Buffer): Promise<Frame> {
  const header = await takeFrameHeader(reader);
  const taken = [start, header.bytes];
  let mostBytes = 0;
  for (let isLast = false; !isLast; ) {
    const blockHeader = await takeAll(reader, 3);
    const block = parseBlockHeader(blockHeader.readUIntLE(0, 3));
    mostBytes += Math.max(block.mostBytes, LEAST_BLOCK_BYTES);
    demandRoom(mostBytes);
    taken.push(blockHeader, await takeAll(reader, block.size));
    isLast = block.isLast;
  }
  if (header.hasChecksum) taken.push(await takeAll(reader, 4));
  return { bytes: Buffer.concat(taken), mostBytes };
}

type FrameHeader = { readonly bytes: Buffer; readonly hasChecksum: boolean };

async function takeFrameHeader(reader: ByteReader): Promise<FrameHeader> {
  const descriptor = await takeAll(reader, 1);
  const flags = descriptor.readUInt8();
  const isSingleSegment = (flags & 0x20) !== 0;
  const windowBytes = isSingleSegment ? 0 : 1;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const rest = await takeAll(reader, windowBytes + dictionaryBytes + sizeBytes);
  demandRoom(parseSize(rest.subarray(windowBytes + dictionaryBytes)));
  return { bytes: Buffer.concat([descriptor, rest]), hasChecksum: (flags & 4) !== 0 };
}

/** What the header says of the content's size, which need not be true: the library makes room for it. */
function parseSize(field: Buffer): number {
  if (field.length === 8) return Number(field.readBigUInt64LE());
  return field.length === 0 ? 0 : field.readUIntLE(0, field.length);
}

type Block = {
  readonly isLast: boolean;
  /** In the frame. */
  readonly size: number;
  readonly mostBytes: number;
};

function parseBlockHeader(header: number): Block {
  const [isLast, type, size] = [(header & 1) !== 0, (header >> 1) & 3, header >> 3];
  switch (type) {
    case 0:
      return { isLast, size, mostBytes: size };
    case 1:
      return { isLast, size: 1, mostBytes: size };
    case 2:
      return { isLast, size, mostBytes: Math.max(size, MOST_BLOCK_BYTES) };
    default:
      throw new Error("it has a zstd block that makes no sense");
  }
}

function demandRoom(bytes: number): void {
  if (bytes > MOST_FRAME_BYTES) throw new Error(`it has a zstd frame of more than ${MOST_FRAME_BYTES} bytes`);
}

async function takeAll(reader: ByteReader, count: number): Promise<Buffer> {
  const bytes = await reader.take(count);
  if (bytes.length < count) throw tooShort();
  return bytes;
}

function tooShort(): Error {
  return new Error("it ends too early");
}
