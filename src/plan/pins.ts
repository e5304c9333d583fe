import type { LockedCondaPlatforms, LockedPlatforms } from "../model/lock-file.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { Pin } from "../model/source.ts";

/** Relative path → `<mode> <digest>` of each file below a folder. */
export type Tree = Readonly<Record<string, string>>;

/** What the references of a configuration name right now: the facts a graph is built on. */
export type Pins = {
  /** One for each model, in the configuration's order. */
  readonly models: readonly Pin[];
  readonly base: BasePin;
  /** The code, without what never belongs to it. */
  readonly code: Tree;
  /** The Python of ours that goes into the image. */
  readonly runtime: Tree;
  /** The requirements file and what it includes, by path relative to the package. */
  readonly requirements: Tree;
  /** Lines of theirs that say where pip looks, and not for what. */
  readonly pipOptions: readonly string[];
  /** Folders of wheels, by path relative to the package. */
  readonly findLinks: Readonly<Record<string, Tree>>;
  /** What the tests read, request bodies and schemas: path → digest. */
  readonly testFiles: Tree;
  /** `os/arch` of the engine; of this machine where there is none. */
  readonly platform: string;
  /** What the lock has of the packages to install. */
  readonly packages: PinnedPackages;
  /** What the lock has of the packages of conda, for some of the platforms or for all. */
  readonly conda: LockedCondaPlatforms;
};

/** One of these, or none where the lock has no answer to what is asked for now. */
export type PinnedPackages = {
  readonly all?: LockedPlatforms;
  /** Those of some of the platforms. */
  readonly some?: LockedPlatforms;
  /** Only the system packages are of use: Python ones were asked for otherwise. */
  readonly system?: LockedPlatforms;
};

export type BasePin =
  | ImagePin
  | {
      readonly kind: "dockerfile";
      /** The Dockerfile and, where there is one, the list of what it ignores, by path relative to the package. */
      readonly dockerfile: Tree;
      readonly context: Tree;
    }
  /** `digest` is that of what names all the rest: the layout's index, or the archive. */
  | { readonly kind: "oci-layout"; readonly path: string; readonly digest: string };

/** `reference` is what `FROM` names: by digest wherever the image has one. */
export type ImagePin = { readonly kind: "image"; readonly reference: string; readonly digest: string };

/** What the base image was pinned to when the render step had these inputs. */
export function imagePinAmong(renderInputs: SerializableRecord = {}): ImagePin | undefined {
  const { kind, reference, digest } = (renderInputs.base ?? {}) as Partial<ImagePin>;
  if (kind !== "image" || typeof reference !== "string" || typeof digest !== "string") return undefined;
  return { kind, reference, digest };
}

/** Nothing is known of the world: enough to show the shape of a graph. */
export const UNPINNED: Pins = {
  models: [],
  base: { kind: "image", reference: "", digest: "" },
  code: {},
  runtime: {},
  requirements: {},
  pipOptions: [],
  findLinks: {},
  testFiles: {},
  platform: "",
  packages: {},
  conda: {},
};
