import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { errorDiagnostic } from "../../src/model/diagnostic.ts";
import type { RunEvent } from "../../src/model/event.ts";
import { createJsonReporter } from "../../src/report/json-lines.ts";
import { makeOutput } from "../fakes/steps.ts";
import { A_RUN, STEPS } from "./a-run.ts";

const test = suite("JSON lines");

const schema = JSON.parse(
  readFileSync(new URL("../../schemas/report.schema.json", import.meta.url), "utf8"),
) as object;
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

const step = STEPS[0];
if (step === undefined) throw new Error("the run has no steps");
const location = { file: { path: "mlpackage.yaml", text: "name: a\n" }, range: { start: 0, end: 4 } };

/** What the run of the other tests has nothing of. */
const more: readonly RunEvent[] = [
  {
    type: "step-waiting",
    step,
    owner: { pid: 1, host: "here", isHere: true, purpose: "mlpackage apply" },
    timeMs: 1.5,
  },
  {
    type: "step-started",
    step,
    because: [
      { type: "damaged" },
      { type: "gone", what: "the image" },
      { type: "upstream", step: "render" },
      { type: "input-added", input: "a" },
      { type: "input-changed", input: "a", from: "1", to: "2" },
    ],
    timeMs: 2,
  },
  {
    type: "step-output",
    step,
    activity: {
      type: "build",
      event: { type: "vertex-progress", vertex: "v", name: "sending", currentBytes: 1, totalBytes: 2 },
    },
    timeMs: 3,
  },
  {
    type: "step-output",
    step,
    activity: {
      type: "transferring",
      progress: {
        bytes: 1,
        totalBytes: 2,
        counts: { done: 0, all: 1 },
        files: [{ path: "a.bin", bytes: 1, size: 2 }],
        waiting: { reason: "it answers 429", forMs: 55_000 },
      },
      bytesPerSecond: 7,
    },
    timeMs: 3,
  },
  {
    type: "step-finished",
    step,
    outcome: { status: "restored", output: makeOutput("a"), from: "a cache", durationMs: 1.5 },
    timeMs: 4,
  },
  { type: "step-finished", step, outcome: { status: "cancelled" }, timeMs: 4 },
  {
    type: "diagnostic",
    diagnostic: errorDiagnostic("test/failed", "no", {
      location,
      path: "/name",
      related: [{ message: "here", location }],
      hint: "mend it",
      excerpt: ["a line"],
      details: { transient: true },
    }),
    timeMs: 5,
  },
];

function linesOf(events: readonly RunEvent[]): readonly string[] {
  let text = "";
  const reporter = createJsonReporter({
    write: (written) => {
      text += written;
    },
  });
  events.forEach(reporter.handle);
  reporter.close();
  return text.trimEnd().split("\n");
}

for (const line of linesOf([...A_RUN, ...more])) {
  test(`is what the schema says: ${line.slice(0, 70)}`, () => {
    assert.ok(validate(JSON.parse(line)), JSON.stringify(validate.errors));
  });
}

test("one line an event, whatever is in it", () => {
  assert.is(linesOf([...A_RUN, ...more]).length, A_RUN.length + more.length);
});

for (const wrong of [
  {},
  { type: "plan-ready", timeMs: 0 },
  { type: "run-finished", timeMs: 0, outcomes: { a: "done" } },
  { type: "step-finished", timeMs: 0, step: "a", outcome: { status: "blocked" } },
  { type: "step-started", timeMs: -1, step: "a", because: [] },
]) {
  test(`the schema refuses ${JSON.stringify(wrong)}`, () => assert.not.ok(validate(wrong)));
}

test.run();
