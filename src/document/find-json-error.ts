const SPACE = /[ \t\n\r]*/y;
const TOKEN =
  /[{}[\]:,]|"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

type Wanted = "value" | "first item" | "key" | "first key" | "colon" | "next" | "end";

/** Where a text stops being JSON. What V8 says of that is another thing in each version, and often without a place. */
export function findJsonError(text: string): number {
  const open: string[] = [];
  let wanted: Wanted = "value";
  let offset = 0;
  for (;;) {
    offset += lengthOf(SPACE, text, offset);
    const length = lengthOf(TOKEN, text, offset);
    if (length === 0) return offset;
    const after = follow(text.slice(offset, offset + length), wanted, open);
    if (after === undefined) return offset;
    wanted = after;
    offset += length;
  }
}

/** What must come after a token; undefined where it may not stand. `open` are the ends of what has begun. */
function follow(token: string, wanted: Wanted, open: string[]): Wanted | undefined {
  const isEnd = token === "}" || token === "]";
  if (isEnd) {
    const mayEnd = wanted === "next" || wanted === (token === "}" ? "first key" : "first item");
    return mayEnd && open.pop() === token ? nextIn(open) : undefined;
  }
  if (token === ",") return wanted === "next" ? (open.at(-1) === "}" ? "key" : "value") : undefined;
  if (token === ":") return wanted === "colon" ? "value" : undefined;
  if (wanted === "key" || wanted === "first key") return token.startsWith('"') ? "colon" : undefined;
  if (wanted !== "value" && wanted !== "first item") return undefined;
  if (token !== "{" && token !== "[") return nextIn(open);
  open.push(token === "{" ? "}" : "]");
  return token === "{" ? "first key" : "first item";
}

function nextIn(open: readonly string[]): Wanted {
  return open.length === 0 ? "end" : "next";
}

function lengthOf(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0].length ?? 0;
}
