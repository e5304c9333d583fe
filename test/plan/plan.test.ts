import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { PlannedStep } from "../../src/model/event.ts";
import { type Evaluation, evaluateStep } from "../../src/plan/evaluate-step.ts";
import { fingerprint, keyOf } from "../../src/plan/fingerprint.ts";
import { hasWork, plan } from "../../src/plan/plan.ts";
import { makeEvaluation } from "../fakes/evaluation.ts";
import { always } from "../fakes/memory-cache.ts";
import { makeOutput, makeStep } from "../fakes/steps.ts";

const test = suite("plan");

const fetch = makeStep("fetch:a");
const render = makeStep("render");
const build = makeStep("build", "fetch:a render");
const push = makeStep("push:x", "build", { after: ["test"] });
const graph = { steps: [fetch, render, build, makeStep("test", "build"), push] };
const outputs = new Map(graph.steps.map(({ id }) => [id, makeOutput(id)]));

/** As an earlier run would have left it. */
async function createFilledEvaluation(ids: string, change: Partial<Evaluation> = {}): Promise<Evaluation> {
  const evaluation = makeEvaluation(change);
  for (const step of graph.steps.filter(({ id }) => ids.split(" ").includes(id))) {
    const needs = Object.fromEntries(step.needs.map((id) => [id, makeOutput(id).digest]));
    await evaluation.cacheOf(step).put(keyOf(fingerprint(step, 1, needs)), makeOutput(step.id));
  }
  return evaluation;
}

/** Every step ran before, from what it has in hand now. */
const unchanged: Partial<Evaluation> = {
  lastFingerprint: (id) => {
    const step = graph.steps.find((one) => one.id === id);
    if (step === undefined) return undefined;
    return fingerprint(
      step,
      1,
      Object.fromEntries(step.needs.map((need) => [need, makeOutput(need).digest])),
    );
  },
};

function told(planned: readonly PlannedStep[]): readonly string[] {
  return planned.map((entry) => {
    const more =
      entry.verdict === "run"
        ? entry.because.map(({ type }) => type)
        : entry.verdict === "pending"
          ? entry.on
          : [];
    return [entry.step.id, entry.verdict, ...more].join(" ");
  });
}

test("before the first run", async () => {
  const planned = await plan(graph, makeEvaluation());
  assert.equal(told(planned), [
    "fetch:a run new",
    "render run new",
    "build run new",
    "test run new",
    "push:x run new",
  ]);
  assert.is(hasWork(planned), true);
});

test("after a run", async () => {
  const planned = await plan(graph, await createFilledEvaluation("fetch:a render build test push:x"));
  assert.equal(
    planned.map(({ verdict }) => verdict),
    ["fresh", "fresh", "fresh", "fresh", "fresh"],
  );
  assert.is(hasWork(planned), false);
});

test("what is not read does not make a step wait to be looked at", async () => {
  const planned = await plan(graph, await createFilledEvaluation("fetch:a render build push:x"));
  assert.equal(told(planned).slice(3), ["test run new", "push:x fresh"]);
});

test("only what is not there yet is waited for", async () => {
  const planned = await plan(graph, await createFilledEvaluation("fetch:a", unchanged));
  assert.equal(told(planned).slice(1, 3), ["render run evicted", "build pending render"]);
});

test("what was made and is gone is made again, and what follows is looked at after it", async () => {
  const evaluation = await createFilledEvaluation("fetch:a render build test push:x", {
    ...unchanged,
    findMissing: async ({ id }) => (id === "build" ? "the image" : undefined),
  });
  const planned = await plan(graph, evaluation);
  assert.equal(planned[2], { step: build, verdict: "run", because: [{ type: "gone", what: "the image" }] });
  assert.equal(told(planned).slice(3), ["test pending build", "push:x pending build test"]);
});

test("a record that is gone while nothing changed is a reason too", async () => {
  const evaluation = makeEvaluation({ lastFingerprint: () => fingerprint(fetch, 1, {}) });
  const { verdict, ...rest } = await evaluateStep(fetch, new Map(), evaluation);
  assert.is(verdict, "run");
  assert.equal("because" in rest && rest.because, [{ type: "evicted" }]);
});

test("a change is told with the input's name", async () => {
  const before = fingerprint(makeStep("fetch:a", "", { inputs: { source: "a" } }), 1, {});
  const evaluated = await evaluateStep(
    makeStep("fetch:a", "", { inputs: { source: "b" } }),
    new Map(),
    makeEvaluation({ lastFingerprint: () => before }),
  );
  assert.equal(evaluated.verdict === "run" && evaluated.because, [
    { type: "input-changed", input: "source", from: '"a"', to: '"b"' },
  ]);
});

test("what failed when it last ran is not taken from elsewhere either", async () => {
  const { key } = await evaluateStep(fetch, new Map(), makeEvaluation());
  const hit = { output: makeOutput("fetch:a"), from: "the shared cache", restore: async () => true };
  const cache = { get: async () => hit, put: async () => {} };
  const before = await evaluateStep(fetch, new Map(), makeEvaluation({ cacheOf: always(cache) }));
  assert.is(before.verdict, "restore");
  const evaluation = makeEvaluation({ cacheOf: always(cache), lastFailure: () => key });
  const evaluated = await evaluateStep(fetch, new Map(), evaluation);
  assert.equal(evaluated.verdict === "run" && evaluated.because, [{ type: "failed-before" }]);
});

test("a part of a step has its own key, and a failure of it is one of the whole", async () => {
  const whole = makeStep("test", "build", { inputs: { tests: ["a", "b"] } });
  const part = { ...whole, inputs: { tests: ["a"] }, whole };
  const [all, some] = [
    await evaluateStep(whole, outputs, makeEvaluation()),
    await evaluateStep(part, outputs, makeEvaluation()),
  ];
  assert.is.not(some.key, all.key);
  assert.is(some.failureKey, all.key);
  assert.is(all.failureKey, all.key);
});

test("force runs everything and asks nobody", async () => {
  const evaluation = await createFilledEvaluation("fetch:a", {
    force: true,
    findMissing: () => Promise.reject(new Error("asked")),
  });
  const evaluated = await evaluateStep(fetch, new Map(), evaluation);
  assert.equal(evaluated.verdict === "run" && evaluated.because, [{ type: "forced" }]);
});

test("a newer step kind does not take what an older one made", async () => {
  const evaluation = await createFilledEvaluation("fetch:a", { kindVersion: () => 2 });
  assert.is((await evaluateStep(fetch, new Map(), evaluation)).verdict, "run");
});

test("another output of a step that is needed is another key", async () => {
  const evaluation = await createFilledEvaluation("build");
  const same = await evaluateStep(build, outputs, evaluation);
  const other = await evaluateStep(build, new Map(outputs).set("render", makeOutput("other")), evaluation);
  assert.is(same.verdict, "fresh");
  assert.is(other.verdict, "run");
  assert.is.not(same.key, other.key);
});

test("a step is not looked at before what it needs is known", async () => {
  const error = await evaluateStep(build, new Map(), makeEvaluation()).catch(String);
  assert.match(String(error), "before fetch:a");
});

test.run();
