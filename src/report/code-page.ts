import { painter } from "./paint.ts";

/** What `mlpackage explain` has of a code. `schemas/generate.ts` writes all of them into one file. */
export type CodePage = {
  readonly code: string;
  readonly title: string;
  readonly why: string;
  readonly mend: string;
  /** What is told of a file, and the lines of it as they should be. */
  readonly example?: { readonly output: string; readonly mended?: string };
};

export function renderCodePage(page: CodePage, color: boolean, columns: number): string {
  const paint = painter(color);
  const width = Math.min(columns, WIDEST);
  const { code, title, why, mend, example } = page;
  const part = (head: string, lines: readonly string[]) => ["", paint("bold", head), ...lines];
  const lines = [
    `${paint(["bold", "cyan"], code)}: ${title}`,
    "",
    ...wrap(why, width),
    ...part("What to do", wrap(mend, width)),
    ...(example === undefined ? [] : part("For example", indented(example.output))),
    ...(example?.mended === undefined ? [] : part("Mended", indented(example.mended))),
  ];
  return `${lines.join("\n")}\n`;
}

/** A line for each, in the order they are given. */
export function renderCodeList(pages: readonly CodePage[], color: boolean): string {
  const paint = painter(color);
  const width = Math.max(...pages.map(({ code }) => code.length));
  return pages.map(({ code, title }) => `${paint("cyan", code.padEnd(width))}  ${title}\n`).join("");
}

/** Longer lines are hard to read, however wide the terminal is. */
const WIDEST = 100;

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

function indented(text: string): readonly string[] {
  return text.split("\n").map((line) => `  ${line}`.trimEnd());
}
