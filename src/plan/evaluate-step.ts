import type { Cache, CacheHit, CacheMiss } from "../model/cache.ts";
import type { Digest } from "../model/digest.ts";
import type { Reason } from "../model/event.ts";
import type { StepOutput } from "../model/outcome.ts";
import type { Step, StepKindName } from "../model/step.ts";
import { compareFingerprints } from "./compare-fingerprints.ts";
import { type Fingerprint, fingerprint, keyOf } from "./fingerprint.ts";

/** What a plan must be able to ask about the world; `execution` and `plan` share it. */
export type Evaluation = {
  /** What is of use on other machines may be found there as well. */
  readonly cacheOf: (step: Step) => Cache;
  /** The fingerprint of the step's last success, if it is known. */
  readonly lastFingerprint: (stepId: string) => Fingerprint | undefined;
  /** The key under which the step failed when it last ran. */
  readonly lastFailure: (stepId: string) => Digest | undefined;
  readonly kindVersion: (step: Step) => number;
  /** What a step would make, where that is here already although no run of it made it. */
  readonly foresee: (step: Step) => Promise<StepOutput | undefined>;
  readonly findMissing: (step: Step, output: StepOutput) => Promise<string | undefined>;
  /** Every step runs, whatever the cache holds. */
  readonly force: boolean;
  /** Steps of this kind run all the same. */
  readonly calledFor?: StepKindName | undefined;
};

export type Evaluated = Identity &
  (
    | {
        readonly verdict: "fresh";
        readonly output: StepOutput;
        /** Of no record: nothing says yet that it is wanted. */
        readonly isForeseen: boolean;
      }
    | { readonly verdict: "restore"; readonly hit: CacheHit; readonly from: string }
    | { readonly verdict: "run"; readonly because: readonly Reason[] }
  );

type Identity = {
  readonly key: Digest;
  readonly fingerprint: Fingerprint;
  /** The key that a failure is noted under: where a part of a step fails, all of it has. */
  readonly failureKey: Digest;
};

/** Decides whether a step must run, once the outputs of what it needs are known. */
export async function evaluateStep(
  step: Step,
  outputs: ReadonlyMap<string, StepOutput>,
  evaluation: Evaluation,
): Promise<Evaluated> {
  const [version, needs] = [evaluation.kindVersion(step), digestsOfNeeds(step, outputs)];
  const current = fingerprint(step, version, needs);
  const key = keyOf(current);
  const failureKey = step.whole === undefined ? key : keyOf(fingerprint(step.whole, version, needs));
  const identity: Identity = { key, fingerprint: current, failureKey };
  const run = (...because: readonly Reason[]): Evaluated => ({ ...identity, verdict: "run", because });
  if (evaluation.force) return run({ type: "forced" });
  if (evaluation.calledFor === step.kind) return run({ type: "called-for" });
  const found = await evaluation.cacheOf(step).get(identity.key);
  if (typeof found === "string") {
    const output = await evaluation.foresee(step);
    if (output !== undefined) return { ...identity, verdict: "fresh", output, isForeseen: true };
    return run(...reasonsOfMiss(step, identity, found, evaluation));
  }
  // It was called for although it was fresh, and there is no more reason to believe a record than that failure.
  if (evaluation.lastFailure(step.id) === identity.key) return run({ type: "failed-before" });
  if (found.from !== undefined) return { ...identity, verdict: "restore", hit: found, from: found.from };
  const missing = await evaluation.findMissing(step, found.output);
  if (missing !== undefined) return run({ type: "gone", what: missing });
  return { ...identity, verdict: "fresh", output: found.output, isForeseen: false };
}

function reasonsOfMiss(
  step: Step,
  { key, fingerprint: current }: Pick<Evaluated, "key" | "fingerprint">,
  miss: CacheMiss,
  evaluation: Evaluation,
): readonly Reason[] {
  if (evaluation.lastFailure(step.id) === key) return [{ type: "failed-before" }];
  if (miss === "damaged") return [{ type: "damaged" }];
  const reasons = compareFingerprints(evaluation.lastFingerprint(step.id), current);
  return reasons.length > 0 ? reasons : [{ type: "evicted" }];
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
