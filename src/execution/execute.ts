import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { Digest } from "../model/digest.ts";
import type { Reason, RunEvent, StepActivity } from "../model/event.ts";
import type { Graph } from "../model/graph.ts";
import type { Clock } from "../model/host.ts";
import { type Locks, LockTimeout, type Release } from "../model/locks.ts";
import type { Outcome, StepOutput } from "../model/outcome.ts";
import { fail, type Result } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepKind } from "../model/step-kind.ts";
import { type Evaluated, type Evaluation, evaluateStep } from "../plan/evaluate-step.ts";
import type { Fingerprint } from "../plan/fingerprint.ts";
import { pauseBeforeRetry, transientFault } from "./retry.ts";
import { createSchedule, type Limits } from "./schedule.ts";

type Untimed<T> = T extends unknown ? Omit<T, "timeMs"> : never;
type Emit = (event: Untimed<RunEvent>) => void;

/** How the steps reach the world; everything a test replaces. */
export type Execution = {
  readonly evaluation: Evaluation;
  readonly runStep: (step: Step, run: StepRun) => Promise<Result<StepOutput>>;
  /** What is to be said of an output each time that it is used. With an error among it, the step has failed. */
  readonly judge: (step: Step, output: StepOutput) => readonly Diagnostic[];
  readonly kindOf: (step: Step) => Pick<StepKind, "attempts" | "timeoutMs">;
  /** Told of every step that has an output, so that the next plan can say what changed since. */
  readonly remember: (step: Step, success: Success) => void;
  readonly rememberFailure: (step: Step, key: Digest) => void;
  /** How long a step took when it last ran, in milliseconds; undefined where nobody knows. */
  readonly lastDuration: (stepId: string) => number | undefined;
  /** Words what went wrong in the world; undefined for a bug. */
  readonly wordFault: (error: unknown) => Diagnostic | undefined;
  readonly emit: (event: RunEvent) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly locks: Locks;
  /** What a step must hold alone while it runs; two runs of the same key would do the same work twice. */
  readonly locksOf: (step: Step, key: Digest) => readonly string[];
  /** Undefined: waits as long as it takes. */
  readonly lockTimeoutMs?: number;
  readonly limits: Limits;
  readonly keepGoing: boolean;
  readonly signal: AbortSignal;
};

export type Success = {
  readonly key: Digest;
  readonly fingerprint: Fingerprint;
  readonly output: StepOutput;
  /** Left out where the step did not run. */
  readonly durationMs?: number;
};

/** What a running step is given besides its inputs. */
export type StepRun = {
  readonly outputOf: (stepId: string) => StepOutput;
  readonly report: (activity: StepActivity) => void;
  readonly warn: (diagnostic: Diagnostic) => void;
  /** Fires when the run is interrupted, and when the step has taken too long. */
  readonly signal: AbortSignal;
};

/** Runs what must run, in an order that respects the graph, and says how each step ended. Rejects only for our own bugs. */
export async function execute(graph: Graph, execution: Execution): Promise<ReadonlyMap<string, Outcome>> {
  const { clock, limits, keepGoing, signal } = execution;
  const began = clock.monotonic();
  const emit: Emit = (event) => execution.emit({ ...event, timeMs: clock.monotonic() - began } as RunEvent);
  const outputs = new Map<string, StepOutput>();
  const underWay = new Map<string, Promise<Settled>>();
  const schedule = createSchedule(graph, { limits, keepGoing, lastDuration: execution.lastDuration });
  emit({ type: "plan-ready", steps: graph.steps });
  if (signal.aborted) schedule.stop();
  for (;;) {
    for (const step of schedule.startReady())
      underWay.set(step.id, withFaults(step, execution, settleJudged(step, outputs, execution, emit)));
    if (underWay.size === 0) break;
    const { step, outcome } = await Promise.race(underWay.values());
    underWay.delete(step.id);
    if ("output" in outcome) outputs.set(step.id, outcome.output);
    schedule.settle(step.id, outcome);
    emit({ type: "step-finished", step, outcome });
    if (signal.aborted) schedule.stop();
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
    if (execution.signal.aborted) return { step, outcome: { status: "cancelled" } };
    const fault = error instanceof LockTimeout ? wordLockTimeout(step, error) : execution.wordFault(error);
    if (fault === undefined) throw error;
    return { step, outcome: { status: "failed", diagnostics: [fault], durationMs: 0 } };
  }
}

function wordLockTimeout(step: Step, { owner, message }: LockTimeout): Diagnostic {
  return errorDiagnostic("lock/timed-out", `\`${step.id}\` waits for another run: ${message}`, {
    hint: owner.isHere
      ? `let it finish, end it with \`kill ${owner.pid}\`, or wait longer with \`--lock-timeout 1h\``
      : `let it finish there, or wait longer with \`--lock-timeout 1h\``,
  });
}

