import { stripVTControlCharacters } from "node:util";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { BuildEvent } from "../model/engine.ts";
import type { RunEvent, StepActivity } from "../model/event.ts";
import { maskLogins } from "../model/mask-logins.ts";
import type { Outcome } from "../model/outcome.ts";
import type { Reporter } from "../model/reporter.ts";
import type {
  ReportedDiagnostic,
  ReportedPart,
  ReportedStep,
  RunReport,
  RunState,
} from "../model/run-report.ts";
import type { Step } from "../model/step.ts";
import { renderDiagnostics } from "./diagnostic-text.ts";
import { createTestRecorder } from "./test-recorder.ts";
import { visibleText } from "./visible-text.ts";
import { withoutLogins } from "./without-logins.ts";
import {
  wordActivity,
  wordEachReason,
  wordOutcome,
  wordSummary,
  wordVertex,
  wordWaiting,
} from "./wording.ts";

/** So much of a step is for people to read; the rest is in a trace, and in the output of the run. */
const MOST_LINES = 200;
const MOST_COLUMNS = 2000;
const MOST_PARTS = 300;

/** What is known before a run: whose it is, and when it begins. */
export type RunBeginning = Pick<RunReport, "version" | "package" | "began">;

/** A run without what its events do not tell. */
export type RecordedRun = Omit<RunReport, "images" | "outputs">;

/** Collects a run; `report` is true at any moment of it. */
export type RunRecorder = {
  readonly reporter: Reporter;
  readonly report: () => RecordedRun;
  /** How each step ended that has. */
  readonly outcomes: () => ReadonlyMap<string, Outcome>;
};

/** What is known of a step. */
type StepRecord = {
  readonly step: Step;
  because: readonly string[];
  doing?: string | undefined;
  startedMs?: number;
  endedMs?: number;
  outcome?: Outcome;
  readonly parts: Map<string, ReportedPart>;
  readonly log: string[];
};

type Recording = {
  readonly steps: Map<string, StepRecord>;
  readonly diagnostics: ReportedDiagnostic[];
  durationMs: number;
  hasEnded: boolean;
};

export function createRunRecorder(beginning: RunBeginning): RunRecorder {
  const recording: Recording = { steps: new Map(), diagnostics: [], durationMs: 0, hasEnded: false };
  const tests = createTestRecorder();
  const outcomes = () =>
    new Map(
      [...recording.steps].flatMap(([id, { outcome }]) => (outcome === undefined ? [] : [[id, outcome]])),
    );
  return {
    reporter: {
      handle: (event) => {
        record(event, recording);
        tests.reporter.handle(event);
      },
      close: () => {
        recording.hasEnded = true;
      },
    },
    outcomes,
    report: () => ({
      format: 1,
      ...beginning,
      durationMs: recording.durationMs,
      state: stateOf(recording),
      summary: recording.hasEnded ? wordSummary(outcomes(), recording.durationMs) : wordProgress(recording),
      savedMs: sum([...outcomes().values()].map(savedBy)),
      steps: [...recording.steps.values()].map(reportStep),
      tests: tests.report(),
      diagnostics: recording.diagnostics,
    }),
  };
}

function record(event: RunEvent, recording: Recording): void {
  const { timeMs } = event;
  recording.durationMs = Math.max(recording.durationMs, timeMs);
  switch (event.type) {
    case "plan-ready":
      for (const step of event.steps) recordOf(step, recording);
      break;
    case "step-waiting":
      recordOf(event.step, recording).doing = wordWaiting(event.owner);
      break;
    case "step-started": {
      const found = recordOf(event.step, recording);
      found.because = wordEachReason(event.because);
      found.startedMs = timeMs;
      found.doing = undefined;
      break;
    }
    case "step-output":
      recordActivity(event.activity, timeMs, recordOf(event.step, recording));
      break;
    case "step-finished":
      finish(recordOf(event.step, recording), event.outcome, timeMs);
      break;
    case "diagnostic":
      recording.diagnostics.push(reportDiagnostic(event.diagnostic));
      break;
    case "run-finished":
      recording.hasEnded = true;
      for (const [id, outcome] of event.outcomes) {
        const found = recording.steps.get(id);
        if (found !== undefined && found.outcome === undefined) finish(found, outcome, timeMs);
      }
      break;
  }
}

function recordOf(step: Step, { steps }: Recording): StepRecord {
  const found = steps.get(step.id) ?? { step, because: [], parts: new Map(), log: [] };
  steps.set(step.id, found);
  return found;
}

