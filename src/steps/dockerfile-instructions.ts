/** One instruction of a Dockerfile: its keyword in capitals, its words, and the lines it stands on, the last included. */
export type Instruction = {
  readonly keyword: string;
  readonly words: readonly string[];
  readonly start: number;
  readonly end: number;
};

/** The instructions of a Dockerfile's lines, as BuildKit parts them; here-documents belong to the one that has them. */
export function instructionsOf(lines: readonly string[]): readonly Instruction[] {
  const instructions: Instruction[] = [];
  for (let start = 0; start < lines.length; start++) {
    if (isSkipped(lines[start] ?? "")) continue;
    const { text, end } = joinLines(lines, start);
    const [keyword = "", ...words] = wordsOf(text);
    const last = skipHereDocuments(lines, end, hereDocumentsOf(keyword.toUpperCase(), words));
    instructions.push({ keyword: keyword.toUpperCase(), words, start, end: last });
    start = last;
  }
  return instructions;
}

function isSkipped(line: string): boolean {
  return /^\s*(#|$)/.test(line);
}

/** A line that ends with one backslash goes on; comments and empty lines in between do not count. */
function joinLines(lines: readonly string[], start: number): { readonly text: string; readonly end: number } {
  let text = "";
  for (let end = start; end < lines.length; end++) {
    const line = lines[end] ?? "";
    if (end > start && isSkipped(line)) continue;
    const head = /^(|.*[^\\])\\[ \t]*$/.exec(line)?.[1];
    text += head ?? line;
    if (head === undefined) return { text, end };
  }
  return { text, end: lines.length - 1 };
}

/** Parted at spaces that are not quoted; the quotes stay. */
function wordsOf(text: string): readonly string[] {
  return text.match(/(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|\S)+/g) ?? [];
}

type HereDocument = { readonly end: string; readonly hasTabs: boolean };

function hereDocumentsOf(keyword: string, words: readonly string[]): readonly HereDocument[] {
  if (!["RUN", "COPY", "ADD", "ONBUILD"].includes(keyword)) return [];
  return words.flatMap((word) => {
    const [, dash, name = ""] = /^\d*<<(-?)([^<]+)$/.exec(word) ?? [];
    const end = name.replace(/["'\\]/g, "");
    return end === "" ? [] : [{ end, hasTabs: dash === "-" }];
  });
}

/** The line that ends the last of them; one that never ends reaches to the end of the file. */
function skipHereDocuments(
  lines: readonly string[],
  start: number,
  documents: readonly HereDocument[],
): number {
  return documents.reduce((from, { end, hasTabs }) => {
    const found = lines.findIndex(
      (line, index) => index > from && (hasTabs ? line.replace(/^\t+/, "") : line) === end,
    );
    return found === -1 ? lines.length - 1 : found;
  }, start);
}
