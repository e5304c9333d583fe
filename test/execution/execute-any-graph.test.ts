import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Limits } from "../../src/execution/schedule.ts";
import type { RunEvent } from "../../src/model/event.ts";
import type { Outcome } from "../../src/model/outcome.ts";
import type { Step } from "../../src/model/step.ts";
import { dependenciesOf, order } from "../../src/plan/order.ts";
import { makeEvaluation } from "../fakes/evaluation.ts";
import { seededRandom, shuffle } from "../fakes/random.ts";
import { oneOf, randomSteps, upTo } from "../fakes/random-graph.ts";
import { begin, keyOfStep, record } from "./scripted-run.ts";

/** Whole runs of random graphs, within random limits, whose steps end as and when chance has it. */
const test = suite("execute: any graph");

type Run = {
  /** What a failure message begins with. */
  readonly name: string;
  readonly steps: readonly Step[];
  readonly limits: Limits;
  readonly keepGoing: boolean;
  readonly events: readonly RunEvent[];
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly isInterrupted: boolean;
  readonly recorded: ReadonlySet<string>;
};

test("any graph, however it goes", async () => {
  const reached = new Set<string>();
  for (let seed = 1; seed <= 120; seed += 1) {
    const run = await playThrough(seed);
    assert.equal(
      [...run.outcomes.keys()],
      run.steps.map(({ id }) => id),
      `${run.name}: an outcome for each`,
    );
    assertStartedAfterDependencies(run);
    assertWithinLimits(run);
    assertBlockedRightly(run);
    assertRecordedRightly(run);
    for (const { status } of run.outcomes.values()) reached.add(status);
  }
  assert.equal([...reached].sort(), ["blocked", "cancelled", "failed", "fresh", "succeeded"]);
});

async function playThrough(seed: number): Promise<Run> {
  const random = seededRandom(seed);
  const steps = order(shuffle(randomSteps(random, 14), random).map((step) => shuffleNeeds(step, random)));
  const limits: Limits = { jobs: 1 + upTo(4, random), cpu: 1, network: 2, engine: 3, tags: 1 };
  const keepGoing = random() < 0.5;
  const controller = new AbortController();
  const evaluation = makeEvaluation();
  for (const step of steps) if (random() < 0.2) await record(evaluation, step);
  const run = begin(steps, {
    limits,
    keepGoing,
    evaluation,
    signal: controller.signal,
    lastDuration: () => (random() < 0.5 ? undefined : upTo(100_000, random)),
  });
  let outcomes: ReadonlyMap<string, Outcome> | undefined;
  void run.ended.then((all) => {
    outcomes = all;
  });
  const recorded = new Set<string>();
  for (let turns = 0; outcomes === undefined; turns += 1) {
    assert.ok(turns < 1_000, `seed ${seed} does not come to an end`);
    await new Promise((resolve) => setImmediate(resolve));
    const running = run.running();
    if (running.length === 0) continue;
    if (random() < 0.02) controller.abort();
    const id = oneOf(running, random);
    await (random() < 0.15 ? run.fail(id) : run.succeed(id));
  }
  for (const step of steps)
    if (typeof (await evaluation.cacheOf(step).get(keyOfStep(step))) !== "string") recorded.add(step.id);
  const { events } = run;
  const isInterrupted = controller.signal.aborted;
  return { name: `seed ${seed}`, steps, limits, keepGoing, events, outcomes, isInterrupted, recorded };
}

function shuffleNeeds(step: Step, random: () => number): Step {
  return { ...step, needs: shuffle(step.needs, random), after: shuffle(step.after, random) };
}

/** Who started had all it waits for behind it, and made. */
function assertStartedAfterDependencies({ name, events, outcomes }: Run): void {
  const made = new Set<string>();
  const started = new Set<string>();
  for (const event of events) {
    if (event.type === "step-finished" && "output" in event.outcome) made.add(event.step.id);
    if (event.type !== "step-started") continue;
    const { id } = event.step;
    assert.not(started.has(id), `${name}: ${id} starts twice`);
    started.add(id);
    for (const before of dependenciesOf(event.step))
      assert.ok(made.has(before), `${name}: ${id} before ${before}`);
  }
  for (const [id, { status }] of outcomes) {
    const isToHaveRun = status === "succeeded" || status === "failed";
    assert.ok(!isToHaveRun || started.has(id), `${name}: ${id} ${status} and never ran`);
    const isNotToHaveRun = status === "fresh" || status === "blocked";
    assert.ok(!isNotToHaveRun || !started.has(id), `${name}: ${id} ran and is ${status}`);
  }
}

function assertWithinLimits({ name, events, limits }: Run): void {
  const running = new Map<string, Step>();
  for (const event of events) {
    if (event.type === "step-finished") running.delete(event.step.id);
    if (event.type !== "step-started") continue;
    running.set(event.step.id, event.step);
    const { pool } = event.step;
    const inPool = [...running.values()].filter((step) => step.pool === pool);
    assert.ok(running.size <= limits.jobs, `${name}: too many jobs`);
    assert.ok(inPool.length <= limits[pool], `${name}: too many in ${pool}`);
  }
}

/**
 * With `keepGoing` blocked is all that a failure stands before, and nothing is cancelled; without, what the first
 * failure stands before is blocked, and the rest that has not started is cancelled. An interrupt cancels as well.
 */
function assertBlockedRightly(run: Run): void {
  const { name, steps, events, outcomes, keepGoing, isInterrupted } = run;
  const failures = events.flatMap((event) =>
    event.type === "step-finished" && event.outcome.status === "failed" ? [event.step.id] : [],
  );
  const behind = standingBehind(steps, keepGoing ? failures : failures.slice(0, 1));
  for (const [id, outcome] of outcomes) {
    if (outcome.status === "blocked") {
      assert.ok(behind.has(id), `${name}: ${id} is blocked by nothing`);
      const lost = (by: string) => ["failed", "blocked"].includes(outcomes.get(by)?.status ?? "");
      assert.ok(
        outcome.by.length > 0 && outcome.by.every(lost),
        `${name}: ${id} is blocked by the wrong ones`,
      );
    } else if (!isInterrupted)
      assert.not(behind.has(id), `${name}: ${id} is not blocked, but ${outcome.status}`);
    if (outcome.status === "cancelled")
      assert.ok(
        isInterrupted || (!keepGoing && failures.length > 0),
        `${name}: ${id} is cancelled for nothing`,
      );
  }
}

function standingBehind(steps: readonly Step[], failures: readonly string[]): ReadonlySet<string> {
  const behind = new Set<string>();
  for (const step of steps) {
    if (dependenciesOf(step).some((id) => failures.includes(id) || behind.has(id))) behind.add(step.id);
  }
  return behind;
}

/** A record is there exactly for what is made; an earlier one stays where a step was not reached. */
function assertRecordedRightly({ name, outcomes, recorded }: Run): void {
  for (const [id, { status }] of outcomes) {
    const isMade = status === "succeeded" || status === "fresh";
    assert.ok(!isMade || recorded.has(id), `${name}: ${id} is made, and nothing is written down`);
    assert.ok(status !== "failed" || !recorded.has(id), `${name}: ${id} failed, and is written down`);
  }
}

test.run();
