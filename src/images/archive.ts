import type { Digest } from "../model/digest.ts";
import { blobPath, type Descriptor, type Image } from "../model/image.ts";
import { parseImageReference } from "../model/image-reference.ts";
import type { Part } from "../model/part.ts";
import { MEDIA_TYPES } from "./manifest.ts";
import { type TarEntry, tarParts } from "./tar.ts";

/** All that an image consists of, each once: what lies below comes first, so that whoever reads on has it. */
export function blobsOf({ root, images }: Image): readonly Descriptor[] {
  const all = images.flatMap(({ layers, config, manifest }) => [...layers, config, manifest]);
  return [...new Map([...all, root].map((blob) => [blob.digest, blob])).values()];
}

export type ArchiveOptions = {
  /** The name that a reader gives the image; without one it is known by its digest alone. */
  readonly name?: string;
  /** What is left out, because whoever reads it has it. */
  readonly without?: ReadonlySet<Digest>;
};

/**
 * An OCI image layout as one tar, with docker's `manifest.json` beside it: `docker load`, skopeo, crane and podman read
 * it as either. The same image gives the same bytes.
 */
export function archiveParts(
  image: Image,
  contentOf: (blob: Descriptor) => readonly Part[],
  { name, without = new Set() }: ArchiveOptions = {},
): readonly Part[] {
  const blobs = blobsOf(image).filter(({ digest }) => !without.has(digest));
  return tarParts([
    textEntry("oci-layout", { imageLayoutVersion: "1.0.0" }),
    { type: "directory", path: "blobs" },
    { type: "directory", path: "blobs/sha256" },
    ...blobs.map(
      (blob): TarEntry => ({
        type: "file",
        path: blobPath(blob.digest),
        mode: 0o644,
        size: blob.size,
        content: contentOf(blob),
      }),
    ),
    textEntry("index.json", indexOf(image, name)),
    textEntry("manifest.json", dockerManifestOf(image, name)),
  ]);
}

function indexOf({ root }: Image, name: string | undefined): object {
  const { mediaType, digest, size } = root;
  const annotations = name === undefined ? undefined : annotationsOf(name);
  return {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.index,
    manifests: [{ mediaType, digest, size, ...(annotations && { annotations }) }],
  };
}

/** The first is what containerd calls an image by, in full; the second is the specification's. */
function annotationsOf(name: string): object {
  const { registry, repository, tag = "latest" } = parseImageReference(name);
  return {
    "io.containerd.image.name": `${registry}/${repository}:${tag}`,
    "org.opencontainers.image.ref.name": tag,
  };
}

/** Docker's own form has one platform for a name. */
function dockerManifestOf({ images }: Image, name: string | undefined): object {
  return images.slice(0, 1).map(({ config, layers }) => ({
    Config: blobPath(config.digest),
    RepoTags: name === undefined ? [] : [name],
    Layers: layers.map(({ digest }) => blobPath(digest)),
  }));
}

function textEntry(path: string, value: object): TarEntry {
  const bytes = Buffer.from(JSON.stringify(value));
  return { type: "file", path, mode: 0o644, size: bytes.length, content: [{ bytes }] };
}
