/** A text as a literal of Python, in ASCII. */
export function pythonLiteral(text: string): string {
  return quote(text, (point) =>
    point > 0xffff ? `\\U${point.toString(16).padStart(8, "0")}` : unicodeEscape(point),
  );
}

/** A text as a literal of TypeScript, in ASCII. */
export function typescriptLiteral(text: string): string {
  return quote(text, (point) => [...unitsOf(point)].map(unicodeEscape).join(""));
}

/** In single quotes: what is quoted is mostly JSON. Each code point beyond plain ASCII is written by its number. */
function quote(text: string, wordPoint: (point: number) => string): string {
  const escaped = text
    .replace(/[\\']/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replace(/[^\x20-\x7e]/gu, (character) => wordPoint(character.codePointAt(0) ?? 0));
  return `'${escaped}'`;
}

function unicodeEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}

function unitsOf(point: number): readonly number[] {
  const text = String.fromCodePoint(point);
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}

/** A text without control characters as a word of sh. */
export function shellLiteral(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Any bytes as a format of printf, which is a word of sh in ASCII. */
export function printfFormat(bytes: Uint8Array): string {
  const escaped = Array.from(bytes, (byte, index) => {
    const character = String.fromCharCode(byte);
    if (character === "%") return "%%";
    if (character === "\\") return "\\\\";
    // At the beginning it would make an option of it.
    const isOption = index === 0 && character === "-";
    return byte >= 0x20 && byte < 0x7f && !isOption ? character : `\\${byte.toString(8).padStart(3, "0")}`;
  });
  return shellLiteral(escaped.join(""));
}
