import type { LayerFacts } from "../../images/inspect/layer-facts.ts";
import { OversizedImage } from "../../images/inspect/limits.ts";
import type { ReadLayer } from "../../images/inspect/merge-facts.ts";
import { UnreadableImage } from "../../images/read-images.ts";
import { type Digest, shortDigest } from "../../model/digest.ts";
import type { DescribedLayer } from "../../model/image.ts";
import { inLanes } from "../../model/lanes.ts";
import { wordBytes } from "../../report/word-transfer.ts";
import type { ImagePlace } from "./image-place.ts";

/** How much of the layers is looked at. */
export type LayerReading = {
  /** Without, no layer of a model is read where it need not be. */
  readonly files: boolean;
  /** Reads large models that lie in a registry to their end, for the digests of their files. */
  readonly full: boolean;
  /** What was read of layers before, by their `diffId`: two images often have the same base. */
  readonly known?: Map<Digest, LayerFacts>;
  /** Told what is about to be brought from afar, in bytes. */
  readonly onReading?: (layers: number, bytes: number) => void;
};

/** Of a larger layer of a model in a registry only the beginning is read, where its first file is named. */
const LARGE_BYTES = 64e6;
const BEGINNING_BYTES = 1 << 20;

const READ_AT_ONCE = 3;

/** Rejects with an `UnreadableImage`. */
export async function readLayers(
  place: ImagePlace,
  layers: readonly DescribedLayer[],
  reading: LayerReading,
): Promise<{ readonly layers: readonly ReadLayer[]; readonly unread: readonly string[] }> {
  const wanted = layers.filter(({ part }) => part !== "model" || reading.files);
  const isCut = (layer: DescribedLayer): boolean =>
    !place.isNear && !reading.full && layer.part === "model" && layer.size > LARGE_BYTES;
  const brought = place.isNear ? [] : wanted.filter(({ diffId }) => reading.known?.has(diffId) !== true);
  if (brought.length > 0)
    reading.onReading?.(
      brought.length,
      brought.reduce((sum, layer) => sum + (isCut(layer) ? BEGINNING_BYTES : layer.size), 0),
    );
  const read = new Map<DescribedLayer, ReadLayer>();
  const unread = new Map<DescribedLayer, readonly string[]>();
  await inLanes(wanted, READ_AT_ONCE, async (layer) => {
    const known = reading.known?.get(layer.diffId);
    const facts = known ?? (await readLayer(place, layer, reading.files, isCut(layer)));
    if (facts.diffId !== undefined) reading.known?.set(facts.diffId, facts);
    read.set(layer, { layer, facts });
    const cut = isCut(layer) && facts.diffId === undefined ? [wordCut(layer)] : [];
    unread.set(layer, [...cut, ...facts.unread]);
  });
  return {
    layers: layers.map((layer) => read.get(layer) ?? { layer, facts: undefined }),
    unread: [
      ...layers.flatMap((layer) => unread.get(layer) ?? []),
      ...layers.filter((layer) => !read.has(layer)).map(wordSkipped),
    ],
  };
}

async function readLayer(place: ImagePlace, layer: DescribedLayer, hashesModels: boolean, isCut: boolean) {
  try {
    const facts = await place.scan(layer, { hashesModels, ...(isCut && { mostBytes: BEGINNING_BYTES }) });
    if (facts.diffId !== undefined && facts.diffId !== layer.diffId)
      throw new UnreadableImage("has other bytes than the configuration says");
    return facts;
  } catch (error) {
    if (!(error instanceof UnreadableImage)) throw error;
    const message = `its layer ${layer.digest} ${error.message}`;
    throw error instanceof OversizedImage ? new OversizedImage(message) : new UnreadableImage(message);
  }
}

function wordCut({ digest, size, name }: DescribedLayer): string {
  return `of layer ${shortDigest(digest)} of the model ${name}, ${wordBytes(size)}, only the beginning was read: \`--full\` reads all`;
}

function wordSkipped({ digest, size, name }: DescribedLayer): string {
  return `layer ${shortDigest(digest)} of the model ${name}, ${wordBytes(size)}, was not read: \`--no-files\``;
}
