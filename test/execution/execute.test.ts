import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Execution } from "../../src/execution/execute.ts";
import { errorDiagnostic, warningDiagnostic } from "../../src/model/diagnostic.ts";
import { succeed } from "../../src/model/result.ts";
import type { Step } from "../../src/model/step.ts";
import type { Evaluation } from "../../src/plan/evaluate-step.ts";
import { makeEvaluation } from "../fakes/evaluation.ts";
import { createStandingClock } from "../fakes/manual-clock.ts";
import { makeOutput, makeStep } from "../fakes/steps.ts";
import { begin, keyOfStep, statuses, told } from "./scripted-run.ts";

const test = suite("execute");

const chain = [makeStep("a"), makeStep("b", "a"), makeStep("c", "b")];

test("events come in order, and each step's between its start and its end", async () => {
  const run = begin(chain);
  const { run: a } = await run.whenStarted("a");
  a.report({ type: "log", text: "at work" });
  a.warn(warningDiagnostic("test/warning", "careful"));
  for (const { id } of chain) await run.succeed(id);
  assert.is(statuses(await run.ended), "a:succeeded b:succeeded c:succeeded");
  assert.equal(told(run.events), [
    "plan-ready",
    "step-started a",
    "step-output a",
    "diagnostic",
    "a succeeded",
    "step-started b",
    "b succeeded",
    "step-started c",
    "c succeeded",
    "run-finished",
  ]);
  assert.equal(run.remembered, ["a a", "b b", "c c"]);
});

test("what is fresh is not run, and nobody is told that it started", async () => {
  const first = begin(chain);
  for (const { id } of chain) await first.succeed(id);
  await first.ended;
  const second = begin(chain, { evaluation: first.evaluation });
  assert.is(statuses(await second.ended), "a:fresh b:fresh c:fresh");
  assert.equal(second.started, []);
  assert.equal(told(second.events), ["plan-ready", "a fresh", "b fresh", "c fresh", "run-finished"]);
  assert.equal(second.remembered, ["a a", "b b", "c c"]);
});

test("the cache saved what a step took the last time, but not what the lock answers", async () => {
  const steps = [makeStep("a"), makeStep("b", "a", { kind: "lock" })];
  const first = begin(steps);
  for (const { id } of steps) await first.succeed(id);
  await first.ended;
  const { evaluation } = first;
  const outcomes = await begin(steps, { evaluation, lastDuration: () => 100 }).ended;
  assert.equal(
    [...outcomes.values()].map((one) => (one.status === "fresh" ? one.savedMs : one.status)),
    [100, undefined],
  );
});

test("where a part of a step fails, the whole is noted to have failed", async () => {
  const whole = makeStep("a", "", { inputs: { tests: ["one", "two"] } });
  const run = begin([{ ...whole, inputs: { tests: ["one"] }, whole }]);
  await run.fail("a");
  assert.is(statuses(await run.ended), "a:failed");
  assert.equal(run.failures, [`a ${keyOfStep(whole)}`]);
});

test("what is said of an output is told each time that it is used, although the step has nothing to do", async () => {
  const judge = () => [warningDiagnostic("pickle/unsafe", "it runs commands")];
  const first = begin(chain, { judge });
  for (const { id } of chain) await first.succeed(id);
  await first.ended;
  const second = begin(chain, { judge, evaluation: first.evaluation });
  assert.is(statuses(await second.ended), "a:fresh b:fresh c:fresh");
  for (const { events } of [first, second])
    assert.is(events.filter(({ type }) => type === "diagnostic").length, chain.length);
});

test("an output that is refused is made and remembered, and nothing that needs it starts", async () => {
  const judge = ({ id }: Step) => (id === "b" ? [errorDiagnostic("pickle/unsafe", "it runs commands")] : []);
  const first = begin(chain, { judge });
  for (const id of ["a", "b"]) await first.succeed(id);
  assert.is(statuses(await first.ended), "a:succeeded b:failed c:blocked");
  assert.equal(first.remembered, ["a a", "b b"]);
  assert.equal(first.failures, []);
  const second = begin(chain, { judge, evaluation: first.evaluation });
  assert.is(statuses(await second.ended), "a:fresh b:failed c:blocked");
  assert.equal(second.started, []);
});

