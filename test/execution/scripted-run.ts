import path from "node:path";
import { type Execution, execute } from "../../src/execution/execute.ts";
import { createLocks } from "../../src/host/locks.ts";
import { identifyProcess } from "../../src/host/process-identity.ts";
import type { RunEvent } from "../../src/model/event.ts";
import type { Outcome, StepOutput } from "../../src/model/outcome.ts";
import type { Step } from "../../src/model/step.ts";
import type { Evaluation } from "../../src/plan/evaluate-step.ts";
import { fingerprint, keyOf } from "../../src/plan/fingerprint.ts";
import { makeEvaluation } from "../fakes/evaluation.ts";
import { createStandingClock } from "../fakes/manual-clock.ts";
import { makeOutput } from "../fakes/steps.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { createScriptedSteps } from "./scripted-steps.ts";

/** How long a scripted step may take. */
export const TIMEOUT_MS = 120_000;

/** One run of steps that do as they are told; `evaluation` can be given on to a second one, as a cache folder is. */
export function begin(steps: readonly Step[], change: Partial<Execution> = {}) {
  const scripted = createScriptedSteps();
  const events: RunEvent[] = [];
  const remembered: string[] = [];
  const failures: string[] = [];
  const clock = createStandingClock();
  const evaluation = makeEvaluation();
  const execution: Execution = {
    evaluation,
    runStep: scripted.runStep,
    judge: () => [],
    kindOf: () => ({ attempts: 1, timeoutMs: TIMEOUT_MS }),
    remember: ({ id }, { output }) => remembered.push(`${id} ${output.values.text}`),
    rememberFailure: ({ id }, key) => failures.push(`${id} ${key}`),
    lastDuration: () => undefined,
    wordFault: () => undefined,
    emit: (event) => events.push(event),
    clock,
    random: () => 0,
    locks: createLocks(path.join(makeFolder(), "locks"), identifyProcess(), "apply in /here"),
    locksOf: () => [],
    limits: { jobs: 4, cpu: 4, network: 4, engine: 4, tags: 1 },
    keepGoing: false,
    signal: new AbortController().signal,
    ...change,
  };
  const ended = execute({ steps }, execution);
  return {
    ...scripted,
    events,
    remembered,
    failures,
    clock,
    evaluation: execution.evaluation,
    ended,
  };
}

/** The events in few words. */
export function told(events: readonly RunEvent[]): readonly string[] {
  return events.map((event) => {
    if (event.type === "step-finished") return `${event.step.id} ${event.outcome.status}`;
    return "step" in event ? `${event.type} ${event.step.id}` : event.type;
  });
}

export function statuses(outcomes: ReadonlyMap<string, Outcome>): string {
  return [...outcomes].map(([id, { status }]) => `${id}:${status}`).join(" ");
}

/** The key of a scripted step, where each that it needs made what its id says. */
export function keyOfStep(step: Step) {
  const digests = step.needs.map((id) => [id, makeOutput(id).digest] as const);
  return keyOf(fingerprint(step, 1, Object.fromEntries(digests)));
}

/** Writes down what a step made, as a run that ended well does. */
export async function record(evaluation: Evaluation, step: Step, output: StepOutput = makeOutput(step.id)) {
  await evaluation.cacheOf(step).put(keyOfStep(step), output);
}
