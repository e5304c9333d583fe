import type { Digest } from "../model/digest.ts";
import type { PlannedStep, Reason, Verdict } from "../model/event.ts";
import type { Graph } from "../model/graph.ts";
import type { StepOutput } from "../model/outcome.ts";
import type { Step } from "../model/step.ts";
import { compareFingerprints } from "./compare-fingerprints.ts";
import { type Evaluated, type Evaluation, evaluateStep } from "./evaluate-step.ts";
import { type Fingerprint, fingerprint } from "./fingerprint.ts";
import { dependenciesOf } from "./order.ts";

/** A planned step with what the verdict was found by, as far as it is known before the steps it needs have run. */
export type Examined = {
  readonly planned: PlannedStep;
  readonly key?: Digest;
  readonly fingerprint?: Fingerprint;
  /** What it has made, or is known to make. */
  readonly output?: StepOutput;
};

/** What a run would do, step by step, without doing it. */
export async function plan(graph: Graph, evaluation: Evaluation): Promise<readonly PlannedStep[]> {
  return (await examine(graph, evaluation)).map(({ planned }) => planned);
}

/**
 * As `plan`, with the evidence. A step whose inputs are still to be made is `pending`: whether it runs depends on
 * whether what is made differs from last time.
 */
export async function examine(graph: Graph, evaluation: Evaluation): Promise<readonly Examined[]> {
  const outputs = new Map<string, StepOutput>();
  const examined: Examined[] = [];
  for (const step of graph.steps) {
    if (step.needs.some((id) => !outputs.has(id))) {
      const unmade = dependenciesOf(step).filter((id) => !outputs.has(id));
      examined.push({ planned: { step, ...verdictBeforehand(step, unmade, evaluation) } });
      continue;
    }
    const evaluated = await evaluateStep(step, outputs, evaluation);
    const { key, fingerprint: current } = evaluated;
    const output = outputBeforeRunning(evaluated);
    examined.push({
      planned: { step, ...verdictOf(evaluated) },
      ...{ key, fingerprint: current },
      ...(output !== undefined && { output }),
    });
    if (output !== undefined) outputs.set(step.id, output);
  }
  return examined;
}

function verdictBeforehand(step: Step, unmade: readonly string[], evaluation: Evaluation): Verdict {
  const because = reasonsOfItsOwn(step, evaluation);
  return because.length > 0 ? { verdict: "run", because } : { verdict: "pending", on: unmade };
}

function verdictOf(evaluated: Evaluated): Verdict {
  switch (evaluated.verdict) {
    case "fresh":
      return { verdict: "fresh" };
    case "restore":
      return { verdict: "restore", from: evaluated.from };
    case "run":
      return { verdict: "run", because: evaluated.because };
  }
}

/** What a step will have made, where that is known without running it. */
function outputBeforeRunning(evaluated: Evaluated): StepOutput | undefined {
  if (evaluated.verdict === "run") return undefined;
  return evaluated.verdict === "fresh" ? evaluated.output : evaluated.hit.output;
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
