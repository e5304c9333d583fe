import type { SerializableRecord } from "./serializable.ts";
import type { Location } from "./text-range.ts";

export type StepKindName =
  | "fetch"
  | "unpack"
  | "scan"
  | "layer"
  | "lock"
  | "conda"
  | "vendor"
  | "render"
  | "build"
  | "load"
  | "test"
  | "upload"
  | "push"
  | "attest"
  | "save";

/**
 * A class of steps with a limit of its own on how many run at once. Those of `engine` and `tags` need an engine; those
 * that move tags in it run one by one.
 */
export type Pool = "cpu" | "network" | "engine" | "tags";

/**
 * A node of the graph: plain frozen data, no functions.
 *
 * `inputs` is all the step may read of the configuration and the package's files: what is not in there is not in the
 * key. A folder is a record from relative path to `<mode> <sha256>`, so that two of them can be compared by name.
 * `needs` are steps whose outputs this one reads, and whose output digests enter its key.
 * `after` are steps that must have succeeded before this one starts, without a place in its key.
 * `whole` is the step that this one is a part of, where only some of it was asked for: that it succeeds says nothing
 * about the rest, that it fails is a failure of the whole.
 */
export type Step = {
  readonly id: string;
  readonly kind: StepKindName;
  readonly name: string;
  readonly inputs: SerializableRecord;
  readonly needs: readonly string[];
  readonly after: readonly string[];
  readonly pool: Pool;
  /** What only one step of all runs on this machine may touch at a time: a path, a repository, the engine's tags. */
  readonly exclusive?: string;
  readonly location?: Location;
  readonly whole?: Step;
};
