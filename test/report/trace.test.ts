import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RunEvent } from "../../src/model/event.ts";
import type { Outcome } from "../../src/model/outcome.ts";
import type { Reporter } from "../../src/model/reporter.ts";
import { combineReporters } from "../../src/report/combine-reporters.ts";
import { createTraceReporter, TRACE_BEGINNING } from "../../src/report/trace.ts";
import { makeOutput, makeStep } from "../fakes/steps.ts";
import { A_RUN, STEPS } from "./a-run.ts";

const test = suite("trace");

type TraceEvent = {
  readonly ph: "X" | "M" | "i";
  readonly name: string;
  readonly cat: string;
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, unknown>>;
};

/** A run's trace, read as any program would. */
function traceOf(events: readonly RunEvent[]): readonly TraceEvent[] {
  let text = "";
  const reporter = createTraceReporter((written) => {
    text += written;
  });
  events.forEach(reporter.handle);
  assert.is(text, "", "nothing is written before the end");
  reporter.close();
  assert.ok(text.startsWith(TRACE_BEGINNING), text.slice(0, 40));
  const { traceEvents } = JSON.parse(text) as { readonly traceEvents: readonly TraceEvent[] };
  assertWhole(traceEvents);
  return traceEvents;
}

/** What the format asks for, and that no two events of a lane overlap in part. */
function assertWhole(events: readonly TraceEvent[]): void {
  const spans = events.filter(({ ph }) => ph === "X");
  assert.ok(spans.length > 0);
  for (const { name, ts, dur, pid, tid } of spans) {
    assert.ok([ts, dur, pid, tid].every(Number.isInteger) && ts >= 0 && dur >= 0, name);
    const isNamed = events.some((one) => one.name === "thread_name" && one.pid === pid && one.tid === tid);
    assert.ok(isNamed, `the lane of ${name} has no name`);
  }
  for (const one of spans) {
    const others = spans.filter((other) => other !== one && other.pid === one.pid && other.tid === one.tid);
    const overlapping = others.filter(({ ts, dur }) => ts < one.ts + one.dur && one.ts < ts + dur);
    assert.equal(overlapping, [], `${one.name} overlaps`);
  }
}

function spansOf(events: readonly TraceEvent[], category: string): readonly TraceEvent[] {
  return events.filter(({ ph, cat }) => ph === "X" && cat === category);
}

test("every step of the run is there once, with its outcome and reasons", () => {
  const steps = spansOf(traceOf(A_RUN), "step");
  assert.equal(steps.map(({ args }) => args.id).sort(), STEPS.map(({ id }) => id).sort());
  const told = Object.fromEntries(steps.map(({ args, ts, dur }) => [args.id, [ts, dur, args.outcome]]));
  assert.equal(told, {
    "fetch:a": [1_000, 0, "fresh"],
    render: [2_000, 20_000, "succeeded"],
    build: [30_000, 3_000_000, "succeeded"],
    test: [3_040_000, 500_000, "failed"],
    "push:x": [3_550_000, 0, "blocked"],
  });
  const build = steps.find(({ args }) => args.id === "build");
  assert.equal(build?.args.because, ["it never ran here"]);
});

test("what BuildKit does has lanes of its own, named for the step", () => {
  const events = traceOf(A_RUN);
  const vertices = spansOf(events, "build");
  assert.equal(
    vertices.map(({ name, ts, dur, args }) => [name, ts, dur, args.outcome]),
    [
      ["[environment 2/2] RUN x", 40_000, 2_500_000, "succeeded"],
      ["[image 1/1] COPY y", 2_550_000, 0, "cached"],
    ],
  );
  const group = events.find(({ name, pid }) => name === "process_name" && pid === vertices[0]?.pid);
  assert.is(group?.args.name, "build image");
});

test("warnings and failures are instants", () => {
  const instants = traceOf(A_RUN).filter(({ ph }) => ph === "i");
  assert.equal(
    instants.map(({ name, ts, args }) => [name, ts, args.message]),
    [
      ["warning[plan/large-code]", 3_000, "the code is large"],
      ["error[test/failed]", 3_540_000, "expected 1, got 2"],
    ],
  );
});

