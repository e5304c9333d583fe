/** A call in a source text: its name, what stands between its parentheses, and the line that it begins in, from 1. */
export type Call = { readonly name: string; readonly text: string; readonly line: number };

/** The calls of functions with one of these names, with all that is nested in them. */
export function findCalls(source: string, names: readonly string[]): readonly Call[] {
  return [...source.matchAll(new RegExp(`\\b(${names.join("|")})\\(`, "g"))].map((match) => {
    const start = match.index + match[0].length;
    const line = source.slice(0, match.index).split("\n").length;
    return { name: match[1] ?? "", text: source.slice(start, endOfCall(source, start)), line };
  });
}

/** Where the parenthesis closes that is open at `start`: those in strings and templates do not count. */
function endOfCall(source: string, start: number): number {
  const open: string[] = ["("];
  for (let at = start; at < source.length; at += 1) {
    const [character, top] = [source[at] ?? "", open.at(-1) ?? ""];
    if (character === "\\") at += 1;
    else if (/["'`]/.test(top)) {
      if (character === top) open.pop();
      else if (top === "`" && source.startsWith("${", at)) {
        open.push("{");
        at += 1;
      }
    } else if (/["'`([{]/.test(character)) open.push(character);
    else if (/[)\]}]/.test(character)) {
      open.pop();
      if (open.length === 0) return at;
    }
  }
  throw new Error(`a call is not closed: ${source.slice(start, start + 60)}`);
}
