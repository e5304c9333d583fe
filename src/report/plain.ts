import type { RunEvent } from "../model/event.ts";
import type { Reporter, Terminal } from "../model/reporter.ts";
import { renderDiagnostics } from "./diagnostic-text.ts";
import { MARKS, painter } from "./paint.ts";
import { cutToColumns } from "./visible-text.ts";
import { wordTransfer } from "./word-transfer.ts";
import {
  isInternal,
  wordDuration,
  wordOutcome,
  wordReasons,
  wordStep,
  wordSummary,
  wordVertex,
  wordWaiting,
} from "./wording.ts";

/** One line an event, for pipes, files and CI: nothing is ever drawn over. */
export function createPlainReporter({ write, color }: Terminal): Reporter {
  const line = (text: string) => write(`${text}\n`);
  const toldMs = new Map<string, number>();

  /** A transfer is told of now and then, and by which step. */
  function isDue(event: RunEvent): boolean {
    if (event.type === "step-started") toldMs.set(event.step.id, event.timeMs);
    if (event.type !== "step-output" || event.activity.type !== "transferring") return true;
    const { waiting } = event.activity.progress;
    const pauseMs = (waiting?.forMs ?? 0) >= LONG_WAIT_MS ? LONG_WAIT_MS : TRANSFER_EVERY_MS;
    if (event.timeMs - (toldMs.get(event.step.id) ?? 0) < pauseMs) return false;
    toldMs.set(event.step.id, event.timeMs);
    return true;
  }

  return {
    handle(event) {
      if (isDue(event)) plainLines(event, color).forEach(line);
    },
    close: () => {},
  };
}

/** How often a transfer gets a line. */
const TRANSFER_EVERY_MS = 10_000;

/** Enough to know an instruction again; the command that installs a hundred packages has thousands. */
const INSTRUCTION_COLUMNS = 160;

/** A wait of so long is worth one sooner. */
const LONG_WAIT_MS = 2000;

/** The lines an event is worth. */
function plainLines(event: RunEvent, color: boolean): readonly string[] {
  const paint = painter(color);
  switch (event.type) {
    case "step-waiting":
      return [paint("dim", `  ${wordStep(event.step)}: ${wordWaiting(event.owner)}`)];
    case "step-started":
      return [`${paint("cyan", "▸")} ${wordStep(event.step)}: ${wordReasons(event.because)}`];
    case "step-output": {
      if (event.activity.type === "transferring")
        return [paint("dim", `    ${wordStep(event.step)}: ${wordTransfer(event.activity)}`)];
      if (event.activity.type !== "build") return [];
      const told = event.activity.event;
      if (told.type !== "vertex-finished" || isInternal(told.name)) return [];
      const state =
        told.error !== undefined ? "failed" : told.cached ? "cached" : wordDuration(told.durationMs);
      return [paint("dim", `    ${cutToColumns(wordVertex(told.name), INSTRUCTION_COLUMNS)} (${state})`)];
    }
    case "step-finished": {
      const [style, mark] = MARKS[event.outcome.status];
      return [`${paint(style, mark)} ${wordStep(event.step)}: ${wordOutcome(event.outcome)}`];
    }
    case "diagnostic":
      return renderDiagnostics([event.diagnostic], { color }).trimEnd().split("\n");
    case "run-finished":
      return [wordSummary(event.outcomes, event.timeMs)];
    case "plan-ready":
      return [];
  }
}
