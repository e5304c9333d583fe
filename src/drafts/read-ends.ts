import type { Files } from "../model/host.ts";

const END_BYTES = 64 << 10;

/** The beginning of a file, a character for each byte. */
export async function readBeginning(place: string, size: number, files: Files): Promise<string> {
  return latin1(await readFrom(place, size, 0, files));
}

/** Its end. */
export async function readEnd(place: string, size: number, files: Files): Promise<string> {
  return latin1(await readFrom(place, size, Math.max(0, size - END_BYTES), files));
}

/** The first place of a text of ASCII and what follows it, up to so many bytes; undefined where it is not among the first. */
export async function findInFile(
  place: string,
  wanted: string,
  { following, within }: { readonly following: number; readonly within: number },
  files: Files,
): Promise<string | undefined> {
  let kept = Buffer.alloc(0);
  let read = 0;
  let at = -1;
  for await (const chunk of files.readStream(place)) {
    kept = Buffer.concat([kept, chunk]);
    read += chunk.length;
    if (at < 0) at = kept.indexOf(wanted, 0, "latin1");
    if (at >= 0 && kept.length >= at + wanted.length + following) break;
    if (at < 0) kept = kept.subarray(-wanted.length);
    if (read > within) break;
  }
  return at < 0 ? undefined : latin1(kept.subarray(at, at + wanted.length + following));
}

async function readFrom(place: string, size: number, start: number, files: Files): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let left = END_BYTES;
  for await (const chunk of files.readParts([{ file: place, size }], start)) {
    chunks.push(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) break;
  }
  return Buffer.concat(chunks);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
