import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createSchedule, type Limits, type Schedule } from "../../src/execution/schedule.ts";
import type { Outcome } from "../../src/model/outcome.ts";
import type { Step } from "../../src/model/step.ts";
import { seededRandom } from "../fakes/random.ts";
import { oneOf, randomSteps, upTo } from "../fakes/random-graph.ts";
import { makeOutput, makeStep } from "../fakes/steps.ts";

const test = suite("schedule");

const WIDE: Limits = { jobs: 99, cpu: 99, network: 99, engine: 99, tags: 99 };

const made = (id: string): Outcome => ({ status: "succeeded", output: makeOutput(id), durationMs: 1 });
const fresh = (id: string): Outcome => ({ status: "fresh", output: makeOutput(id) });
const restored = (id: string): Outcome => ({
  status: "restored",
  output: makeOutput(id),
  from: "elsewhere",
  durationMs: 1,
});
const failed: Outcome = { status: "failed", diagnostics: [], durationMs: 1 };

const diamond = [
  makeStep("a"),
  makeStep("b", "a"),
  makeStep("c", "a"),
  makeStep("d", "b c"),
  makeStep("e", "", { after: ["d"] }),
  makeStep("other"),
];

type Change = {
  readonly limits?: Partial<Limits>;
  readonly keepGoing?: boolean;
  /** How long steps took, by id. */
  readonly durations?: Readonly<Record<string, number>>;
};

function begin(steps: readonly Step[], { limits, keepGoing = false, durations }: Change = {}): Schedule {
  return createSchedule(
    { steps },
    {
      limits: { ...WIDE, ...limits },
      keepGoing,
      lastDuration: (id) => (durations === undefined ? undefined : (durations[id] ?? 1)),
    },
  );
}

function started(schedule: Schedule): string {
  return schedule
    .startReady()
    .map(({ id }) => id)
    .join(" ");
}

function statuses({ outcomes }: Schedule): string {
  return [...outcomes].map(([id, { status }]) => `${id}:${status}`).join(" ");
}

test("what needs nothing may start, and what runs is not started again", () => {
  const schedule = begin(diamond);
  assert.is(started(schedule), "a other");
  assert.is(started(schedule), "");
});

test("a step may start once all it needs was made, was fresh or was restored", () => {
  const schedule = begin(diamond);
  schedule.startReady();
  schedule.settle("a", made("a"));
  assert.is(started(schedule), "b c");
  schedule.settle("b", fresh("b"));
  assert.is(started(schedule), "");
  schedule.settle("c", restored("c"));
  assert.is(started(schedule), "d");
  schedule.settle("d", made("d"));
  assert.is(started(schedule), "e");
});

test("no more jobs than that", () => {
  const schedule = begin(diamond, { limits: { jobs: 1 } });
  assert.is(started(schedule), "a");
  assert.is(started(schedule), "");
  schedule.settle("a", made("a"));
  assert.is(started(schedule), "b");
});

test("a full pool does not hold up the others", () => {
  const steps = [
    makeStep("e1", "", { pool: "engine" }),
    makeStep("e2", "", { pool: "engine" }),
    makeStep("n1", "", { pool: "network" }),
    makeStep("e3", "", { pool: "engine" }),
    makeStep("c1"),
  ];
  const schedule = begin(steps, { limits: { engine: 1 } });
  assert.is(started(schedule), "e1 n1 c1");
  schedule.settle("e1", made("e1"));
  assert.is(started(schedule), "e2");
});

test("what has the longest path of work behind it starts first", () => {
  const steps = [
    makeStep("short"),
    makeStep("long"),
    makeStep("first-of-many"),
    makeStep("second", "first-of-many"),
    makeStep("third", "", { after: ["second"] }),
  ];
  const durations = { short: 5, long: 20, "first-of-many": 1, second: 10, third: 10 };
  const schedule = begin(steps, { limits: { jobs: 1 }, durations });
  const order = [];
  for (let id = started(schedule); id !== ""; id = started(schedule)) {
    order.push(id);
    schedule.settle(id, made(id));
  }
  assert.equal(order, ["first-of-many", "long", "second", "third", "short"]);
});

test("of all that is behind a step, the longest path counts", () => {
  const steps = [makeStep("x"), makeStep("fork"), makeStep("short", "fork"), makeStep("long", "fork")];
  const durations = { x: 10, fork: 1, short: 1, long: 10 };
  assert.is(started(begin(steps, { durations })), "fork x");
});