/** What was made stays made and is remembered, whatever is said of it. */
async function settleJudged(
  step: Step,
  outputs: ReadonlyMap<string, StepOutput>,
  execution: Execution,
  emit: Emit,
): Promise<Settled> {
  const settled = await settleStep(step, outputs, execution, emit);
  const { outcome } = settled;
  if (!("output" in outcome)) return settled;
  const told = execution.judge(step, outcome.output);
  if (told.some(({ severity }) => severity === "error")) {
    const durationMs = "durationMs" in outcome ? outcome.durationMs : 0;
    return { step, outcome: { status: "failed", diagnostics: told, durationMs } };
  }
  for (const diagnostic of told) emit({ type: "diagnostic", diagnostic });
  return settled;
}

async function settleStep(
  step: Step,
  outputs: ReadonlyMap<string, StepOutput>,
  execution: Execution,
  emit: Emit,
): Promise<Settled> {
  const evaluate = () => evaluateStep(step, outputs, execution.evaluation);
  const before = await evaluate();
  if (before.verdict === "fresh") return { step, outcome: await settleFresh(step, before, execution, emit) };
  const release = await acquireAll(step, before.key, execution, emit);
  try {
    // Whoever held the lock may have made it meanwhile.
    const now = await evaluate();
    if (now.verdict === "fresh") return { step, outcome: await settleFresh(step, now, execution, emit) };
    if (now.verdict === "restore") {
      const restored = await restore(step, now, execution);
      if (restored !== undefined) return { step, outcome: restored };
    }
    const because = now.verdict === "run" ? now.because : [gone(now.from)];
    return { step, outcome: await runAndRecord(step, now, because, outputs, execution, emit) };
  } finally {
    await release();
  }
}

type EvaluatedAs<Verdict> = Extract<Evaluated, { readonly verdict: Verdict }>;

async function settleFresh(
  step: Step,
  { key, fingerprint, output, isForeseen }: EvaluatedAs<"fresh">,
  execution: Execution,
  emit: Emit,
): Promise<Outcome> {
  // What no record names is garbage one day.
  if (isForeseen) await record(step, key, output, execution, emit);
  execution.remember(step, { key, fingerprint, output });
  return { status: "fresh", output, ...savedBy(step, execution) };
}

function gone(from: string): Reason {
  return { type: "gone", what: `what ${from} has of it` };
}

/** Takes what another machine made; undefined where it does not come whole. */
async function restore(
  step: Step,
  { key, fingerprint, hit, from }: EvaluatedAs<"restore">,
  execution: Execution,
): Promise<Outcome | undefined> {
  const began = execution.clock.monotonic();
  if (!(await hit.restore())) return undefined;
  if ((await execution.evaluation.findMissing(step, hit.output)) !== undefined) return undefined;
  execution.remember(step, { key, fingerprint, output: hit.output });
  const durationMs = execution.clock.monotonic() - began;
  return { status: "restored", output: hit.output, from, durationMs, ...savedBy(step, execution) };
}

/** What is resolved stands in the lock: no cache saves that. */
function savedBy({ id, kind }: Step, { lastDuration }: Execution): { readonly savedMs?: number } {
  const savedMs = kind === "lock" ? undefined : lastDuration(id);
  return savedMs === undefined ? {} : { savedMs };
}

/** Holds all locks of a step; in the same order everywhere, so that two runs never wait for each other. */
async function acquireAll(step: Step, key: Digest, execution: Execution, emit: Emit): Promise<Release> {
  const held: Release[] = [];
  const release = async (): Promise<void> => {
    for (const one of held.toReversed()) await one();
  };
  try {
    for (const name of [...execution.locksOf(step, key)].sort()) {
      const acquired = await execution.locks.acquire(name, {
        signal: execution.signal,
        ...(execution.lockTimeoutMs !== undefined && { timeoutMs: execution.lockTimeoutMs }),
        onWait: (owner) => emit({ type: "step-waiting", step, owner }),
      });
      held.push(acquired);
    }
    return release;
  } catch (error) {
    await release();
    throw error;
  }
}

/** Only a success leaves a record, and only once all that it names is in place. */
async function runAndRecord(
  step: Step,
  { key, fingerprint, failureKey }: Evaluated,
  because: readonly Reason[],
  outputs: ReadonlyMap<string, StepOutput>,
  execution: Execution,
  emit: Emit,
): Promise<Outcome> {
  emit({ type: "step-started", step, because });
  const outcome = await runStep(step, outputs, execution, emit);
  if (outcome.status === "failed") execution.rememberFailure(step, failureKey);
  if (outcome.status === "succeeded") {
    await record(step, key, outcome.output, execution, emit);
    execution.remember(step, { key, fingerprint, output: outcome.output, durationMs: outcome.durationMs });
  }
  return outcome;
}

