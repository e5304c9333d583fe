import { readBytes } from "../byte-reader.ts";
import type { FirstDifference } from "./difference.ts";

/** So many bytes of each side are told. */
const SHOWN_BYTES = 8;

/**
 * Where two contents begin to differ; undefined if they do not. Both are read to their end, at the same pace: that an
 * entry of a tar is left half read would be the end of the tar.
 */
export async function findFirstDifference(
  first: AsyncIterable<Uint8Array>,
  second: AsyncIterable<Uint8Array>,
): Promise<FirstDifference | undefined> {
  const readers = [readBytes(first), readBytes(second)] as const;
  const [a, b] = readers;
  let offset = 0;
  for (;;) {
    const [atA, atB] = [await a.peek(), await b.peek()];
    const common = Math.min(atA.length, atB.length);
    const equal = countEqual(atA.subarray(0, common), atB.subarray(0, common));
    offset += equal;
    for (const reader of readers) await reader.skip(equal);
    if (equal < common || common === 0) break;
  }
  const shown = [await a.take(SHOWN_BYTES), await b.take(SHOWN_BYTES)];
  for (const reader of readers) await reader.skip(Number.POSITIVE_INFINITY);
  const [hexA = "", hexB = ""] = shown.map(hexOf);
  return hexA === hexB ? undefined : { offset, first: hexA, second: hexB };
}

/** How many bytes are equal from the beginning on, of two that are as long. */
function countEqual(first: Uint8Array, second: Uint8Array): number {
  if (Buffer.compare(first, second) === 0) return first.length;
  return first.findIndex((byte, index) => byte !== second[index]);
}

function hexOf(bytes: Buffer): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
