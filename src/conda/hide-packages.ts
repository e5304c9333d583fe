const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = 0x7b;
const CLOSING = 0x7d;
const COMMA = 0x2c;

/** The entry of an archive in a channel's list, up to the brace that its record begins with. */
const KEY = /^"([A-Za-z0-9_][A-Za-z0-9._-]*)-[^"\\-]+-[^"\\-]+\.(?:conda|tar\.bz2)"\s*:\s*\{/;

/** More than any key. */
const LONGEST_KEY = 1000;

/**
 * The list of a channel (`repodata.json`) without the records of some packages. They are cut out of the bytes, since the
 * list of a large channel is hardly to be had as a value, or as one text.
 */
export function hidePackages(list: Uint8Array, names: readonly string[]): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(list.buffer, list.byteOffset, list.byteLength);
  const cuts = names.flatMap((name) => recordsOf(bytes, name)).sort((a, b) => a.start - b.start);
  const kept: Buffer[] = [];
  let at = 0;
  for (const { start, end } of cuts) {
    kept.push(bytes.subarray(at, start));
    at = end;
  }
  return new Uint8Array(Buffer.concat([...kept, bytes.subarray(at)]));
}

type Cut = { readonly start: number; readonly end: number };

function recordsOf(bytes: Buffer, name: string): readonly Cut[] {
  const word = `"${name}-`;
  const cuts: Cut[] = [];
  for (let at = bytes.indexOf(word); at >= 0; at = bytes.indexOf(word, at + 1)) {
    const [key, found] = KEY.exec(bytes.toString("latin1", at, at + LONGEST_KEY)) ?? [];
    if (key !== undefined && found === name && bytes[at - 1] !== BACKSLASH)
      cuts.push(withComma(bytes, at, endOfRecord(bytes, at + key.length - 1)));
  }
  return cuts;
}

/** What follows the brace that closes the one at a place. */
function endOfRecord(bytes: Buffer, opening: number): number {
  let depth = 0;
  let isText = false;
  for (let at = opening; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (isText && byte === BACKSLASH) at += 1;
    else if (byte === QUOTE) isText = !isText;
    else if (!isText && byte === OPENING) depth += 1;
    else if (!isText && byte === CLOSING) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return bytes.length;
}

/** The comma after an entry goes with it, or before the last one the comma before. */
function withComma(bytes: Buffer, start: number, end: number): Cut {
  const isBlank = (at: number) => [0x20, 0x09, 0x0a, 0x0d].includes(bytes[at] ?? 0);
  let after = end;
  while (isBlank(after)) after += 1;
  if (bytes[after] === COMMA) return { start, end: after + 1 };
  let before = start - 1;
  while (isBlank(before)) before -= 1;
  return bytes[before] === COMMA ? { start: before, end } : { start, end };
}
