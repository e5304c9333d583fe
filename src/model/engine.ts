import type { Digest } from "./digest.ts";
import type { Result } from "./result.ts";

/** What an engine can do, asked and not guessed from a version. */
export type Capabilities = {
  readonly endpoint: string;
  readonly engineVersion: string;
  /** The containerd image store: OCI images, several platforms, exporter options. */
  readonly containerdStore: boolean;
  /** `os/arch`, of containers that run without emulation. */
  readonly platform: string;
};

/** What a build may read and nobody may see: handed on by a variable or a file, and masked in all that it says. */
export type BuildSecret = {
  readonly id: string;
  readonly value: string;
  /** Where it is read from, absolute, if that is a file: one may hold what no variable can. */
  readonly file?: string;
  /** As whose password it is sent somewhere; what a server is sent of it may come back in its answer. */
  readonly username?: string;
};

export type BuildRequest = {
  readonly dockerfile: string;
  /** The folder that plain `COPY` reads. */
  readonly context: string;
  /** Folders that `COPY --from=NAME` reads. */
  readonly namedContexts: Readonly<Record<string, string>>;
  readonly target: string;
  readonly platforms: readonly string[];
  readonly builder?: string;
  /** The date of what is built, in seconds since 1970. */
  readonly sourceDateEpoch: number;
  /** Where the image is written as an OCI layout, besides being kept in the engine. */
  readonly layoutFolder: string;
  /** Where the files of the target go, instead of an image of it; below a folder for each of several platforms. */
  readonly filesFolder?: string;
  /** Every instruction runs, whatever BuildKit remembers. */
  readonly noCache: boolean;
  /** Stages whose instructions run in any case. */
  readonly freshStages?: readonly string[];
  readonly secrets?: readonly BuildSecret[];
  /** Caches of BuildKit, as buildx takes them. One that cannot be read is a warning. */
  readonly cacheFrom?: readonly LayerCache[];
  readonly cacheTo?: readonly LayerCache[];
  readonly signal: AbortSignal;
  readonly onEvent: (event: BuildEvent) => void;
};

/** A cache of BuildKit's by its attributes, the type among them; paths are absolute. */
export type LayerCache = Readonly<Record<string, string>>;

/** What BuildKit tells while it works. */
export type BuildEvent =
  | { readonly type: "vertex-started"; readonly vertex: string; readonly name: string }
  | {
      readonly type: "vertex-finished";
      readonly vertex: string;
      readonly name: string;
      readonly cached: boolean;
      readonly durationMs: number;
      readonly error?: string;
    }
  | { readonly type: "vertex-log"; readonly vertex: string; readonly text: string }
  | {
      readonly type: "vertex-progress";
      readonly vertex: string;
      readonly name: string;
      readonly currentBytes: number;
      readonly totalBytes?: number;
    };

/** `id` is what the engine calls an image: the digest of its manifest, or in the classic store of its configuration. */
export type ImageIdentity = { readonly id: string; readonly tags: readonly string[] };

/** An image in the engine's store. */
export type EngineImage = ImageIdentity & {
  /** `name@sha256:…`, for what was pulled or pushed. */
  readonly repositoryDigests: readonly string[];
  readonly sizeBytes: number;
};

export type ServiceRequest = {
  readonly image: string;
  /** Inside the container. */
  readonly port: number;
  /** On 127.0.0.1; 0 lets the kernel choose. */
  readonly hostPort: number;
  readonly name?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Besides those of the image, and before them. */
  readonly variables?: Readonly<Record<string, string>>;
  /** A folder that has other files than in the image, and can be written to from outside. */
  readonly replaced?: ReplacedFolder;
  readonly signal: AbortSignal;
};

/** `archive` is a tar of paths relative to `folder`, which is absolute. */
export type ReplacedFolder = { readonly folder: string; readonly archive: AsyncIterable<Uint8Array> };

/** A container that answers on 127.0.0.1. */
export interface Service {
  readonly id: string;
  readonly hostPort: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Whether it runs, and its exit code once it does not. */
  state(): Promise<{ readonly running: boolean; readonly exitCode: number }>;
  /** Ends it at once, and leaves it to be asked: what it has printed is all in its log then. */
  halt(): Promise<void>;
  /** The last lines of both streams; of one that runs the very last may still be on their way. */
  logTail(lines: number): Promise<readonly string[]>;
  /** Both streams from their last `lines` on, or their beginning, as they come, until the container ends or `signal` fires. */
  follow(
    onText: (text: string, stream: "stdout" | "stderr") => void,
    signal: AbortSignal,
    lines?: number,
  ): Promise<void>;
  /** Unpacks files into a folder that was replaced when it was started, over those that are there. */
  unpack(files: ReplacedFolder): Promise<void>;
  /** Runs a command in it, as root, and gives its exit code. */
  execute(command: readonly string[]): Promise<number>;
  /** Has its first process hear a signal, such as `SIGHUP`; one that has ended hears none, which is no error. */
  alert(signalName: string): Promise<void>;
  /** Ends and removes it, with time to finish its request in flight unless told otherwise; gone already is no error. */
  remove(options?: { readonly graceful: boolean }): Promise<void>;
}

export interface ImageBuilder {
  /**
   * Builds into a folder, and into the engine's store under no name. Gives the image's id where the engine cannot write
   * folders: there it has to be exported. Of what is secret nothing is told.
   */
  build(request: BuildRequest): Promise<Result<string | undefined>>;
}

export interface ContainerRunner {
  /** Creates and starts a container: read-only root, no capabilities, a writable /tmp in memory. */
  start(request: ServiceRequest): Promise<Result<Service>>;
  /** The services with these labels, running or not. */
  findServices(labels: Readonly<Record<string, string>>): Promise<readonly Service[]>;
}

export interface ImageStore {
  /** Which image the store has under a reference or an id, which takes a third of the time of `describe`. */
  identify(reference: string): Promise<ImageIdentity | undefined>;
  /** What the store has under a reference or an id; undefined where it has nothing. */
  describe(reference: string): Promise<EngineImage | undefined>;
  /** The digest a registry has under a reference; undefined where it has none. */
  resolve(reference: string): Promise<Result<string | undefined>>;
  tag(id: string, reference: string): Promise<Result<void>>;
  /**
   * Takes an image from a tar, an OCI layout with docker's manifest in it, which may lack layers that the store has.
   * Gives what the store calls the image: one of `ids`. What was left of one that did not come whole is removed.
   */
  load(
    archive: AsyncIterable<Uint8Array>,
    ids: readonly string[],
    onProgress: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Result<string>>;
  pull(reference: string, onProgress: (text: string) => void, signal: AbortSignal): Promise<Result<void>>;
  /** Images as one tar stream, an OCI layout that `docker load` reads too. */
  export(references: readonly string[], signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/**
 * Layers that engines, called by their endpoints, were given whole by loads that did not come to their end. It is a
 * hint: an engine may have lost them since.
 */
export interface GivenLayers {
  /** Which of these an engine was given lately. */
  find(endpoint: string, layers: readonly Digest[]): Promise<readonly Digest[]>;
  note(endpoint: string, layer: Digest): Promise<void>;
  forget(endpoint: string, layers: readonly Digest[]): Promise<void>;
}

/** A container engine with buildx: three small contracts, and what it can do. */
export interface Engine extends ImageBuilder, ContainerRunner, ImageStore {
  /** Fails with `engine/unreachable` and how to get one. Asked once, answered from memory afterwards. */
  probe(): Promise<Result<Capabilities>>;
}
