import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  createSchedule,
  isFinished,
  type Limits,
  readySteps,
  type Schedule,
  settle,
  start,
  stop,
} from "../../src/execution/schedule.ts";
import type { Outcome } from "../../src/model/outcome.ts";
import type { Pool, Step } from "../../src/model/step.ts";
import { seededRandom } from "../fakes/random.ts";
import { makeOutput, makeStep } from "../fakes/steps.ts";

const test = suite("schedule");

const WIDE: Limits = { jobs: 99, cpu: 99, network: 99, engine: 99, tags: 99 };

const made = (id: string): Outcome => ({ status: "succeeded", output: makeOutput(id), durationMs: 1 });
const fresh = (id: string): Outcome => ({ status: "fresh", output: makeOutput(id) });
const failed: Outcome = { status: "failed", diagnostics: [], durationMs: 1 };

const diamond = [
  makeStep("a"),
  makeStep("b", "a"),
  makeStep("c", "a"),
  makeStep("d", "b c"),
  makeStep("e", "", { after: ["d"] }),
  makeStep("other"),
];

function ready(schedule: Schedule): string {
  return readySteps(schedule)
    .map(({ id }) => id)
    .join(" ");
}

function begin(steps: readonly Step[], change: Partial<Limits> = {}, keepGoing = false): Schedule {
  return createSchedule({ steps }, { ...WIDE, ...change }, keepGoing);
}

function startAll(schedule: Schedule): Schedule {
  return readySteps(schedule).reduce((next, { id }) => start(next, id), schedule);
}

function statuses({ outcomes }: Schedule): string {
  return [...outcomes].map(([id, { status }]) => `${id}:${status}`).join(" ");
}

test("what needs nothing may start, in the graph's order", () => assert.is(ready(begin(diamond)), "a other"));

test("what runs is not started again", () => assert.is(ready(startAll(begin(diamond))), ""));

test("a step may start once all it needs has succeeded or was fresh", () => {
  let schedule = startAll(begin(diamond));
  schedule = settle(schedule, "a", made("a"));
  assert.is(ready(schedule), "b c");
  schedule = settle(startAll(schedule), "b", fresh("b"));
  assert.is(ready(schedule), "");
  schedule = settle(schedule, "c", made("c"));
  assert.is(ready(schedule), "d");
  schedule = settle(startAll(schedule), "d", made("d"));
  assert.is(ready(schedule), "e");
});

test("no more jobs than that", () => {
  const schedule = begin(diamond, { jobs: 1 });
  assert.is(ready(schedule), "a");
  assert.is(ready(start(schedule, "a")), "");
});

test("a full pool does not hold up the others", () => {
  const steps = [
    makeStep("e1", "", { pool: "engine" }),
    makeStep("e2", "", { pool: "engine" }),
    makeStep("n1", "", { pool: "network" }),
    makeStep("e3", "", { pool: "engine" }),
    makeStep("c1"),
  ];
  const schedule = begin(steps, { engine: 1 });
  assert.is(ready(schedule), "e1 n1 c1");
  const later = settle(startAll(schedule), "e1", made("e1"));
  assert.is(ready(later), "e2");
});

test("the first failure stops: what runs is waited for, the rest never starts", () => {
  let schedule = settle(startAll(begin(diamond)), "a", failed);
  assert.is(ready(schedule), "");
  assert.is(isFinished(schedule), false);
  schedule = settle(schedule, "other", made("other"));
  assert.is(isFinished(schedule), true);
  assert.is(statuses(schedule), "a:failed b:blocked c:blocked d:blocked e:blocked other:succeeded");
});

test("what the failure does not concern is cancelled, not blocked", () => {
  const steps = [makeStep("a"), makeStep("b", "a"), makeStep("x"), makeStep("y", "x")];
  const schedule = settle(start(begin(steps, { jobs: 1 }), "a"), "a", failed);
  assert.is(statuses(schedule), "a:failed b:blocked x:cancelled y:cancelled");
  assert.equal(schedule.outcomes.get("b"), { status: "blocked", by: ["a"] });
});

