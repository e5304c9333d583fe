import path from "node:path";
import { execute, type StepRun } from "../execution/execute.ts";
import { type Manifest, type ManifestEntry, writeManifest } from "../execution/manifest.ts";
import type { Limits } from "../execution/schedule.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Graph } from "../model/graph.ts";
import { NetworkError } from "../model/host.ts";
import type { Outcome, StepOutput } from "../model/outcome.ts";
import { fail, type Result } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import { STEP_KINDS } from "../steps/index.ts";
import { InputChanged } from "../steps/output-files.ts";
import type { Assembly } from "./assemble.ts";
import type { Package } from "./open-package.ts";
import { placeDiagnostics } from "./place-diagnostics.ts";
import { createReporter, type Session } from "./session.ts";

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
      runStep: async (step, run) => placed(await runStep(step, run, session, assembly), opened, session),
      remember: (step, key, fingerprint, output) => {
        made[step.id] = { key, fingerprint, output };
      },
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
  return { jobs, cpu: jobs, network: jobs, engine: Math.min(jobs, 4) };
}

async function rememberRun(assembly: Assembly, made: Manifest, { host }: Session): Promise<void> {
  const { manifest, manifestPath } = assembly;
  const isKnown = Object.entries(made).every(([id, { key }]) => manifest[id]?.key === key);
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
    return await STEP_KINDS[step.kind].run(step, { ...assembly.contextOf(step), ...run, makeWorkDirectory });
  } catch (error) {
    if (session.signal.aborted) return fail();
    return fail(wordFault(error));
  } finally {
    await Promise.all(workDirectories.map((directory) => files.remove(directory)));
  }
}

const DISK_FAULTS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "your disk quota is used up",
  EROFS: "the disk is read-only",
  EACCES: "this user may not write there",
  EPERM: "this user may not write there",
};

/** What goes wrong in the world around a step; anything else is a bug of ours and is thrown on. */
function wordFault(error: unknown): Diagnostic {
  if (error instanceof InputChanged) {
    return errorDiagnostic("step/input-changed", error.message, {
      hint: "apply again once it stays as it is",
    });
  }
  if (error instanceof NetworkError) {
    return errorDiagnostic("engine/unreachable", `the engine stopped answering: ${error.message}`);
  }
  const { code, path: place } = error as NodeJS.ErrnoException;
  const fault = DISK_FAULTS[code ?? ""];
  if (fault === undefined) throw error;
  return errorDiagnostic("step/not-written", `${fault}${place === undefined ? "" : `: \`${place}\``}`, {
    hint:
      code === "ENOSPC"
        ? "make room, or move the cache with `MLPACKAGE_CACHE_DIR`"
        : "check the folder's owner and permissions",
  });
}

async function placed(
  result: Result<StepOutput>,
  opened: Package,
  { host }: Session,
): Promise<Result<StepOutput>> {
  return result.ok ? result : fail(...(await placeDiagnostics(result.diagnostics, opened, host)));
}
