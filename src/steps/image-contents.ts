import { planModelLayers } from "../images/layers.ts";
import type { Digest } from "../model/digest.ts";
import { blobPath, type Descriptor } from "../model/image.ts";
import { inLanes } from "../model/lanes.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import type { Part } from "../model/part.ts";
import type { BlobContent } from "../model/registry.ts";
import type { Step } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";
import { ENVIRONMENT } from "./build-image.ts";
import { AT_ONCE, fetchBlob } from "./fetch-blob.ts";
import { layersOf, partsOfLayer } from "./layer.ts";
import { modelFiles } from "./model-files.ts";
import { demandFile, watchFiles } from "./output-files.ts";
import { environmentOf } from "./take-images.ts";

/** Finds the bytes of an image's parts: in the store, in the models' own files, or in the registry the base came from. */
export type ImageContents = {
  /** The parts of a blob, which is brought here first if it lies elsewhere. */
  readonly partsOf: (blob: Descriptor) => Promise<readonly Part[]>;
};

/** `step` needs what made the image: its environment, its layers, and the files they are of. */
export function contentsFor(step: Step, context: StepContext): ImageContents {
  const outputs = step.needs.map((id) => [id, context.outputOf(id)] as const);
  const stored = new Map(
    outputs.flatMap(([, { files }]) => files.filter(isBlob).map((file) => [file.digest, file] as const)),
  );
  const planned = new Map(outputs.filter(([id]) => id.startsWith("layer:")).flatMap(plansOf));
  const environment = outputs.find(([id]) => id === ENVIRONMENT)?.[1];
  const repository = environment && environmentOf(environment).repository;

  function plansOf([id, output]: readonly [string, StepOutput]) {
    const { target, mostLayers, layers } = layersOf(output);
    const files = modelFiles(step, id.slice("layer:".length), context);
    const plans = planModelLayers(target, files, mostLayers);
    return layers.flatMap(({ digest }, index) => {
      const plan = plans[index];
      return plan === undefined ? [] : [[digest, plan] as const];
    });
  }

  async function partsOf(blob: Descriptor): Promise<readonly Part[]> {
    const file = stored.get(blob.digest);
    if (file !== undefined) return [{ file: await demandFile(file, context), size: file.size }];
    const plan = planned.get(blob.digest);
    if (plan !== undefined) return partsOfLayer(plan, context);
    if (repository === undefined) throw new Error(`nobody has ${blob.digest}`);
    return [{ file: await fetchBlob(blob, repository, context), size: blob.size }];
  }

  return { partsOf };
}

/** Files that are parts of images, and not what those were made of. */
function isBlob({ path, digest }: OutputFile): boolean {
  return path === blobPath(digest);
}

export async function partsOfAll(
  blobs: readonly Descriptor[],
  contents: ImageContents,
): Promise<ReadonlyMap<Digest, readonly Part[]>> {
  const found = new Map<Digest, readonly Part[]>();
  await inLanes(blobs, AT_ONCE, async (blob) => {
    found.set(blob.digest, await contents.partsOf(blob));
  });
  return found;
}

/**
 * Does something that reads the models where they lie. If one of them changes meanwhile, that is what is told, whatever
 * else came of it. What is called back before the end of the act demands that nothing has changed so far.
 */
export async function whileUnchanged<T>(
  step: Step,
  context: StepContext,
  act: (demandUnchanged: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const files = step.needs.flatMap((id) => context.outputOf(id).files);
  const read = files.filter(({ origin }) => origin !== undefined);
  const demandUnchanged = await watchFiles(read, context);
  try {
    return await act(demandUnchanged);
  } finally {
    if (!context.signal.aborted) await demandUnchanged();
  }
}

/** A blob as a registry is sent it. */
export async function contentOf(
  { digest, size }: Descriptor,
  contents: ImageContents,
  { host }: StepContext,
): Promise<BlobContent> {
  const parts = await contents.partsOf({ mediaType: "", digest, size });
  return { digest, size, chunks: (start) => host.files.readParts(parts, start) };
}