test("the longest path is chosen across pools, and among a pool's own", () => {
  const steps = [
    makeStep("n1", "", { pool: "network" }),
    makeStep("c1"),
    makeStep("n2", "", { pool: "network" }),
    makeStep("c2"),
  ];
  const durations = { n1: 1, c1: 2, n2: 3, c2: 4 };
  assert.is(started(begin(steps, { durations })), "c2 n2 c1 n1");
  assert.is(started(begin(steps, { durations, limits: { jobs: 3, cpu: 1 } })), "c2 n2 n1");
});

test("steps that are as far from the end start in the graph's order", () => {
  const steps = Array.from({ length: 40 }, (_, index) => makeStep(`s${index}`));
  assert.is(started(begin(steps)), steps.map(({ id }) => id).join(" "));
});

test("of what nobody has seen run, a build is taken to last longer than a rendering", () => {
  const steps = [makeStep("render", "", { kind: "render" }), makeStep("build", "", { kind: "build" })];
  assert.is(started(begin(steps)), "build render");
});

test("the first failure stops: what runs is waited for, the rest never starts", () => {
  const schedule = begin(diamond);
  schedule.startReady();
  schedule.settle("a", failed);
  assert.is(started(schedule), "");
  assert.is(statuses(schedule), "a:failed b:blocked c:blocked d:blocked e:blocked");
  schedule.settle("other", made("other"));
  assert.is(statuses(schedule), "a:failed b:blocked c:blocked d:blocked e:blocked other:succeeded");
});

test("what the failure does not concern is cancelled, not blocked", () => {
  const steps = [makeStep("a"), makeStep("b", "a"), makeStep("x"), makeStep("y", "x")];
  const schedule = begin(steps, { limits: { jobs: 1 } });
  schedule.startReady();
  schedule.settle("a", failed);
  assert.is(statuses(schedule), "a:failed b:blocked x:cancelled y:cancelled");
  assert.equal(schedule.outcomes.get("b"), { status: "blocked", by: ["a"] });
});

test("--keep-going runs what the failure does not concern", () => {
  const schedule = begin([...diamond, makeStep("after-c", "c")], { keepGoing: true });
  schedule.startReady();
  schedule.settle("a", made("a"));
  schedule.startReady();
  schedule.settle("b", failed);
  assert.equal(schedule.outcomes.get("d"), { status: "blocked", by: ["b"] });
  assert.equal(schedule.outcomes.get("e"), { status: "blocked", by: ["d"] });
  schedule.settle("c", made("c"));
  assert.is(started(schedule), "after-c");
});

test("a step that is interrupted stops the run, and blocks nobody", () => {
  const schedule = begin(diamond, { keepGoing: true });
  schedule.startReady();
  schedule.settle("a", { status: "cancelled" });
  assert.is(started(schedule), "");
  assert.is(statuses(schedule), "a:cancelled b:cancelled c:cancelled d:cancelled e:cancelled");
  schedule.settle("other", made("other"));
  assert.is(schedule.outcomes.size, diamond.length);
});

test("once it has stopped, nothing that ends starts anything", () => {
  const schedule = begin(diamond);
  schedule.startReady();
  schedule.stop();
  schedule.settle("a", made("a"));
  schedule.stop();
  assert.is(started(schedule), "");
  assert.equal(schedule.outcomes.get("b"), { status: "cancelled" });
  assert.not(schedule.outcomes.has("other"));
});

test("what does not run cannot end: that is a bug of ours", () => {
  const schedule = begin(diamond);
  assert.throws(() => schedule.settle("a", made("a")), /a does not run/);
  schedule.startReady();
  schedule.settle("a", made("a"));
  assert.throws(() => schedule.settle("a", made("a")), /a does not run/);
  assert.throws(() => schedule.settle("nobody", made("nobody")), /nobody does not run/);
});

test("a graph whose order does not respect its steps is a bug of ours", () => {
  assert.throws(
    () => begin([makeStep("b", "a"), makeStep("a")]),
    /b depends on a, which does not stand before/,
  );
  assert.throws(() => begin([makeStep("b", "nobody")]), /nobody, which does not stand before/);
});

test("nothing to do is done", () => {
  const schedule = begin([]);
  assert.is(started(schedule), "");
  assert.is(schedule.outcomes.size, 0);
});

test("any graph, however it goes", () => {
  const reached = new Set<string>();
  for (let seed = 1; seed <= 500; seed += 1) {
    for (const { status } of playThrough(seed).values()) reached.add(status);
  }
  assert.is(reached.size, 6, `only these were reached: ${[...reached]}`);
});

