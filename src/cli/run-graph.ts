import path from "node:path";
import { execute, type StepRun } from "../execution/execute.ts";
import type { Limits } from "../execution/schedule.ts";
import { warningDiagnostic } from "../model/diagnostic.ts";
import type { Graph } from "../model/graph.ts";
import { LockTimeout } from "../model/locks.ts";
import type { Outcome, StepOutput } from "../model/outcome.ts";
import { fail, type Result } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import { combineReporters } from "../report/combine-reporters.ts";
import { STEP_KINDS } from "../steps/index.ts";
import type { Assembly } from "./assemble.ts";
import { lockName } from "./lock-name.ts";
import type { Package } from "./open-package.ts";
import type { Outlet } from "./outlet.ts";
import { placeDiagnostics } from "./place-diagnostics.ts";
import type { Recording } from "./recording.ts";
import { createRunMemory } from "./remember-run.ts";
import { createReporter, type Session } from "./session.ts";
import { recordTrace } from "./trace-file.ts";
import { wordFault } from "./word-fault.ts";

export type RunOptions = {
  readonly jobs: number;
  readonly keepGoing: boolean;
  /** How long to wait for another run, in milliseconds; undefined for as long as it takes. */
  readonly lockTimeoutMs?: number | undefined;
  /** A file for a trace of the run. */
  readonly trace?: string | undefined;
  readonly recordings?: readonly Recording[];
};

const LATER = "try again when the other run has ended";

const UNWRITTEN = {
  trace: ["trace/not-written", "the trace is not written"],
  junit: ["junit/not-written", "the JUnit report is not written"],
  report: ["report/not-written", "the report is not written"],
  summary: ["summary/not-written", "the summary of the job is not written"],
} as const;

/** Runs a graph with a reporter beside it, and writes down what was made. */
export async function runGraph(
  session: Session,
  opened: Package,
  assembly: Assembly,
  graph: Graph,
  { jobs, keepGoing, lockTimeoutMs, trace, recordings = [] }: RunOptions,
): Promise<ReadonlyMap<string, Outcome>> {
  const { host, signal } = session;
  const { manifest, outlet, sharedCache } = assembly;
  const recorded = [recordTrace(session, trace), ...recordings];
  const progress = await createReporter(session);
  const reporter = combineReporters(progress, ...recorded.map((recording) => recording.reporter));
  const began = host.clock.monotonic();
  outlet.tellTo((diagnostic) =>
    reporter.handle({ type: "diagnostic", diagnostic, timeMs: host.clock.monotonic() - began }),
  );
  const memory = createRunMemory(assembly, session);
  try {
    return await execute(graph, {
      evaluation: assembly.evaluation,
      runStep: async (step, run) =>
        placed(step, await runStep(step, run, session, assembly), opened, session),
      judge: assembly.judge,
      kindOf: (step) => STEP_KINDS[step.kind],
      remember: memory.remember,
      rememberFailure: memory.rememberFailure,
      lastDuration: (id) => manifest.steps[id]?.durationMs,
      wordFault,
      emit: reporter.handle,
      clock: host.clock,
      random: host.random,
      locks: host.locks,
      locksOf: (step, key) => [key, ...exclusiveLocks(step, opened)].map(lockName),
      ...(lockTimeoutMs !== undefined && { lockTimeoutMs }),
      limits: limitsOf(jobs),
      keepGoing,
      signal,
    });
  } finally {
    await sharedCache?.finish();
    await orWarn(outlet, "cache/not-recorded", "this run is not remembered", async () => {
      await opened.rememberDocument();
      if (await memory.save()) await tidyUp(session);
    });
    for (const recording of recorded) {
      recording.reporter.close();
      const [code, what] = UNWRITTEN[recording.kind];
      await orWarn(outlet, code, what, recording.save);
    }
    progress.close();
  }
}

/** A run that could not write down what it learned is as good: its outcome is what counts. */
async function orWarn({ warn }: Outlet, code: string, what: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const fault = error instanceof LockTimeout ? { message: error.message, hint: LATER } : wordFault(error);
    if (fault === undefined) throw error;
    const { message, hint } = fault;
    warn(warningDiagnostic(code, `${what}: ${message}`, { ...(hint !== undefined && { hint }) }));
  }
}

/** Keeps the cache below its limit; loaded by runs alone that have put something into it. */
async function tidyUp({ host, cacheDirectory }: Session): Promise<void> {
  const { collectGarbageIfDue } = await import("../caches/collect-garbage.ts");
  const { files, clock, identity } = host;
  await collectGarbageIfDue({ directory: cacheDirectory, files, clock, isAlive: identity.isAlive });
}

/** A path means another thing in each package; the engine's tags and a registry's repositories are everybody's. */
function exclusiveLocks({ exclusive, pool }: Step, { config }: Package): readonly string[] {
  if (exclusive === undefined) return [];
  return [pool === "cpu" ? path.join(config.directory, exclusive) : exclusive];
}

/** BuildKit and the disk gain nothing from many builds at once; hashing and small requests do. */
function limitsOf(jobs: number): Limits {
  return { jobs, cpu: jobs, network: jobs, engine: Math.min(jobs, 4), tags: 1 };
}

async function runStep(
  step: Step,
  run: StepRun,
  session: Session,
  assembly: Assembly,
): Promise<Result<StepOutput>> {
  const { files, identity } = session.host;
  const workDirectories: string[] = [];
  const makeWorkDirectory = async (): Promise<string> => {
    const made = await files.makeTemporaryDirectory(
      path.join(session.cacheDirectory, "work", identity.id),
      `${step.kind}-`,
    );
    workDirectories.push(made);
    return made;
  };
  try {
    const lastOutput = assembly.manifest.steps[step.id]?.output;
    const context = { ...assembly.context, ...run, lastOutput, makeWorkDirectory };
    return await STEP_KINDS[step.kind].run(step, context);
  } catch (error) {
    if (run.signal.aborted) return fail();
    const fault = wordFault(error);
    if (fault === undefined) throw error;
    return fail(fault);
  } finally {
    await Promise.all(workDirectories.map((directory) => files.remove(directory)));
  }
}

/** The steps that each stand for one entry of the file. */
const STEPS_OF_AN_ENTRY: ReadonlySet<string> = new Set([
  "fetch",
  "unpack",
  "scan",
  "layer",
  "upload",
  "push",
  "attest",
  "save",
]);

/** What names no place of its own has gone wrong at the step's entry, where it has one. */
async function placed(
  step: Step,
  result: Result<StepOutput>,
  opened: Package,
  { host }: Session,
): Promise<Result<StepOutput>> {
  if (result.ok) return result;
  const diagnostics = await placeDiagnostics(result.diagnostics, opened, host);
  const { kind, location: entry } = step;
  if (entry === undefined || !STEPS_OF_AN_ENTRY.has(kind)) return fail(...diagnostics);
  return fail(
    ...diagnostics.map((diagnostic) => ({ ...diagnostic, location: diagnostic.location ?? entry })),
  );
}
