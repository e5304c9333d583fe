import type { BuildEvent } from "../model/engine.ts";
import type { RunEvent } from "../model/event.ts";
import type { Outcome } from "../model/outcome.ts";
import type { Reporter } from "../model/reporter.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { Step } from "../model/step.ts";
import { wordEachReason, wordStep, wordVertex, wordWaiting } from "./wording.ts";

/** As every trace that we wrote begins. */
export const TRACE_BEGINNING = '{"traceEvents":[';

/** Something that took time; in whole microseconds since the run began. */
type Span = {
  readonly name: string;
  readonly category: "step" | "wait" | "build";
  readonly startUs: number;
  readonly endUs: number;
  readonly args: SerializableRecord;
};

/** Spans that follow each other in one lane: a step, with the waiting before it. */
type Block = readonly [Span, ...Span[]];

type Instant = { readonly name: string; readonly timeUs: number; readonly args: SerializableRecord };

/** A step that is under way. */
type Open = {
  readonly step: Step;
  readonly waits: Span[];
  waiting?: { readonly name: string; readonly startUs: number } | undefined;
  started?: { readonly startUs: number; readonly because: readonly string[] };
};

type Recording = {
  readonly open: Map<string, Open>;
  readonly blocks: Block[];
  /** BuildKit's own work, by the id of the step it was for. */
  readonly vertices: Map<string, Span[]>;
  readonly openVertices: Map<string, { readonly name: string; readonly startUs: number }>;
  readonly instants: Instant[];
  steps: readonly Step[];
  lastUs: number;
};

/**
 * Collects a run, and at its end writes it in Chrome's trace event format, for chrome://tracing and Perfetto: steps in
 * as many lanes as ran at once, and the parts of each image build in lanes of their own.
 */
export function createTraceReporter(write: (text: string) => void): Reporter {
  const recording: Recording = {
    open: new Map(),
    blocks: [],
    vertices: new Map(),
    openVertices: new Map(),
    instants: [],
    steps: [],
    lastUs: 0,
  };
  return {
    handle: (event) => record(event, recording),
    close: () => {
      settleAll(recording);
      write(renderTrace(recording));
    },
  };
}

function record(event: RunEvent, recording: Recording): void {
  const timeUs = microseconds(event.timeMs);
  recording.lastUs = Math.max(recording.lastUs, timeUs);
  switch (event.type) {
    case "plan-ready":
      recording.steps = event.steps;
      break;
    case "step-waiting": {
      const open = openStep(event.step, recording);
      endWaiting(open, timeUs);
      open.waiting = { name: `${wordStep(event.step)} ${wordWaiting(event.owner)}`, startUs: timeUs };
      break;
    }
    case "step-started": {
      const open = openStep(event.step, recording);
      endWaiting(open, timeUs);
      open.started = { startUs: timeUs, because: wordEachReason(event.because) };
      break;
    }
    case "step-output":
      if (event.activity.type === "build") recordVertex(event.step, event.activity.event, timeUs, recording);
      break;
    case "step-finished":
      finishStep(event.step, event.outcome, timeUs, recording);
      break;
    case "diagnostic":
      recording.instants.push(instant(event.diagnostic, timeUs));
      break;
    case "run-finished":
      finishTheRest(event.outcomes, timeUs, recording);
      break;
  }
}

function microseconds(milliseconds: number): number {
  return Math.max(0, Math.round(milliseconds * 1000));
}

function instant(
  { code, severity, message }: { readonly code: string; readonly severity: string; readonly message: string },
  timeUs: number,
): Instant {
  return { name: `${severity}[${code}]`, timeUs, args: { message } };
}

function openStep(step: Step, { open }: Recording): Open {
  const found = open.get(step.id) ?? { step, waits: [] };
  open.set(step.id, found);
  return found;
}

function endWaiting(open: Open, endUs: number): void {
  if (open.waiting !== undefined)
    open.waits.push({ ...open.waiting, category: "wait", endUs, args: { step: open.step.id } });
  open.waiting = undefined;
}

function finishStep(step: Step, outcome: Outcome, timeUs: number, recording: Recording): void {
  const open = openStep(step, recording);
  recording.open.delete(step.id);
  endWaiting(open, timeUs);
  const because = open.started?.because;
  const startUs = open.started?.startUs ?? beginningOf(outcome, timeUs, open);
  const args = { id: step.id, ...(because !== undefined && { because }), ...describeOutcome(outcome) };
  const span: Span = { name: wordStep(step), category: "step", startUs, endUs: timeUs, args };
  const [first = span, ...rest] = [...open.waits, span];
  recording.blocks.push([first, ...rest]);
  endVertices(step, timeUs, recording);
  if (outcome.status !== "failed") return;
  for (const diagnostic of outcome.diagnostics) recording.instants.push(instant(diagnostic, timeUs));
}

/** What was taken from elsewhere took time without having been started. */
function beginningOf(outcome: Outcome, timeUs: number, { waits }: Open): number {
  if (outcome.status !== "restored") return timeUs;
  return Math.max(timeUs - microseconds(outcome.durationMs), waits.at(-1)?.endUs ?? 0, 0);
}

