import { type Header, pack } from "tar-stream";
import { MEDIA_TYPES } from "../../src/images/manifest.ts";
import { bytesOf } from "../../src/model/chunks.ts";
import { digestOf } from "../../src/model/digest.ts";
import { blobPath } from "../../src/model/image.ts";

export type FakeLayer = {
  /** What the history says of it. */
  readonly madeBy: string;
  readonly tar: Uint8Array;
  /** What is stored, where that is not the tar. */
  readonly blob?: Uint8Array;
};

type Entry = string | Uint8Array | (Partial<Header> & { readonly content?: string });

/** A tar of files by their paths; an object is an entry of another kind. */
export async function makeTar(files: Readonly<Record<string, Entry>>): Promise<Buffer> {
  const stream = pack();
  for (const [name, entry] of Object.entries(files)) {
    const isContent = typeof entry === "string" || entry instanceof Uint8Array;
    const { content = "", ...header } = isContent ? { content: entry } : entry;
    stream.entry({ name, mtime: new Date(0), ...header }, Buffer.from(content));
  }
  stream.finalize();
  return bytesOf(stream as AsyncIterable<Uint8Array>);
}

/** The files of an OCI layout with one image. */
export function imageFiles(
  layers: readonly FakeLayer[],
  config: object = {},
  architecture = "amd64",
): Readonly<Record<string, string | Uint8Array>> {
  const texts = JSON.stringify({
    os: "linux",
    architecture,
    created: "1970-01-01T00:00:00Z",
    config,
    rootfs: { type: "layers", diff_ids: layers.map(({ tar }) => digestOf(tar)) },
    history: layers.map(({ madeBy }) => ({ created_by: madeBy })),
  });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: { mediaType: MEDIA_TYPES.config, digest: digestOf(texts), size: texts.length },
    layers: layers.map(({ tar, blob = tar }) => ({
      mediaType: MEDIA_TYPES.layer,
      digest: digestOf(blob),
      size: blob.length,
    })),
  });
  const named = { mediaType: MEDIA_TYPES.manifest, digest: digestOf(manifest), size: manifest.length };
  return {
    "oci-layout": '{"imageLayoutVersion":"1.0.0"}',
    ...Object.fromEntries(layers.map(({ tar, blob = tar }) => [blobPath(digestOf(blob)), blob])),
    [blobPath(digestOf(texts))]: texts,
    [blobPath(digestOf(manifest))]: manifest,
    "index.json": JSON.stringify({ schemaVersion: 2, manifests: [named] }),
  };
}
