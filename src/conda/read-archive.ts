import { bytesOf } from "../model/chunks.ts";
import type { Files } from "../model/host.ts";
import { BadPackage } from "./bad-package.ts";
import { unzstd } from "./unzstd.ts";

/** An archive of a package, where it lies. */
export type Archive = { readonly place: string; readonly size: number };

/** The two tars of a package: what is told of it, and what is in it. */
export type OpenArchive = {
  readonly readInfo: () => AsyncIterable<Uint8Array>;
  readonly readContent: () => AsyncIterable<Uint8Array>;
};

/**
 * Opens an archive of the second format (`.conda`): a zip of members that it does not compress, of which two are tars,
 * compressed by zstd. Throws a `BadPackage`.
 *
 * https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/packages.html
 */
export async function openArchive(archive: Archive, files: Files): Promise<OpenArchive> {
  const members = await listMembers(archive, files);
  const read = (word: string): (() => AsyncIterable<Uint8Array>) => {
    const [member, ...others] = members.filter(
      ({ name }) => name.startsWith(word) && name.endsWith(".tar.zst"),
    );
    if (member === undefined || others.length > 0) throw new BadPackage(`has not one \`${word}*.tar.zst\``);
    return () => unzstd(readMember(archive, member, files), mostUnpacked(archive));
  };
  return { readInfo: read("info-"), readContent: read("pkg-") };
}

/** Much more than anything but zeros ever becomes. */
function mostUnpacked({ size }: Archive): number {
  return (1 << 26) + 1000 * size;
}

type Member = { readonly name: string; readonly offset: number; readonly size: number };

/** APPNOTE.TXT of PKWARE, 4.3. */
const END = { signature: 0x06054b50, bytes: 22 };
const LISTED = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };
const LONGEST_COMMENT = 0xffff;
const STORED = 0;

async function listMembers(archive: Archive, files: Files): Promise<readonly Member[]> {
  const tailBytes = Math.min(archive.size, END.bytes + LONGEST_COMMENT);
  const tail = await readBytes(archive, archive.size - tailBytes, tailBytes, files);
  const signature = Buffer.alloc(4);
  signature.writeUInt32LE(END.signature);
  const end = tail.lastIndexOf(signature);
  if (end < 0 || end + END.bytes > tail.length) throw new BadPackage("is no zip");
  const [size, start] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  if (start + size > archive.size) throw new BadPackage("is no whole zip, or one of more than 4 GB");
  const list = await readBytes(archive, start, size, files);
  const members: Member[] = [];
  for (let at = 0; at + LISTED.bytes <= list.length; ) {
    if (list.readUInt32LE(at) !== LISTED.signature) throw new BadPackage("is no whole zip");
    const [nameBytes, moreBytes, commentBytes] = [28, 30, 32].map((field) => list.readUInt16LE(at + field));
    const next = at + LISTED.bytes + (nameBytes ?? 0);
    if (list.readUInt16LE(at + 10) !== STORED) throw new BadPackage("has members that the zip compresses");
    members.push({
      name: list.toString("utf8", at + LISTED.bytes, next),
      size: list.readUInt32LE(at + 20),
      offset: list.readUInt32LE(at + 42),
    });
    at = next + (moreBytes ?? 0) + (commentBytes ?? 0);
  }
  return members;
}

async function* readMember(archive: Archive, member: Member, files: Files): AsyncGenerator<Uint8Array> {
  const local = await readBytes(archive, member.offset, LOCAL.bytes, files);
  if (local.readUInt32LE(0) !== LOCAL.signature) throw new BadPackage("is no whole zip");
  const start = member.offset + LOCAL.bytes + local.readUInt16LE(26) + local.readUInt16LE(28);
  yield* readRange(archive, start, member.size, files);
}

function readBytes(archive: Archive, start: number, size: number, files: Files): Promise<Buffer> {
  return bytesOf(readRange(archive, start, size, files));
}

async function* readRange(
  { place, size: whole }: Archive,
  start: number,
  size: number,
  files: Files,
): AsyncGenerator<Uint8Array> {
  if (start < 0 || start + size > whole) throw new BadPackage("is no whole zip");
  let left = size;
  for await (const chunk of files.readParts([{ file: place, size: whole }], start)) {
    if (left === 0) return;
    yield chunk.subarray(0, left);
    left -= Math.min(left, chunk.length);
  }
}
