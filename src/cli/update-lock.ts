import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Graph } from "../model/graph.ts";
import type { LockFile } from "../model/lock-file.ts";
import { failuresOf, type Outcome } from "../model/outcome.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { isCondaUnlocked, lockedModelFor } from "../plan/compare-lock.ts";
import { makeLock, type Resolved } from "../plan/make-lock.ts";
import { select } from "../plan/select.ts";
import { LOCK, packagesOfLock } from "../steps/lock.ts";
import { condaOfLock, LOCK_OF_CONDA } from "../steps/lock-conda.ts";
import type { Assembly } from "./assemble.ts";
import { demandSecrets } from "./demand-secrets.ts";
import { isInCI } from "./in-ci.ts";
import { writeLock } from "./lock-file.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import type { Package } from "./open-package.ts";
import { placeDiagnostics } from "./place-diagnostics.ts";
import { type RunOptions, runGraph } from "./run-graph.ts";
import { type Session, tell } from "./session.ts";
import { warnOfNoTool, wordOtherTool, wordToolChanges } from "./word-other-tool.ts";

export type LockOptions = {
  /** `--frozen`, `--no-frozen`, or neither. */
  readonly frozen?: boolean | undefined;
  /** Whether what the lock lacks can be found out now; what it says of mlpackage can be in any case. */
  readonly canResolve?: boolean;
};

const UNFROZEN_HINT = ", or go on with `--no-frozen`";

/**
 * Sees to it that the lock answers the configuration: resolves what it lacks and writes it, or refuses where it is
 * frozen. Tells whether it was changed, so that all has to be pinned again.
 *
 * Errors: `cli/stale-lock`, `cli/other-mlpackage`.
 */
export async function updateLock(
  session: Session,
  opened: Package,
  assembly: Assembly,
  graph: Graph,
  options: RunOptions & LockOptions,
): Promise<Result<boolean>> {
  const { lock } = assembly;
  const refused = await findRefused(session, opened, assembly, options);
  if (refused.length > 0) return fail(...refused);
  const differs = lock.unlocked.length > 0 || lock.toolChanges.length > 0;
  const frozen = isFrozen(session, assembly, options);
  if (frozen && differs) assembly.outlet.warn(warnOfNoTool(lock));
  if (frozen || !differs) {
    await lock.remember();
    return succeed(false);
  }
  const shared = { what: "the lock", path: lock.path, doing: "resolves the same" };
  return oneAtATime(session, shared, options, async () => {
    const before = await session.host.files.readText(lock.path).catch(() => "");
    // Whoever was waited for may have resolved the same.
    if (before !== lock.text) return succeed(true);
    // The trace is of the run that follows.
    const resolved = await resolve(session, opened, assembly, graph, { ...options, trace: undefined });
    if (!resolved.ok) return resolved;
    const written = await writeLock(resolved.value);
    if (!written.ok || written.value === before) return written.ok ? succeed(false) : written;
    await session.host.files.writeAtomically(lock.path, written.value);
    tell(session, `${before === "" ? "wrote" : "brought up to date"}: ${lock.name}`);
    if (lock.toolChanges.length > 0) for (const line of wordToolChanges(lock)) tell(session, `  ${line}`);
    return succeed(true);
  });
}

/** In CI nobody could commit a changed lock, and what is set for one call is not what the lock is for. */
function isFrozen({ options: { set }, host }: Session, { lock }: Assembly, { frozen }: LockOptions): boolean {
  return frozen ?? (isInCI(host.environment) || (set.length > 0 && lock.lock !== undefined));
}

/** What keeps a lock that may not be changed from being used. That an older one says nothing of mlpackage does not. */
async function findRefused(
  session: Session,
  opened: Package,
  assembly: Assembly,
  options: LockOptions,
): Promise<readonly Diagnostic[]> {
  const { lock } = assembly;
  const { canResolve = true } = options;
  const frozen = isFrozen(session, assembly, options);
  const unfrozen = options.frozen === true ? "" : UNFROZEN_HINT;
  const isOther = lock.lock?.mlpackage !== undefined && lock.toolChanges.length > 0;
  const stale = frozen || !canResolve ? wordStale(lock, opened.profiles, canResolve ? unfrozen : "") : [];
  return [
    ...(await placeDiagnostics(stale, opened, session.host)),
    ...(frozen && isOther ? [wordOtherTool(lock, unfrozen)] : []),
  ];
}

function wordStale(
  { name, unlocked }: Assembly["lock"],
  profiles: readonly string[],
  unfrozen: string,
): readonly Diagnostic[] {
  const command = ["mlpackage lock", ...profiles].join(" --profile ");
  return unlocked.map(({ pointer, message }) =>
    errorDiagnostic("cli/stale-lock", message, {
      ...(pointer !== "" && { path: pointer }),
      hint: `type \`${command}\` to update \`${name}\`, and commit it${unfrozen}`,
    }),
  );
}

/** Runs the steps that find out what pinning does not know, as far as they are in the graph. */
export async function resolve(
  session: Session,
  opened: Package,
  assembly: Assembly,
  graph: Graph,
  options: RunOptions,
): Promise<Result<LockFile>> {
  const { lock, pins } = assembly;
  const { config } = opened;
  const remote = config.models.filter(
    (model, index) => pins.models[index]?.scheme !== "file" && lockedModelFor(model, lock.lock) === undefined,
  );
  const names = [
    ...(pins.packages.all === undefined ? [LOCK] : []),
    ...(isCondaUnlocked(config, pins) ? [LOCK_OF_CONDA] : []),
    ...remote.map(({ name }) => `fetch:${name}`),
    // What is refused is not written into a lock either.
    ...(assembly.denyUnsafePickle
      ? graph.steps.filter(({ kind }) => kind === "scan").map(({ id }) => id)
      : []),
  ];
  const wanted = names.filter((name) => graph.steps.some(({ id }) => id === name));
  const chosen = wanted.length === 0 ? { steps: [] } : select(graph, wanted).graph;
  const missing = await demandSecrets(session, opened, assembly, chosen);
  if (missing.length > 0) return fail(...missing);
  const outcomes =
    wanted.length === 0
      ? new Map<string, Outcome>()
      : await runGraph(session, opened, assembly, chosen, options);
  const failures = failuresOf(outcomes);
  if (failures.length > 0 || session.signal.aborted) return fail(...failures);
  return succeed(makeLock(config, pins, { ...resolvedBy(outcomes), tool: lock.tool }, lock.lock));
}

function resolvedBy(outcomes: ReadonlyMap<string, Outcome>): Omit<Resolved, "tool"> {
  const outputs = [...outcomes].flatMap(([id, outcome]) =>
    "output" in outcome ? [[id, outcome.output] as const] : [],
  );
  const models = outputs.flatMap(([id, { files }]) => {
    if (!id.startsWith("fetch:")) return [];
    const contents = files.map(({ path, digest, size }) => [path, { digest, size }] as const);
    return [[id.slice("fetch:".length), Object.fromEntries(contents)] as const];
  });
  const packages = outputs.find(([id]) => id === LOCK)?.[1];
  const conda = outputs.find(([id]) => id === LOCK_OF_CONDA)?.[1];
  return {
    models: Object.fromEntries(models),
    ...(packages && { packages: packagesOfLock(packages) }),
    ...(conda && { conda: condaOfLock(conda) }),
  };
}
