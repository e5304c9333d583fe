import { recordOf, type SerializableRecord } from "../../model/serializable.ts";
import { alignLists } from "./align-lists.ts";
import type { Difference, ValueDifference } from "./difference.ts";
import { compareLayers } from "./layers.ts";
import { type OpenImage, type OpenLayer, openImage, type StoredImage } from "./stored-image.ts";
import { compareValues } from "./values.ts";

/**
 * How the second image differs from the first: its manifest, its configuration, and layer by layer down to the bytes of
 * files. There is no difference if, and only if, the manifests are the same to the byte. Digests and sizes are not told
 * where what they are of differs. Layers of equal digests are not read; of the others, no content is held but a frame of
 * zstd at a time.
 *
 * Rejects with a `BrokenImage`, and with what `readLayer` fails with.
 */
export async function compareImages(first: StoredImage, second: StoredImage): Promise<readonly Difference[]> {
  const [a, b] = [openImage(first, "first"), openImage(second, "second")];
  const layers = pairLayers(a.layers, b.layers);
  const found = [compareManifests(a, b, layers), compareConfigs(a, b, layers)];
  for (const pair of layers) found.push(await comparePair(pair));
  const differences = found.flat();
  const isFramed = differences.length === 0 && first.manifest !== second.manifest;
  return isFramed ? [{ where: { in: "manifest" }, what: "framing" }] : differences;
}

/** Layers that are compared with each other, or one that has none on the other side. */
type LayerPair =
  | { readonly first: OpenLayer; readonly second: OpenLayer }
  | { readonly first: OpenLayer; readonly second?: undefined }
  | { readonly first?: undefined; readonly second: OpenLayer };

/** Equal layers belong together; between them what was made by the same, and then what stands at the same place. */
function pairLayers(first: readonly OpenLayer[], second: readonly OpenLayer[]): readonly LayerPair[] {
  const aligned = alignLists(first, second, [({ layer }) => layer.diffId, ({ place }) => place.madeBy ?? ""]);
  return aligned.flatMap((pair): readonly LayerPair[] => {
    const a = pair.first === undefined ? undefined : first[pair.first];
    const b = pair.second === undefined ? undefined : second[pair.second];
    if (a === undefined) return b === undefined ? [] : [{ second: b }];
    return [b === undefined ? { first: a } : { first: a, second: b }];
  });
}

async function comparePair({ first, second }: LayerPair): Promise<readonly Difference[]> {
  if (first === undefined) return [{ where: second.place, what: "extra" }];
  if (second === undefined) return [{ where: first.place, what: "missing" }];
  if (isSameBlob(first, second)) return [];
  const differences = await compareLayers(first, second);
  return differences.map((difference) => ({ where: first.place, ...difference }));
}

function isSameBlob(first: OpenLayer, second: OpenLayer): boolean {
  return first.layer.digest === second.layer.digest;
}

function isSameTar(first: OpenLayer, second: OpenLayer): boolean {
  return first.layer.diffId === second.layer.diffId;
}

function compareManifests(
  first: OpenImage,
  second: OpenImage,
  layers: readonly LayerPair[],
): readonly Difference[] {
  const isSameConfig = first.texts.config === second.texts.config;
  const [a, b] = [first.manifest, second.manifest].map(({ config, layers: _layers, ...others }) => ({
    ...others,
    config: withoutDigest(recordOf(config), isSameConfig),
  }));
  const ofLayers = layers.flatMap((pair) =>
    pair.first === undefined || pair.second === undefined ? [] : compareDescriptors(pair.first, pair.second),
  );
  return [...compareValues(a, b), ...ofLayers].map((difference) => ({
    where: { in: "manifest" },
    ...difference,
  }));
}

/** Another compression is told as such, and not by its media type. */
function compareDescriptors(first: OpenLayer, second: OpenLayer): readonly ValueDifference[] {
  const isSame = isSameBlob(first, second);
  const isCompression = isSameTar(first, second) && !isSame;
  const [a, b] = [first.written, second.written].map((written) => {
    const whole = withoutDigest(written, isSame);
    const { mediaType: _mediaType, ...others } = whole;
    return isCompression ? others : whole;
  });
  return compareValues(a, b, `/layers/${first.place.index}`);
}

/** The size of other bytes says no more than that they are others. */
function withoutDigest(written: SerializableRecord, isSame: boolean): SerializableRecord {
  const { digest: _digest, ...sized } = written;
  const { size: _size, ...others } = sized;
  return isSame ? sized : others;
}

function compareConfigs(
  first: OpenImage,
  second: OpenImage,
  layers: readonly LayerPair[],
): readonly Difference[] {
  if (first.texts.config === second.texts.config) return [];
  const where = { in: "config" } as const;
  const found = [
    ...compareValues(withoutDiffIds(first.config), withoutDiffIds(second.config)),
    ...layers.flatMap(compareClaims),
  ];
  const areSameLayers = layers.every(
    (pair) => pair.first && pair.second && isSameTar(pair.first, pair.second),
  );
  if (found.length === 0 && areSameLayers) return [{ where, what: "framing" }];
  return found.map((difference) => ({ where, ...difference }));
}

/** What diff ids tell, layers tell. */
function withoutDiffIds(config: SerializableRecord): SerializableRecord {
  if (config.rootfs === undefined) return config;
  const { diff_ids: _diffIds, ...others } = recordOf(config.rootfs);
  return { ...config, rootfs: others };
}

/** Of one blob, two configurations say that its tar is another: a layer that is not read cannot tell. */
function compareClaims({ first, second }: LayerPair): readonly ValueDifference[] {
  if (first === undefined || second === undefined || !isSameBlob(first, second)) return [];
  return compareValues(first.layer.diffId, second.layer.diffId, `/rootfs/diff_ids/${first.place.index}`);
}
