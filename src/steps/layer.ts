import path from "node:path";
import {
  type Compression,
  chooseCompression,
  compress,
  SAMPLE_BYTES,
  SAMPLE_PLACES,
  suffixOf,
  WORTH_COMPRESSING_BYTES,
} from "../images/compression.ts";
import { type LayerPlan, layerParts, planModelLayers } from "../images/layers.ts";
import { MEDIA_TYPES } from "../images/manifest.ts";
import { orAborted, untilAborted } from "../model/chunks.ts";
import type { CompressionConfig } from "../model/config.ts";
import { digestOfValue } from "../model/digest.ts";
import { blobPath, type Layer } from "../model/image.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import { type Part, sizeOfParts } from "../model/part.ts";
import { succeed } from "../model/result.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import { modelFolder } from "./image-layout.ts";
import { demandFile, findMissingFile, watchFiles } from "./output-files.ts";

type LayerInputs = {
  /** Of the model. */
  readonly name: string;
  readonly version: string;
  readonly mostLayers: number;
  readonly compression: CompressionConfig;
};

/** What a layer step made: which layers, and by which plan those can be written that lie nowhere. */
export type LayerValues = Pick<LayerInputs, "mostLayers"> & {
  /** The model's folder in the image, absolute. */
  readonly target: string;
  readonly layers: readonly Layer[];
};

/**
 * Works out the layers of a model. One that is not compressed is written nowhere: its bytes are those of the model's
 * files with headers between them, and are read from there whenever somebody wants them.
 */
export const layerKind: StepKind = {
  kind: "layer",
  version: 1,
  summary: "works out a model's layers",
  shareable: false,
  timeoutMs: 2 * 60 * 60_000,
  attempts: 1,
  async run(step, context) {
    const { mostLayers, compression, ...model } = step.inputs as unknown as LayerInputs;
    const target = modelFolder(model);
    const files = filesOfNeeds(step.needs, context);
    const demandUnchanged = await watchFiles(files, context);
    const plans = planModelLayers(target, files, mostLayers);
    const made = await Promise.all(plans.map((plan) => makeLayer(plan, compression, context)));
    await demandUnchanged();
    const layers = made.map(({ layer }) => layer);
    const values: LayerValues = { target, mostLayers, layers };
    return succeed({
      digest: digestOfValue(layers as unknown as SerializableRecord[]),
      files: made.flatMap(({ file }) => file ?? []),
      values: values as unknown as SerializableRecord,
    });
  },
  findMissing: (_step, output, context) => findMissingFile(output, context),
};

export function layersOf(output: StepOutput): LayerValues {
  return output.values as unknown as LayerValues;
}

function filesOfNeeds(needs: readonly string[], context: StepContext): readonly OutputFile[] {
  return needs.flatMap((id) => context.outputOf(id).files);
}

/** The tar of a layer as it can be read now. */
export async function partsOfLayer(plan: LayerPlan, context: StepContext): Promise<readonly Part[]> {
  const places = new Map<OutputFile, string>();
  await Promise.all(plan.files.map(async ({ file }) => places.set(file, await demandFile(file, context))));
  return layerParts(plan, (file) => places.get(file) ?? "");
}

/** A layer, and the file it lies in if it had to be written. */
export type MadeLayer = { readonly layer: Layer; readonly file?: OutputFile };

/** Compresses a layer, or finds out its digest alone. */
export async function makeLayer(
  plan: LayerPlan,
  wanted: CompressionConfig,
  context: StepContext,
): Promise<MadeLayer> {
  const { files } = context.host;
  const parts = await partsOfLayer(plan, context);
  const compression = await decide(plan, parts, wanted, context);
  const mediaType = `${MEDIA_TYPES.layer}${suffixOf(compression)}`;
  const { signal } = context;
  if (compression.kind === "none") {
    const { digest, size } = await orAborted(files.digestParts(parts), signal);
    return { layer: { mediaType, digest, size, diffId: digest } };
  }
  const [raw, blob] = await Promise.all([
    orAborted(files.digestParts(parts), signal),
    context.store.write(compress(untilAborted(files.readParts(parts), signal), compression)),
  ]);
  const { digest, size } = blob;
  return {
    layer: { mediaType, digest, size, diffId: raw.digest },
    file: { path: blobPath(digest), digest, size, mode: 0o644 },
  };
}

/** What the largest file of a layer says is done with all of it. */
async function decide(
  { files }: LayerPlan,
  parts: readonly Part[],
  wanted: CompressionConfig,
  context: StepContext,
): Promise<Compression> {
  if ("level" in wanted) return wanted;
  if (wanted.kind === "none") return { kind: "none" };
  const largest = files.map(({ file }) => file).sort((a, b) => b.size - a.size)[0];
  if (largest === undefined || sizeOfParts(parts) < WORTH_COMPRESSING_BYTES) return { kind: "none" };
  const place = await demandFile(largest, context);
  const samples = await Promise.all(
    SAMPLE_PLACES.map((share) => readSample(place, largest.size, Math.floor(largest.size * share), context)),
  );
  return chooseCompression(path.basename(largest.path), samples);
}

async function readSample(
  file: string,
  size: number,
  start: number,
  { host }: StepContext,
): Promise<Uint8Array> {
  for await (const chunk of host.files.readParts([{ file, size }], start))
    return chunk.subarray(0, SAMPLE_BYTES);
  return new Uint8Array();
}