test("what a step would make and is here already is taken and noted, and the step does not run", async () => {
  const a = makeOutput("of a");
  const foresee: Evaluation["foresee"] = async ({ id }) => (id === "a" ? a : undefined);
  const evaluation = makeEvaluation({ foresee });
  const first = begin([makeStep("a")], { evaluation });
  assert.is(statuses(await first.ended), "a:fresh");
  assert.equal(first.started, []);
  const known = await evaluation.cacheOf(makeStep("a")).get(keyOfStep(makeStep("a")));
  assert.equal(typeof known === "string" ? known : known.output, a);
  const forced = begin([makeStep("a")], { evaluation: { ...evaluation, force: true } });
  await forced.succeed("a");
  assert.is(statuses(await forced.ended), "a:succeeded");
});

test("a step that makes the same as before leaves those after it fresh", async () => {
  const first = begin(chain);
  for (const { id } of chain) await first.succeed(id);
  await first.ended;
  const evaluation: Evaluation = {
    ...first.evaluation,
    findMissing: async ({ id }) => (id === "a" ? "a file" : undefined),
  };
  const same = begin(chain, { evaluation });
  await same.succeed("a");
  assert.is(statuses(await same.ended), "a:succeeded b:fresh c:fresh");
  const other = begin(chain, { evaluation });
  await other.succeed("a", "something else");
  await other.succeed("b");
  assert.is(statuses(await other.ended), "a:succeeded b:succeeded c:fresh");
});

test("a step has the outputs of what it needs, and of nothing else", async () => {
  const run = begin([makeStep("a"), makeStep("b", "a")]);
  await run.succeed("a", "made by a");
  const { run: b } = await run.whenStarted("b");
  assert.is(b.outputOf("a").values.text, "made by a");
  assert.throws(() => b.outputOf("b"), /not among the needs/);
  await run.succeed("b");
  await run.ended;
});

test("steps that do not depend on each other run at once", async () => {
  const run = begin([makeStep("a"), makeStep("b"), makeStep("c", "a b")]);
  await run.whenStarted("a");
  await run.whenStarted("b");
  await run.succeed("b");
  await run.succeed("a");
  await run.succeed("c");
  assert.is(statuses(await run.ended), "a:succeeded b:succeeded c:succeeded");
});

test("a failure is not recorded: the step runs again", async () => {
  const first = begin([makeStep("a"), makeStep("b", "a")]);
  await first.fail("a");
  assert.is(statuses(await first.ended), "a:failed b:blocked");
  assert.equal(first.remembered, []);
  assert.equal(first.failures, [`a ${keyOfStep(makeStep("a"))}`]);
  const second = begin([makeStep("a")], { evaluation: first.evaluation });
  await second.succeed("a");
  assert.is(statuses(await second.ended), "a:succeeded");
});

test("what runs beside a failure ends as it ends", async () => {
  const run = begin([makeStep("a"), makeStep("b"), makeStep("c", "b")]);
  await run.whenStarted("b");
  await run.fail("a");
  await run.succeed("b");
  assert.is(statuses(await run.ended), "a:failed b:succeeded c:cancelled");
});

test("--keep-going goes on with the rest", async () => {
  const run = begin([makeStep("a"), makeStep("b", "a"), makeStep("x"), makeStep("y", "x")], {
    keepGoing: true,
  });
  await run.fail("a");
  await run.succeed("x");
  await run.succeed("y");
  assert.is(statuses(await run.ended), "a:failed b:blocked x:succeeded y:succeeded");
});

