import type { Signer } from "./attestation.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { BuildSecret, Engine, GivenLayers, LayerCache } from "./engine.ts";
import type { StepActivity } from "./event.ts";
import type { Host } from "./host.ts";
import type { StepOutput } from "./outcome.ts";
import type { BlobLocations, Repository } from "./registry.ts";
import type { Result } from "./result.ts";
import type { ContentStore, Source } from "./source.ts";
import type { Step, StepKindName } from "./step.ts";
import type { Vendor } from "./vendor.ts";

/** What a running step may use besides its inputs. */
export type StepContext = {
  readonly host: Host;
  readonly engine: Engine;
  readonly signer: Signer;
  readonly store: ContentStore;
  /** The repository of a registry that a reference names; its tag and digest do not matter. */
  readonly repositoryOf: (reference: string) => Repository;
  readonly locations: BlobLocations;
  readonly given: GivenLayers;
  /** `--vendor`: a folder that has what the lock names. */
  readonly vendor?: Vendor | undefined;
  /** The package's folder, absolute. */
  readonly directory: string;
  /** The Python that goes into the image, absolute. */
  readonly runtimeDirectory: string;
  /** Folders a step may fill and forget; they are removed after the step. */
  readonly makeWorkDirectory: () => Promise<string>;
  /** The source for a reference; every reference has been checked to have one. */
  readonly sourceOf: (reference: string) => Source;
  /** The outputs of the steps this one needs, by id. */
  readonly outputOf: (stepId: string) => StepOutput;
  /** What the step made when it last succeeded in this package, of whatever version. */
  readonly lastOutput?: StepOutput | undefined;
  readonly buildAids: BuildAids;
  /** `--no-cache`: the engine's own caches are left aside as well. */
  readonly force: boolean;
  /** Fires when the run is interrupted, and when the step has taken too long. */
  readonly signal: AbortSignal;
  readonly report: (activity: StepActivity) => void;
  readonly warn: (diagnostic: Diagnostic) => void;
};

/** What builds use besides the inputs of their step. It changes nothing of what they make, and so it is in no key. */
export type BuildAids = {
  /** The secrets of these ids, or what is wrong with those that cannot be had. */
  readonly readSecrets: (ids: readonly string[]) => Promise<Result<readonly BuildSecret[]>>;
  readonly cacheFrom: readonly LayerCache[];
  readonly cacheTo: readonly LayerCache[];
};

/** What the user allows, beyond what would be done. It is in no key: what was found out stays so. */
export type Rules = {
  /** `--deny-unsafe-pickle`. */
  readonly denyUnsafePickle: boolean;
};

/** The plug-in that runs one kind of step. `version` is part of the key: raise it when the same inputs make something else. */
export interface StepKind {
  readonly kind: StepKindName;
  readonly version: number;
  readonly summary: string;
  /** Whether what it makes is of use on another machine: files in the store and plain facts, nothing of this place. */
  readonly shareable: boolean;
  /** How long it may take, in milliseconds; what takes longer is hung. */
  readonly timeoutMs: number;
  /** How often it is tried when the world is at fault (a diagnostic with `details.transient`); 1 for most. */
  readonly attempts: number;
  run(step: Step, context: StepContext): Promise<Result<StepOutput>>;
  /** What it would make, where that is here already although no run of this step made it. */
  foresee?(step: Step, context: StepContext): Promise<StepOutput | undefined>;
  /** What is to be said of an output each time that it is used; with an error among it, it is not used. */
  judge?(step: Step, output: StepOutput, rules: Rules): readonly Diagnostic[];
  /** What is missing of what an earlier run made, worded for a reason; undefined where all is in place. */
  findMissing(step: Step, output: StepOutput, context: StepContext): Promise<string | undefined>;
}
