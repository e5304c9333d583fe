import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Graph } from "../model/graph.ts";
import type { Outcome } from "../model/outcome.ts";
import type { Reporter } from "../model/reporter.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import type { ReportedTest } from "../model/test-result.ts";
import { selectTests, testNamesOf } from "../plan/select-tests.ts";
import { combineReporters } from "../report/combine-reporters.ts";
import type { AssembleOptions } from "./assemble.ts";
import { checkOffline } from "./check-offline.ts";
import { demandSecrets } from "./demand-secrets.ts";
import { deniesUnsafePickle } from "./deny-unsafe-pickle.ts";
import { jobSummaryPlace, summarizeJob } from "./job-summary-file.ts";
import { prepareFromPlan } from "./plan-file.ts";
import { type Prepared, prepare, type SelectOptions } from "./prepare.ts";
import type { RunRecord } from "./record-run.ts";
import type { Recording } from "./recording.ts";
import { checkReportFile } from "./report-file.ts";
import { type RunOptions, runGraph } from "./run-graph.ts";
import type { Session } from "./session.ts";
import { checkJunitFile, recordTests } from "./test-reports.ts";
import { checkTraceFile } from "./trace-file.ts";
import { type LockOptions, updateLock } from "./update-lock.ts";
import { openVendor } from "./vendor-folder.ts";

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
    /** A file for a JUnit report of the tests. */
    readonly junit?: string | undefined;
    /** A file for a page that shows the run. */
    readonly report?: string | undefined;
    /** Handed the record of the run before it begins, by whom it is shown. */
    readonly onRecord?: ((record: RunRecord, prepared: Prepared) => Promise<Reporter>) | undefined;
    /** `mlpackage test`: the tests run whatever is known of them, those alone whose names hold one of these words. */
    readonly tests?: readonly string[];
  };

/** How each step ended, in the order of the graph, and how the tests went. */
export type Applied = {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly tests: readonly ReportedTest[];
};

/** Builds, tests and writes the outputs. Fails only where no step was begun: those that fail are in the outcomes. */
export async function applyPackage(session: Session, options: ApplyOptions): Promise<Result<Applied>> {
  const prepared = await prepareLocked(session, options);
  if (!prepared.ok) return prepared;
  const { opened, assembly } = prepared.value;
  const chosen = chooseTests(prepared.value.graph, options);
  if (!chosen.ok) return chosen;
  const tests = recordTests(session, opened, options.junit);
  const recordings = [tests, ...(await recordForPage(session, prepared.value, options))];
  const outcomes = await runGraph(session, opened, assembly, chosen.value, { ...options, recordings });
  return succeed({ outcomes, tests: tests.report() });
}

/** A run is recorded only if somebody looks at a page or a summary of it. */
async function recordForPage(
  session: Session,
  prepared: Prepared,
  { report: file, onRecord }: ApplyOptions,
): Promise<readonly Recording[]> {
  const summary = jobSummaryPlace(session);
  if (file === undefined && onRecord === undefined && summary === undefined) return [];
  const { recordRun } = await import("./record-run.ts");
  const { writeReport } = await import("./report-file.ts");
  const record = await recordRun(session, prepared.opened, prepared.assembly);
  const shown = onRecord && (await onRecord(record, prepared));
  const reporter = combineReporters(record.reporter, ...(shown === undefined ? [] : [shown]));
  const save = file === undefined ? async () => {} : writeReport(session, record, file);
  const page: Recording = { kind: "report", reporter, save };
  return summary === undefined ? [page] : [page, summarizeJob(session, record, summary)];
}

/** The graph with the tests that are wanted. */
function chooseTests(graph: Graph, { tests: words }: Pick<ApplyOptions, "tests">): Result<Graph> {
  const [names, chosen] = [testNamesOf(graph), selectTests(graph, words ?? [])];
  if (words === undefined || words.length === 0 || testNamesOf(chosen).length > 0) return succeed(chosen);
  const wanted = words.map((word) => `\`${word}\``).join(" or ");
  const hint =
    names.length === 0
      ? "the file has no `tests`"
      : `the tests are ${names.map((name) => `\`${name}\``).join(", ")}`;
  return fail(errorDiagnostic("cli/unknown-test", `no test's name contains ${wanted}`, { hint }));
}

/** A lock that had to be brought up to date pins what is run. */
async function prepareLocked(session: Session, options: ApplyOptions): Promise<Result<Prepared>> {
  const { offline = false, vendor: folder } = options;
  const vendor = folder === undefined ? succeed(undefined) : await openVendor(session, folder);
  if (!vendor.ok) return vendor;
  const prepared = await prepareChosen(session, options, { offline, vendor: vendor.value });
  if (!prepared.ok) return prepared;
  const { opened, assembly, graph, again } = prepared.value;
  const written = combine([
    await checkTraceFile(session, opened, options.trace),
    await checkJunitFile(session, opened, options.junit),
    await checkReportFile(session, opened, options.report),
  ]);
  if (!written.ok) return written;
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
  { plan, only, force, noTest, tests, ...options }: ApplyOptions,
  supply: Pick<AssembleOptions, "offline" | "vendor">,
): Promise<Result<Prepared>> {
  const calledFor = tests && "test";
  const denyUnsafePickle = deniesUnsafePickle(session, options.denyUnsafePickle);
  if (plan === undefined)
    return prepare(session, { only, force, noTest, denyUnsafePickle, calledFor, ...supply });
  if (only.length === 0 && !force && !noTest)
    return prepareFromPlan(session, plan, { ...supply, alsoDenyUnsafePickle: denyUnsafePickle });
  return fail(
    errorDiagnostic("cli/plan-and-choice", "a saved plan already says which steps run", {
      hint: "type `mlpackage plan --out FILE` with `--only`, `--no-cache` or `--no-test` instead",
    }),
  );
}
