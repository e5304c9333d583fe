import { type ByteReader, readBytes } from "./byte-reader.ts";

const BLOCK = 512;
const NEWLINE = 0x0a;

/** Where a header (POSIX.1-1988, "ustar") has its fields, in bytes. */
const SIZE = { start: 124, end: 136 };
const TIME = { start: 136, end: 148 };
const CHECKSUM = { start: 148, end: 156 };
const TYPE = 156;
const MAGIC = { start: 257, end: 265 };

/** GNU's headers have times of access and of change where others continue the name. */
const GNU_MAGIC = "ustar  \0";
const GNU_TIMES = { start: 345, end: 369 };

/** Whether more of the map follows in a block of its own: said by the header of a sparse file, and by such a block. */
const GNU_SPARSE_HEADER_GOES_ON = 482;
const GNU_SPARSE_BLOCK_GOES_ON = 504;

const EXTENDED = "x";
const GLOBAL = "g";
const GNU_SPARSE = "S";
/** Its content is the next entry's long name, or the long target of its link. */
const GNU_LONG: ReadonlySet<string> = new Set(["L", "K"]);
/** Links, devices, folders and pipes have no content, whatever size they say; so Go and Python read them. */
const WITHOUT_CONTENT: ReadonlySet<string> = new Set(["1", "2", "3", "4", "5", "6"]);

/** The records of an extended header that say when: in fractions of seconds, with as many digits as it takes. */
const TIMES: ReadonlySet<string> = new Set(["mtime", "atime", "ctime", "LIBARCHIVE.creationtime"]);

/** The extended header of an entry holds its name and its attributes. */
const MOST_EXTENDED_BYTES = 8 << 20;

/** An archive that is none, or not whole. */
export class BrokenArchive extends Error {}

/**
 * A tar in which nothing is younger than `latest` (seconds since the epoch) and no time has fractions; all else is as it
 * was, to the byte. So the layer of a command that ran today is the one it would be next year.
 */
export async function* clampTimes(
  chunks: AsyncIterable<Uint8Array>,
  latest: number,
): AsyncGenerator<Uint8Array> {
  const reader = readBytes(chunks);
  try {
    yield* clampEntries(reader, latest);
  } finally {
    // Whoever reads may have had enough, or the archive is broken.
    await reader.close();
  }
}

async function* clampEntries(reader: ByteReader, latest: number): AsyncGenerator<Uint8Array> {
  /** Those of an extended header that no entry has followed yet. */
  let records: readonly ExtendedRecord[] | undefined;
  for (;;) {
    const header = await takeHeader(reader);
    if (header === undefined) break;
    const type = typeOf(header);
    if (type === EXTENDED || type === GLOBAL) {
      if (records !== undefined) throw new BrokenArchive("an extended header belongs to nothing");
      const found = recordsIn(await takeExtended(reader, header));
      yield* writeExtended(header, found, latest);
      if (type === EXTENDED) records = found;
    } else if (GNU_LONG.has(type)) {
      yield withTime(header, timeOf(header), latest);
      yield* passWhole(reader, padded(sizeOf(header)));
    } else {
      yield withTime(header, timeOf(header, records), latest);
      if (type === GNU_SPARSE) yield* passSparseMap(reader, header);
      yield* passWhole(reader, padded(WITHOUT_CONTENT.has(type) ? 0 : sizeOf(header, records)));
      records = undefined;
    }
  }
  if (records !== undefined) throw new BrokenArchive("an extended header belongs to nothing");
  // Who gives the bytes may have something to say at their end.
  await reader.skip(Number.POSITIVE_INFINITY);
  yield new Uint8Array(2 * BLOCK);
}

/**
 * Undefined at the end of the archive: a block of zeros, and a second one, which may be missing. Some old tools took
 * bytes for signed when they summed them up.
 */
async function takeHeader({ take }: ByteReader): Promise<Buffer | undefined> {
  const header = await take(BLOCK);
  if (header.length < BLOCK) throw new BrokenArchive("it ends too early");
  if (isZero(header)) {
    if (!isZero(await take(BLOCK))) throw new BrokenArchive("it goes on after its end");
    return undefined;
  }
  const [sum, told] = [checksumOf(header), parseNumber(header, CHECKSUM)];
  if (sum !== told && sum - told !== 0x100 * header.filter((byte) => byte > 0x7f).length)
    throw new BrokenArchive("a header has another checksum than it says");
  return header;
}

async function takeExtended({ take }: ByteReader, header: Buffer): Promise<Buffer> {
  const size = sizeOf(header);
  if (size > MOST_EXTENDED_BYTES) throw new BrokenArchive("an extended header has no end");
  const content = await take(padded(size));
  if (content.length < size) throw new BrokenArchive("it ends too early");
  return content.subarray(0, size);
}

type ExtendedRecord = { readonly key: string; readonly bytes: Buffer };

