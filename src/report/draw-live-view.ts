import { maskLogins } from "../model/mask-logins.ts";
import type { LiveView, StepView } from "./live-view.ts";
import { MARKS, type Paint, painter } from "./paint.ts";
import { calmText } from "./printed-text.ts";
import { alignColumns, listSteps, wordReason } from "./step-lines.ts";
import { drawBars } from "./transfer-bars.ts";
import { cutToColumns, visibleText } from "./visible-text.ts";
import { wordDuration, wordSaved } from "./wording.ts";

/** The terminal at this moment of the run. */
export type LiveSize = { readonly columns: number; readonly rows: number; readonly color: boolean };

/** What stands on the screen, from the top down. */
type Section =
  | "fresh"
  | "succeeded"
  | "failed"
  | "running"
  | "bars"
  | "held"
  | "blocked"
  | "cancelled"
  | "waiting";

/** What is left out where there are more lines than rows, what matters least first; `few` steps are one line. */
const CUTS: readonly { readonly section: Section; readonly to: "few" | "none" }[] = [
  { section: "bars", to: "none" },
  { section: "succeeded", to: "few" },
  { section: "held", to: "none" },
  { section: "waiting", to: "none" },
  { section: "cancelled", to: "none" },
  { section: "blocked", to: "none" },
  { section: "fresh", to: "none" },
  { section: "succeeded", to: "none" },
];

const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const SPINNER_MS = 80;

/** The view as lines no wider than the terminal, and with the cursor below them no more than its rows. */
export function drawLiveView(view: LiveView, timeMs: number, size: LiveSize): readonly string[] {
  const room = Math.max(1, size.rows - 1);
  const total = drawTotals(view, timeMs, size);
  for (let cuts = 0; cuts <= CUTS.length; cuts += 1) {
    const lines = drawSteps(view, timeMs, size, CUTS.slice(0, cuts));
    if (lines.length < room) return [...lines, total];
    if (cuts < CUTS.length) continue;
    const kept = lines.slice(0, Math.max(0, room - 2));
    const more = painter(size.color)(
      "dim",
      cutToColumns(`  ${lines.length - kept.length} more`, size.columns),
    );
    return [...kept, ...(room > 1 ? [more] : []), total];
  }
  return [total];
}

/** The view of a run that has ended, as long as it is; the summary comes below it. */
export function drawEndedView(view: LiveView, columns: number, color: boolean): readonly string[] {
  return drawSteps(view, 0, { columns, rows: Number.POSITIVE_INFINITY, color }, [], "with what they printed");
}

function drawSteps(
  view: LiveView,
  timeMs: number,
  { columns, color }: LiveSize,
  cuts: typeof CUTS,
  ended?: "with what they printed",
): readonly string[] {
  const paint = painter(color);
  const cutTo = (section: Section) => cuts.findLast((cut) => cut.section === section)?.to;
  const steps = [...view.values()];
  const withStatus = (status: string) => steps.filter(({ outcome }) => outcome?.status === status);
  const done = steps.filter(
    ({ outcome }) => outcome?.status === "succeeded" || outcome?.status === "restored",
  );
  const running = steps.filter(({ outcome, startedMs }) => outcome === undefined && startedMs !== undefined);
  const ahead = steps.filter(({ outcome, startedMs }) => outcome === undefined && startedMs === undefined);
  const held = cutTo("held") === undefined ? ahead.filter(({ doing }) => doing !== undefined) : [];
  const waiting = ahead.filter((one) => !held.includes(one));
  const failed = withStatus("failed");
  const line = alignColumns([...done, ...failed, ...running, ...held], timeMs, columns);
  const spinner = SPINNER[Math.floor(timeMs / SPINNER_MS) % SPINNER.length] ?? "";
  const list = (
    section: Exclude<Section, "running" | "bars" | "held" | "failed">,
    words: string,
    of: readonly StepView[],
  ) => {
    if (of.length === 0 || cutTo(section) === "none") return [];
    const [style, mark] = section === "waiting" ? (["dim", " "] as const) : MARKS[section];
    return [`${paint(style, mark)} ${paint("dim", listSteps(words, of, columns - 2))}`];
  };
  return [
    ...list("fresh", "fresh", withStatus("fresh")),
    ...(cutTo("succeeded") === undefined
      ? done.map((one) => drawDone(one, line(one), paint))
      : list("succeeded", "done", done)),
    ...failed.flatMap((one) => [
      paint("red", `${MARKS.failed[1]} ${line(one, wordReason(one))}`),
      ...(ended === undefined ? [] : drawPrinted(one, columns, paint)),
    ]),
    ...running.flatMap((one) => [
      `${paint("cyan", spinner)} ${line(one)}`,
      ...(one.transfer === undefined || cutTo("bars") === "none"
        ? []
        : drawBars(one.transfer, columns).map((bar) => paint("dim", bar))),
    ]),
    ...held.map((one) => paint("dim", `· ${line(one)}`)),
    ...list("blocked", wordBlocked(withStatus("blocked")), withStatus("blocked")),
    ...list("cancelled", "cancelled", withStatus("cancelled")),
    ...list("waiting", "waiting", waiting),
  ];
}

function drawDone({ outcome }: StepView, line: string, paint: Paint): string {
  const [style, mark] = MARKS[outcome?.status ?? "succeeded"];
  return `${paint(style, mark)} ${line}`;
}

function wordBlocked(blocked: readonly StepView[]): string {
  const by = new Set(blocked.flatMap(({ outcome }) => (outcome?.status === "blocked" ? outcome.by : [])));
  return by.size === 1 ? `blocked by ${visibleText([...by].join())}` : "blocked";
}

/** So many lines of what a failed step printed last. */
const PRINTED_LINES = 5;

/** What a step printed last, but for what is told with its failure. */
function drawPrinted({ printed = "", outcome }: StepView, columns: number, paint: Paint): readonly string[] {
  const told =
    outcome?.status === "failed" && outcome.diagnostics.some(({ excerpt = [] }) => excerpt.length > 0);
  if (told) return [];
  const lines = printed.split(/[\r\n]+/).filter((line) => line.trim() !== "");
  return lines
    .slice(-PRINTED_LINES)
    .map((line) => paint("dim", cutToColumns(`  | ${maskLogins(calmText(line))}`, columns)));
}

/** How far the run is: as much of it as there is room for. */
function drawTotals(view: LiveView, timeMs: number, { columns, color }: LiveSize): string {
  const outcomes = [...view.values()].flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome]));
  const count = (status: string) => outcomes.filter((outcome) => outcome.status === status).length;
  const counted = (status: string) => (count(status) === 0 ? [] : [`${count(status)} ${status}`]);
  const saved = wordSaved(outcomes);
  const [done, elapsed] = [`${outcomes.length} of ${view.size} done`, wordDuration(timeMs)];
  const more = [
    ...counted("failed"),
    ...counted("fresh"),
    ...(saved === undefined ? [] : [`saved ${saved}`]),
  ];
  const worded = more
    .map((_, index) => [done, ...more.slice(0, more.length - index), elapsed].join(", "))
    .find((text) => text.length <= columns);
  return painter(color)("bold", cutToColumns(worded ?? `${done}, ${elapsed}`, columns));
}
