import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Execution } from "../../src/execution/execute.ts";
import { createLocks } from "../../src/host/locks.ts";
import { identifyProcess } from "../../src/host/process-identity.ts";
import type { Cache } from "../../src/model/cache.ts";
import { makeEvaluation } from "../fakes/evaluation.ts";
import { always } from "../fakes/memory-cache.ts";
import { makeOutput, makeStep } from "../fakes/steps.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { begin, keyOfStep, record, statuses, told } from "./scripted-run.ts";

/** Two runs at once, and what another machine has made. */
const test = suite("execute: locks and restoring");

const a = makeStep("a");
const b = makeStep("b", "a");

/** The locks of this process, and of one that lives as long: our parent. */
function makeTwoOwners() {
  const directory = makeFolder();
  return {
    ours: createLocks(directory, identifyProcess(), "apply in /here"),
    theirs: createLocks(directory, identifyProcess(process.ppid), "apply in /there"),
  };
}

const byKey: Execution["locksOf"] = (_step, key) => [key];

/** Comes back once a run has said that a step waits. */
async function whenWaiting({ events }: ReturnType<typeof begin>) {
  for (let turns = 0; turns < 1_000; turns += 1) {
    const event = events.find(({ type }) => type === "step-waiting");
    if (event?.type === "step-waiting") return event;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("nobody says that they wait");
}

test("a step that another run is at is waited for, and its result taken", async () => {
  const { ours, theirs } = makeTwoOwners();
  const release = await theirs.acquire(keyOfStep(a), {});
  const run = begin([a, b], { locks: ours, locksOf: byKey });
  const { step, owner } = await whenWaiting(run);
  assert.equal([step.id, owner.pid, owner.purpose], ["a", process.ppid, "apply in /there"]);
  assert.equal(run.started, []);
  await record(run.evaluation, a);
  await release();
  await run.succeed("b");
  assert.is(statuses(await run.ended), "a:fresh b:succeeded");
  assert.equal(run.started, ["b"]);
  assert.equal(told(run.events).slice(1, 3), ["step-waiting a", "a fresh"]);
});

test("where the other run has failed, the step runs", async () => {
  const { ours, theirs } = makeTwoOwners();
  const release = await theirs.acquire(keyOfStep(a), {});
  const run = begin([a], { locks: ours, locksOf: byKey });
  await whenWaiting(run);
  await release();
  await run.succeed("a");
  assert.is(statuses(await run.ended), "a:succeeded");
});

test("a wait that takes too long is a failure that names who is waited for", async () => {
  const { ours, theirs } = makeTwoOwners();
  const release = await theirs.acquire(keyOfStep(a), {});
  const run = begin([a, b], { locks: ours, locksOf: byKey, lockTimeoutMs: 60 });
  const outcomes = await run.ended;
  await release();
  assert.is(statuses(outcomes), "a:failed b:blocked");
  const outcome = outcomes.get("a");
  const [diagnostic] = outcome?.status === "failed" ? outcome.diagnostics : [];
  assert.is(diagnostic?.code, "lock/timed-out");
  assert.match(diagnostic?.message ?? "", `process ${process.ppid}`);
  assert.match(diagnostic?.message ?? "", "apply in /there");
  assert.match(diagnostic?.hint ?? "", "--lock-timeout");
  assert.equal(run.started, []);
  // The step itself has not failed.
  assert.equal(run.failures, []);
});

test("an interrupt ends the wait", async () => {
  const { ours, theirs } = makeTwoOwners();
  const controller = new AbortController();
  const release = await theirs.acquire(keyOfStep(a), {});
  const run = begin([a, b], { locks: ours, locksOf: byKey, signal: controller.signal });
  await whenWaiting(run);
  controller.abort();
  assert.is(statuses(await run.ended), "a:cancelled b:cancelled");
  await release();
});

test("a lock is held while the step runs, and given back however it ends", async () => {
  const { ours, theirs } = makeTwoOwners();
  const locksOf = () => ["one", "other"];
  const holds = async (name: string) =>
    theirs.acquire(name, { timeoutMs: 0 }).then(
      async (release) => {
        await release();
        return false;
      },
      () => true,
    );
  const run = begin([a, makeStep("x"), makeStep("y")], { locks: ours, locksOf, keepGoing: true });
  await run.whenStarted("a");
  assert.equal([await holds("one"), await holds("other")], [true, true]);
  // One at a time, though four might run at once.
  assert.equal(run.started, ["a"]);
  await run.succeed("a");
  await run.fail("x");
  await run.succeed("y");
  await run.ended;
  assert.equal([await holds("one"), await holds("other")], [false, false]);
});

test("where one of two locks cannot be had, the other is given back", async () => {
  const { ours, theirs } = makeTwoOwners();
  const release = await theirs.acquire("z", {});
  const run = begin([a], { locks: ours, locksOf: () => ["z", "a"], lockTimeoutMs: 60 });
  assert.is(statuses(await run.ended), "a:failed");
  await (await theirs.acquire("a", { timeoutMs: 0 }))();
  await release();
});

test("what is fresh takes no lock", async () => {
  const { ours, theirs } = makeTwoOwners();
  const release = await theirs.acquire(keyOfStep(a), {});
  const evaluation = makeEvaluation();
  await record(evaluation, a);
  const run = begin([a], { locks: ours, locksOf: byKey, evaluation });
  assert.is(statuses(await run.ended), "a:fresh");
  await release();
});

/** A cache elsewhere that has every step; what it gives is whole or is not. */
function makeCacheElsewhere(isWhole: boolean): Cache & { readonly restored: string[] } {
  const restored: string[] = [];
  return {
    restored,
    get: async (key) => ({
      output: makeOutput(key === keyOfStep(a) ? "a" : "b"),
      from: "the cache elsewhere",
      restore: async () => {
        restored.push(key);
        return isWhole;
      },
    }),
    put: async () => {},
  };
}

test("what another machine has made is taken from there", async () => {
  const cache = makeCacheElsewhere(true);
  const run = begin([a, b], { evaluation: makeEvaluation({ cacheOf: always(cache) }) });
  const outcomes = await run.ended;
  assert.is(statuses(outcomes), "a:restored b:restored");
  const outcome = outcomes.get("b");
  assert.is(outcome?.status === "restored" && outcome.from, "the cache elsewhere");
  assert.equal(cache.restored, [keyOfStep(a), keyOfStep(b)]);
  assert.equal(run.started, []);
  assert.equal(run.remembered, ["a a", "b b"]);
  assert.equal(told(run.events), ["plan-ready", "a restored", "b restored", "run-finished"]);
});

test("what does not come whole is made here", async () => {
  const run = begin([a], { evaluation: makeEvaluation({ cacheOf: always(makeCacheElsewhere(false)) }) });
  await run.succeed("a");
  assert.is(statuses(await run.ended), "a:succeeded");
  const started = run.events.find(({ type }) => type === "step-started");
  assert.equal(started?.type === "step-started" && started.because, [
    { type: "gone", what: "what the cache elsewhere has of it" },
  ]);
});

test("what came whole and is of no use here is made here", async () => {
  const evaluation = makeEvaluation({
    cacheOf: always(makeCacheElsewhere(true)),
    findMissing: async () => "a file",
  });
  const run = begin([a], { evaluation });
  await run.succeed("a");
  assert.is(statuses(await run.ended), "a:succeeded");
});

test.run();
