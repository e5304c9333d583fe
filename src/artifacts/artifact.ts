import type { Digest } from "../model/digest.ts";
import type { Descriptor } from "../model/image.ts";

/**
 * Who says what the layers are: ModelPack (CNCF), ModelKit (KitOps), Docker Model, or nobody but the names that each
 * layer of a plain artifact has.
 */
export type ArtifactKind = "modelpack" | "modelkit" | "docker-model" | "artifact";

/** What a layer is of: only `model` is what a program loads. */
export type LayerRole = "model" | "code" | "dataset" | "docs";

/** A layer is a file, or an archive of some. */
export type Packing = "raw" | "tar" | "tar+gzip" | "tar+zstd";

export type Annotations = Readonly<Record<string, string>>;

export type ArtifactLayer = Descriptor & {
  readonly role: LayerRole;
  readonly packing: Packing;
  /** Of the one file in it; of an archive, whatever it is called. */
  readonly path: string;
  readonly annotations: Annotations;
};

/** A model as a registry has it (image specification 1.1, "Guidelines for Artifact Usage"). */
export type Artifact = {
  readonly kind: ArtifactKind;
  /** Of the manifest. */
  readonly digest: Digest;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly ArtifactLayer[];
  readonly annotations: Annotations;
};

/** Annotations of a layer: where its file belongs, in the words of each specification. */
export const PATH_ANNOTATIONS = [
  "org.cncf.model.filepath",
  "org.cnai.model.filepath",
  "org.opencontainers.image.title",
] as const;