/** What was made is right, even where nobody can write down that it was. */
async function record(
  step: Step,
  key: Digest,
  output: StepOutput,
  { evaluation, wordFault }: Execution,
  emit: Emit,
): Promise<void> {
  try {
    await evaluation.cacheOf(step).put(key, output);
  } catch (error) {
    const fault = wordFault(error);
    if (fault === undefined) throw error;
    const message = `\`${step.id}\` succeeded, but was not saved in the cache: ${fault.message}`;
    const hint = fault.hint === undefined ? {} : { hint: fault.hint };
    emit({ type: "diagnostic", diagnostic: warningDiagnostic("cache/not-recorded", message, hint) });
  }
}

async function runStep(
  step: Step,
  outputs: ReadonlyMap<string, StepOutput>,
  execution: Execution,
  emit: Emit,
): Promise<Outcome> {
  const { clock, signal } = execution;
  const began = clock.monotonic();
  const { result, isLate } = await withinTime(step, execution, (stepSignal) =>
    withRetries(step, execution, emit, stepSignal, () =>
      execution.runStep(step, {
        outputOf: (id) => demandOutput(outputs, id),
        report: (activity) => emit({ type: "step-output", step, activity }),
        warn: (diagnostic) => emit({ type: "diagnostic", diagnostic }),
        signal: stepSignal,
      }),
    ),
  );
  const durationMs = clock.monotonic() - began;
  if (signal.aborted) return { status: "cancelled" };
  if (isLate) return { status: "failed", diagnostics: [wordTimeout(step, execution)], durationMs };
  if (!result.ok) return { status: "failed", diagnostics: result.diagnostics, durationMs };
  for (const diagnostic of result.warnings) emit({ type: "diagnostic", diagnostic });
  return { status: "succeeded", output: result.value, durationMs };
}

type InTime = { readonly result: Result<StepOutput>; readonly isLate: boolean };

/** Asks a step to end when its time is up, as if it were interrupted; it is still waited for. */
async function withinTime(
  step: Step,
  { clock, kindOf, signal, wordFault }: Execution,
  act: (signal: AbortSignal) => Promise<Result<StepOutput>>,
): Promise<InTime> {
  const late = new AbortController();
  const done = new AbortController();
  const watch = clock.sleep(kindOf(step).timeoutMs, done.signal).then(
    () => late.abort(),
    () => {},
  );
  try {
    const result = await act(AbortSignal.any([signal, late.signal]));
    return { result, isLate: late.signal.aborted && !result.ok };
  } catch (error) {
    if (!late.signal.aborted || !(isAbort(error) || wordFault(error) !== undefined)) throw error;
    return { result: fail(), isLate: true };
  } finally {
    done.abort();
    await watch;
  }
}

/** What Node rejects with when a signal ends what was waited for. */
function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function wordTimeout(step: Step, { kindOf }: Execution): Diagnostic {
  const minutes = kindOf(step).timeoutMs / 60_000;
  return errorDiagnostic("step/timed-out", `\`${step.id}\` did not end within ${minutes} minutes`, {
    hint: "add `--progress plain` to see what it is doing",
  });
}

/** Tries again what failed by the world's fault, as often as its kind allows, after longer and longer pauses. */
async function withRetries(
  step: Step,
  { clock, random, kindOf, signal }: Execution,
  emit: Emit,
  stepSignal: AbortSignal,
  attempt: () => Promise<Result<StepOutput>>,
): Promise<Result<StepOutput>> {
  const { attempts } = kindOf(step);
  for (let tried = 1; ; tried += 1) {
    const result = await attempt();
    const fault = result.ok ? undefined : transientFault(result.diagnostics);
    if (fault === undefined || tried >= attempts || stepSignal.aborted) return result;
    const pauseMs = pauseBeforeRetry(fault, tried, random());
    emit({ type: "diagnostic", diagnostic: wordRetry(fault, tried, attempts, pauseMs) });
    await clock.sleep(pauseMs, stepSignal).catch((error: unknown) => {
      if (!stepSignal.aborted && !signal.aborted) throw error;
    });
    if (stepSignal.aborted) return result;
  }
}

function wordRetry(fault: Diagnostic, tried: number, attempts: number, pauseMs: number): Diagnostic {
  const seconds = (pauseMs / 1000).toFixed(1);
  return warningDiagnostic(
    "step/tried-again",
    `${fault.message}; trying again in ${seconds} s (${tried + 1} of ${attempts})`,
    { hint: "nothing to do: this run tries again by itself" },
  );
}

function demandOutput(outputs: ReadonlyMap<string, StepOutput>, id: string): StepOutput {
  const output = outputs.get(id);
  if (output === undefined)
    throw new Error(`the output of ${id} was asked for, but it is not among the needs`);
  return output;
}
