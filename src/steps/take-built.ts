import path from "node:path";
import { BrokenArchive, clampTimes } from "../images/clamp-times.ts";
import { decompress } from "../images/decompress.ts";
import { type LayerOrigin, nameLayers, originsOfLayers, replaceLayers } from "../images/image-config.ts";
import { describeText, MEDIA_TYPES, writeManifest } from "../images/manifest.ts";
import { type ReadImage, UnreadableImage } from "../images/read-images.ts";
import { untilAborted } from "../model/chunks.ts";
import { type Digest, startDigest } from "../model/digest.ts";
import { blobPath, type Layer } from "../model/image.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import type { Result } from "../model/result.ts";
import type { StepContext } from "../model/step-kind.ts";
import { FIRST_INSTRUCTION } from "./dockerfile.ts";
import { environmentOutput, orUnreadable, readLayout, takeLayers } from "./take-images.ts";

/** An image of which some layers were made anew, and lie in the store. */
type Clamped = { readonly image: ReadImage; readonly own: readonly OutputFile[] };

export type BuiltLayout = {
  /** Of ours; what is in it is moved. */
  readonly folder: string;
  readonly platforms: readonly string[];
  readonly sourceDateEpoch: number;
  /** Whether the user's own Dockerfile was part of the build. */
  readonly hasDockerfile: boolean;
  /** What our own commands have brought, in their order. */
  readonly brings: readonly string[];
};

/**
 * Takes what buildx has written. The layers that were made by it lose the time of now: all else being equal, they are
 * the same next year. Those of the base image are taken as they are, and those of the user's own commands, too: the
 * byte-code in them may go by the time of its source.
 */
export async function takeBuilt(layout: BuiltLayout, context: StepContext): Promise<Result<StepOutput>> {
  return orUnreadable(async () => {
    const built = await readLayout(layout.folder, layout.platforms, context);
    const clamped = await Promise.all(built.map((image) => clampImage(image, layout, context)));
    const own = clamped.flatMap((one) => one.own);
    const made = new Set(own.map(({ digest }) => digest));
    const kept = clamped.flatMap(({ image }) => image.layers.filter(({ digest }) => !made.has(digest)));
    const taken = await takeLayers(kept, layout.folder, true, context);
    const asBuilt = built.map(({ texts: _texts, ...image }) => image);
    const images = clamped.map(({ image }) => image);
    return environmentOutput(images, [...taken, ...own], { built: asBuilt }, context);
  });
}

async function clampImage(image: ReadImage, layout: BuiltLayout, context: StepContext): Promise<Clamped> {
  const [, config = ""] = image.texts;
  const { sourceDateEpoch } = layout;
  const origins = originsOfLayers(config, sourceDateEpoch, FIRST_INSTRUCTION);
  const own = new Map<number, OutputFile>();
  await Promise.all(
    image.layers.map(async (layer, index) => {
      if (isClamped(layer, origins[index], layout)) own.set(index, await clampLayer(layer, layout, context));
    }),
  );
  if (own.size === 0) return { image, own: [] };
  const layers = image.layers.map((layer, index): Layer => {
    const made = own.get(index);
    if (made === undefined) return layer;
    return { mediaType: MEDIA_TYPES.layer, digest: made.digest, size: made.size, diffId: made.digest };
  });
  const diffIds = new Map([...own].map(([index, { digest }]) => [index, digest]));
  const named = nameLayers(config, FIRST_INSTRUCTION, layout.brings);
  const configText = replaceLayers(named, diffIds, sourceDateEpoch);
  const described = describeText(MEDIA_TYPES.config, configText);
  const manifestText = writeManifest(described, layers);
  const manifest = describeText(MEDIA_TYPES.manifest, manifestText);
  const texts = [manifestText, configText];
  const { platform } = image;
  return { image: { platform, manifest, config: described, layers, texts }, own: [...own.values()] };
}

/**
 * What was made now is not compressed, as the builder was asked for, and what it found of ours in a cache of somebody's may
 * be. So may a base of the same date.
 */
function isClamped(
  { digest, diffId }: Layer,
  origin: LayerOrigin | undefined,
  { hasDockerfile }: BuiltLayout,
): boolean {
  if (origin === undefined) return false;
  if (origin.isAfter) return true;
  return digest === diffId && hasDockerfile && origin.isOfDate && !/^RUN\b/.test(origin.instruction);
}

async function clampLayer(
  layer: Layer,
  { folder, sourceDateEpoch }: BuiltLayout,
  { host, store, signal }: StepContext,
): Promise<OutputFile> {
  const chunks = host.files.readStream(path.join(folder, blobPath(layer.digest)));
  try {
    const clamped = clampTimes(tarOf(layer, chunks), sourceDateEpoch);
    const { digest, size } = await store.write(untilAborted(clamped, signal));
    return { path: blobPath(digest), digest, size, mode: 0o644 };
  } catch (error) {
    if (!(error instanceof BrokenArchive)) throw error;
    throw new UnreadableImage(`its layer ${layer.digest} is no whole tar: ${error.message}`);
  }
}

/** Every byte checked, as it lies there and as it is in the end. */
async function* tarOf(
  { digest, diffId, mediaType }: Layer,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const stored = withDigest(chunks, digest);
  if (digest === diffId) return yield* stored;
  try {
    yield* withDigest(decompress(stored, mediaType), diffId);
  } catch (error) {
    const { message, syscall } = error as NodeJS.ErrnoException;
    if (error instanceof UnreadableImage || syscall !== undefined) throw error;
    throw new UnreadableImage(`its layer ${digest} cannot be read: ${message}`);
  }
}

async function* withDigest(chunks: AsyncIterable<Uint8Array>, digest: Digest): AsyncGenerator<Uint8Array> {
  const found = startDigest();
  for await (const chunk of chunks) {
    found.update(chunk);
    yield chunk;
  }
  if (found.finish() !== digest) throw new UnreadableImage(`its layer ${digest} has other bytes`);
}
