import { type Digest, digestOf, isDigest } from "../model/digest.ts";
import type { Descriptor } from "../model/image.ts";
import { SourceFault } from "../model/place.ts";
import {
  type Annotations,
  type Artifact,
  type ArtifactKind,
  type ArtifactLayer,
  type LayerRole,
  PATH_ANNOTATIONS,
  type Packing,
} from "./artifact.ts";
import { type NamedByType, nameByType } from "./names-by-type.ts";

/** Far more files than a model is kept in. */
const MOST_LAYERS = 10_000;

const MODEL_PACK = /^application\/vnd\.(?:cncf|cnai)\.model\./;
const MODEL_KIT = /^application\/vnd\.kitops\.modelkit\./;
const DOCKER_MODEL = /^application\/vnd\.docker\.ai\./;

/** What ORAS annotates a folder with, which it packs. */
const UNPACK = "io.deis.oras.content.unpack";

/** The parts that a text describes: a manifest, or the manifests of an index. */
export type ReadManifest =
  | { readonly is: "artifact"; readonly artifact: Artifact }
  | { readonly is: "index"; readonly manifests: readonly IndexEntry[] };

export type IndexEntry = {
  readonly digest: Digest;
  /** `linux/amd64`; undefined where it does not say. */
  readonly platform?: string;
};

type Descriptors = Descriptor & { readonly annotations: Annotations };

/**
 * Reads the text of a manifest, whoever wrote it. Throws a `SourceFault` where it is no model.
 *
 * Errors: `source/not-a-model`, `source/nameless-layer`.
 */
export function readManifest(text: string): ReadManifest {
  const value = parseObject(text);
  if (Array.isArray(value.manifests))
    return { is: "index", manifests: value.manifests.flatMap((one: unknown) => readEntry(one) ?? []) };
  const config = readDescriptor(value.config);
  if (config === undefined || !Array.isArray(value.layers)) throw wordNoModel("its manifest is not valid");
  if (value.layers.length > MOST_LAYERS) throw wordNoModel(`it has more than ${MOST_LAYERS} layers`);
  const layers = value.layers.flatMap((layer: unknown) => readDescriptor(layer) ?? []);
  if (layers.length < value.layers.length) throw wordNoModel("its manifest has a layer that is not valid");
  const artifactType = typeof value.artifactType === "string" ? value.artifactType : undefined;
  const kind = kindOf(artifactType ?? "", config.mediaType);
  const { annotations: _, ...plainConfig } = config;
  return {
    is: "artifact",
    artifact: {
      kind,
      digest: digestOf(text),
      ...(artifactType !== undefined && { artifactType }),
      config: plainConfig,
      layers: readLayers(kind, layers),
      annotations: annotationsOf(value.annotations),
    },
  };
}

function kindOf(artifactType: string, configType: string): ArtifactKind {
  const types = [artifactType, configType];
  const is = (pattern: RegExp): boolean => types.some((type) => pattern.test(type));
  if (is(MODEL_PACK)) return "modelpack";
  if (is(MODEL_KIT)) return "modelkit";
  return is(DOCKER_MODEL) ? "docker-model" : "artifact";
}

function readLayers(kind: ArtifactKind, layers: readonly Descriptors[]): readonly ArtifactLayer[] {
  const named = nameByType(layers);
  const read = layers.flatMap((layer) => readLayer(kind, layer, named) ?? []);
  if (read.length === 0)
    throw wordNoModel(layers.length === 0 ? "it has no layer" : "no layer of it has a file's name");
  return read;
}

/** Of a plain artifact, layers without a name are passed over, as ORAS does. */
function readLayer(kind: ArtifactKind, layer: Descriptors, named: NamedByType): ArtifactLayer | undefined {
  const path = pathOf(layer) ?? named(layer);
  const packing = packingOf(kind, layer);
  if (kind === "artifact" && path === undefined) return undefined;
  if (packing === "raw" && path === undefined) throw wordNameless(layer);
  return { ...layer, role: roleOf(layer.mediaType), packing, path: path ?? "" };
}

function pathOf({ annotations }: Descriptors): string | undefined {
  const path = PATH_ANNOTATIONS.map((name) => annotations[name]).find((found) => found !== undefined);
  return path?.replace(/^(?:\.\/+)+/, "");
}

/** The names that ModelPack and ModelKit have for the parts of a package. */
const ROLES: readonly (readonly [RegExp, LayerRole])[] = [
  [/\.code\.v\d/, "code"],
  [/\.dataset\.v\d/, "dataset"],
  [/\.docs?\.v\d/, "docs"],
];

function roleOf(mediaType: string): LayerRole {
  const isOfPackage = MODEL_PACK.test(mediaType) || MODEL_KIT.test(mediaType);
  return (isOfPackage && ROLES.find(([pattern]) => pattern.test(mediaType))?.[1]) || "model";
}

function packingOf(kind: ArtifactKind, { mediaType, annotations }: Descriptors): Packing {
  if (kind === "artifact" && annotations[UNPACK] !== "true") return "raw";
  const [, archive] = /[.+-](tar(?:[.+-](?:gzip|zstd))?)$/.exec(mediaType) ?? [];
  if (archive !== undefined) return archive.replace(/[.-]/, "+") as Packing;
  return kind === "artifact" ? "tar+gzip" : "raw";
}

function readEntry(value: unknown): IndexEntry | undefined {
  const { digest, platform } = objectOf(value);
  const { os, architecture, variant } = objectOf(platform);
  if (!isDigest(digest)) return undefined;
  if (typeof os !== "string" || typeof architecture !== "string") return { digest };
  const parts = [os, architecture, ...(typeof variant === "string" && variant !== "" ? [variant] : [])];
  return { digest, platform: parts.join("/") };
}

function readDescriptor(value: unknown): Descriptors | undefined {
  const { mediaType, digest, size, annotations } = objectOf(value);
  if (!isDigest(digest) || typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    return undefined;
  return { mediaType: String(mediaType ?? ""), digest, size, annotations: annotationsOf(annotations) };
}

function annotationsOf(value: unknown): Annotations {
  const written = Object.entries(objectOf(value));
  return Object.fromEntries(
    written.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function wordNoModel(reason: string): SourceFault {
  return new SourceFault(
    "source/not-a-model",
    `what the registry has there is not a model: ${reason}`,
    "name a ModelPack, a ModelKit, a Docker Model, or files that `oras push` sent; an image goes into `base_image`",
  );
}

function wordNameless({ digest, mediaType }: Descriptor): SourceFault {
  return new SourceFault(
    "source/nameless-layer",
    `the layer ${digest} (${mediaType}) does not name its file`,
    `push it again with the annotation \`${PATH_ANNOTATIONS[0]}\``,
  );
}
