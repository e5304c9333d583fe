import { type Digest, digestOfValue } from "../model/digest.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { Step } from "../model/step.ts";

/** Raised when the shape below changes, so that no old record answers for a new key. */
const FINGERPRINT_FORMAT = 1;

/**
 * All that matters to what a step makes, readable and named. Its digest is the step's key.
 * There is no absolute path, user, clock or locale in it: a checkout that moves gives the same key.
 */
export type Fingerprint = {
  readonly format: number;
  readonly kind: string;
  readonly kindVersion: number;
  readonly inputs: SerializableRecord;
  /** The output digests of the steps this one needs, by id. */
  readonly needs: Readonly<Record<string, Digest>>;
};

export function fingerprint(
  step: Step,
  kindVersion: number,
  needs: Readonly<Record<string, Digest>>,
): Fingerprint {
  return { format: FINGERPRINT_FORMAT, kind: step.kind, kindVersion, inputs: step.inputs, needs };
}

export function keyOf(value: Fingerprint): Digest {
  return digestOfValue(value);
}
