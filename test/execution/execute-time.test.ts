import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Execution } from "../../src/execution/execute.ts";
import type { Outcome } from "../../src/model/outcome.ts";
import { fail } from "../../src/model/result.ts";
import { makeStep } from "../fakes/steps.ts";
import { begin, keyOfStep, statuses, TIMEOUT_MS, told } from "./scripted-run.ts";

/** How long steps may take, and how often they are tried. */
const test = suite("execute: time-outs and retries");

const a = makeStep("a");
const THREE_TIMES: Execution["kindOf"] = () => ({ attempts: 3, timeoutMs: TIMEOUT_MS });

function codes(outcome: Outcome | undefined): string {
  return outcome?.status === "failed"
    ? outcome.diagnostics.map(({ code }) => code).join(" ")
    : "did not fail";
}

test("a step that takes too long is asked to end, has failed, and leaves no record", async () => {
  const run = begin([a, makeStep("b", "a")]);
  const { run: running } = await run.whenStarted("a");
  run.clock.pass(TIMEOUT_MS - 1);
  await Promise.resolve();
  assert.not(running.signal.aborted);
  run.clock.pass(1);
  await new Promise<void>((resolve) => running.signal.addEventListener("abort", () => resolve()));
  await run.fail("a");
  const outcomes = await run.ended;
  assert.is(statuses(outcomes), "a:failed b:blocked");
  assert.is(codes(outcomes.get("a")), "step/timed-out");
  const outcome = outcomes.get("a");
  assert.is(
    outcome?.status === "failed" && outcome.diagnostics[0]?.message,
    "`a` did not end within 2 minutes",
  );
  assert.is(await run.evaluation.cacheOf(a).get(keyOfStep(a)), "absent");
  assert.equal(run.remembered, []);
  assert.equal(run.failures, [`a ${keyOfStep(a)}`]);
});

test("a step that breaks off when its time is up has timed out as well", async () => {
  const run = begin([a], {
    runStep: (_step, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  });
  await run.clock.whenAsleep(TIMEOUT_MS);
  run.clock.pass(TIMEOUT_MS);
  assert.is(codes((await run.ended).get("a")), "step/timed-out");
});

test("a bug is a bug, even if it shows when the time is up", async () => {
  const run = begin([a], {
    runStep: (_step, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("a bug")))),
  });
  await run.clock.whenAsleep(TIMEOUT_MS);
  run.clock.pass(TIMEOUT_MS);
  assert.match(String(await run.ended.catch(String)), "a bug");
});

test("a step that makes it at the last moment has made it", async () => {
  const run = begin([a]);
  await run.whenStarted("a");
  run.clock.pass(TIMEOUT_MS);
  await run.succeed("a");
  assert.is(statuses(await run.ended), "a:succeeded");
});

test("nobody watches a step that has ended", async () => {
  const run = begin([a, makeStep("b", "a")]);
  await run.succeed("a");
  await run.whenStarted("b");
  assert.is(run.clock.sleeping(), 1);
  await run.succeed("b");
  await run.ended;
  assert.is(run.clock.sleeping(), 0);
});

test("what the world is at fault for is tried again, after longer and longer pauses", async () => {
  const run = begin([a], { kindOf: THREE_TIMES });
  await run.fail("a", { transient: true });
  await run.clock.whenAsleep(250);
  assert.equal(run.started, ["a"]);
  run.clock.pass(250);
  await run.fail("a", { transient: true });
  await run.clock.whenAsleep(500);
  run.clock.pass(500);
  await run.succeed("a");
  assert.is(statuses(await run.ended), "a:succeeded");
  assert.equal(run.started, ["a", "a", "a"]);
  assert.equal(run.clock.sleeps, [TIMEOUT_MS, 250, 500]);
  assert.equal(told(run.events).slice(1, -1), ["step-started a", "diagnostic", "diagnostic", "a succeeded"]);
  const warnings = run.events.flatMap((event) =>
    event.type === "diagnostic" ? [`${event.diagnostic.severity} ${event.diagnostic.code}`] : [],
  );
  assert.equal(warnings, ["warning step/tried-again", "warning step/tried-again"]);
});

test("half of each pause is chance, and the other side is not asked sooner than it wants", async () => {
  for (const [random, details, pauseMs] of [
    [1, {}, 500],
    [0.5, {}, 375],
    [0, { retryAfterMs: 7_000 }, 7_000],
    [0, { retryAfterMs: 3_600_000 }, 30_000],
  ] as const) {
    const run = begin([a], { kindOf: THREE_TIMES, random: () => random });
    await run.fail("a", { transient: true, ...details });
    await run.clock.whenAsleep(pauseMs);
    run.clock.pass(pauseMs);
    await run.succeed("a");
    assert.is(statuses(await run.ended), "a:succeeded");
  }
});

test("the last failure counts", async () => {
  const run = begin([a], { kindOf: THREE_TIMES });
  for (const pauseMs of [250, 500]) {
    await run.fail("a", { transient: true });
    await run.clock.whenAsleep(pauseMs);
    run.clock.pass(pauseMs);
  }
  await run.fail("a", { transient: true });
  assert.is(codes((await run.ended).get("a")), "test/told-to");
  assert.equal(run.started, ["a", "a", "a"]);
  assert.equal(run.failures, [`a ${keyOfStep(a)}`]);
});

test("what fails by itself is not tried again", async () => {
  const run = begin([a], { kindOf: THREE_TIMES });
  await run.fail("a", { transient: false });
  assert.is(statuses(await run.ended), "a:failed");
  assert.equal(run.started, ["a"]);
});

test("a kind that is tried once is tried once", async () => {
  const run = begin([a]);
  await run.fail("a", { transient: true });
  assert.is(statuses(await run.ended), "a:failed");
  assert.equal(run.clock.sleeps, [TIMEOUT_MS]);
});

test("an interrupt ends a pause", async () => {
  const controller = new AbortController();
  const run = begin([a, makeStep("b", "a")], { kindOf: THREE_TIMES, signal: controller.signal });
  await run.fail("a", { transient: true });
  await run.clock.whenAsleep(250);
  controller.abort();
  assert.is(statuses(await run.ended), "a:cancelled b:cancelled");
  assert.equal(run.started, ["a"]);
  assert.equal(run.failures, []);
  assert.is(run.clock.sleeping(), 0);
});

test("all attempts and the pauses between them share the step's time", async () => {
  const run = begin([a], { kindOf: () => ({ attempts: 99, timeoutMs: 400 }) });
  await run.fail("a", { transient: true });
  await run.clock.whenAsleep(250);
  run.clock.pass(250);
  await run.fail("a", { transient: true });
  await run.clock.whenAsleep(500);
  run.clock.pass(150);
  assert.is(codes((await run.ended).get("a")), "step/timed-out");
  assert.equal(run.started, ["a", "a"]);
});

test("what a step throws is not taken for a failure of the world that passes", async () => {
  let asked = 0;
  const run = begin([a], {
    kindOf: THREE_TIMES,
    runStep: () => {
      asked += 1;
      return asked === 1 ? Promise.reject(new Error("a bug")) : Promise.resolve(fail());
    },
  });
  assert.match(String(await run.ended.catch(String)), "a bug");
  assert.is(asked, 1);
});

test.run();
