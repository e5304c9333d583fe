import type { RunEvent } from "../model/event.ts";
import type { Outcome } from "../model/outcome.ts";
import type { TransferProgress } from "../model/source.ts";
import type { Step } from "../model/step.ts";
import { MARKS, painter } from "./paint.ts";
import { drawBars } from "./transfer-bars.ts";
import { cutToColumns, visibleText } from "./visible-text.ts";
import { wordActivity, wordDuration, wordOutcome, wordStep, wordWaiting } from "./wording.ts";

/** What the live view knows of a step. */
type StepView = {
  readonly step: Step;
  readonly startedMs?: number;
  readonly doing?: string | undefined;
  readonly transfer?: TransferProgress | undefined;
  readonly outcome?: Outcome;
};

export type LiveView = ReadonlyMap<string, StepView>;

const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const SPINNER_MS = 80;

/** The view after an event. Pure, so that a test can play a run and look at any moment of it. */
export function advance(view: LiveView, event: RunEvent): LiveView {
  switch (event.type) {
    case "plan-ready":
      return new Map(event.steps.map((step) => [step.id, { step }]));
    case "step-waiting":
      return update(view, event.step, { doing: wordWaiting(event.owner) });
    case "step-started":
      return update(view, event.step, { startedMs: event.timeMs, doing: undefined });
    case "step-output": {
      const { activity } = event;
      const doing = wordActivity(activity);
      const transfer = activity.type === "transferring" ? activity.progress : undefined;
      return doing === undefined ? view : update(view, event.step, { doing, transfer });
    }
    case "step-finished":
      return update(view, event.step, { outcome: event.outcome });
    case "run-finished":
      return [...event.outcomes].reduce((next, [id, outcome]) => {
        const seen = next.get(id);
        return seen === undefined ? next : update(next, seen.step, { outcome });
      }, view);
    case "diagnostic":
      return view;
  }
}

function update(view: LiveView, step: Step, change: Partial<StepView>): LiveView {
  return new Map(view).set(step.id, { ...(view.get(step.id) ?? { step }), ...change });
}

/** The view as lines no wider than the terminal. */
export function drawLiveView(
  view: LiveView,
  timeMs: number,
  columns: number,
  color: boolean,
): readonly string[] {
  const paint = painter(color);
  return [...view.values()].flatMap(({ step, startedMs, doing, transfer, outcome }) => {
    const name = wordStep(step);
    if (outcome !== undefined) {
      const [style, mark] = MARKS[outcome.status];
      return `${paint(style, mark)} ${cutToColumns(`${name}: ${wordOutcome(outcome)}`, columns - 2)}`;
    }
    if (startedMs === undefined) {
      const waiting = doing === undefined ? name : `${name}  ${doing}`;
      return paint("dim", cutToColumns(`  ${waiting}`, columns));
    }
    const spinner = SPINNER[Math.floor(timeMs / SPINNER_MS) % SPINNER.length] ?? "";
    const parts = [name, wordDuration(timeMs - startedMs), ...(doing === undefined ? [] : [calm(doing)])];
    const bars = transfer === undefined ? [] : drawBars(transfer, columns);
    return [
      `${paint("cyan", spinner)} ${cutToColumns(parts.join("  "), columns - 2)}`,
      ...bars.map((bar) => paint("dim", bar)),
    ];
  });
}

/** What a container or a build prints may have colours, and must not move our cursor. */
function calm(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return visibleText(text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, ""));
}
