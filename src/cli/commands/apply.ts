import { errorDiagnostic } from "../../model/diagnostic.ts";
import { failuresOf, type Outcome } from "../../model/outcome.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { outcomeToJson } from "../../report/json-lines.ts";
import type { AssembleOptions } from "../assemble.ts";
import { checkOffline } from "../check-offline.ts";
import { demandSecrets } from "../demand-secrets.ts";
import { EXIT, exitCodeOfRun } from "../exit-code.ts";
import { prepareFromPlan } from "../plan-file.ts";
import { type Prepared, prepare, type SelectOptions } from "../prepare.ts";
import { refuse } from "../refuse.ts";
import { type RunOptions, runGraph } from "../run-graph.ts";
import { reportDiagnostics, type Session } from "../session.ts";
import { checkTraceFile } from "../trace-file.ts";
import { type LockOptions, updateLock } from "../update-lock.ts";
import { openVendor } from "../vendor-folder.ts";

export type ApplyOptions = SelectOptions &
  RunOptions &
  LockOptions & {
    /** `--no-test`. */
    readonly noTest: boolean;
    /** Nothing but the engine is spoken to. */
    readonly offline?: boolean | undefined;
    /** A folder of `mlpackage vendor`. */
    readonly vendor?: string | undefined;
    /** A file of `plan --out`: just what it says is done, or nothing. */
    readonly plan?: string | undefined;
  };

export async function apply(session: Session, options: ApplyOptions): Promise<number> {
  const prepared = await prepareLocked(session, options);
  if (!prepared.ok) return refuse(session, ...prepared.diagnostics);
  const { opened, assembly, graph } = prepared.value;
  const outcomes = await runGraph(session, opened, assembly, graph, options);
  if (session.options.json) session.writeData(outcomesToJson(outcomes));
  else reportDiagnostics(session, failuresOf(outcomes));
  return session.signal.aborted ? EXIT.interrupted : exitCodeOfRun(outcomes);
}

/** A lock that had to be brought up to date pins what is run. */
async function prepareLocked(session: Session, options: ApplyOptions): Promise<Result<Prepared>> {
  const { offline = false, vendor: folder } = options;
  const vendor = folder === undefined ? succeed(undefined) : await openVendor(session, folder);
  if (!vendor.ok) return vendor;
  const prepared = await prepareChosen(session, options, { offline, vendor: vendor.value });
  if (!prepared.ok) return prepared;
  const { opened, assembly, graph, again } = prepared.value;
  const traced = await checkTraceFile(session, opened, options.trace);
  if (!traced.ok) return traced;
  // What a plan says was pinned by the lock as it was then, and without a network nothing is resolved.
  const canResolve = options.plan === undefined && !offline;
  const updated = await updateLock(session, opened, assembly, graph, { ...options, canResolve });
  if (!updated.ok) return updated;
  const ready = updated.value ? await again() : prepared;
  if (!ready.ok) return ready;
  if (offline) {
    const checked = await checkOffline(assembly, graph, { vendor: vendor.value, folder });
    return checked.ok ? ready : checked;
  }
  const missing = await demandSecrets(session, opened, ready.value.assembly, ready.value.graph);
  return missing.length > 0 ? fail(...missing) : ready;
}

async function prepareChosen(
  session: Session,
  { plan, only, force, noTest }: ApplyOptions,
  supply: Pick<AssembleOptions, "offline" | "vendor">,
): Promise<Result<Prepared>> {
  if (plan === undefined) return prepare(session, { only, force, noTest, ...supply });
  if (only.length === 0 && !force && !noTest) return prepareFromPlan(session, plan, supply);
  return fail(
    errorDiagnostic("cli/plan-and-choice", "which steps run is in the plan already", {
      hint: "give `--only`, `--no-cache` and `--no-test` to `mlpackage plan --out FILE`",
    }),
  );
}

function outcomesToJson(outcomes: ReadonlyMap<string, Outcome>): string {
  const steps = [...outcomes].map(([id, outcome]) => ({ id, ...outcomeToJson(outcome) }));
  return `${JSON.stringify({ steps }, undefined, 2)}\n`;
}