function finish(found: StepRecord, outcome: Outcome, timeMs: number): void {
  found.outcome = outcome;
  found.doing =
    outcome.status === "restored" || outcome.status === "blocked" ? wordOutcome(outcome) : undefined;
  if (outcome.status === "restored") found.startedMs ??= Math.max(0, timeMs - outcome.durationMs);
  if (found.startedMs !== undefined) found.endedMs = timeMs;
  for (const [vertex, part] of found.parts)
    if (part.state === "running")
      found.parts.set(vertex, { ...part, endedMs: timeMs, state: endOf(outcome) });
}

/** BuildKit tells no end of what was broken off. */
function endOf({ status }: Outcome): ReportedPart["state"] {
  return status === "succeeded" ? "succeeded" : "failed";
}

function recordActivity(activity: StepActivity, timeMs: number, found: StepRecord): void {
  found.doing = wordOfLog(wordActivity(activity)) ?? found.doing;
  if (activity.type === "log") addLines(activity.text, found);
  if (activity.type === "build") recordBuild(activity.event, timeMs, found);
}

function recordBuild(event: BuildEvent, timeMs: number, found: StepRecord): void {
  switch (event.type) {
    case "vertex-started":
      if (found.parts.size < MOST_PARTS)
        found.parts.set(event.vertex, {
          name: wordOfLog(wordVertex(event.name)) ?? "",
          startedMs: timeMs,
          state: "running",
        });
      break;
    case "vertex-log":
      addLines(event.text, found);
      break;
    case "vertex-finished": {
      const { vertex, cached, durationMs, error } = event;
      const name = wordOfLog(wordVertex(event.name)) ?? "";
      const startedMs = found.parts.get(vertex)?.startedMs ?? Math.max(0, timeMs - durationMs);
      const endedMs = startedMs + (cached ? 0 : durationMs);
      const state = error !== undefined ? "failed" : cached ? "cached" : "succeeded";
      if (found.parts.size < MOST_PARTS || found.parts.has(vertex))
        found.parts.set(vertex, { name, startedMs, endedMs, state });
      break;
    }
    default:
  }
}

function addLines(text: string, { log }: StepRecord): void {
  for (const line of text.trimEnd().split(/[\r\n]+/)) log.push(wordOfLog(line) ?? "");
  if (log.length > MOST_LINES) log.splice(0, log.length - MOST_LINES);
}

/** What others print may have colours, controls and passwords, and no end. */
function wordOfLog(text: string): string;
function wordOfLog(text: string | undefined): string | undefined;
function wordOfLog(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return visibleText(maskLogins(stripVTControlCharacters(text.slice(0, MOST_COLUMNS))));
}

function reportStep({ step, outcome, ...found }: StepRecord): ReportedStep {
  const { id, kind, name, needs, after } = step;
  const { because, doing, startedMs, endedMs } = found;
  const savedMs = savedBy(outcome);
  return {
    ...{ id, kind, name, needs, after, because, log: found.log, parts: [...found.parts.values()] },
    state: outcome?.status ?? (startedMs === undefined ? "waiting" : "running"),
    ...(doing !== undefined && { doing }),
    ...(startedMs !== undefined && { startedMs }),
    ...(endedMs !== undefined && { endedMs }),
    ...(savedMs > 0 && { savedMs }),
    diagnostics: outcome?.status === "failed" ? outcome.diagnostics.map(reportDiagnostic) : [],
    ...(outcome !== undefined && "output" in outcome && { digest: outcome.output.digest }),
  };
}

function reportDiagnostic(diagnostic: Diagnostic): ReportedDiagnostic {
  const { code, severity, message, hint } = withoutLogins(diagnostic);
  const text = renderDiagnostics([diagnostic], { color: false });
  return { code, severity, message, ...(hint !== undefined && { hint }), text };
}

function savedBy(outcome: Outcome | undefined): number {
  return outcome?.status === "fresh" || outcome?.status === "restored" ? (outcome.savedMs ?? 0) : 0;
}

function stateOf({ steps, hasEnded }: Recording): RunState {
  const all = [...steps.values()].map(({ outcome }) => outcome?.status);
  if (!hasEnded) return "running";
  if (all.includes("failed")) return "failed";
  return all.every((status) => status === "succeeded" || status === "fresh" || status === "restored")
    ? "succeeded"
    : "interrupted";
}

function wordProgress({ steps }: Recording): string {
  const done = [...steps.values()].filter(({ outcome }) => outcome !== undefined).length;
  return `${done} of ${steps.size} steps done`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
