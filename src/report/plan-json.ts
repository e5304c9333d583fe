import { type Digest, digestOfValue } from "../model/digest.ts";
import type { PlannedStep, Reason } from "../model/event.ts";
import type { StepKindName } from "../model/step.ts";

/** Raised when a program that reads plans would have to know; `schemas/plan.schema.json` describes it. */
export const PLAN_FORMAT = 1;

/** A plan as programs read it and as a file keeps it. No value of an input is in it: it may hold a secret. */
export type PlanDocument = {
  readonly format: typeof PLAN_FORMAT;
  /** The package's name. */
  readonly package: string;
  /** The configuration file's name, without its folder: a plan is as good in another checkout. */
  readonly file: string;
  readonly options: PlanDocumentOptions;
  readonly steps: readonly PlanDocumentStep[];
  readonly summary: Readonly<Record<PlannedStep["verdict"], number>>;
};

export type PlanDocumentOptions = {
  readonly only: readonly string[];
  readonly force: boolean;
  readonly noTest?: boolean;
  readonly denyUnsafePickle?: boolean;
  /** The keys that `--set` gave; the values may be secrets. */
  readonly set: readonly string[];
};

export type PlanDocumentStep = {
  readonly id: string;
  readonly kind: StepKindName;
  readonly name: string;
  readonly verdict: PlannedStep["verdict"];
  /** Of `run`. */
  readonly because?: readonly Reason[];
  /** Of `pending`: the steps that decide. */
  readonly on?: readonly string[];
  /** Of `restore`. */
  readonly from?: string;
  readonly needs: readonly string[];
  readonly after: readonly string[];
  /** Left out while a step it needs is still to run. */
  readonly key?: Digest;
  /** Of all its inputs. */
  readonly inputs: Digest;
  readonly lastDurationMs?: number;
};

/** What is known of a planned step besides the verdict. */
export type StepFacts = { readonly key?: Digest; readonly lastDurationMs?: number };

export function describePlan(
  planned: readonly PlannedStep[],
  about: Pick<PlanDocument, "package" | "file" | "options">,
  factsOf: (stepId: string) => StepFacts,
): PlanDocument {
  const count = (verdict: PlannedStep["verdict"]) => planned.filter((one) => one.verdict === verdict).length;
  return {
    format: PLAN_FORMAT,
    ...about,
    steps: planned.map((entry) => describeStep(entry, factsOf(entry.step.id))),
    summary: {
      run: count("run"),
      pending: count("pending"),
      restore: count("restore"),
      fresh: count("fresh"),
    },
  };
}

function describeStep(
  { step, ...verdict }: PlannedStep,
  { key, lastDurationMs }: StepFacts,
): PlanDocumentStep {
  const { id, kind, name, needs, after, inputs } = step;
  return {
    ...{ id, kind, name, ...verdict, needs, after },
    ...(key !== undefined && { key }),
    inputs: digestOfValue(inputs),
    ...(lastDurationMs !== undefined && { lastDurationMs: Math.round(lastDurationMs) }),
  };
}

export function planToJson(document: PlanDocument): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
