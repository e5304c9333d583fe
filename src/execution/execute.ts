import type { Diagnostic } from "../model/diagnostic.ts";
import type { Digest } from "../model/digest.ts";
import type { Reason, RunEvent, StepActivity } from "../model/event.ts";
import type { Graph } from "../model/graph.ts";
import type { Clock } from "../model/host.ts";
import type { Outcome, StepOutput } from "../model/outcome.ts";
import type { Result } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import { type Evaluation, evaluateStep } from "../plan/evaluate-step.ts";
import type { Fingerprint } from "../plan/fingerprint.ts";
import {
  createSchedule,
  isFinished,
  type Limits,
  readySteps,
  type Schedule,
  settle,
  start,
  stop,
} from "./schedule.ts";

type Untimed<T> = T extends unknown ? Omit<T, "timeMs"> : never;

/** How the steps reach the world; everything a test replaces. */
export type Execution = {
  readonly evaluation: Evaluation;
  readonly runStep: (step: Step, run: StepRun) => Promise<Result<StepOutput>>;
  /** Told of every step that has an output, so that the next plan can say what changed since. */
  readonly remember: (step: Step, key: Digest, fingerprint: Fingerprint, output: StepOutput) => void;
  /** Words what went wrong in the world; undefined for a bug. */
  readonly wordFault: (error: unknown) => Diagnostic | undefined;
  readonly emit: (event: RunEvent) => void;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly keepGoing: boolean;
  readonly signal: AbortSignal;
};

/** What a running step is given besides its inputs. */
export type StepRun = {
  readonly outputOf: (stepId: string) => StepOutput;
  readonly report: (activity: StepActivity) => void;
  readonly warn: (diagnostic: Diagnostic) => void;
};

/** Runs what must run, in an order that respects the graph, and says how each step ended. Rejects only for our own bugs. */
export async function execute(graph: Graph, execution: Execution): Promise<ReadonlyMap<string, Outcome>> {
  const began = execution.clock.monotonic();
  const emit = (event: Untimed<RunEvent>): void =>
    execution.emit({ ...event, timeMs: execution.clock.monotonic() - began } as RunEvent);
  const outputs = new Map<string, StepOutput>();
  const underWay = new Map<string, Promise<Settled>>();
  let schedule: Schedule = createSchedule(graph, execution.limits, execution.keepGoing);
  emit({ type: "plan-ready", steps: graph.steps });
  if (execution.signal.aborted) schedule = stop(schedule);
  while (!isFinished(schedule)) {
    for (const step of readySteps(schedule)) {
      schedule = start(schedule, step.id);
      underWay.set(step.id, withFaults(step, execution, settleStep(step, outputs, execution, emit)));
    }
    const { step, outcome } = await Promise.race(underWay.values());
    underWay.delete(step.id);
    if ("output" in outcome) outputs.set(step.id, outcome.output);
    schedule = settle(schedule, step.id, outcome);
    emit({ type: "step-finished", step, outcome });
    if (execution.signal.aborted) schedule = stop(schedule);
  }
  emit({ type: "run-finished", outcomes: schedule.outcomes });
  return schedule.outcomes;
}

type Settled = { readonly step: Step; readonly outcome: Outcome };

/** A fault of the world around a step is that step's failure; a bug of ours is thrown on. */
async function withFaults(step: Step, execution: Execution, settling: Promise<Settled>): Promise<Settled> {
  try {
    return await settling;
  } catch (error) {
    const fault = execution.wordFault(error);
    if (fault === undefined) throw error;
    return { step, outcome: { status: "failed", diagnostics: [fault], durationMs: 0 } };
  }
}

async function settleStep(
  step: Step,
  outputs: ReadonlyMap<string, StepOutput>,
  execution: Execution,
  emit: (event: Untimed<RunEvent>) => void,
): Promise<Settled> {
  const evaluated = await evaluateStep(step, outputs, execution.evaluation);
  if (evaluated.verdict === "fresh") {
    execution.remember(step, evaluated.key, evaluated.fingerprint, evaluated.output);
    return { step, outcome: { status: "fresh", output: evaluated.output } };
  }
  const outcome = await runStep(step, evaluated.because, outputs, execution, emit);
  if (outcome.status === "succeeded") {
    await execution.evaluation.cache.put(evaluated.key, outcome.output);
    execution.remember(step, evaluated.key, evaluated.fingerprint, outcome.output);
  }
  return { step, outcome };
}

async function runStep(
  step: Step,
  because: readonly Reason[],
  outputs: ReadonlyMap<string, StepOutput>,
  execution: Execution,
  emit: (event: Untimed<RunEvent>) => void,
): Promise<Outcome> {
  const began = execution.clock.monotonic();
  emit({ type: "step-started", step, because });
  const result = await execution.runStep(step, {
    outputOf: (id) => demandOutput(outputs, id),
    report: (activity) => emit({ type: "step-output", step, activity }),
    warn: (diagnostic) => emit({ type: "diagnostic", diagnostic }),
  });
  const durationMs = execution.clock.monotonic() - began;
  if (execution.signal.aborted) return { status: "cancelled" };
  if (!result.ok) return { status: "failed", diagnostics: result.diagnostics, durationMs };
  for (const diagnostic of result.warnings) emit({ type: "diagnostic", diagnostic });
  return { status: "succeeded", output: result.value, durationMs };
}

function demandOutput(outputs: ReadonlyMap<string, StepOutput>, id: string): StepOutput {
  const output = outputs.get(id);
  if (output === undefined)
    throw new Error(`the output of ${id} was asked for, but it is not among the needs`);
  return output;
}
