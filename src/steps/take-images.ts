import path from "node:path";
import { extractLayout } from "../images/extract-layout.ts";
import { describeText, hasTriggers, MEDIA_TYPES, writeIndex } from "../images/manifest.ts";
import { type ReadImage, readImages, UnreadableImage } from "../images/read-images.ts";
import { once, orAborted, textOf, untilAborted } from "../model/chunks.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { type Digest, digestOfValue, isDigest } from "../model/digest.ts";
import { blobPath, type Descriptor, type PlatformImage } from "../model/image.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import type { Repository } from "../model/registry.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { StepContext } from "../model/step-kind.ts";

/** Images with what describes them in the store. */
export type EnvironmentValues = {
  readonly images: readonly PlatformImage[];
  /** Where their layers are, if not in the store: `registry.example.com/team/base`. */
  readonly repository?: string;
  /** What an engine may have them under. */
  readonly reference?: string;
  /** The same as they came from the builder, which is how its engine has them. */
  readonly built?: readonly PlatformImage[];
};

export function environmentOf(output: StepOutput): EnvironmentValues {
  return output.values as unknown as EnvironmentValues;
}

/**
 * Takes the images of an OCI layout's folder into the store, each byte checked; they are moved where the folder is ours.
 *
 * Errors: `build/base-unreadable`.
 */
export async function takeLayout(
  folder: string,
  platforms: readonly string[],
  isOurs: boolean,
  context: StepContext,
): Promise<Result<StepOutput>> {
  return orUnreadable(async () => {
    const images = await readLayout(folder, platforms, context);
    const taken = await takeLayers(
      images.flatMap(({ layers }) => layers),
      folder,
      isOurs,
      context,
    );
    return environmentOutput(images, taken, {}, context);
  });
}

/** Takes layers of a layout's folder into the store, each once. Rejects with an `UnreadableImage`. */
export async function takeLayers(
  layers: readonly Descriptor[],
  folder: string,
  isOurs: boolean,
  context: StepContext,
): Promise<readonly OutputFile[]> {
  const { files } = context.host;
  const once = new Map(layers.map((layer) => [layer.digest, layer]));
  return Promise.all(
    [...once.values()].map(async ({ digest, size }): Promise<OutputFile> => {
      const place = path.join(folder, blobPath(digest));
      if ((await files.status(place))?.type !== "file")
        throw new UnreadableImage(`its layer ${digest} is missing`);
      const blob = isOurs
        ? await orAborted(context.store.take(place), context.signal)
        : await context.store.write(untilAborted(files.readStream(place), context.signal));
      if (blob.digest !== digest || blob.size !== size)
        throw new UnreadableImage(`its layer ${digest} has other bytes`);
      return { path: blobPath(digest), digest, size: blob.size, mode: 0o644 };
    }),
  );
}

export async function readLayout(
  folder: string,
  platforms: readonly string[],
  { host: { files } }: StepContext,
): Promise<readonly ReadImage[]> {
  const readIfThere = async (name: string) => {
    const place = path.join(folder, name);
    const status = await files.status(place);
    if (status?.type !== "file") return undefined;
    if (status.size > MOST_CONFIG_BYTES) throw new UnreadableImage(`\`${name}\` is too long`);
    return files.readText(place);
  };
  const root = await readIfThere("index.json");
  if (root === undefined) throw new UnreadableImage("it is not an OCI layout: it has no `index.json`");
  return readImages(root, platforms, (digest) => readIfThere(blobPath(digest)));
}

/**
 * Makes a layout of the images for these platforms, of links to the blobs of another, and gives the digest of what
 * names them all. Rejects with an `UnreadableImage`.
 */
export async function linkLayout(
  from: string,
  to: string,
  platforms: readonly string[],
  context: StepContext,
): Promise<Digest> {
  const { files } = context.host;
  const images = await readLayout(from, platforms, context);
  const blobs = images.flatMap(({ manifest, config, layers }) => [manifest, config, ...layers]);
  await files.makeDirectory(path.join(to, "blobs/sha256"));
  const names = new Set(blobs.map(({ digest }) => blobPath(digest)));
  await Promise.all([...names].map((name) => files.link(path.join(from, name), path.join(to, name))));
  return nameInLayout(images, to, context);
}

