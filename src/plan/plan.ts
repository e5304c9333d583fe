import type { PlannedStep } from "../model/event.ts";
import type { Graph } from "../model/graph.ts";
import type { StepOutput } from "../model/outcome.ts";
import { type Evaluation, evaluateStep } from "./evaluate-step.ts";
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
      planned.push({ step, verdict: "pending", on: unmade });
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

/** Whether a run would have anything to do. */
export function hasWork(planned: readonly PlannedStep[]): boolean {
  return planned.some((step) => step.verdict !== "fresh");
}