/** Plays a random graph to its end, and looks at every moment of it. */
function playThrough(seed: number): ReadonlyMap<string, Outcome> {
  const random = seededRandom(seed);
  const steps = randomSteps(random, 12);
  const limits: Limits = { jobs: 1 + upTo(4, random), cpu: 1, network: 2, engine: 3, tags: 1 };
  const keepGoing = random() < 0.5;
  const durations = Object.fromEntries(steps.map(({ id }) => [id, upTo(100, random)]));
  const schedule = begin(steps, { limits, keepGoing, durations });
  const running = new Map<string, Step>();
  for (let isStopped = false; ; ) {
    const before = schedule.outcomes;
    for (const step of schedule.startReady()) {
      assert.not(before.has(step.id) || running.has(step.id), `seed ${seed}: ${step.id} starts twice`);
      running.set(step.id, step);
      assertMayRun(step, before, seed);
    }
    assertWithinLimits([...running.values()], limits, seed);
    if (!isStopped) assertNobodyIdles(steps, running, before, limits, seed);
    if (running.size === 0) break;
    const ended = oneOf([...running.keys()], random);
    running.delete(ended);
    const outcome = randomOutcome(ended, random);
    schedule.settle(ended, outcome);
    const isInterrupted = random() < 0.02;
    if (isInterrupted) schedule.stop();
    isStopped ||= isInterrupted || outcome.status === "cancelled";
    isStopped ||= outcome.status === "failed" && !keepGoing;
    if (!isStopped) assertNobodyIsCancelled(schedule.outcomes, seed);
  }
  const ids = steps.map(({ id }) => id);
  assert.equal([...schedule.outcomes.keys()], ids, `seed ${seed}: an outcome for each, in the graph's order`);
  for (const step of steps) assertEndedRightly(step, schedule.outcomes, seed);
  return schedule.outcomes;
}

function randomOutcome(id: string, random: () => number): Outcome {
  if (random() < 0.2) return failed;
  return random() < 0.02 ? { status: "cancelled" } : oneOf([made, fresh, restored], random)(id);
}

/** What could start has started, but for the limits. */
function assertNobodyIdles(
  steps: readonly Step[],
  running: ReadonlyMap<string, Step>,
  outcomes: ReadonlyMap<string, Outcome>,
  limits: Limits,
  seed: number,
): void {
  if (running.size === limits.jobs) return;
  for (const { id, needs, after, pool } of steps) {
    if (outcomes.has(id) || running.has(id)) continue;
    const isReady = [...needs, ...after].every((before) => outcomes.has(before));
    const taken = [...running.values()].filter((step) => step.pool === pool).length;
    assert.not(isReady && taken < limits[pool], `seed ${seed}: ${id} could run, and does not`);
  }
}

function assertMayRun(
  { id, needs, after }: Step,
  outcomes: ReadonlyMap<string, Outcome>,
  seed: number,
): void {
  for (const before of [...needs, ...after]) {
    const status = outcomes.get(before)?.status ?? "none";
    assert.ok(
      ["succeeded", "fresh", "restored"].includes(status),
      `seed ${seed}: ${id} runs before ${before}`,
    );
  }
}

function assertWithinLimits(running: readonly Step[], limits: Limits, seed: number): void {
  assert.ok(running.length <= limits.jobs, `seed ${seed}: too many jobs`);
  for (const pool of ["cpu", "network", "engine", "tags"] as const) {
    const count = running.filter((step) => step.pool === pool).length;
    assert.ok(count <= limits[pool], `seed ${seed}: too many in ${pool}`);
  }
}

function assertNobodyIsCancelled(outcomes: ReadonlyMap<string, Outcome>, seed: number): void {
  const cancelled = [...outcomes].filter(([, { status }]) => status === "cancelled");
  assert.equal(cancelled, [], `seed ${seed}: cancelled though nothing stopped`);
}

/** Blocked is exactly what a failure stands before; nothing that was never reached is called a success. */
function assertEndedRightly(
  { id, needs, after }: Step,
  outcomes: ReadonlyMap<string, Outcome>,
  seed: number,
): void {
  const outcome = outcomes.get(id);
  const isBad = (other: string) => ["failed", "blocked"].includes(outcomes.get(other)?.status ?? "");
  const bad = [...needs, ...after].filter(isBad);
  if (outcome?.status === "blocked") {
    assert.ok(outcome.by.length > 0, `seed ${seed}: ${id} is blocked by nothing`);
    for (const by of outcome.by) assert.ok(bad.includes(by), `seed ${seed}: ${id} is not blocked by ${by}`);
  } else if (outcome?.status !== "cancelled")
    assert.equal(bad, [], `seed ${seed}: ${id} ran after a failure`);
}

test.run();
