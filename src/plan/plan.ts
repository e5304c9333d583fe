import type { PlannedStep, Reason } from "../model/event.ts";
import type { Graph } from "../model/graph.ts";
import type { StepOutput } from "../model/outcome.ts";
import type { Step } from "../model/step.ts";
import { compareFingerprints } from "./compare-fingerprints.ts";
import { type Evaluation, evaluateStep } from "./evaluate-step.ts";
import { fingerprint } from "./fingerprint.ts";
import { dependenciesOf } from "./order.ts";

/**
 * What a run would do, step by step, without doing it. A step whose inputs are still to be made is `pending`: whether
 * it runs depends on whether what is made differs from last time.
 */
export async function plan(graph: Graph, evaluation: Evaluation): Promise<readonly PlannedStep[]> {
  const outputs = new Map<string, StepOutput>();
  const planned: PlannedStep[] = [];
  for (const step of graph.steps) {
    const unmade = dependenciesOf(step).filter((id) => !outputs.has(id));
    if (step.needs.some((id) => !outputs.has(id))) {
      const because = reasonsOfItsOwn(step, evaluation);
      planned.push({
        step,
        ...(because.length > 0 ? { verdict: "run", because } : { verdict: "pending", on: unmade }),
      });
      continue;
    }
    const evaluated = await evaluateStep(step, outputs, evaluation);
    if (evaluated.verdict === "fresh") outputs.set(step.id, evaluated.output);
    planned.push(
      evaluated.verdict === "fresh"
        ? { step, verdict: "fresh" }
        : { step, verdict: "run", because: evaluated.because },
    );
  }
  return planned;
}

/** Why a step runs whatever the steps it needs will make. */
function reasonsOfItsOwn(step: Step, evaluation: Evaluation): readonly Reason[] {
  if (evaluation.force) return [{ type: "forced" }];
  const last = evaluation.lastFingerprint(step.id);
  return compareFingerprints(last, fingerprint(step, evaluation.kindVersion(step), last?.needs ?? {}));
}

/** Whether a run would have anything to do. */
export function hasWork(planned: readonly PlannedStep[]): boolean {
  return planned.some((step) => step.verdict !== "fresh");
}