function describeOutcome(outcome: Outcome): SerializableRecord {
  switch (outcome.status) {
    case "blocked":
      return { outcome: outcome.status, by: outcome.by };
    case "restored":
      return { outcome: outcome.status, from: outcome.from, output: outcome.output.digest };
    case "succeeded":
    case "fresh":
      return { outcome: outcome.status, output: outcome.output.digest };
    case "failed":
      return { outcome: outcome.status, errors: outcome.diagnostics.map(({ code }) => code) };
    case "cancelled":
      return { outcome: outcome.status };
  }
}

/** Steps that nothing was told of yet: they were never started. */
function finishTheRest(outcomes: ReadonlyMap<string, Outcome>, timeUs: number, recording: Recording): void {
  const told = new Set(recording.blocks.map((block) => block.at(-1)?.args.id));
  for (const step of recording.steps) {
    const outcome = outcomes.get(step.id);
    if (outcome !== undefined && !told.has(step.id)) finishStep(step, outcome, timeUs, recording);
  }
}

/** What was under way when the run broke off. */
function settleAll(recording: Recording): void {
  for (const { step } of [...recording.open.values()])
    finishStep(step, { status: "cancelled" }, recording.lastUs, recording);
}

function recordVertex(step: Step, event: BuildEvent, timeUs: number, recording: Recording): void {
  if (event.type !== "vertex-started" && event.type !== "vertex-finished") return;
  const key = vertexKey(step, event.vertex);
  const name = wordVertex(event.name);
  if (event.type === "vertex-started") {
    recording.openVertices.set(key, { name, startUs: timeUs });
    return;
  }
  const durationUs = microseconds(event.durationMs);
  const startUs = recording.openVertices.get(key)?.startUs ?? Math.max(0, timeUs - durationUs);
  recording.openVertices.delete(key);
  const outcome = event.error !== undefined ? "failed" : event.cached ? "cached" : "succeeded";
  const endUs = startUs + (event.cached ? 0 : durationUs);
  addVertex(step, { name, category: "build", startUs, endUs, args: { outcome } }, recording);
}

function vertexKey(step: Step, vertex: string): string {
  return JSON.stringify([step.id, vertex]);
}

function endVertices(step: Step, endUs: number, recording: Recording): void {
  for (const [key, vertex] of [...recording.openVertices]) {
    if ((JSON.parse(key) as readonly string[])[0] !== step.id) continue;
    recording.openVertices.delete(key);
    addVertex(step, { ...vertex, category: "build", endUs, args: { outcome: "unfinished" } }, recording);
  }
}

function addVertex(step: Step, span: Span, { vertices }: Recording): void {
  vertices.set(step.id, [...(vertices.get(step.id) ?? []), span]);
}

/** Each block in the first lane that is free when it begins. */
function laneOf(blocks: readonly Block[]): ReadonlyMap<Block, number> {
  const beginOf = (block: Block) => block[0].startUs;
  const endOf = (block: Block) => block.at(-1)?.endUs ?? 0;
  const ends: number[] = [];
  const lanes = new Map<Block, number>();
  for (const block of blocks.toSorted((a, b) => beginOf(a) - beginOf(b) || endOf(a) - endOf(b))) {
    const free = ends.findIndex((end) => end <= beginOf(block));
    const lane = free === -1 ? ends.length : free;
    ends[lane] = endOf(block);
    lanes.set(block, lane);
  }
  return lanes;
}

function renderTrace({ blocks, vertices, instants, steps }: Recording): string {
  const builds = steps.flatMap((step) => {
    const spans = vertices.get(step.id);
    return spans === undefined ? [] : [{ name: wordStep(step), blocks: spans.map((span): Block => [span]) }];
  });
  const groups = [{ name: "mlpackage", blocks }, ...builds];
  const events = [
    ...groups.flatMap((group, index) => renderGroup(group.name, group.blocks, index + 1)),
    ...instants.map(({ name, timeUs, args }) => ({
      ...{ ph: "i", s: "g", name, cat: "diagnostic", ts: timeUs, pid: 1, tid: 1, args },
    })),
  ];
  const lines = events.map((event) => JSON.stringify(event)).join(",\n");
  return `${TRACE_BEGINNING}\n${lines}\n],"displayTimeUnit":"ms"}\n`;
}

/** A group of lanes; the format calls it a process, and each lane a thread of it. */
function renderGroup(name: string, blocks: readonly Block[], pid: number): readonly object[] {
  const lanes = laneOf(blocks);
  const count = Math.max(0, ...lanes.values()) + 1;
  const metadata = (kind: string, tid: number, args: object) => ({ ph: "M", name: kind, pid, tid, args });
  return [
    metadata("process_name", 0, { name }),
    metadata("process_sort_index", 0, { sort_index: pid }),
    ...Array.from({ length: count }, (_, lane) =>
      metadata("thread_name", lane + 1, { name: `lane ${lane + 1}` }),
    ),
    ...[...lanes].flatMap(([block, lane]) =>
      block.map((span) => ({
        ...{ ph: "X", name: span.name, cat: span.category, ts: span.startUs, dur: span.endUs - span.startUs },
        ...{ pid, tid: lane + 1, args: span.args },
      })),
    ),
  ];
}
