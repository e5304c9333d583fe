import type { Diagnostic } from "./diagnostic.ts";
import type { BuildEvent } from "./engine.ts";
import type { LockOwner } from "./locks.ts";
import type { Outcome } from "./outcome.ts";
import type { TransferProgress } from "./source.ts";
import type { Step } from "./step.ts";
import type { TestResult } from "./test-result.ts";

/** Why a step runs, as data: a reporter words it. */
export type Reason =
  | { readonly type: "new" }
  | { readonly type: "forced" }
  /** The call names it. */
  | { readonly type: "called-for" }
  /** What an earlier run made is not in its place, or is something else. */
  | { readonly type: "gone"; readonly what: string }
  /** The record of an earlier run was removed to make room. */
  | { readonly type: "evicted" }
  /** The record of an earlier run cannot be read. */
  | { readonly type: "damaged" }
  | { readonly type: "failed-before" }
  | { readonly type: "upstream"; readonly step: string }
  | { readonly type: "input-added" | "input-removed"; readonly input: string }
  /** As canonical JSON; left out of inputs that may hold a secret. */
  | { readonly type: "input-changed"; readonly input: string; readonly from?: string; readonly to?: string };

/** What a plan says of a step. `pending`: whether it runs depends on what a step before it will make. */
export type Verdict =
  | { readonly verdict: "fresh" }
  /** Another machine has made it; `from` is where it will be taken from. */
  | { readonly verdict: "restore"; readonly from: string }
  | { readonly verdict: "run"; readonly because: readonly Reason[] }
  | { readonly verdict: "pending"; readonly on: readonly string[] };

export type PlannedStep = { readonly step: Step } & Verdict;

/** What a step says while it runs. */
export type StepActivity =
  | { readonly type: "build"; readonly event: BuildEvent }
  | { readonly type: "log"; readonly text: string }
  | { readonly type: "doing"; readonly text: string }
  | Transferring
  /** A test of the package has ended. */
  | { readonly type: "tested"; readonly result: TestResult };

/** How far the files of a model have come. */
export type Transferring = {
  readonly type: "transferring";
  readonly progress: TransferProgress;
  /** Of the last seconds; absent until there were some. */
  readonly bytesPerSecond?: number;
};

/** What happens in a run, in order. Times are milliseconds since the run began. */
export type RunEvent =
  | { readonly type: "plan-ready"; readonly steps: readonly Step[]; readonly timeMs: number }
  /** The step has all it needs, and waits for the lock of another run. */
  | {
      readonly type: "step-waiting";
      readonly step: Step;
      readonly owner: LockOwner;
      readonly timeMs: number;
    }
  | {
      readonly type: "step-started";
      readonly step: Step;
      readonly because: readonly Reason[];
      readonly timeMs: number;
    }
  | {
      readonly type: "step-output";
      readonly step: Step;
      readonly activity: StepActivity;
      readonly timeMs: number;
    }
  | {
      readonly type: "step-finished";
      readonly step: Step;
      readonly outcome: Outcome;
      readonly timeMs: number;
    }
  | { readonly type: "diagnostic"; readonly diagnostic: Diagnostic; readonly timeMs: number }
  | {
      readonly type: "run-finished";
      readonly outcomes: ReadonlyMap<string, Outcome>;
      readonly timeMs: number;
    };
