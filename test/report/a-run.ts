import { errorDiagnostic, warningDiagnostic } from "../../src/model/diagnostic.ts";
import type { RunEvent } from "../../src/model/event.ts";
import type { Outcome } from "../../src/model/outcome.ts";
import type { Step } from "../../src/model/step.ts";
import { makeOutput, makeStep } from "../fakes/steps.ts";

const fetch = makeStep("fetch:a", "", { name: "a model with quite a long name indeed" });
const render = makeStep("render", "", { kind: "render", name: "Dockerfile" });
const build = makeStep("build", "fetch:a render", { kind: "build", name: "image" });
const testStep = makeStep("test", "build", { kind: "test", name: "image" });
const push = makeStep("push:x", "build", {
  kind: "push",
  name: "registry.example.com/日本/モデル:1",
  after: ["test"],
});

export const STEPS: readonly Step[] = [fetch, render, build, testStep, push];

const output = makeOutput("made");
const failure = errorDiagnostic("test/failed", "expected 1, got 2");

const outcomes = new Map<string, Outcome>([
  ["fetch:a", { status: "fresh", output }],
  ["render", { status: "succeeded", output, durationMs: 20 }],
  ["build", { status: "succeeded", output, durationMs: 3000 }],
  ["test", { status: "failed", diagnostics: [failure], durationMs: 500 }],
  ["push:x", { status: "blocked", by: ["test"] }],
]);

function started(step: Step, timeMs: number): RunEvent {
  return { type: "step-started", step, because: [{ type: "new" }], timeMs };
}

function finished(step: Step, timeMs: number): RunEvent {
  return { type: "step-finished", step, outcome: outcomes.get(step.id) ?? { status: "cancelled" }, timeMs };
}

/** A run as reporters see it, with something of everything. */
export const A_RUN: readonly RunEvent[] = [
  { type: "plan-ready", steps: STEPS, timeMs: 0 },
  finished(fetch, 1),
  started(render, 2),
  { type: "diagnostic", diagnostic: warningDiagnostic("plan/large-code", "the code is large"), timeMs: 3 },
  finished(render, 22),
  started(build, 30),
  {
    type: "step-output",
    step: build,
    activity: {
      type: "build",
      event: { type: "vertex-started", vertex: "v", name: "[environment 2/2] RUN  x" },
    },
    timeMs: 40,
  },
  {
    type: "step-output",
    step: build,
    activity: {
      type: "build",
      event: {
        type: "vertex-log",
        vertex: "v",
        text: `\u001b[31mred\u001b[0m\u001b[2J 語 ${"long ".repeat(99)}\n`,
      },
    },
    timeMs: 50,
  },
  {
    type: "step-output",
    step: build,
    activity: {
      type: "build",
      event: {
        type: "vertex-finished",
        vertex: "v",
        name: "[environment 2/2] RUN  x",
        cached: false,
        durationMs: 2500,
      },
    },
    timeMs: 2540,
  },
  {
    type: "step-output",
    step: build,
    activity: {
      type: "build",
      event: {
        type: "vertex-finished",
        vertex: "w",
        name: "[image 1/1] COPY y",
        cached: true,
        durationMs: 0,
      },
    },
    timeMs: 2550,
  },
  finished(build, 3030),
  started(testStep, 3040),
  { type: "step-output", step: testStep, activity: { type: "doing", text: "two rows" }, timeMs: 3100 },
  finished(testStep, 3540),
  { type: "run-finished", outcomes, timeMs: 3550 },
];
