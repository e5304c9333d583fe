import { BadPackage } from "./bad-package.ts";

/**
 * The content of a file with the environment's folder in place of the long one that it was built for. In a binary a text
 * ends with a zero, and what becomes shorter is filled up with zeros: nothing that follows may move.
 */
export function replacePrefix(
  content: Buffer,
  { text, isBinary }: { readonly text: string; readonly isBinary: boolean },
  prefix: string,
): Buffer {
  const [from, to] = [Buffer.from(text), Buffer.from(prefix)];
  if (!isBinary) return replaceAll(content, from, to);
  if (to.length > from.length) throw new BadPackage(`has no room for \`${prefix}\` in its binaries`);
  const replaced = Buffer.from(content);
  for (let at = content.indexOf(from); at >= 0; ) {
    const zero = content.indexOf(0, at);
    const end = zero < 0 ? content.length : zero;
    const shorter = replaceAll(content.subarray(at, end), from, to);
    replaced.fill(0, at, end);
    shorter.copy(replaced, at);
    at = content.indexOf(from, end);
  }
  return replaced;
}

/** More than any text is. */
const MOST_BYTES = 1 << 30;

function replaceAll(content: Buffer, from: Buffer, to: Buffer): Buffer {
  let count = 0;
  for (let at = content.indexOf(from); at >= 0; at = content.indexOf(from, at + from.length)) count += 1;
  const bytes = content.length + count * (to.length - from.length);
  if (bytes > MOST_BYTES) throw new BadPackage("has a text too large to be changed");
  const replaced = Buffer.alloc(bytes);
  let [start, end] = [0, 0];
  for (let at = content.indexOf(from); at >= 0; at = content.indexOf(from, start)) {
    end += content.copy(replaced, end, start, at);
    end += to.copy(replaced, end);
    start = at + from.length;
  }
  content.copy(replaced, end, start);
  return replaced;
}
