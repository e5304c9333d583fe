import type { Doing, StepView } from "./live-view.ts";
import { calmText } from "./printed-text.ts";
import { columnsOf, cutToColumns } from "./visible-text.ts";
import { withoutLogins } from "./without-logins.ts";
import { wordDuration, wordStep } from "./wording.ts";

/** From so many columns on, what a step does stands beside what came of it last. */
const WIDE_COLUMNS = 90;

/** With fewer, names and times take all there is. */
const NARROW_COLUMNS = 40;

/** Narrower than this, what a step does would be no words. */
const FEWEST_COLUMNS = 8;

/**
 * Draws lines of steps below each other: the name, how long it takes or took, and what it does, or `words`. The mark
 * before them has two columns.
 */
export function alignColumns(
  steps: readonly StepView[],
  timeMs: number,
  columns: number,
): (one: StepView, words?: string) => string {
  const isNarrow = columns < NARROW_COLUMNS;
  const gap = isNarrow ? " " : "  ";
  const timeColumns = Math.max(0, ...steps.map((one) => wordTime(one, timeMs).length));
  const widest = Math.max(0, ...steps.map(({ step }) => columnsOf(calmText(wordStep(step)))));
  const besides = 2 + gap.length + timeColumns;
  const share = isNarrow ? columns : Math.floor(columns * 0.4);
  const nameColumns = Math.min(widest, share, Math.max(1, columns - besides));
  return (one, words) => {
    const name = cutToColumns(calmText(wordStep(one.step)), nameColumns);
    const padded = `${name}${" ".repeat(Math.max(0, nameColumns - columnsOf(name)))}`;
    const room = columns - besides - nameColumns - gap.length;
    const doing = words ?? wordDoing(one, room);
    const shown = doing === undefined || room < FEWEST_COLUMNS ? "" : `${gap}${cutToColumns(doing, room)}`;
    const line = `${padded}${gap}${wordTime(one, timeMs).padStart(timeColumns)}${shown}`.trimEnd();
    return cutToColumns(line, Math.max(1, columns - 2));
  };
}

function wordTime({ startedMs, outcome }: StepView, timeMs: number): string {
  if (outcome !== undefined) return "durationMs" in outcome ? wordDuration(outcome.durationMs) : "";
  return startedMs === undefined ? "" : wordDuration(Math.max(0, timeMs - startedMs));
}

function wordDoing({ doing, outcome }: StepView, room: number): string | undefined {
  if (outcome?.status === "restored") return calmText(`from ${outcome.from}`);
  return outcome !== undefined || doing === undefined ? undefined : fitDoing(doing, room);
}

/** Where there is room for one of both, what was said last, behind the place of the instruction: `[environment 2/3]`. */
function fitDoing({ what, said }: Doing, room: number): string {
  if (said === undefined) return calmText(what);
  const [place = ""] = /^\[[^\]]*\]/.exec(what) ?? [];
  const kept = room < WIDE_COLUMNS ? place : cutToColumns(calmText(what), Math.floor(room / 2));
  return room - columnsOf(kept) < 2 * FEWEST_COLUMNS || kept === ""
    ? calmText(said)
    : `${kept}  ${calmText(said)}`;
}

/** Why a step failed, in a line. */
export function wordReason({ outcome }: StepView): string | undefined {
  const [first] = outcome?.status === "failed" ? outcome.diagnostics : [];
  return first === undefined ? undefined : calmText(withoutLogins(first).message.split("\n")[0] ?? "");
}

/** `6 steps fresh: fetch ridge, layer ridge, …`, with as many names as there is room for. */
export function listSteps(words: string, steps: readonly StepView[], columns: number): string {
  const head =
    words === "waiting" ? `${steps.length} waiting` : `${steps.length} ${plural(steps.length)} ${words}`;
  const names = steps.map(({ step }) => calmText(wordStep(step)));
  const texts = names.map((_, index) => {
    const left = names.length - index;
    return `${head}: ${names.slice(0, left).join(", ")}${index === 0 ? "" : ", …"}`;
  });
  return texts.find((text) => columnsOf(text) <= columns) ?? cutToColumns(head, columns);
}

function plural(count: number): string {
  return count === 1 ? "step" : "steps";
}
