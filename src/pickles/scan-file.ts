import type { ArchiveEntry } from "../archives/archive-entry.ts";
import { BadArchive } from "../archives/bad-archive.ts";
import { readZip } from "../archives/read-zip.ts";
import { feed } from "../images/feed.ts";
import type { Files } from "../model/host.ts";
import { isNamedPickle, isNeverPickled } from "../model/pickle-names.ts";
import { type Bytes, Cursor } from "./cursor.ts";
import { type Suspicion, scanBytes } from "./scan-bytes.ts";

/** A file of a model: its name there, and where it lies. */
export type ScannedFile = { readonly path: string; readonly place: string; readonly size: number };

/** What was found in a file, or in a file inside of it. */
export type Found = Suspicion & { readonly path: string };

type Scan = { readonly files: Files; readonly signal: AbortSignal };

/** Compressed by what is not read here, by its first bytes: bzip2, LZMA, xz, LZ4, zstd. */
const UNREADABLE = ["425a68", "5d0000", "fd377a58", "04224d18", "28b52ffd"];

const GZIP = "1f8b";
const ZLIB = /^78(01|5e|9c|da)/;
const ZIP = "504b0304";
const NPY = Buffer.from("\x93NUMPY", "latin1").toString("hex");

/** Of its header; NumPy itself refuses longer ones. */
const MOST_HEADER_BYTES = 1 << 20;

/** The header of an array of numbers or texts, as NumPy writes it; in any other there may be objects. */
const PLAIN_NUMBERS =
  /^\{'descr': '[<>|=][biufcSUmM]\d+(\[\d*[a-z]+\])?', 'fortran_order': (True|False), 'shape': \([\d, ]*\), \}[ \n]*$/;

/** In the zip of PyTorch, the raw numbers of tensors. */
const TENSORS = /(^|\/)data\/\d+$/;

/**
 * Looks through what of a file may be unpickled, by its name or its first bytes, and runs nothing of it. What cannot be
 * read is told, never passed for harmless.
 */
export async function scanFile(file: ScannedFile, scan: Scan): Promise<readonly Found[]> {
  if (isNeverPickled(file.path) || file.size === 0) return [];
  const bytes: Bytes = {
    isSeekable: true,
    read: (start) => scan.files.readParts([{ file: file.place, size: file.size }], start),
  };
  const beginning = await beginningOf(bytes);
  if (beginning.startsWith(ZIP)) return scanZip(file, scan);
  return scanAny(file.path, beginning, bytes, scan);
}

async function scanAny(name: string, beginning: string, bytes: Bytes, scan: Scan): Promise<readonly Found[]> {
  const isNamed = isNamedPickle(name);
  if (beginning.startsWith(NPY)) return told(name, await scanNpy(bytes, scan.signal));
  // joblib goes by the first bytes, whatever the name. A text may begin as zlib does, and is none.
  if (beginning.startsWith(GZIP) || ZLIB.test(beginning))
    return sure(name, isNamed, await scanBytes(decompressed(bytes), scan.signal));
  if (isNamed && UNREADABLE.some((mark) => beginning.startsWith(mark)))
    return told(name, { imports: [], unread: "is compressed with a method that is not supported" });
  const suspicion = await scanBytes(bytes, scan.signal);
  const isMarked = /^800[0-5]/.test(beginning) && !TENSORS.test(name);
  return sure(name, isNamed || isMarked, suspicion);
}

/**
 * Of a text whose first letter happens to be an opcode, nothing is to be told; of what imports something, all is,
 * however it ends: an import runs before its pickle ends.
 */
function sure(name: string, isPickle: boolean, suspicion: Suspicion): readonly Found[] {
  return isPickle || suspicion.unread === undefined || suspicion.imports.length > 0
    ? told(name, suspicion)
    : [];
}

function told(name: string, suspicion: Suspicion): readonly Found[] {
  const isClean = suspicion.imports.length === 0 && suspicion.unread === undefined;
  return isClean ? [] : [{ path: name, ...suspicion }];
}

/** PyTorch's models, and NumPy's archives: what is in them is looked at as if it were a file. */
async function scanZip(file: ScannedFile, scan: Scan): Promise<readonly Found[]> {
  const found: Found[] = [];
  try {
    for await (const entry of readZip(file, scan.files)) {
      // Whatever its mode or its name says: who unpickles it reads its bytes, perhaps under another name.
      if (entry.size > 0) found.push(...(await scanEntry(`${file.path}/${entry.path}`, entry, scan)));
    }
  } catch (error) {
    if (!(error instanceof BadArchive)) throw error;
    found.push({ path: file.path, imports: [], unread: error.message });
  }
  return found;
}

async function scanEntry(name: string, { reread }: ArchiveEntry, scan: Scan): Promise<readonly Found[]> {
  const bytes: Bytes = { isSeekable: false, read: (start) => from(reread?.() ?? none(), start) };
  const beginning = await beginningOf(bytes);
  if (beginning.startsWith(ZIP) && isNamedPickle(name))
    return told(name, { imports: [], unread: "is a zip inside a zip, which is not read here" });
  return scanAny(name, beginning, bytes, scan);
}

/** An array of NumPy's: only objects are pickled. */
async function scanNpy(bytes: Bytes, signal: AbortSignal): Promise<Suspicion> {
  const cursor = new Cursor(bytes);
  try {
    await cursor.fill(12);
    if (cursor.ready < 12) return { imports: [], unread: "has no whole header" };
    const head = cursor.take(12);
    const isOld = head[6] === 1;
    const [length, start] = isOld ? [head.readUInt16LE(8), 10] : [head.readUInt32LE(8), 12];
    if (length > MOST_HEADER_BYTES || !(await cursor.fill(length - (12 - start))))
      return { imports: [], unread: "has no whole header" };
    const header = Buffer.concat([head.subarray(start), cursor.take(length - (12 - start))]).toString(
      "latin1",
    );
    return PLAIN_NUMBERS.test(header) ? { imports: [] } : scanBytes(bytes, signal, start + length);
  } finally {
    await cursor.close();
  }
}

/** The first eight bytes, in hexadecimal. */
async function beginningOf(bytes: Bytes): Promise<string> {
  const cursor = new Cursor(bytes);
  try {
    await cursor.fill(8);
    return cursor.take(Math.min(8, cursor.ready)).toString("hex");
  } finally {
    await cursor.close();
  }
}

function decompressed(bytes: Bytes): Bytes {
  return { isSeekable: false, read: (start) => from(unzip(bytes.read(0)), start) };
}

/** As joblib compresses: by gzip or by zlib alone. What is damaged ends there. */
async function* unzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { createUnzip } = await import("node:zlib");
  const stream = createUnzip();
  const fed = feed(chunks, stream);
  try {
    yield* stream as AsyncIterable<Buffer>;
  } catch (error) {
    if (!(error as { readonly code?: string }).code?.startsWith("Z_")) throw error;
  }
  await fed;
}

async function* from(chunks: AsyncIterable<Uint8Array>, start: number): AsyncGenerator<Uint8Array> {
  let left = start;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

async function* none(): AsyncGenerator<Uint8Array> {}
