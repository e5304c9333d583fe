import type { Frame, Size } from "./terminal.ts";

/** A line that stands in one place for a while. */
type Stay = { readonly row: number; readonly line: string; readonly fromMs: number; readonly toMs: number };

const CELL = { width: 8.4, height: 18 };
const MARGIN = 14;

/** Nothing happens for longer than this: who watches has read it by then. */
const LONGEST_PAUSE_MS = 1500;
/** What a command does is played so many times as fast as it was. */
const RUNNING_SPEED = 4;
const LEAST_BETWEEN_MS = 100;
const LAST_FRAME_MS = 4000;

const COLOURS: Readonly<Record<number, string>> = {
  30: "#3b4252",
  31: "#ff7b72",
  32: "#7ee787",
  33: "#e3b341",
  34: "#79c0ff",
  35: "#d2a8ff",
  36: "#56d4dd",
  37: "#c9d1d9",
  90: "#8b949e",
};

/** A film of a terminal as an SVG that plays by itself, over and over; where nothing plays, its last picture. */
export function animate(film: readonly Frame[], size: Size, title: string): string {
  const frames = shortened(film);
  const endMs = (frames.at(-1)?.timeMs ?? 0) + LAST_FRAME_MS;
  const width = Math.ceil(size.columns * CELL.width + 2 * MARGIN);
  const height = Math.ceil(size.rows * CELL.height + 2 * MARGIN);
  const stays = staysOf(frames, endMs).filter(({ line }) => line.trim() !== "");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(title)}">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"><animate id="film" attributeName="opacity" from="1" to="1" dur="${seconds(endMs)}" begin="0s;film.end"/></rect>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#c9d1d9" xml:space="preserve">`,
    ...stays.map((stay) => renderStay(stay, endMs)),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function shortened(film: readonly Frame[]): readonly Frame[] {
  let timeMs = 0;
  const timed = film.map((frame, index) => {
    const before = film[index - 1] ?? frame;
    const pause = Math.min(frame.timeMs - before.timeMs, LONGEST_PAUSE_MS);
    timeMs += before.isRunning ? pause / RUNNING_SPEED : pause;
    return { ...frame, timeMs };
  });
  let shownMs = Number.NEGATIVE_INFINITY;
  return timed.filter((frame, index) => {
    const isWorth =
      !(frame.isRunning && timed[index + 1]?.isRunning) || frame.timeMs - shownMs >= LEAST_BETWEEN_MS;
    if (isWorth) shownMs = frame.timeMs;
    return isWorth;
  });
}

function staysOf(frames: readonly Frame[], endMs: number): readonly Stay[] {
  const stays: Stay[] = [];
  const rows = Math.max(...frames.map(({ lines }) => lines.length));
  for (let row = 0; row < rows; row += 1) {
    for (const [index, { timeMs, lines }] of frames.entries()) {
      const line = lines[row] ?? "";
      const before = stays.at(-1);
      const toMs = frames[index + 1]?.timeMs ?? endMs;
      if (index > 0 && before?.row === row && before.line === line)
        stays[stays.length - 1] = { ...before, toMs };
      else stays.push({ row, line, fromMs: timeMs, toMs });
    }
  }
  return stays;
}

function renderStay({ row, line, fromMs, toMs }: Stay, endMs: number): string {
  const y = MARGIN + (row + 0.75) * CELL.height;
  const isLast = toMs >= endMs;
  const spans = spansOf(line)
    .map(({ text, style, column }) => {
      const x = MARGIN + column * CELL.width;
      const length = [...text].length * CELL.width;
      return `<tspan x="${x.toFixed(1)}" textLength="${length.toFixed(1)}"${style}>${escapeXml(text)}</tspan>`;
    })
    .join("");
  const show = `<set attributeName="visibility" to="visible" begin="film.begin+${seconds(fromMs)}" dur="${seconds(toMs - fromMs)}"/>`;
  const hide =
    isLast && fromMs > 0
      ? `<set attributeName="visibility" to="hidden" begin="film.begin" dur="${seconds(fromMs)}"/>`
      : "";
  return `<text y="${y.toFixed(1)}" visibility="${isLast ? "visible" : "hidden"}">${spans}${isLast ? hide : show}</text>`;
}

type Span = { readonly text: string; readonly style: string; readonly column: number };

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is read
const STYLED = /((?:\u001b\[[0-9;]*m|\u000f)*)([^\u001b\u000f]*)/g;

/** The runs of one style in a line with SGR sequences (ECMA-48, 8.3.117). */
function spansOf(line: string): readonly Span[] {
  const spans: Span[] = [];
  let [colour, isBold, isDim, column] = ["", false, false, 0];
  for (const [, styles = "", text = ""] of line.trimEnd().matchAll(STYLED)) {
    for (const code of codesIn(styles)) {
      if (code === 0) [colour, isBold, isDim] = ["", false, false];
      if (code === 1) isBold = true;
      if (code === 2) isDim = true;
      if (code === 22) [isBold, isDim] = [false, false];
      if (code === 39) colour = "";
      colour = COLOURS[code] ?? colour;
    }
    if (text === "") continue;
    const fill = isDim && colour === "" ? "#8b949e" : colour;
    const style = `${fill === "" ? "" : ` fill="${fill}"`}${isBold ? ' font-weight="bold"' : ""}`;
    // SVG makes one of several spaces.
    for (const { 0: words, index } of text.matchAll(/\S+(?: \S+)*/g))
      spans.push({ text: words, style, column: column + [...text.slice(0, index)].length });
    column += [...text].length;
  }
  return spans;
}

function codesIn(styles: string): readonly number[] {
  return [...styles.matchAll(/\[([0-9;]*)m/g)].flatMap(([, codes = ""]) => codes.split(";").map(Number));
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)}s`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
