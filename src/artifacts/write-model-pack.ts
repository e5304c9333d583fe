import { type Digest, digestOf } from "../model/digest.ts";
import type { Descriptor } from "../model/image.ts";
import { PATH_ANNOTATIONS } from "./artifact.ts";

export const MODEL_PACK_TYPES = {
  artifact: "application/vnd.cncf.model.manifest.v1+json",
  config: "application/vnd.cncf.model.config.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
} as const;

/** A file of a model; `path` is relative, with forward slashes. */
export type PackedFile = { readonly path: string; readonly digest: Digest; readonly size: number };

export type ModelPackFacts = {
  readonly name: string;
  readonly version?: string;
  /** In seconds since 1970. */
  readonly sourceDateEpoch: number;
};

/** What a registry is sent beside the files: each text has the digest that its descriptor says. */
export type ModelPack = {
  readonly config: Descriptor;
  readonly configText: string;
  readonly layers: readonly Descriptor[];
  readonly manifestText: string;
};

const SETTINGS = /\.(?:json|ya?ml|toml|txt|jinja|ini|cfg)$/i;

/** What `config.format` says of the largest file, by its ending. */
const FORMATS: Readonly<Record<string, string>> = {
  safetensors: "safetensors",
  gguf: "gguf",
  onnx: "onnx",
  pt: "pt",
  pth: "pt",
  pkl: "pickle",
  joblib: "joblib",
  h5: "h5",
  keras: "keras",
  pb: "pb",
  tflite: "tflite",
};

/**
 * A ModelPack (model-spec 1, docs/spec.md): each file is a layer as it is, with constant times and modes, and nothing of
 * this machine, so that the same files have the same digest wherever they are pushed from.
 */
export function writeModelPack(files: readonly PackedFile[], facts: ModelPackFacts): ModelPack {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const configText = JSON.stringify(configOf(sorted, facts));
  const config = {
    mediaType: MODEL_PACK_TYPES.config,
    digest: digestOf(configText),
    size: Buffer.byteLength(configText),
  };
  const layers = sorted.map(layerOf);
  const manifest = {
    schemaVersion: 2,
    mediaType: MODEL_PACK_TYPES.manifest,
    artifactType: MODEL_PACK_TYPES.artifact,
    config,
    layers,
  };
  return { config, configText, layers, manifestText: JSON.stringify(manifest) };
}

function layerOf({ path, digest, size }: PackedFile) {
  const role = SETTINGS.test(path) ? "weight.config" : "weight";
  return {
    mediaType: `application/vnd.cncf.model.${role}.v1.raw`,
    digest,
    size,
    annotations: {
      [PATH_ANNOTATIONS[0]]: path,
      "org.cncf.model.file.metadata+json": JSON.stringify(metadataOf(path, size)),
      "org.cncf.model.file.mediatype.untested": "true",
      // What ORAS calls the file by when it is pulled.
      "org.opencontainers.image.title": path,
    },
  };
}

/** As a tar would say it; the type flag is that of a regular file. */
function metadataOf(path: string, size: number) {
  const name = path.split("/").at(-1) ?? path;
  return {
    name,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size,
    mtime: "1970-01-01T00:00:00Z",
    typeflag: "0".charCodeAt(0),
  };
}

function configOf(files: readonly PackedFile[], { name, version, sourceDateEpoch }: ModelPackFacts) {
  const format = formatOf(files);
  return {
    descriptor: {
      createdAt: new Date(sourceDateEpoch * 1000).toISOString().replace(".000Z", "Z"),
      name,
      ...(version !== undefined && { version }),
    },
    config: { ...(format !== undefined && { format }) },
    modelfs: { type: "layers", diffIds: files.map(({ digest }) => digest) },
  };
}

function formatOf(files: readonly PackedFile[]): string | undefined {
  const largest = files.toSorted((a, b) => b.size - a.size)[0];
  return FORMATS[/\.([^./]+)$/.exec(largest?.path ?? "")?.[1]?.toLowerCase() ?? ""];
}