/** `LENGTH KEY=VALUE\n`, one after the other; a value may be any bytes. */
function recordsIn(content: Buffer): readonly ExtendedRecord[] {
  const records: ExtendedRecord[] = [];
  for (let start = 0; start < content.length; ) {
    const space = content.indexOf(" ", start);
    const length = wholeNumber(content.toString("latin1", start, Math.max(space, start)));
    const bytes = content.subarray(start, start + length);
    const equals = bytes.indexOf("=");
    if (bytes.length < length || equals < 0 || bytes.at(-1) !== NEWLINE)
      throw new BrokenArchive("an extended header makes no sense");
    records.push({ key: bytes.toString("utf8", space + 1 - start, equals), bytes });
    start += length;
  }
  return records;
}

/** The last one counts; one without a value says that the header's own does. */
function lastValue(records: readonly ExtendedRecord[], wanted: string): string | undefined {
  const bytes = records.findLast(({ key }) => key === wanted)?.bytes;
  return bytes?.toString("utf8", bytes.indexOf("=") + 1, bytes.length - 1) || undefined;
}

function wholeNumber(digits: string): number {
  if (!/^\d+$/.test(digits)) throw new BrokenArchive("an extended header makes no sense");
  return Number(digits);
}

/** An extended header that said nothing but times is left out. */
function* writeExtended(
  header: Buffer,
  records: readonly ExtendedRecord[],
  latest: number,
): Generator<Uint8Array> {
  const kept = Buffer.concat(records.filter(({ key }) => !TIMES.has(key)).map(({ bytes }) => bytes));
  if (kept.length === 0) return;
  const own = Buffer.from(header);
  writeOctal(own, kept.length, SIZE);
  yield withTime(own, timeOf(header), latest);
  yield kept;
  yield new Uint8Array(padded(kept.length) - kept.length);
}

async function* passWhole({ pass }: ByteReader, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const bytes of pass(count)) {
    left -= bytes.length;
    yield bytes;
  }
  if (left > 0) throw new BrokenArchive("it ends too early");
}

async function* passSparseMap({ take }: ByteReader, header: Buffer): AsyncGenerator<Uint8Array> {
  for (let goesOn = header[GNU_SPARSE_HEADER_GOES_ON]; goesOn; ) {
    const block = await take(BLOCK);
    if (block.length < BLOCK) throw new BrokenArchive("it ends too early");
    yield block;
    goesOn = block[GNU_SPARSE_BLOCK_GOES_ON];
  }
}

function withTime(header: Buffer, time: number, latest: number): Buffer {
  const own = Buffer.from(header);
  writeOctal(own, Math.min(time, latest), TIME);
  if (textOf(header, MAGIC) === GNU_MAGIC) own.fill(0, GNU_TIMES.start, GNU_TIMES.end);
  own.write(`${checksumOf(own).toString(8).padStart(6, "0")}\0 `, CHECKSUM.start, "latin1");
  return own;
}

type Field = { readonly start: number; readonly end: number };

/** The sum of a header's bytes, with spaces where the checksum itself stands. */
function checksumOf(header: Buffer): number {
  return header.reduce(
    (sum, byte, index) => sum + (index >= CHECKSUM.start && index < CHECKSUM.end ? 0x20 : byte),
    0,
  );
}

function typeOf(header: Buffer): string {
  return textOf(header, { start: TYPE, end: TYPE + 1 });
}

function sizeOf(header: Buffer, records: readonly ExtendedRecord[] = []): number {
  const told = lastValue(records, "size");
  const size = told === undefined ? parseNumber(header, SIZE) : wholeNumber(told);
  if (size < 0) throw new BrokenArchive("a header makes no sense");
  return size;
}

/** In whole seconds. A header that has no room for it, or is rounded, has a record beside it. */
function timeOf(header: Buffer, records: readonly ExtendedRecord[] = []): number {
  const told = lastValue(records, "mtime");
  if (told === undefined) return parseNumber(header, TIME);
  const [, sign, seconds = ""] = /^(-?)(\d+)(\.\d*)?$/.exec(told) ?? [];
  return sign === "-" ? -1 : wholeNumber(seconds);
}

/** Octal digits, or what they cannot say as a binary number behind a set bit (GNU's way), which may be negative. */
function parseNumber(header: Buffer, field: Field): number {
  const text = textOf(header, field);
  if (text.charCodeAt(0) >= 0x80) {
    const binary = BigInt(`0x${header.toString("hex", field.start, field.end)}`);
    return Number(BigInt.asIntN(8 * text.length - 1, binary));
  }
  const [, digits] = /^[\0 ]*([0-7]*)(?:[\0 ]|$)/.exec(text) ?? [];
  if (digits === undefined) throw new BrokenArchive("a header makes no sense");
  return Number.parseInt(digits, 8) || 0;
}

function textOf(header: Buffer, { start, end }: Field): string {
  return header.toString("latin1", start, end);
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

function writeOctal(header: Buffer, value: number, { start, end }: Field): void {
  const digits = Math.max(value, 0).toString(8);
  header.write(`${digits.padStart(end - start - 1, "0")}\0`, start, "latin1");
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}
