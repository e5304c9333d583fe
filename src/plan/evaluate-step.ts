import type { Cache } from "../model/cache.ts";
import type { Digest } from "../model/digest.ts";
import type { Reason } from "../model/event.ts";
import type { StepOutput } from "../model/outcome.ts";
import type { Step } from "../model/step.ts";
import { compareFingerprints } from "./compare-fingerprints.ts";
import { type Fingerprint, fingerprint, keyOf } from "./fingerprint.ts";

/** What a plan must be able to ask about the world; `execution` and `plan` share it. */
export type Evaluation = {
  readonly cache: Cache;
  /** The fingerprint of the step's last run, if it is known. */
  readonly lastFingerprint: (stepId: string) => Fingerprint | undefined;
  readonly kindVersion: (step: Step) => number;
  readonly findMissing: (step: Step, output: StepOutput) => Promise<string | undefined>;
  /** Every step runs, whatever the cache holds. */
  readonly force: boolean;
};

export type Evaluated = { readonly key: Digest; readonly fingerprint: Fingerprint } & (
  | { readonly verdict: "fresh"; readonly output: StepOutput }
  | { readonly verdict: "run"; readonly because: readonly Reason[] }
);

/** Decides whether a step must run, once the outputs of what it needs are known. */
export async function evaluateStep(
  step: Step,
  outputs: ReadonlyMap<string, StepOutput>,
  evaluation: Evaluation,
): Promise<Evaluated> {
  const current = fingerprint(step, evaluation.kindVersion(step), digestsOfNeeds(step, outputs));
  const identity = { key: keyOf(current), fingerprint: current };
  if (evaluation.force) return { ...identity, verdict: "run", because: [{ type: "forced" }] };
  const hit = await evaluation.cache.get(identity.key);
  if (hit === undefined) {
    const reasons = compareFingerprints(evaluation.lastFingerprint(step.id), current);
    const because: readonly Reason[] =
      reasons.length > 0 ? reasons : [{ type: "gone", what: "its cache record" }];
    return { ...identity, verdict: "run", because };
  }
  const missing = await evaluation.findMissing(step, hit.output);
  if (missing !== undefined)
    return { ...identity, verdict: "run", because: [{ type: "gone", what: missing }] };
  return { ...identity, verdict: "fresh", output: hit.output };
}

function digestsOfNeeds(step: Step, outputs: ReadonlyMap<string, StepOutput>): Record<string, Digest> {
  return Object.fromEntries(
    step.needs.map((id) => {
      const output = outputs.get(id);
      if (output === undefined) throw new Error(`step ${step.id} was evaluated before ${id}`);
      return [id, output.digest];
    }),
  );
}