const [one, two, three] = [makeStep("one"), makeStep("two"), makeStep("three")];
const ready: RunEvent = { type: "plan-ready", steps: [one, two, three], timeMs: 0 };
const started = (step: typeof one, timeMs: number): RunEvent => ({
  type: "step-started",
  step,
  because: [],
  timeMs,
});
const finished = (step: typeof one, timeMs: number, outcome?: Outcome): RunEvent => ({
  type: "step-finished",
  step,
  outcome: outcome ?? { status: "succeeded", output: makeOutput(step.id), durationMs: 1 },
  timeMs,
});

test("steps at once lie in lanes beside each other, and a lane is used again", () => {
  const events = traceOf([
    ready,
    started(one, 1),
    started(two, 2),
    finished(one, 3.0004),
    started(three, 3.0004),
    finished(two, 5),
    finished(three, 6),
  ]);
  const lanes = spansOf(events, "step").map(({ args, tid }) => [args.id, tid]);
  assert.equal(Object.fromEntries(lanes), { one: 1, two: 2, three: 1 });
});

test("waiting for another run is told before the step, one span for each owner", () => {
  const waiting = (pid: number, timeMs: number): RunEvent => ({
    type: "step-waiting",
    step: one,
    owner: { pid, host: "here", isHere: true, purpose: "mlpackage apply" },
    timeMs,
  });
  const restored = { status: "restored", from: "a cache", output: makeOutput("a"), durationMs: 99 } as const;
  const events = traceOf([ready, waiting(7, 1), waiting(8, 4), started(two, 5), finished(one, 9, restored)]);
  assert.equal(
    spansOf(events, "wait").map(({ name, ts, dur }) => [name, ts, dur]),
    [
      ["fetch one waits for process 7 on here (mlpackage apply)", 1_000, 3_000],
      ["fetch one waits for process 8 on here (mlpackage apply)", 4_000, 5_000],
    ],
  );
  const outcomes = spansOf(events, "step").map(({ args, ts, dur }) => [args.id, ts, dur, args.outcome]);
  assert.equal(outcomes, [
    ["one", 9_000, 0, "restored"],
    ["two", 5_000, 4_000, "cancelled"],
  ]);
});

test("a run that broke off in a build, with a clock that went back", () => {
  const vertex = (id: string, timeMs: number): RunEvent => ({
    type: "step-output",
    step: one,
    activity: { type: "build", event: { type: "vertex-started", vertex: id, name: `RUN ${id}` } },
    timeMs,
  });
  const late: RunEvent = {
    type: "step-output",
    step: one,
    activity: {
      type: "build",
      event: { type: "vertex-finished", vertex: "c", name: "RUN c", cached: false, durationMs: -50 },
    },
    timeMs: 4,
  };
  const events = traceOf([ready, started(one, 1), vertex("a", 2), vertex("b", 3), late]);
  assert.equal(
    spansOf(events, "build").map(({ name, ts, dur, args }) => [name, ts, dur, args.outcome]),
    [
      ["RUN a", 2_000, 2_000, "unfinished"],
      ["RUN b", 3_000, 1_000, "unfinished"],
      ["RUN c", 4_000, 0, "succeeded"],
    ],
  );
  assert.equal(
    spansOf(events, "step").map(({ args }) => [args.id, args.outcome]),
    [["one", "cancelled"]],
  );
});

test("reporters that are combined are all told, in their order", () => {
  const told: string[] = [];
  const reporter = (name: string): Reporter => ({
    handle: ({ type }) => told.push(`${name} ${type}`),
    close: () => told.push(`${name} closed`),
  });
  const combined = combineReporters(reporter("a"), reporter("b"));
  combined.handle(ready);
  combined.close();
  assert.equal(told, ["a plan-ready", "b plan-ready", "a closed", "b closed"]);
});

test.run();
