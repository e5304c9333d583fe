import path from "node:path";
import { execute, type StepRun } from "../execution/execute.ts";
import { type Manifest, type ManifestEntry, writeManifest } from "../execution/manifest.ts";
import type { Limits } from "../execution/schedule.ts";
import type { Graph } from "../model/graph.ts";
import type { Outcome, StepOutput } from "../model/outcome.ts";
import { fail, type Result } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import { STEP_KINDS } from "../steps/index.ts";
import type { Assembly } from "./assemble.ts";
import type { Package } from "./open-package.ts";
import { placeDiagnostics } from "./place-diagnostics.ts";
import { createReporter, type Session } from "./session.ts";
import { wordFault } from "./word-fault.ts";

export type RunOptions = { readonly jobs: number; readonly keepGoing: boolean };

/** Runs a graph with a reporter beside it, and writes down what was made. */
export async function runGraph(
  session: Session,
  opened: Package,
  assembly: Assembly,
  graph: Graph,
  { jobs, keepGoing }: RunOptions,
): Promise<ReadonlyMap<string, Outcome>> {
  const { host, signal } = session;
  const reporter = await createReporter(session);
  const made: Record<string, ManifestEntry> = {};
  try {
    return await execute(graph, {
      evaluation: assembly.evaluation,
      runStep: async (step, run) =>
        placed(step, await runStep(step, run, session, assembly), opened, session),
      remember: (step, key, fingerprint, output) => {
        made[step.id] = { key, fingerprint, output };
      },
      wordFault,
      emit: reporter.handle,
      clock: host.clock,
      limits: limitsOf(jobs),
      keepGoing,
      signal,
    });
  } finally {
    reporter.close();
    await rememberRun(assembly, made, session);
  }
}

/** BuildKit and the disk gain nothing from many builds at once; hashing and small requests do. */
function limitsOf(jobs: number): Limits {
  return { jobs, cpu: jobs, network: jobs, engine: Math.min(jobs, 4), tags: 1 };
}

async function rememberRun(assembly: Assembly, made: Manifest, { host }: Session): Promise<void> {
  const { manifest, manifestPath } = assembly;
  const isKnown = Object.entries(made).every(
    ([id, { key, output }]) => manifest[id]?.key === key && manifest[id]?.output.digest === output.digest,
  );
  if (!isKnown) await writeManifest(manifestPath, { ...manifest, ...made }, host.files);
}

async function runStep(
  step: Step,
  run: StepRun,
  session: Session,
  assembly: Assembly,
): Promise<Result<StepOutput>> {
  const { files } = session.host;
  const workDirectories: string[] = [];
  const makeWorkDirectory = async (): Promise<string> => {
    const made = await files.makeTemporaryDirectory(
      path.join(session.cacheDirectory, "work"),
      `${step.kind}-`,
    );
    workDirectories.push(made);
    return made;
  };
  try {
    return await STEP_KINDS[step.kind].run(step, { ...assembly.contextOf(), ...run, makeWorkDirectory });
  } catch (error) {
    if (session.signal.aborted) return fail();
    const fault = wordFault(error);
    if (fault === undefined) throw error;
    return fail(fault);
  } finally {
    await Promise.all(workDirectories.map((directory) => files.remove(directory)));
  }
}

/** The steps that each stand for one entry of the file. */
const STEPS_OF_AN_ENTRY: ReadonlySet<string> = new Set(["fetch", "push", "save"]);

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
