import type { Diagnostic } from "./diagnostic.ts";
import { type Digest, isDigest } from "./digest.ts";
import type { SerializableRecord } from "./serializable.ts";

/**
 * What a step made. `digest` identifies the content for the steps that need it; `files` lie in the store (or, with
 * `origin`, in the package at that relative path); `values` are small facts such as an image id.
 */
export type StepOutput = {
  readonly digest: Digest;
  readonly files: readonly OutputFile[];
  readonly values: SerializableRecord;
};

/** `path` is relative with forward slashes, `mode` 0o644 or 0o755. */
export type OutputFile = {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
  readonly mode: number;
  readonly origin?: string;
};

/** Whether what was read back from a disk is an output: what was damaged there is none. */
export function isStepOutput(value: unknown): value is StepOutput {
  if (typeof value !== "object" || value === null) return false;
  const { digest, files, values } = value as Partial<StepOutput>;
  return (
    isDigest(digest) &&
    typeof values === "object" &&
    values !== null &&
    Array.isArray(files) &&
    files.every((file) => typeof file?.path === "string" && isDigest(file.digest))
  );
}

/**
 * How a step ended.
 * `fresh`: nothing to do, everything it made is in place. `restored`: another machine had made it.
 * `blocked`: another's failure kept it from starting.
 * `savedMs` is how long the step took when it last ran here, where anybody knows.
 */
export type Outcome =
  | { readonly status: "succeeded"; readonly output: StepOutput; readonly durationMs: number }
  | { readonly status: "fresh"; readonly output: StepOutput; readonly savedMs?: number }
  | {
      readonly status: "restored";
      readonly output: StepOutput;
      readonly from: string;
      readonly durationMs: number;
      readonly savedMs?: number;
    }
  | { readonly status: "failed"; readonly diagnostics: readonly Diagnostic[]; readonly durationMs: number }
  | { readonly status: "blocked"; readonly by: readonly string[] }
  | { readonly status: "cancelled" };

/** Why the steps of a run failed. */
export function failuresOf(outcomes: ReadonlyMap<string, Outcome>): readonly Diagnostic[] {
  return [...outcomes.values()].flatMap((outcome) =>
    outcome.status === "failed" ? outcome.diagnostics : [],
  );
}
