import { UnreadableImage } from "../read-images.ts";

/** So many bytes from an offset on, or fewer where the file ends before. */
export type ReadAt = (offset: number, count: number) => Promise<Buffer>;

/** Where the content of a file of an archive begins, and how long it is. */
export type ArchivedFile = { readonly offset: number; readonly size: number };

const BLOCK = 512;

/** Images have a few hundred. */
const MOST_ENTRIES = 100_000;

/** An extended header is a few lines. */
const MOST_HEADER_BYTES = 1 << 20;

/** The regular files of a tar by their paths, of which nothing but the headers is read. Rejects with an `UnreadableImage`. */
export async function indexArchive(readAt: ReadAt): Promise<ReadonlyMap<string, ArchivedFile>> {
  const files = new Map<string, ArchivedFile>();
  let extended: Extended = {};
  let offset = 0;
  for (let count = 0; ; count++) {
    if (count > MOST_ENTRIES) throw new UnreadableImage("it has more files than an image");
    const block = await readAt(offset, BLOCK);
    if (block.length === 0 || block.every((byte) => byte === 0)) break;
    const header = parseHeader(block, extended);
    if (header === undefined) throw new UnreadableImage(wordNoTar(block, offset));
    const { type, size, path } = header;
    const content = offset + BLOCK;
    if (type === "x" || type === "L") {
      if (size > MOST_HEADER_BYTES) throw new UnreadableImage("it has a header without end");
      extended = { ...extended, ...readExtended(type, await readAt(content, size)) };
    } else {
      if (type === "0") files.set(path.replace(/^(\.?\/)+/, ""), { offset: content, size });
      extended = {};
    }
    offset = content + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

function wordNoTar(block: Buffer, offset: number): string {
  if (offset > 0) return "it is no whole tar: a header in it is damaged";
  const isGzip = block.length > 2 && block.readUInt16BE() === 0x1f8b;
  const isZstd = block.length > 4 && block.readUInt32LE() === 0xfd2fb528;
  if (isGzip || isZstd) return `it is compressed: \`${isGzip ? "gunzip" : "unzstd"}\` it first`;
  return "it is no tar";
}

type Extended = { readonly path?: string; readonly size?: number };

function parseHeader(block: Buffer, extended: Extended) {
  if (block.length < BLOCK || !hasChecksum(block)) return undefined;
  const prefix = block.subarray(257, 262).toString("latin1") === "ustar" ? textAt(block, 345, 155) : "";
  const name = textAt(block, 0, 100);
  const type = textAt(block, 156, 1) || "0";
  const isOfFile = type !== "x" && type !== "L" && type !== "g";
  const size = (isOfFile ? extended.size : undefined) ?? numberAt(block, 124, 12);
  if (!Number.isSafeInteger(size) || size < 0) return undefined;
  return { type, size, path: extended.path ?? (prefix === "" ? name : `${prefix}/${name}`) };
}

/** The sum of all bytes, the field itself read as spaces. */
function hasChecksum(block: Buffer): boolean {
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  return numberAt(block, 148, 8) === sum;
}

/** Octal digits; with the first bit set, a binary number, as GNU writes what has more than eight gigabytes. */
function numberAt(block: Buffer, start: number, length: number): number {
  const field = block.subarray(start, start + length);
  if (((field[0] ?? 0) & 0x80) !== 0) return Number(field.readBigUInt64BE(length - 8));
  const digits = field
    .toString("latin1")
    .replace(/[\0 ]+$/, "")
    .trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || "0", 8) : Number.NaN;
}

function textAt(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.subarray(0, end === -1 ? length : end).toString("utf8");
}

/** POSIX has records of length, name and value, `30 path=…`; GNU a path alone. */
function readExtended(type: string, content: Buffer): Extended {
  if (type === "L") return { path: textAt(content, 0, content.length) };
  let found: Extended = {};
  for (let start = 0; start < content.length; ) {
    const [, length = "", name] =
      /^(\d+) (path|size)?/.exec(content.toString("latin1", start, start + 40)) ?? [];
    const end = start + Number(length);
    if (end <= start) break;
    const record = content.toString("utf8", start, end - 1);
    const value = record.slice(record.indexOf("=") + 1);
    if (name === "path") found = { ...found, path: value };
    if (name === "size") found = { ...found, size: Number(value) };
    start = end;
  }
  return found;
}
