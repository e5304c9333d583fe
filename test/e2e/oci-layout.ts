import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { execa } from "execa";
import { pack } from "tar-stream";
import { bytesOf } from "../../src/model/chunks.ts";
import { docker } from "./engine.ts";

type Descriptor = { readonly mediaType: string; readonly digest: string; readonly size: number };
type Manifest = { readonly config: Descriptor; readonly layers: readonly Descriptor[] };
type Index = { readonly manifests: readonly Descriptor[] };

function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Where a layout's folder has a blob. */
export function blobIn(folder: string, digest: string): string {
  return path.join(folder, "blobs", ...digest.split(":"));
}

export async function readBlobText<T>(folder: string, digest: string): Promise<T> {
  return JSON.parse(await readFile(blobIn(folder, digest), "utf8")) as T;
}

/** The first image of a layout. */
export async function readLayout(folder: string) {
  const index = JSON.parse(await readFile(path.join(folder, "index.json"), "utf8")) as Index;
  const [first] = index.manifests;
  if (first === undefined) throw new Error(`${folder} has no image`);
  const { mediaType, digest, size } = first;
  const manifest = await readBlobText<Manifest>(folder, digest);
  return { descriptor: { mediaType, digest, size }, manifest };
}

async function writeBlob(folder: string, mediaType: string, bytes: Buffer): Promise<Descriptor> {
  const digest = sha256(bytes);
  await mkdir(path.join(folder, "blobs/sha256"), { recursive: true });
  await writeFile(blobIn(folder, digest), bytes);
  return { mediaType: `application/vnd.oci.image.${mediaType}`, digest, size: bytes.length };
}

function jsonOf(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** An image of one file as an OCI layout: a base that nothing can be run in, and that takes no engine to make. */
export async function makeSmallLayout(folder: string, content = "base"): Promise<void> {
  const layer = pack();
  layer.entry({ name: "etc/base.txt", mode: 0o644, mtime: new Date(0) }, content);
  layer.finalize();
  const tar = await bytesOf(layer as AsyncIterable<Uint8Array>);
  const config = {
    ...{ os: "linux", architecture: "amd64", config: { Env: ["PATH=/bin", "BASE=yes"] } },
    rootfs: { type: "layers", diff_ids: [sha256(tar)] },
    history: [{ created_by: "the base" }],
  };
  const manifest = {
    ...{ schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json" },
    config: await writeBlob(folder, "config.v1+json", jsonOf(config)),
    layers: [await writeBlob(folder, "layer.v1.tar+gzip", gzipSync(tar))],
  };
  await writeIndex(folder, [await writeBlob(folder, "manifest.v1+json", jsonOf(manifest))]);
}

async function writeIndex(folder: string, manifests: readonly object[]): Promise<void> {
  await writeFile(path.join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(path.join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
}

/** Makes a layout's image one for two platforms: the second has the same layers, and its own configuration. */
export async function addArchitecture(folder: string, architecture: string): Promise<void> {
  const { descriptor, manifest } = await readLayout(folder);
  const config = await readBlobText<{ architecture: string }>(folder, manifest.config.digest);
  const other = {
    ...{ schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json" },
    config: await writeBlob(folder, "config.v1+json", jsonOf({ ...config, architecture })),
    layers: manifest.layers,
  };
  const second = await writeBlob(folder, "manifest.v1+json", jsonOf(other));
  await writeIndex(folder, [
    { ...descriptor, platform: { os: "linux", architecture: config.architecture } },
    { ...second, platform: { os: "linux", architecture } },
  ]);
}

/** What `docker save` writes of an image: an OCI layout in a tar. */
export async function saveImage(image: string, file: string): Promise<void> {
  await docker(["save", "--output", file, image]);
}

export async function unpack(archive: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await execa("tar", ["-xf", archive, "-C", folder]);
  await execa("chmod", ["-R", "u+w", folder]);
}