test("an interrupt starts nothing more, and what was under way is not recorded", async () => {
  const controller = new AbortController();
  const run = begin(chain, { signal: controller.signal });
  await run.whenStarted("a");
  controller.abort();
  await run.succeed("a");
  assert.is(statuses(await run.ended), "a:cancelled b:cancelled c:cancelled");
  assert.equal(run.remembered, []);
  assert.equal(run.started, ["a"]);
});

test("warnings of a step are told before its end", async () => {
  const run = begin([makeStep("a")]);
  (await run.whenStarted("a")).end(succeed(makeOutput("a"), [warningDiagnostic("test/warning", "careful")]));
  await run.ended;
  assert.equal(told(run.events).slice(2, 4), ["diagnostic", "a succeeded"]);
});

test("times are since the run began", async () => {
  const clock = createStandingClock();
  clock.pass(5_000);
  const run = begin([makeStep("a")], { clock });
  await run.whenStarted("a");
  clock.pass(200);
  await run.succeed("a");
  const outcome = (await run.ended).get("a");
  assert.is(outcome?.status === "succeeded" && outcome.durationMs, 200);
  assert.equal(
    run.events.map(({ timeMs }) => timeMs),
    [0, 0, 200, 200],
  );
});

test("a step that ran is remembered with how long it took, one that did not run without", async () => {
  const durations: (number | undefined)[] = [];
  const remember: Execution["remember"] = (_step, { durationMs }) => durations.push(durationMs);
  const first = begin([makeStep("a")], { remember });
  await first.whenStarted("a");
  first.clock.pass(70);
  await first.succeed("a");
  await first.ended;
  await begin([makeStep("a")], { remember, evaluation: first.evaluation }).ended;
  assert.equal(durations, [70, undefined]);
});

test("what takes longest from here to the end starts first", async () => {
  const steps = [makeStep("quick"), makeStep("slow"), makeStep("first"), makeStep("last", "first")];
  const durations: Record<string, number> = { quick: 10, slow: 100, first: 1, last: 1_000 };
  const run = begin(steps, {
    lastDuration: (id) => durations[id],
    limits: { jobs: 1, cpu: 1, network: 1, engine: 1, tags: 1 },
  });
  for (const id of ["first", "last", "slow", "quick"]) await run.succeed(id);
  await run.ended;
  assert.equal(run.started, ["first", "last", "slow", "quick"]);
});

test("a run that is interrupted before it begins runs nothing", async () => {
  const run = begin(chain, { signal: AbortSignal.abort() });
  assert.is(statuses(await run.ended), "a:cancelled b:cancelled c:cancelled");
  assert.equal(run.started, []);
});

test("a failure that an interrupt brought about is not held against the step", async () => {
  const controller = new AbortController();
  const run = begin([makeStep("a")], { signal: controller.signal });
  await run.whenStarted("a");
  controller.abort();
  await run.fail("a");
  assert.is(statuses(await run.ended), "a:cancelled");
  assert.equal(run.failures, []);
});

test("a fault of the world is the failure of the step it met", async () => {
  const run = begin(chain, {
    evaluation: makeEvaluation({ findMissing: () => Promise.reject(new Error("the disk is full")) }),
    wordFault: (error) => errorDiagnostic("test/fault", String(error)),
  });
  await run.succeed("a");
  await run.succeed("b");
  await run.succeed("c");
  await run.ended;
  const again = begin(chain, {
    evaluation: run.evaluation,
    wordFault: (error) => errorDiagnostic("test/fault", String(error)),
  });
  const outcomes = await again.ended;
  assert.is(statuses(outcomes), "a:failed b:blocked c:blocked");
  const [a] = outcomes.values();
  assert.is(a?.status === "failed" && a.diagnostics[0]?.message, "Error: the disk is full");
  assert.equal(again.failures, []);
});

test("a bug of ours is not swallowed", async () => {
  const run = begin([makeStep("a")], { runStep: () => Promise.reject(new Error("a bug")) });
  assert.match(String(await run.ended.catch(String)), "a bug");
});

test.run();
