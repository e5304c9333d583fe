import { writeIndex } from "../images/manifest.ts";
import { blobPath, type Descriptor } from "../model/image.ts";
import { inLanes } from "../model/lanes.ts";
import { type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";
import { VENDORED_BASE, type VendoredFile } from "../model/vendor.ts";
import { type ImageBase, takeImage } from "./build-environment.ts";
import { AT_ONCE, fetchBlob } from "./image-contents.ts";
import { storeText } from "./store-inputs.ts";
import { environmentOf } from "./take-images.ts";

type BaseInputs = { readonly base: ImageBase; readonly platforms: readonly string[] };

/** Brings all of the base image, for the platforms that are built for, as the files of an OCI layout. */
export async function bringBase(step: Step, context: StepContext): Promise<Result<readonly VendoredFile[]>> {
  const { base, platforms } = step.inputs as unknown as BaseInputs;
  const taken = await takeImage(base, platforms, context);
  if (!taken.ok) return taken;
  const { images, repository } = environmentOf(taken.value);
  const layers = once(images.flatMap((image) => image.layers));
  if (repository !== undefined)
    await inLanes(layers, AT_ONCE, async (layer) => void (await fetchBlob(layer, repository, context)));
  const described = once(images.flatMap(({ manifest, config }) => [manifest, config]));
  const texts = await Promise.all([
    storeText("index.json", writeIndex(images), context),
    storeText("oci-layout", '{"imageLayoutVersion":"1.0.0"}', context),
  ]);
  const blobs = [...described, ...layers].map((blob) => ({ ...blob, path: blobPath(blob.digest) }));
  return succeed(
    [...texts, ...blobs].map(({ path, digest, size }) => ({
      part: "base" as const,
      path: `${VENDORED_BASE}/${path}`,
      digest,
      size,
    })),
  );
}

function once<T extends Descriptor>(blobs: readonly T[]): readonly T[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}
