import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { bytesOf } from "../model/chunks.ts";
import type { Files } from "../model/host.ts";
import { type ArchiveEntry, type ArchiveFile, plainPath } from "./archive-entry.ts";
import { BadArchive } from "./bad-archive.ts";

/** What is read at once: the list of a zip, its headers and its small files are of a few bytes each. */
const BLOCK_BYTES = 1 << 16;

/** A list is held whole, so that it is read in one go. */
export const MOST_ENTRIES = 100_000;

const LONGEST_TARGET_BYTES = 4096;

/** Of the external attributes: what Unix has in `st_mode`, and its types. */
const UNIX = 3;
const TYPES = { mask: 0o170000, link: 0o120000, file: 0o100000, directory: 0o040000 };

/** The entries of a zip, as its list at the end has them. Throws a `BadArchive`. */
export async function* readZip(archive: ArchiveFile, files: Files): AsyncGenerator<ArchiveEntry> {
  const { zip, entries } = await openZip(archive, files);
  try {
    for (const entry of entries) yield await describe(entry, zip);
  } finally {
    zip.close();
  }
}

async function openZip(
  archive: ArchiveFile,
  files: Files,
): Promise<{ readonly zip: ZipFile; readonly entries: readonly Entry[] }> {
  const { default: yauzl } = await import("yauzl");
  class Reader extends yauzl.RandomAccessReader {
    #block: { readonly start: number; readonly bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };

    override _readStreamForRange(start: number, end: number): Readable {
      const size = end - start;
      const isSmall = size <= BLOCK_BYTES;
      const chunks = isSmall ? this.#readSmall(size, start) : readRange(archive, start, size, files);
      return Readable.from(chunks, { objectMode: false });
    }

    override read(
      buffer: Buffer,
      offset: number,
      length: number,
      position: number,
      done: (error: Error | null) => void,
    ): void {
      this.#read(length, position).then((bytes) => {
        bytes.copy(buffer, offset);
        done(null);
      }, done);
    }

    async *#readSmall(length: number, position: number): AsyncGenerator<Uint8Array> {
      yield await this.#read(length, position);
    }

    async #read(length: number, position: number): Promise<Buffer> {
      const isAtHand =
        position >= this.#block.start && position + length <= this.#block.start + this.#block.bytes.length;
      if (!isAtHand) {
        const size = Math.max(length, Math.min(BLOCK_BYTES, archive.size - position));
        this.#block = { start: position, bytes: await bytesOf(readRange(archive, position, size, files)) };
      }
      const at = position - this.#block.start;
      return this.#block.bytes.subarray(at, at + length);
    }
  }
  const options = { autoClose: false, lazyEntries: true };
  const zip = await orBad(yauzl.fromRandomAccessReaderPromise(new Reader(), archive.size, options));
  return { zip, entries: await listEntries(zip) };
}

async function listEntries(zip: ZipFile): Promise<readonly Entry[]> {
  if (zip.entryCount > MOST_ENTRIES) throw wordTooMany();
  const entries: Entry[] = [];
  try {
    for await (const entry of zip.eachEntry()) entries.push(entry);
  } catch (error) {
    throw asBad(error);
  }
  return entries;
}

export function wordTooMany(): BadArchive {
  return new BadArchive("archive/too-large", "has more than 100,000 entries");
}

async function describe(entry: Entry, zip: ZipFile): Promise<ArchiveEntry> {
  const written = entry.fileName;
  const mode = entry.versionMadeBy >> 8 === UNIX ? entry.externalFileAttributes >>> 16 : 0;
  const type = written.endsWith("/") ? "directory" : typeOf(mode);
  if (entry.isEncrypted()) throw new BadArchive("archive/unsafe", "has an entry that is encrypted", written);
  const chunks = readEntry(entry, zip);
  if (type === "link" && entry.uncompressedSize > LONGEST_TARGET_BYTES)
    throw new BadArchive("archive/unsafe", "has a link of more than 4096 bytes", written);
  return {
    path: plainPath(written),
    type,
    isExecutable: (mode & 0o100) !== 0,
    size: entry.uncompressedSize,
    target: type === "link" ? (await bytesOf(chunks)).toString("utf8") : "",
    chunks,
    reread: () => readEntry(entry, zip),
  };
}

function typeOf(mode: number): ArchiveEntry["type"] {
  switch (mode & TYPES.mask) {
    case 0:
    case TYPES.file:
      return "file";
    case TYPES.link:
      return "link";
    case TYPES.directory:
      return "directory";
    default:
      return "other";
  }
}

/** The library sees to the size; the checksum is for us to compare. */
async function* readEntry(entry: Entry, zip: ZipFile): AsyncGenerator<Uint8Array> {
  let sum = 0;
  try {
    for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (error) {
    throw asBad(error);
  }
  if (sum !== entry.crc32)
    throw new BadArchive("archive/damaged", "has an entry whose checksum is wrong", entry.fileName);
}

async function orBad<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw asBad(error);
  }
}

/** What the library throws is about the zip; what we throw below it is passed on. */
function asBad(error: unknown): unknown {
  const { message, code } = error as Error & { readonly code?: string };
  const isOfTheDisk = code !== undefined && !/^(Z_|ERR_)/.test(code);
  if (error instanceof BadArchive || isOfTheDisk || !(error instanceof Error)) return error;
  if (/relative path|absolute path|invalid characters/.test(message))
    return new BadArchive(
      "archive/unsafe",
      "has an entry that leads out of it",
      message.replace(/^.*?: /, ""),
    );
  return new BadArchive(
    "archive/damaged",
    `is an incomplete zip: ${message.replace(/^./, (first) => first.toLowerCase())}`,
  );
}

async function* readRange(
  { place, size: whole }: ArchiveFile,
  start: number,
  size: number,
  files: Files,
): AsyncGenerator<Uint8Array> {
  if (start < 0 || start + size > whole)
    throw new BadArchive("archive/damaged", "is an incomplete zip: its end is missing");
  let left = size;
  if (left === 0) return;
  for await (const chunk of files.readParts([{ file: place, size: whole }], start)) {
    yield chunk.subarray(0, left);
    left -= Math.min(left, chunk.length);
    if (left === 0) return;
  }
}
