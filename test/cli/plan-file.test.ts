import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findDifferences, readPlanFile } from "../../src/cli/plan-file.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { PlannedStep } from "../../src/model/event.ts";
import { describePlan, type PlanDocument, planToJson } from "../../src/report/plan-json.ts";
import { makeHost } from "../fakes/host.ts";
import { makeStep } from "../fakes/steps.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("plan file");
const { files } = makeHost();

const render = makeStep("render", "", { kind: "render" });
const build = makeStep("build", "render", { kind: "build" });
const push = makeStep("push:x", "build", { kind: "push", after: [] });

function makeDocument(planned: readonly PlannedStep[], keyOf = (id: string) => digestOf(id)): PlanDocument {
  const about = {
    package: "diabetes",
    file: "mlpackage.yaml",
    options: { only: [], force: false, set: [] },
  };
  return describePlan(planned, about, (id) => ({ key: keyOf(id) }));
}

const runs: PlannedStep = { step: build, verdict: "run", because: [{ type: "new" }] };
const saved = makeDocument([{ step: render, verdict: "fresh" }, runs]);

async function read(content: string | Uint8Array) {
  const folder = makeFolder({ plan: content });
  return readPlanFile(path.join(folder, "plan"), "plan", files);
}

test("what was written is read back", async () => {
  const result = await read(planToJson(saved));
  assert.equal(result.ok && result.value, saved);
});

const step = saved.steps[0];
const strangers: readonly (readonly [what: string, content: string | Uint8Array])[] = [
  ["nothing", ""],
  ["bytes", new Uint8Array([0, 255, 254, 0])],
  ["no JSON", "{"],
  ["null", "null"],
  ["a list", "[]"],
  ["a deep list", "[".repeat(200_000)],
  ["the list of `plan --json` of an older version", '{"steps": []}'],
  ["another format", JSON.stringify({ ...saved, format: 0 })],
  ["no package", JSON.stringify({ ...saved, package: 1 })],
  ["no options", JSON.stringify({ ...saved, options: null })],
  ["options of other types", JSON.stringify({ ...saved, options: { ...saved.options, only: [1] } })],
  ["steps that are none", JSON.stringify({ ...saved, steps: [null] })],
  ["a verdict nobody knows", JSON.stringify({ ...saved, steps: [{ ...step, verdict: "toString" }] })],
  ["inputs that are no digest", JSON.stringify({ ...saved, steps: [{ ...step, inputs: "x" }] })],
  ["a key that is no digest", JSON.stringify({ ...saved, steps: [{ ...step, key: {} }] })],
  ["more than any plan", " ".repeat(16 * 1024 * 1024 + 1)],
];

for (const [what, content] of strangers) {
  test(`${what} is no plan`, async () => {
    const result = await read(content);
    assert.equal(!result.ok && result.diagnostics.map(({ code }) => code), ["cli/not-a-plan"]);
    assert.match((!result.ok && result.diagnostics[0]?.hint) || "", "plan --out");
  });
}

test("a plan of a newer version is told apart", async () => {
  const result = await read(JSON.stringify({ ...saved, format: 2, steps: {} }));
  assert.match((!result.ok && result.diagnostics[0]?.message) || "", "newer");
});

test("a folder, and what is not there", async () => {
  const folder = makeFolder();
  for (const place of [folder, path.join(folder, "missing")]) {
    const result = await readPlanFile(place, "plan", files);
    assert.equal(!result.ok && result.diagnostics.map(({ code }) => code), ["cli/not-a-plan"]);
  }
});

type Case = readonly [what: string, now: PlanDocument, differences: readonly (string | RegExp)[]];

const cases: readonly Case[] = [
  ["nothing", makeDocument([{ step: render, verdict: "fresh" }, runs]), []],
  [
    "other reasons for the same",
    makeDocument([
      { step: render, verdict: "fresh" },
      { ...runs, because: [{ type: "evicted" }] },
    ]),
    [],
  ],
  [
    "another verdict",
    makeDocument([{ step: render, verdict: "run", because: [{ type: "gone", what: "score.py" }] }, runs]),
    ["render is fresh in the plan, and runs now: score.py is gone or was changed"],
  ],
  [
    "somebody did it meanwhile",
    makeDocument([
      { step: render, verdict: "fresh" },
      { step: build, verdict: "fresh" },
    ]),
    ["build runs in the plan, and is fresh now"],
  ],
  [
    "other inputs",
    makeDocument([
      { step: render, verdict: "fresh" },
      { ...runs, step: { ...build, inputs: { a: 1 } } },
    ]),
    ["build has different inputs now"],
  ],
  [
    "another output of a step before it",
    makeDocument([{ step: render, verdict: "fresh" }, runs], (id) => digestOf(id === "build" ? "new" : id)),
    ["build would be made from different steps"],
  ],
  [
    "a step came, another went",
    makeDocument([
      { step: render, verdict: "fresh" },
      { step: push, verdict: "pending", on: ["build"] },
    ]),
    ["build is in the plan, but is no longer a step", "push:x is a step now, but is not in the plan"],
  ],
  [
    "an order that was not",
    makeDocument([
      { step: render, verdict: "fresh" },
      { ...runs, step: { ...build, after: ["render"] } },
    ]),
    ["build has a different place in the order of the steps"],
  ],
];

for (const [what, now, differences] of cases) {
  test(`differences: ${what}`, () => assert.equal(findDifferences(saved, now), differences));
}

test.run();
