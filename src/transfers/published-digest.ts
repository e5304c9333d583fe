import { createHash } from "node:crypto";
import { type PublishedDigest, type RemoteFile, SourceFault } from "../model/place.ts";

/** Reads a content once more for a digest that its place publishes; for the first of them where there are several. */
export async function checkPublished(
  { path, published = [] }: RemoteFile,
  size: number,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const [wanted] = published;
  if (wanted === undefined) return;
  const actual = await digestBy(wanted.algorithm, size, content);
  if (actual !== wanted.value)
    throw new SourceFault(
      "source/digest-mismatch",
      `\`${path}\` has the ${wanted.algorithm} ${actual}, but its source says ${wanted.value}`,
      "apply again; if it happens again, the file is damaged at its source",
    );
}

/** Whether a content has a digest that its place publishes; false where it publishes none. */
export async function isPublished(
  { published = [] }: RemoteFile,
  size: number,
  content: AsyncIterable<Uint8Array>,
): Promise<boolean> {
  const [wanted] = published;
  return wanted !== undefined && (await digestBy(wanted.algorithm, size, content)) === wanted.value;
}

async function digestBy(
  algorithm: PublishedDigest["algorithm"],
  size: number,
  content: AsyncIterable<Uint8Array>,
): Promise<string> {
  if (algorithm === "crc32c") {
    let sum = 0xffffffff;
    for await (const chunk of content) sum = updateCrc32c(sum, chunk);
    return ((sum ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
  }
  const hash = createHash(algorithm === "md5" ? "md5" : "sha1");
  if (algorithm === "git-blob") hash.update(`blob ${size}\0`);
  for await (const chunk of content) hash.update(chunk);
  return hash.digest("hex");
}

/** CRC-32C, reflected (RFC 3720, appendix B.4). */
const CRC32C_POLYNOMIAL = 0x82f63b78;

const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ CRC32C_POLYNOMIAL : sum >>> 1;
  return sum;
});

function updateCrc32c(before: number, chunk: Uint8Array): number {
  let sum = before;
  for (const byte of chunk) sum = (CRC32C_TABLE[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8);
  return sum;
}