/** Writes what names the images of a layout whose blobs are there, and gives its digest. */
export async function nameInLayout(
  images: readonly PlatformImage[],
  to: string,
  { host: { files } }: StepContext,
): Promise<Digest> {
  const index = writeIndex(images);
  const root = describeText(MEDIA_TYPES.index, index);
  await files.writeAtomically(path.join(to, blobPath(root.digest)), index);
  await files.writeAtomically(path.join(to, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  await files.writeAtomically(
    path.join(to, "index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [root] }),
  );
  return root.digest;
}

/** Takes the images of an OCI layout in a tar, by way of a folder of its own. */
export async function takeArchive(
  archive: AsyncIterable<Uint8Array>,
  platforms: readonly string[],
  context: StepContext,
): Promise<Result<StepOutput>> {
  const folder = await context.makeWorkDirectory();
  const unpacked = await orUnreadable(() => unpackLayout(archive, folder, context));
  return unpacked.ok ? takeLayout(folder, platforms, true, context) : unpacked;
}

/**
 * As `takeArchive`, of the very image that a digest names: an engine may well export another, with the same files in it.
 * Undefined where the archive does not have it.
 */
export async function takePinned(
  archive: AsyncIterable<Uint8Array>,
  digest: string,
  platforms: readonly string[],
  context: StepContext,
): Promise<Result<StepOutput> | undefined> {
  const { files } = context.host;
  const folder = await context.makeWorkDirectory();
  const unpacked = await orUnreadable(() => unpackLayout(archive, folder, context));
  if (!unpacked.ok) return unpacked;
  const root = isDigest(digest) ? path.join(folder, blobPath(digest)) : folder;
  if ((await files.digestIfFile(root))?.digest !== digest) return undefined;
  // All that is taken is named by what it names, by digest.
  await files.writeAtomically(path.join(folder, "index.json"), await files.readText(root));
  return takeLayout(folder, platforms, true, context);
}

/** Writes the files of an OCI layout in a tar into a folder. Rejects with an `UnreadableImage` where there is no tar. */
export async function unpackLayout(
  archive: AsyncIterable<Uint8Array>,
  folder: string,
  { host }: StepContext,
): Promise<void> {
  for await (const file of extractLayout(archive)) {
    await host.files.writeStream(path.join(folder, file.path), file.chunks);
  }
}

/** Takes what describes the images of a registry; their layers stay there until somebody needs them here. */
export async function takeFromRegistry(
  repository: Repository,
  reference: string,
  platforms: readonly string[],
  context: StepContext,
): Promise<Result<StepOutput>> {
  const { signal } = context;
  return orUnreadable(async () => {
    const root = await repository.readManifest(reference, signal);
    if (root === undefined) throw new UnreadableImage(`${repository.name} does not have it`);
    const images = await readImages(root, platforms, async (digest, kind) => {
      if (kind === "manifest") return repository.readManifest(digest, signal);
      const chunks = await repository.readBlob(digest, signal);
      return chunks && textOf(atMost(chunks));
    });
    return environmentOutput(images, [], { repository: repository.name }, context);
  });
}

/** More than any image's configuration has, whoever sends it. */
const MOST_CONFIG_BYTES = 8 << 20;

async function* atMost(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MOST_CONFIG_BYTES) throw new UnreadableImage("its configuration has no end");
    yield chunk;
  }
}

/** Known by its manifests: where the layers lie does not matter to who needs it. */
export async function environmentOutput(
  images: readonly ReadImage[],
  layers: readonly OutputFile[],
  more: Pick<EnvironmentValues, "repository" | "built">,
  context: StepContext,
): Promise<StepOutput> {
  if (images.some((image) => image.texts.some(hasTriggers)))
    throw new UnreadableImage("it has `ONBUILD` instructions, and nothing is run in it here");
  const texts = await Promise.all(
    images
      .flatMap((image) => image.texts)
      .map(async (text): Promise<OutputFile> => {
        const { digest, size } = await context.store.write(once(Buffer.from(text)));
        return { path: blobPath(digest), digest, size, mode: 0o644 };
      }),
  );
  const described = images.map(({ texts: _texts, ...image }) => image);
  return {
    digest: digestOfValue(described.map(({ platform, manifest }) => ({ platform, digest: manifest.digest }))),
    files: [...texts, ...layers],
    values: { images: described, ...more } as unknown as SerializableRecord,
  };
}

/** Words why an image cannot be used. */
export async function orUnreadable<T>(act: () => Promise<T>): Promise<Result<T>> {
  try {
    return succeed(await act());
  } catch (error) {
    if (!(error instanceof UnreadableImage)) throw error;
    return fail(wordUnreadable(error));
  }
}

function wordUnreadable({ message }: UnreadableImage): Diagnostic {
  return errorDiagnostic("build/base-unreadable", `the base image cannot be used: ${message}`, {
    path: "/base_image",
    hint: "correct `base_image`, or `build.platforms`",
  });
}
