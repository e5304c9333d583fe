import type { RunEvent } from "../model/event.ts";
import type { Outcome } from "../model/outcome.ts";
import type { Reporter } from "../model/reporter.ts";
import type { Step } from "../model/step.ts";
import type { ReportedTest, TestResult } from "../model/test-result.ts";

/** Collects what becomes of the tests of a package while it runs. */
export type TestRecorder = { readonly reporter: Reporter; readonly report: () => readonly ReportedTest[] };

/** What stands for the tests of a package that has none: its service must get ready all the same. */
const READINESS = "gets ready";

type Recording = {
  step?: Step;
  readonly results: Map<string, TestResult>;
  outcome?: Outcome;
};

export function createTestRecorder(): TestRecorder {
  const recording: Recording = { results: new Map() };
  return {
    reporter: { handle: (event) => record(event, recording), close: () => {} },
    report: () => reportOf(recording),
  };
}

function record(event: RunEvent, recording: Recording): void {
  switch (event.type) {
    case "plan-ready": {
      const step = event.steps.find(({ kind }) => kind === "test");
      if (step !== undefined) recording.step = step;
      break;
    }
    case "step-output":
      if (event.activity.type === "tested")
        recording.results.set(event.activity.result.name, event.activity.result);
      break;
    case "step-finished":
      if (event.step.kind === "test") recording.outcome = event.outcome;
      break;
    case "run-finished":
      if (recording.step !== undefined)
        recording.outcome = event.outcomes.get(recording.step.id) ?? { status: "cancelled" };
      break;
  }
}

function reportOf({ step, results, outcome }: Recording): readonly ReportedTest[] {
  if (step === undefined) return [];
  const known = new Map([...rememberedBy(outcome).map((one) => [one.name, one] as const), ...results]);
  const names = (step.inputs.tests as unknown as readonly TestResult[]).map(({ name }) => name);
  if (names.length === 0 && outcome !== undefined && "output" in outcome)
    known.set(READINESS, { name: READINESS, durationMs: timeOf(outcome), requests: [], failures: [] });
  return (names.length === 0 ? [READINESS] : names).map((name) => {
    const result = known.get(name);
    if (result === undefined) return { name, status: "not-run", reason: reasonOf(outcome) };
    const status = result.failures.length > 0 ? "failed" : "passed";
    return { ...result, status, isCached: outcome !== undefined && isEarlier(outcome) };
  });
}

function rememberedBy(outcome: Outcome | undefined): readonly TestResult[] {
  if (outcome === undefined || !("output" in outcome)) return [];
  return (outcome.output.values.results ?? []) as unknown as readonly TestResult[];
}

function isEarlier({ status }: Outcome): boolean {
  return status === "fresh" || status === "restored";
}

function timeOf(outcome: Outcome): number {
  return "durationMs" in outcome ? Math.round(outcome.durationMs) : 0;
}

/** Why a test has no result. */
function reasonOf(outcome: Outcome | undefined): string {
  switch (outcome?.status) {
    case "failed":
      return outcome.diagnostics.map(({ message }) => message).join("; ");
    case "blocked":
      return `${outcome.by.map((id) => `\`${id}\``).join(", ")} failed`;
    default:
      return "the run was interrupted";
  }
}
