import { feed } from "../images/feed.ts";
import { unzstdStream } from "../images/unzstd-stream.ts";
import type { Files } from "../model/host.ts";
import type { ArchiveEntry, ArchiveFile } from "./archive-entry.ts";
import { BadArchive } from "./bad-archive.ts";
import { readTar } from "./read-tar.ts";
import { readZip } from "./read-zip.ts";

/** Enough for the header of a tar's first entry. */
const BEGINNING_BYTES = 512;

/** The entries of an archive, whatever it is by its first bytes. Throws a `BadArchive`. */
export async function* readArchive(archive: ArchiveFile, files: Files): AsyncGenerator<ArchiveEntry> {
  const beginning = await readBeginning(archive, files);
  const read = () => files.readParts([{ file: archive.place, size: archive.size }]);
  const mostBytes = mostUnpacked(archive);
  switch (formatOf(beginning)) {
    case "zip":
      return yield* readZip(archive, files);
    case "tar":
      return yield* readTar(read());
    case "gzip":
      return yield* readTar(demandTar(gunzip(read(), mostBytes)));
    case "zstd":
      return yield* readTar(demandTar(unzstdStream(read(), mostBytes, wordZstd)));
    case "bzip2":
    case "xz":
      throw new BadArchive("archive/unknown-format", "is compressed with a method that is not supported");
    default:
      throw new BadArchive("archive/unknown-format", "is not an archive in a known format");
  }
}

/**
 * What an archive may become in bytes: much more than weights, which hardly get smaller, and than texts. Only zeros and
 * what was made to fill a disk become more.
 */
export function mostUnpacked({ size }: ArchiveFile): number {
  return Math.min((64 << 20) + 200 * size, 2 ** 42);
}

export function wordTooLarge(): BadArchive {
  return new BadArchive("archive/too-large", "would become more than 200 times as large when unpacked");
}

function wordDamaged(reason: string): BadArchive {
  return new BadArchive("archive/damaged", `is damaged: ${reason}`);
}

function wordZstd(reason: string): BadArchive {
  return reason.startsWith("becomes") ? wordTooLarge() : new BadArchive("archive/damaged", reason);
}

const MARKS: readonly (readonly [format: string, prefix: string])[] = [
  ["zip", "504b0304"],
  ["zip", "504b0506"],
  ["gzip", "1f8b"],
  ["zstd", "28b52ffd"],
  ["bzip2", "425a68"],
  ["xz", "fd377a585a00"],
];

function formatOf(beginning: Buffer): string | undefined {
  const hex = beginning.subarray(0, 8).toString("hex");
  return MARKS.find(([, prefix]) => hex.startsWith(prefix))?.[0] ?? (isTar(beginning) ? "tar" : undefined);
}

/** The header of a tar has its own checksum, in which its eight bytes count as spaces. An empty tar is of zeros. */
function isTar(block: Buffer): boolean {
  if (block.length < BEGINNING_BYTES) return false;
  if (block.every((byte) => byte === 0)) return true;
  const told = Number.parseInt(block.toString("latin1", 148, 156).replaceAll("\0", " ").trim(), 8);
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return told === sum;
}

async function readBeginning({ place, size }: ArchiveFile, files: Files): Promise<Buffer> {
  for await (const chunk of files.readParts([{ file: place, size }]))
    return Buffer.from(chunk.subarray(0, BEGINNING_BYTES));
  return Buffer.alloc(0);
}

async function* gunzip(chunks: AsyncIterable<Uint8Array>, mostBytes: number): AsyncGenerator<Uint8Array> {
  const { createGunzip } = await import("node:zlib");
  const stream = createGunzip();
  const fed = feed(chunks, stream);
  let bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > mostBytes) throw wordTooLarge();
      yield chunk;
    }
  } catch (error) {
    const { code = "", message } = error as { readonly code?: string; readonly message: string };
    throw code.startsWith("Z_") ? wordDamaged(message) : error;
  }
  await fed;
}

/** What is compressed may be anything. */
async function* demandTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (first === undefined) {
      yield chunk;
      continue;
    }
    first = Buffer.concat([first, chunk]);
    if (first.length < BEGINNING_BYTES) continue;
    if (!isTar(first.subarray(0, BEGINNING_BYTES))) throw wordNoTar();
    yield first;
    first = undefined;
  }
  if (first !== undefined) throw wordNoTar();
}

function wordNoTar(): BadArchive {
  return new BadArchive("archive/unknown-format", "is compressed, but not a tar");
}
