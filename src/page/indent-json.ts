const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s"{}[\]:,]+/g;

/** As long as this, a text is easier to read in one line. */
const MOST_IN_LINE = 72;

/**
 * A JSON text with line breaks and indents, its numbers and strings to the character as they were sent; a short
 * one, and any other text, as it is.
 */
export function indentJson(text: string): string {
  if (text.length <= MOST_IN_LINE || !isJson(text)) return text;
  let [indented, depth, previous] = ["", 0, ""];
  const breakLine = () => `\n${"  ".repeat(depth)}`;
  for (const [token] of text.matchAll(TOKENS)) {
    const closes = token === "}" || token === "]";
    const follows = previous === "{" || previous === "[";
    if (closes) depth -= 1;
    if ((closes && !follows) || (!closes && (follows || previous === ","))) indented += breakLine();
    if (token === "{" || token === "[") depth += 1;
    indented += token === ":" ? ": " : token;
    previous = token;
  }
  return indented;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
