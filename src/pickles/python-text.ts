const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** A text as `repr` of Python 2 writes it, with its quotes; undefined where it is none. */
export function decodeQuoted(line: string): string | undefined {
  const [, , quoted] = /^\s*(['"])(.*)\1\s*$/s.exec(line) ?? [];
  return quoted?.replace(
    /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))/gs,
    (_whole, hex?: string, octal?: string, other = "") => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return ESCAPES[other] ?? (/[\\'"]/.test(other) ? other : `\\${other}`);
    },
  );
}

/** A text in `raw-unicode-escape`. */
export function decodeUnicode(line: string): string {
  return line.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (whole, short?: string, long?: string) => {
    const point = Number.parseInt(short ?? long ?? "", 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}
