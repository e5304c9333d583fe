import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { PlannedStep } from "../../src/model/event.ts";
import { type Explanation, explanationToJson, renderExplanation } from "../../src/report/explanation.ts";
import { makeStep } from "../fakes/steps.ts";

const test = suite("explanation");

const [one, other] = [digestOf("one"), digestOf("other")];
const build = makeStep("build", "fetch:a render", { kind: "build", name: "image" });
const fresh: PlannedStep = { step: makeStep("fetch:a", "", { name: "a" }), verdict: "fresh" };
const runs: PlannedStep = {
  step: makeStep("render", "", { kind: "render" }),
  verdict: "run",
  because: [{ type: "new" }],
};
const nothing: Explanation = {
  planned: { step: build, verdict: "fresh" },
  changes: [],
  inputs: [],
  needs: [],
};
const inputs = [{ input: "platforms.0", value: '"linux/amd64"' }, { input: "tests.0.body" }];

type Case = readonly [what: string, explanation: Explanation, lines: readonly string[]];

const cases: readonly Case[] = [
  [
    "a step that runs: every reason, with the values it has",
    {
      ...nothing,
      planned: {
        step: build,
        verdict: "run",
        because: [
          { type: "upstream", step: "fetch:a" },
          { type: "input-added", input: "platforms.0" },
          { type: "input-added", input: "tests.0.body" },
          { type: "input-removed", input: "builder" },
          { type: "input-changed", input: "port", from: "1", to: "2" },
        ],
      },
      inputs,
      needs: [{ planned: fresh, output: other, lastOutput: one }],
      last: { key: one, output: one, durationMs: 61_000 },
    },
    [
      "▸ build image runs:",
      "  fetch:a made something else (7692c3ad3540 → d9298a10d1b0)",
      '  `platforms.0` is new ("linux/amd64")',
      "  `tests.0.body` is new",
      "  `builder` is gone",
      "  `port` changed (1 → 2)",
      "  it took 1 min 1 s the last time",
      "  it needs:",
      "    = fetch a: fresh (d9298a10d1b0)",
    ],
  ],
  [
    "a base image without a digest in its reference has its name nevertheless",
    {
      ...nothing,
      planned: {
        step: build,
        verdict: "run",
        because: [
          {
            type: "input-changed",
            input: "base.digest",
            from: JSON.stringify(one),
            to: JSON.stringify(other),
          },
        ],
      },
      inputs: [{ input: "base.reference", value: '"python:3.12-slim"' }],
    },
    ["▸ build image runs:", "  the base image `python:3.12-slim` moved (7692c3ad3540 → d9298a10d1b0)"],
  ],
  [
    "a step that failed, and what changed since it succeeded",
    {
      ...nothing,
      planned: { step: build, verdict: "run", because: [{ type: "failed-before" }] },
      changes: [{ type: "input-removed", input: "code.a\u202e\n.py" }],
    },
    ["▸ build image runs:", "  it failed the last time", "  since it last succeeded:", "    a��.py is gone"],
  ],
  [
    "a fresh step",
    { ...nothing, key: one, inputs, last: { key: one, output: one } },
    [
      "= build image is fresh: all 2 inputs are as when it last ran",
      "  its inputs:",
      '    platforms.0  "linux/amd64"',
      "    tests.0.body  (hidden)",
    ],
  ],
  [
    "a step that is as it was before it last ran",
    {
      ...nothing,
      key: other,
      inputs: inputs.slice(0, 1),
      changes: [{ type: "input-changed", input: "platforms.0", from: '"a"', to: '"linux/amd64"' }],
      last: { key: one, output: one },
    },
    [
      "= build image is fresh: its one input is as in an earlier run",
      "  since it last succeeded:",
      '    `platforms.0` changed ("a" → "linux/amd64")',
      "  its inputs:",
      '    platforms.0  "linux/amd64"',
    ],
  ],
  [
    "a step that waits for what others make",
    { ...nothing, planned: { step: build, verdict: "pending", on: ["render"] }, needs: [{ planned: runs }] },
    [
      "? build image: runs if render makes something else",
      "  it needs:",
      "    ▸ render render: runs, it never ran here",
    ],
  ],
  [
    "a step that is restored",
    { ...nothing, planned: { step: build, verdict: "restore", from: "a cache" } },
    ["⇣ build image: restored from a cache"],
  ],
];

for (const [what, explanation, lines] of cases) {
  test(what, () => assert.equal(renderExplanation(explanation, false).split("\n"), [...lines, ""]));
}

test("as JSON nothing is shortened, and a secret is left out", () => {
  const explanation: Explanation = {
    ...nothing,
    key: one,
    inputs,
    needs: [{ planned: runs, lastOutput: one }],
  };
  assert.equal(JSON.parse(explanationToJson(explanation)), {
    format: 1,
    id: "build",
    kind: "build",
    name: "image",
    verdict: "fresh",
    changes: [],
    key: one,
    after: [],
    needs: [{ id: "render", verdict: "run", because: [{ type: "new" }], lastOutput: one }],
    inputs: [
      { input: "platforms.0", value: "linux/amd64" },
      { input: "tests.0.body", hidden: true },
    ],
  });
});

test.run();
