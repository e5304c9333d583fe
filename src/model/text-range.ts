/** A half-open range of UTF-16 offsets into a text. */
export type TextRange = { readonly start: number; readonly end: number };

/** A text a person wrote, under the name they know it by: a path relative to the working directory. */
export type SourceFile = { readonly path: string; readonly text: string };

/** A place in a text. */
export type Location = { readonly file: SourceFile; readonly range: TextRange };

/** One-based line and column, the column counted in UTF-16 units. */
export type Position = { readonly line: number; readonly column: number };

/** The position of an offset; offsets past the end give the end. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  let line = 1;
  for (let index = before.indexOf("\n"); index !== -1; index = before.indexOf("\n", index + 1)) line += 1;
  return { line, column: before.length - lineStart + 1 };
}

/** The positions of a text that is asked for many, by an index of its lines. */
export function createPositions(text: string): (offset: number) => Position {
  const starts = [0];
  for (let index = text.indexOf("\n"); index !== -1; index = text.indexOf("\n", index + 1))
    starts.push(index + 1);
  return (offset) => {
    const within = Math.min(offset, text.length);
    let [line, beyond] = [0, starts.length];
    while (beyond - line > 1) {
      const middle = Math.floor((line + beyond) / 2);
      if ((starts[middle] ?? 0) <= within) line = middle;
      else beyond = middle;
    }
    return { line: line + 1, column: within - (starts[line] ?? 0) + 1 };
  };
}
