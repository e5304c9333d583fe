/** Bytes at hand, or a whole file of a known size, by its absolute path. A long content is a list of them. */
export type Part = { readonly bytes: Uint8Array } | { readonly file: string; readonly size: number };

/** In bytes. */
export function sizeOfParts(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + sizeOfPart(part), 0);
}

function sizeOfPart(part: Part): number {
  return "bytes" in part ? part.bytes.length : part.size;
}

/** The parts of a content from an offset on; of a file in the middle of which it falls, `start` says where. */
export function partsFrom(
  parts: readonly Part[],
  offset: number,
): readonly (Part & { readonly start: number })[] {
  let before = 0;
  return parts.flatMap((part) => {
    const size = sizeOfPart(part);
    const start = Math.max(0, offset - before);
    before += size;
    return start < size ? [{ ...part, start }] : [];
  });
}
