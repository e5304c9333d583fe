import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { PlannedStep, Reason } from "../../src/model/event.ts";
import { describePlan, planToJson } from "../../src/report/plan-json.ts";
import { makeStep } from "../fakes/steps.ts";

const test = suite("plan as JSON");

const schema = JSON.parse(
  readFileSync(new URL("../../schemas/plan.schema.json", import.meta.url), "utf8"),
) as object;
const validate = new Ajv2020({ strict: true, strictRequired: false, allErrors: true }).compile(schema);

/** One of each. */
const reasons: readonly Reason[] = [
  { type: "new" },
  { type: "forced" },
  { type: "evicted" },
  { type: "damaged" },
  { type: "failed-before" },
  { type: "gone", what: "the image" },
  { type: "upstream", step: "render" },
  { type: "input-added", input: "a" },
  { type: "input-removed", input: "a" },
  { type: "input-changed", input: "a", from: "1", to: "2" },
  { type: "input-changed", input: "environment.variables.KEY" },
];

const secret = { environment: { variables: { KEY: "hunter2" } } };
const planned: readonly PlannedStep[] = [
  { step: makeStep("fetch:a"), verdict: "fresh" },
  { step: makeStep("render", "", { kind: "render", inputs: secret }), verdict: "run", because: reasons },
  { step: makeStep("build", "fetch:a render", { kind: "build" }), verdict: "pending", on: ["render"] },
  {
    step: makeStep("test", "build", { kind: "test", after: ["fetch:a"] }),
    verdict: "restore",
    from: "a cache",
  },
];
const about = {
  package: "diabetes",
  file: "mlpackage.yaml",
  options: { only: ["build"], force: false, set: ["build.platforms"] },
};
const document = describePlan(planned, about, (id) =>
  id === "build" ? {} : { key: digestOf(id), lastDurationMs: 12.7 },
);

type Parsed = { readonly steps: readonly Readonly<Record<string, unknown>>[] };

function parsed(): Parsed {
  return JSON.parse(planToJson(document)) as Parsed;
}

test("is what the schema says", () => assert.ok(validate(parsed()), JSON.stringify(validate.errors)));

test("has of each step what is known, and no more", () => {
  const [fetch, render, build, tested] = parsed().steps;
  assert.equal(fetch, {
    id: "fetch:a",
    kind: "fetch",
    name: "fetch:a",
    verdict: "fresh",
    needs: [],
    after: [],
    key: digestOf("fetch:a"),
    inputs: digestOf('{"id":"fetch:a"}'),
    lastDurationMs: 13,
  });
  assert.equal(render?.because, reasons);
  assert.equal([build?.on, build?.key, build?.needs], [["render"], undefined, ["fetch:a", "render"]]);
  assert.equal([tested?.from, tested?.after], ["a cache", ["fetch:a"]]);
});

test("sums up", () => assert.equal(document.summary, { run: 1, pending: 1, restore: 1, fresh: 1 }));

test("has no value of an input", () => assert.not.match(planToJson(document), "hunter2"));

const changes: readonly (readonly [what: string, change: (plan: Parsed) => object])[] = [
  ["another format", (plan) => ({ ...plan, format: 2 })],
  ["an unknown member", (plan) => ({ ...plan, secret: 1 })],
  ["no summary", (plan) => ({ ...plan, summary: undefined })],
  ["a run without a reason", ({ steps, ...rest }) => ({ ...rest, steps: [{ ...steps[1], because: [] }] })],
  [
    "a fresh step with a reason",
    ({ steps, ...rest }) => ({ ...rest, steps: [{ ...steps[1], verdict: "fresh" }] }),
  ],
  [
    "a pending step with a key",
    ({ steps, ...rest }) => ({ ...rest, steps: [{ ...steps[2], key: digestOf("a") }] }),
  ],
  [
    "a digest that is none",
    ({ steps, ...rest }) => ({ ...rest, steps: [{ ...steps[0], inputs: "sha256:1" }] }),
  ],
];

for (const [what, change] of changes) {
  test(`the schema refuses ${what}`, () => {
    const changed = JSON.parse(JSON.stringify(change(parsed()))) as unknown;
    assert.not.ok(validate(changed));
  });
}

test.run();