test("--keep-going runs what the failure does not concern", () => {
  let schedule = settle(startAll(begin(diamond, {}, true)), "a", made("a"));
  schedule = settle(startAll(schedule), "b", failed);
  assert.equal(schedule.outcomes.get("d"), { status: "blocked", by: ["b"] });
  assert.equal(schedule.outcomes.get("e"), { status: "blocked", by: ["d"] });
  schedule = settle(schedule, "c", made("c"));
  schedule = settle(schedule, "other", made("other"));
  assert.is(isFinished(schedule), true);
});

test("a step that failed because it was interrupted blocks nobody", () => {
  const schedule = stop(settle(startAll(begin(diamond)), "a", { status: "cancelled" }));
  assert.is(statuses(schedule), "a:cancelled b:cancelled c:cancelled d:cancelled e:cancelled");
  assert.is(isFinished(schedule), false);
  assert.is(isFinished(settle(schedule, "other", made("other"))), true);
});

test("nothing to do is done", () => assert.is(isFinished(begin([])), true));

test("any graph, however it goes", () => {
  for (let seed = 1; seed <= 300; seed += 1) playThrough(seed);
});

/** Plays a random graph to its end, and looks at every moment of it. */
function playThrough(seed: number): void {
  const random = seededRandom(seed);
  const steps = randomGraph(random);
  const limits: Limits = { jobs: 1 + upTo(4, random), cpu: 1, network: 2, engine: 3, tags: 1 };
  const keepGoing = random() < 0.5;
  let schedule = createSchedule({ steps }, limits, keepGoing);
  for (let moves = 0; !isFinished(schedule); moves += 1) {
    assert.ok(moves <= steps.length, `seed ${seed} does not come to an end`);
    schedule = startChecked(schedule, seed);
    const running = [...schedule.running];
    const ended = running[upTo(running.length, random)];
    if (ended === undefined) break;
    schedule = settle(schedule, ended, random() < 0.2 ? failed : random() < 0.5 ? made(ended) : fresh(ended));
    if (random() < 0.02) schedule = stop(schedule);
  }
  assert.equal([...schedule.outcomes.keys()].sort(), steps.map(({ id }) => id).sort(), `seed ${seed}`);
  for (const step of steps) assertEndedRightly(step, schedule, seed);
}

function startChecked(schedule: Schedule, seed: number): Schedule {
  const next = startAll(schedule);
  const running = next.graph.steps.filter(({ id }) => next.running.has(id));
  assert.ok(running.length <= next.limits.jobs, `seed ${seed}: too many jobs`);
  for (const pool of ["cpu", "network", "engine", "tags"] as const) {
    const count = running.filter((step) => step.pool === pool).length;
    assert.ok(count <= next.limits[pool], `seed ${seed}: too many in ${pool}`);
  }
  for (const { id, needs, after } of running) {
    assert.not(schedule.outcomes.has(id), `seed ${seed}: ${id} runs twice`);
    for (const before of [...needs, ...after]) {
      const status = next.outcomes.get(before)?.status;
      assert.ok(status === "succeeded" || status === "fresh", `seed ${seed}: ${id} runs before ${before}`);
    }
  }
  return next;
}

/** Blocked is exactly what a failure stands before; nothing that was never reached is called a success. */
function assertEndedRightly({ id, needs, after }: Step, { outcomes }: Schedule, seed: number): void {
  const outcome = outcomes.get(id);
  const isBad = (other: string) => ["failed", "blocked"].includes(outcomes.get(other)?.status ?? "");
  const bad = [...needs, ...after].filter(isBad);
  if (outcome?.status === "blocked") assert.ok(bad.length > 0, `seed ${seed}: ${id} is blocked by nothing`);
  else if (outcome?.status !== "cancelled") assert.equal(bad, [], `seed ${seed}: ${id} ran after a failure`);
}

function randomGraph(random: () => number): readonly Step[] {
  const pools: readonly Pool[] = ["cpu", "network", "engine", "tags"];
  const ids = Array.from({ length: 1 + upTo(12, random) }, (_, index) => `s${index}`);
  return ids.map((id, index) => {
    const before = ids.slice(0, index).filter(() => random() < 0.25);
    const isAfter = before.map(() => random() < 0.3);
    return makeStep(id, before.filter((_, at) => !isAfter[at]).join(" "), {
      after: before.filter((_, at) => isAfter[at]),
      pool: pools[upTo(pools.length, random)] ?? "cpu",
    });
  });
}

function upTo(limit: number, random: () => number): number {
  return Math.floor(random() * limit);
}

test.run();
