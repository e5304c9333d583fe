import path from "node:path";
import { type ArchivedFile, indexArchive, type ReadAt } from "../../images/inspect/index-archive.ts";
import { OversizedImage } from "../../images/inspect/limits.ts";
import { scanLayer } from "../../images/inspect/scan-layer.ts";
import { parseConfig } from "../../images/manifest.ts";
import { UnreadableImage } from "../../images/read-images.ts";
import { bytesOf } from "../../model/chunks.ts";
import { type Digest, digestOf } from "../../model/digest.ts";
import type { Files } from "../../model/host.ts";
import { blobPath } from "../../model/image.ts";
import { type ImagePlace, MOST_TEXT_BYTES, NOT_IN_A_REGISTRY } from "./image-place.ts";

/** The files that an image consists of: those of a folder, or those in an archive. */
type Shelf = {
  readonly sizeOf: (name: string) => Promise<number | undefined>;
  /** Of a file that is there. */
  readonly read: (name: string) => AsyncIterable<Uint8Array>;
};

/** An image in the folder of an OCI layout. Rejects with an `UnreadableImage`. */
export function inFolder(folder: string, files: Files): Promise<ImagePlace> {
  return onShelf("folder", {
    sizeOf: async (name) => {
      const status = await files.status(path.join(folder, name));
      return status?.type === "file" ? status.size : undefined;
    },
    read: (name) => files.readStream(path.join(folder, name)),
  });
}

/** An image in a tar, of which no more is read than is needed. Rejects with an `UnreadableImage`. */
export async function inArchive(file: string, size: number, files: Files): Promise<ImagePlace> {
  const read = async function* ({ offset, size: count }: ArchivedFile): AsyncGenerator<Uint8Array> {
    let left = Math.min(count, size - offset);
    if (left < count) throw new UnreadableImage("is cut off: the archive ends before");
    if (left === 0) return;
    for await (const chunk of files.readParts([{ file, size }], offset)) {
      yield chunk.subarray(0, left);
      left -= chunk.length;
      if (left <= 0) return;
    }
  };
  const readAt: ReadAt = async (offset, count) =>
    bytesOf(read({ offset, size: Math.max(0, Math.min(count, size - offset)) }));
  const found = await indexArchive(readAt);
  const demand = (name: string): ArchivedFile => {
    const place = found.get(name);
    if (place === undefined) throw new UnreadableImage("is missing");
    return place;
  };
  return onShelf("archive", {
    sizeOf: async (name) => found.get(name)?.size,
    read: (name) => read(demand(name)),
  });
}

async function onShelf(from: "archive" | "folder", shelf: Shelf): Promise<ImagePlace> {
  const old = (await shelf.sizeOf("index.json")) === undefined ? await readDockerArchive(shelf) : undefined;
  const root = old?.manifest ?? (await readShort(shelf, "index.json"));
  if (root === undefined)
    throw new UnreadableImage(
      "it has no `index.json` and no `manifest.json`: it is no OCI layout and no docker archive",
    );
  const nameOf = (digest: Digest): string => old?.names.get(digest) ?? blobPath(digest);
  return {
    ...{ from, root, isNear: true },
    readText: (digest) => readShort(shelf, nameOf(digest)),
    scan: async ({ digest }, options) => {
      if ((await shelf.sizeOf(nameOf(digest))) === undefined) throw new UnreadableImage("is missing");
      return scanLayer(shelf.read(nameOf(digest)), options);
    },
    findAttestations: async () => NOT_IN_A_REGISTRY,
  };
}

async function readShort(shelf: Shelf, name: string): Promise<string | undefined> {
  const size = await shelf.sizeOf(name);
  if (size === undefined) return undefined;
  if (size > MOST_TEXT_BYTES) throw new OversizedImage(`its \`${name}\` has ${size} bytes`);
  return (await bytesOf(shelf.read(name))).toString("utf8");
}

type DockerArchive = { readonly manifest: string; readonly names: ReadonlyMap<Digest, string> };

/** What `docker save` wrote before it wrote OCI layouts, told as a layout tells it: layers are known by their tars' digests. */
async function readDockerArchive(shelf: Shelf): Promise<DockerArchive | undefined> {
  const text = await readShort(shelf, "manifest.json");
  if (text === undefined) return undefined;
  const { Config, Layers } = firstOf(text);
  const config = typeof Config === "string" ? await readShort(shelf, Config) : undefined;
  const diffIds = parseConfig(config ?? "")?.diffIds;
  if (typeof Config !== "string" || config === undefined || diffIds === undefined || !Array.isArray(Layers))
    throw new UnreadableImage("its `manifest.json` names no configuration that makes sense");
  const names = new Map<Digest, string>([[digestOf(config), Config]]);
  const layers = await Promise.all(
    diffIds.map(async (digest, index) => {
      const name = String(Layers[index]);
      names.set(digest, name);
      return {
        mediaType: "application/vnd.oci.image.layer.v1.tar",
        digest,
        size: (await shelf.sizeOf(name)) ?? 0,
      };
    }),
  );
  const described = { mediaType: "", digest: digestOf(config), size: Buffer.byteLength(config) };
  const manifest = JSON.stringify({ schemaVersion: 2, config: described, layers });
  return { manifest, names };
}

function firstOf(text: string): { readonly Config?: unknown; readonly Layers?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    const [first] = Array.isArray(value) ? (value as readonly unknown[]) : [];
    return typeof first === "object" && first !== null ? first : {};
  } catch {
    return {};
  }
}
