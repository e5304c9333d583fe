import { suite } from "uvu";
import * as assert from "uvu/assert";
import { errorDiagnostic } from "../../src/model/diagnostic.ts";
import type { RunEvent } from "../../src/model/event.ts";
import type { Outcome } from "../../src/model/outcome.ts";
import { createRunRecorder, type RecordedRun } from "../../src/report/run-recorder.ts";
import { makeOutput, makeStep } from "../fakes/steps.ts";

const test = suite("run recorder");

const fetched = makeStep("fetch:ridge");
const built = makeStep("build:image", "fetch:ridge");
const tested = makeStep("push:ridge", "build:image");
const steps = [fetched, built, tested];
const output = makeOutput("a");

function play(...events: readonly RunEvent[]): RecordedRun {
  const recorder = createRunRecorder({
    version: "1.0.0",
    package: { name: "ridge", file: "mlpackage.yaml" },
    began: "2026-01-01T00:00:00.000Z",
  });
  for (const event of [{ type: "plan-ready", steps, timeMs: 0 } as const, ...events])
    recorder.reporter.handle(event);
  return recorder.report();
}

const stepIn = ({ steps: all }: RecordedRun, id: string) => {
  const found = all.find((step) => step.id === id);
  assert.ok(found);
  return found;
};

const started = (step: typeof built, timeMs: number): RunEvent => ({
  type: "step-started",
  step,
  because: [{ type: "new" }],
  timeMs,
});
const finished = (step: typeof built, outcome: Outcome, timeMs: number): RunEvent => ({
  type: "step-finished",
  step,
  outcome,
  timeMs,
});
const FRESH: Outcome = { status: "fresh", output, savedMs: 4000 };

test("before anything runs, every step waits", () => {
  const report = play();
  assert.is(report.state, "running");
  assert.equal(
    report.steps.map(({ state }) => state),
    ["waiting", "waiting", "waiting"],
  );
  assert.equal(stepIn(report, "build:image").needs, ["fetch:ridge"]);
});

test("a step that runs says why, since when, and what it does", () => {
  const report = play(finished(fetched, FRESH, 5), started(built, 10), {
    type: "step-output",
    step: built,
    activity: { type: "doing", text: "layer 3/5" },
    timeMs: 20,
  });
  const step = stepIn(report, "build:image");
  assert.equal(
    [step.state, step.because, step.startedMs, step.doing],
    ["running", ["it never ran here"], 10, "layer 3/5"],
  );
  assert.is(step.endedMs, undefined);
  assert.is(report.savedMs, 4000);
  assert.is(stepIn(report, "fetch:ridge").savedMs, 4000);
  assert.is(stepIn(report, "fetch:ridge").startedMs, undefined);
  assert.is(report.summary, "1 of 3 steps done");
});

test("the parts of a build have their times, and end with it", () => {
  const build = (
    event: Extract<RunEvent, { type: "step-output" }>["activity"],
    timeMs: number,
  ): RunEvent => ({
    type: "step-output",
    step: built,
    activity: event,
    timeMs,
  });
  const report = play(
    started(built, 0),
    build({ type: "build", event: { type: "vertex-started", vertex: "a", name: "[1/2] RUN a" } }, 10),
    build({ type: "build", event: { type: "vertex-log", vertex: "a", text: "one\r\ntwo\n" } }, 20),
    build(
      {
        type: "build",
        event: { type: "vertex-finished", vertex: "a", name: "[1/2] RUN a", cached: false, durationMs: 30 },
      },
      40,
    ),
    build({ type: "build", event: { type: "vertex-started", vertex: "b", name: "[2/2] RUN b" } }, 50),
    finished(built, { status: "failed", durationMs: 60, diagnostics: [errorDiagnostic("x/y", "no")] }, 60),
  );
  const { parts, log } = stepIn(report, "build:image");
  assert.equal(parts, [
    { name: "[1/2] RUN a", startedMs: 10, endedMs: 40, state: "succeeded" },
    { name: "[2/2] RUN b", startedMs: 50, endedMs: 60, state: "failed" },
  ]);
  assert.equal(log, ["one", "two"]);
});

test("at the end a failure has its words, and what it blocked says by whom", () => {
  const failed: Outcome = {
    status: "failed",
    durationMs: 5,
    diagnostics: [errorDiagnostic("build/failed", "`RUN` failed", { hint: "mend it" })],
  };
  const blocked: Outcome = { status: "blocked", by: ["build:image"] };
  const report = play(finished(fetched, FRESH, 1), started(built, 2), finished(built, failed, 7), {
    type: "run-finished",
    outcomes: new Map<string, Outcome>([
      ["fetch:ridge", FRESH],
      ["build:image", failed],
      ["push:ridge", blocked],
    ]),
    timeMs: 8,
  });
  assert.is(report.state, "failed");
  assert.is(report.durationMs, 8);
  const { diagnostics } = stepIn(report, "build:image");
  assert.equal(diagnostics, [
    {
      code: "build/failed",
      severity: "error",
      message: "`RUN` failed",
      hint: "mend it",
      text: "error[build/failed]: `RUN` failed\nhint: mend it",
    },
  ]);
  assert.equal(
    [stepIn(report, "push:ridge").state, stepIn(report, "push:ridge").doing],
    ["blocked", "blocked by build:image"],
  );
});

test("a run in which a step was cancelled was interrupted", () => {
  const outcomes = new Map<string, Outcome>(steps.map(({ id }) => [id, { status: "cancelled" }]));
  assert.is(play({ type: "run-finished", outcomes, timeMs: 1 }).state, "interrupted");
});

test("a run whose reporter was closed before it ended was interrupted", () => {
  const recorder = createRunRecorder({ version: "", package: { name: "a", file: "b" }, began: "" });
  recorder.reporter.handle({ type: "plan-ready", steps, timeMs: 0 });
  recorder.reporter.close();
  assert.is(recorder.report().state, "interrupted");
});

test("of what others print the last lines are kept, without colours, controls and passwords", () => {
  const lines = Array.from({ length: 500 }, (_, index) => `line ${index}`);
  const say = (text: string): RunEvent => ({
    type: "step-output",
    step: built,
    activity: { type: "log", text },
    timeMs: 1,
  });
  const hostile = "\u001b[31mred\u001b[0m\u0008 https://me:hunter2@example.com/ \u202Eevil";
  const { log } = stepIn(play(started(built, 0), say(lines.join("\n")), say(hostile)), "build:image");
  assert.is(log.length, 200);
  assert.is(log.at(-2), "line 499");
  assert.is(log.at(-1), "red\uFFFD https://***@example.com/ \uFFFDevil");
});

test("a line without an end is cut before it is looked at", () => {
  const text = "x".repeat(10_000_000);
  const report = play(started(built, 0), {
    type: "step-output",
    step: built,
    activity: { type: "log", text },
    timeMs: 1,
  });
  assert.is(stepIn(report, "build:image").log[0]?.length, 2000);
});

test.run();
