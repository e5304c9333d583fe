import type {
  ReportedDiagnostic,
  ReportedImage,
  ReportedOutput,
  ReportedStep,
  RunReport,
  StepState,
} from "../model/run-report.ts";
import type { ReportedTest } from "../model/test-result.ts";
import { MARKS } from "./paint.ts";
import { visibleLines, visibleText } from "./visible-text.ts";
import { wordDuration } from "./wording.ts";

/** GitHub takes no summary above a megabyte: so many messages, and so much of each, are in it. */
const MOST_MESSAGES = 20;
const MOST_CHARACTERS = 20_000;

/** Of a reason or a failure, in a table. */
const MOST_CELL_CHARACTERS = 300;

/**
 * What was done, as Markdown for the page of a CI job. Nothing of what the steps, the tests or the file say is markup: they
 * may hold anything.
 */
export function renderJobSummary(report: RunReport): string {
  const { package: opened, state, summary, steps, tests, images, outputs } = report;
  const told = [...steps.flatMap(({ diagnostics }) => diagnostics), ...report.diagnostics];
  return [
    `### ${STATE_MARKS[state]} ${escaped(opened.name)}: ${state}`,
    escaped(summary),
    table(["", "Step", "Time", "Why"], steps.map(stepRow)),
    titled("Tests", table(["", "Test", "Time", "What is wrong"], tests.map(testRow))),
    titled("Images", table(["Platform", "Digest"], images.map(imageRow))),
    titled("Outputs", table(["", "Output", "Name", "Digest"], outputs.map(outputRow))),
    ...renderMessages(told),
  ]
    .filter((part) => part !== "")
    .map((part) => `${part}\n\n`)
    .join("");
}

const STATE_MARKS = { running: "▸", succeeded: "✔", failed: "✘", interrupted: "–" } as const;

type Row = readonly string[];

function stepRow({ state, kind, name, startedMs, endedMs, because, doing, savedMs }: ReportedStep): Row {
  const didRun = startedMs !== undefined && endedMs !== undefined;
  const why = [
    ...because,
    ...(doing === undefined ? [] : [doing]),
    ...(savedMs === undefined ? [] : [`saved ${wordDuration(savedMs)}`]),
  ];
  return [
    markOf(state),
    cell(`${kind} ${name}`),
    didRun ? wordDuration(endedMs - startedMs) : "",
    cell(why.join("; ")),
  ];
}

function testRow(test: ReportedTest): Row {
  if (test.status === "not-run") return ["–", cell(test.name), "", cell(test.reason)];
  const { status, name, durationMs, failures, isCached } = test;
  const wrong = failures.map(({ message }) => message).join("; ");
  return [
    status === "passed" ? "✔" : "✘",
    cell(name),
    wordDuration(durationMs),
    cell(wrong === "" && isCached ? "passed earlier" : wrong),
  ];
}

function imageRow({ platform, digest }: ReportedImage): Row {
  return [cell(platform), code(digest)];
}

function outputRow({ state, type, name, digest }: ReportedOutput): Row {
  return [markOf(state), cell(type), cell(name), digest === undefined ? "" : code(digest)];
}

function renderMessages(told: readonly ReportedDiagnostic[]): readonly string[] {
  if (told.length === 0) return [];
  const more = told.length - MOST_MESSAGES;
  return [
    "#### Messages",
    ...told.slice(0, MOST_MESSAGES).map(({ text }) => fenced(text)),
    ...(more > 0 ? [`${more} more`] : []),
  ];
}

function markOf(state: StepState): string {
  if (state === "waiting") return "";
  return state === "running" ? "▸" : MARKS[state][1];
}

function titled(title: string, text: string): string {
  return text === "" ? "" : `#### ${title}\n\n${text}`;
}

/** Nothing, of no rows. */
function table(heads: Row, rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const line = (cells: Row) => `| ${cells.join(" | ")} |`;
  const rule = heads.map((head) => (head === "Time" ? "---:" : "---"));
  return [heads, rule, ...rows].map(line).join("\n");
}

function cell(text: string): string {
  const kept = [...text].slice(0, MOST_CELL_CHARACTERS).join("");
  return escaped(kept === text ? text : `${kept}…`);
}

function code(text: string): string {
  return `<code>${escaped(text)}</code>`;
}

/** Text as it is: what Markdown, HTML or GitHub would make something of stands as a character reference. */
function escaped(text: string): string {
  return visibleText(text.replace(/\s+/g, " ").trim()).replace(
    /[&<>"'\\`*_~[\]{}()#|@:$!^=]|(?<=www)\.|^(?:[-+]|\d+(?=[.)]))/gi,
    (found) => [...found].map((one) => `&#${one.codePointAt(0)};`).join(""),
  );
}

/** Lines as they are, within more backticks than they have in a row. */
function fenced(text: string): string {
  const shown = visibleLines(text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text);
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${shown.trimEnd()}\n${fence}`;
}
