import type { Diagnostic } from "./diagnostic.ts";
import type { Digest } from "./digest.ts";
import type { DescribedLayer } from "./image.ts";
import type { StepKindName } from "./step.ts";
import type { ReportedTest } from "./test-result.ts";

/**
 * A run of a package as plain data, for people: what the page of `apply --report` and of `mlpackage ui`, and the summary
 * of a job, are made from. It is true at any moment of the run. Times are milliseconds since the run began; texts are
 * worded, and hold no secret, but may hold anything else.
 */
export type RunReport = {
  readonly format: 1;
  /** Of mlpackage. */
  readonly version: string;
  readonly package: { readonly name: string; readonly file: string };
  /** When the run began, as ISO 8601 in UTC. */
  readonly began: string;
  readonly durationMs: number;
  readonly state: RunState;
  /** One sentence: what was done, and what the cache saved. */
  readonly summary: string;
  /** How long the steps took, when they last ran, that did not have to run. */
  readonly savedMs: number;
  /** In the order of the graph. */
  readonly steps: readonly ReportedStep[];
  /** One a platform; empty until the image is there. */
  readonly images: readonly ReportedImage[];
  readonly tests: readonly ReportedTest[];
  readonly outputs: readonly ReportedOutput[];
  /** What was told that belongs to no step. */
  readonly diagnostics: readonly ReportedDiagnostic[];
};

export type RunState = "running" | "succeeded" | "failed" | "interrupted";

export type StepState =
  | "waiting"
  | "running"
  | "succeeded"
  | "fresh"
  | "restored"
  | "failed"
  | "blocked"
  | "cancelled";

export type ReportedStep = {
  readonly id: string;
  readonly kind: StepKindName;
  readonly name: string;
  readonly needs: readonly string[];
  readonly after: readonly string[];
  readonly state: StepState;
  /** Why it ran, a phrase each; empty for what did not have to. */
  readonly because: readonly string[];
  /** What stands in the way, where it came from, or what it does at the moment: `blocked by test`, `layer 3/5`. */
  readonly doing?: string;
  readonly startedMs?: number;
  readonly endedMs?: number;
  /** How long it took when it last ran, where it did not have to. */
  readonly savedMs?: number;
  /** BuildKit's own work for it. */
  readonly parts: readonly ReportedPart[];
  /** The last lines of what it said. */
  readonly log: readonly string[];
  /** Why it failed. */
  readonly diagnostics: readonly ReportedDiagnostic[];
  /** Of what it made. */
  readonly digest?: Digest;
};

export type ReportedPart = {
  readonly name: string;
  readonly startedMs: number;
  /** Absent while it goes on. */
  readonly endedMs?: number;
  readonly state: "running" | "succeeded" | "cached" | "failed";
};

export type ReportedImage = {
  readonly platform: string;
  /** Of its manifest. */
  readonly digest: Digest;
  /** From the bottom up. */
  readonly layers: readonly DescribedLayer[];
};

/** What an output of the file has become. */
export type ReportedOutput = {
  /** `save:ridge:latest`: the step that made it. */
  readonly step: string;
  readonly type: string;
  /** A tag, a reference or a path. */
  readonly name: string;
  readonly state: StepState;
  /** What it is to be named by for good. */
  readonly digest?: Digest;
  /** What to type to have it, and to run it. */
  readonly commands: readonly ReportedCommand[];
};

export type ReportedCommand = { readonly does: string; readonly command: string };

export type ReportedDiagnostic = {
  readonly code: string;
  readonly severity: Diagnostic["severity"];
  readonly message: string;
  readonly hint?: string;
  /** All of it as at a terminal, with the lines of the file, uncoloured. */
  readonly text: string;
};
