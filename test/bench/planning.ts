import { createSchedule } from "../../src/execution/schedule.ts";
import type { Graph } from "../../src/model/graph.ts";
import type { Outcome, StepOutput } from "../../src/model/outcome.ts";
import type { Pool, Step, StepKindName } from "../../src/model/step.ts";
import { type Evaluation, evaluateStep } from "../../src/plan/evaluate-step.ts";
import { order } from "../../src/plan/order.ts";
import { plan } from "../../src/plan/plan.ts";
import { select } from "../../src/plan/select.ts";
import { makeEvaluation } from "../fakes/evaluation.ts";
import { seededRandom, shuffle } from "../fakes/random.ts";
import { oneOf, upTo } from "../fakes/random-graph.ts";
import { makeOutput, makeStep } from "../fakes/steps.ts";
import type { Bench } from "./run.ts";

const SMALL = 1_000;
const LARGE = 10_000;
const ROUNDS = 21;

/**
 * Our own part of a plan: steps are put in order, selected and looked at, and all are fresh. Both rows handle 10,000
 * steps in all, so a tenth of the milliseconds is the microseconds a step, and the ratio says whether that stays.
 */
export const planning: Bench = {
  name: "planning",
  rounds: ROUNDS,
  prepare: async () => comparePerStep(await preparePlan(SMALL), await preparePlan(LARGE)),
};

/** The same of a run, where every step is over at once. */
export const scheduling: Bench = {
  name: "scheduling",
  rounds: ROUNDS,
  prepare: async () => comparePerStep(prepareSchedule(SMALL), prepareSchedule(LARGE)),
};

function comparePerStep(small: () => Promise<void>, large: () => Promise<void>) {
  const repeatSmall = async (): Promise<void> => {
    for (let done = 0; done < LARGE; done += SMALL) await small();
  };
  return {
    contenders: [
      { name: "1,000 steps, ten times", run: repeatSmall },
      { name: "10,000 steps, once", run: large },
    ],
    cleanUp: async () => {},
  };
}

async function preparePlan(count: number): Promise<() => Promise<void>> {
  const unordered = shuffle(makeSteps(count), seededRandom(count));
  const evaluation = await makeFreshEvaluation(order(unordered));
  return async () => {
    const { graph } = select(
      { steps: order(unordered) },
      KINDS.map(([kind]) => kind),
    );
    const planned = await plan(graph, evaluation);
    const fresh = planned.filter(({ verdict }) => verdict === "fresh").length;
    if (fresh !== count) throw new Error(`only ${fresh} of ${count} steps are fresh`);
  };
}

/** The cache that a run of all these steps leaves behind. */
async function makeFreshEvaluation(steps: readonly Step[]): Promise<Evaluation> {
  const evaluation = makeEvaluation();
  const outputs = new Map<string, StepOutput>();
  for (const step of steps) {
    const { key } = await evaluateStep(step, outputs, evaluation);
    const output = makeOutput(step.id);
    await evaluation.cacheOf(step).put(key, output);
    outputs.set(step.id, output);
  }
  return evaluation;
}

function prepareSchedule(count: number): () => Promise<void> {
  const graph: Graph = { steps: order(makeSteps(count)) };
  const made: Outcome = { status: "succeeded", output: makeOutput("made"), durationMs: 1 };
  return async () => {
    const schedule = createSchedule(graph, {
      limits: { jobs: 8, cpu: 8, network: 8, engine: 4, tags: 1 },
      keepGoing: false,
      lastDuration: () => undefined,
    });
    const running = [...schedule.startReady()];
    for (let ended = running.shift(); ended !== undefined; ended = running.shift()) {
      schedule.settle(ended.id, made);
      running.push(...schedule.startReady());
    }
    const settled = schedule.outcomes.size;
    if (settled !== count) throw new Error(`only ${settled} of ${count} steps ended`);
  };
}

const KINDS: readonly (readonly [kind: StepKindName, pool: Pool])[] = [
  ["fetch", "network"],
  ["render", "cpu"],
  ["build", "engine"],
  ["save", "tags"],
];

/** Every other step is a link of one chain, as deep as it is long; the rest stands side by side, with up to three needs. */
function makeSteps(count: number): readonly Step[] {
  const random = seededRandom(count);
  return Array.from({ length: count }, (_, index) => {
    const [kind, pool] = oneOf(KINDS, random);
    const link = index >= 2 && index % 2 === 0 ? [`s${index - 2}`] : [];
    const others = Array.from({ length: index === 0 ? 0 : upTo(4, random) }, () => `s${upTo(index, random)}`);
    return makeStep(`s${index}`, "", {
      kind,
      pool,
      needs: [...new Set([...link, ...others])],
      inputs: { source: `models/${index}`, include: ["**"], exclude: [], version: index },
    });
  });
}
