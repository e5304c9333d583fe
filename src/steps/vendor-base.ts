import { writeIndex } from "../images/manifest.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { blobPath, type Descriptor } from "../model/image.ts";
import { inLanes } from "../model/lanes.ts";
import type { StepOutput } from "../model/outcome.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";
import { VENDORED_BASE, type VendoredFile } from "../model/vendor.ts";
import { AT_ONCE, fetchBlob } from "./fetch-blob.ts";
import { storeText } from "./store-inputs.ts";
import { type ImageBase, takeRemote } from "./take-base.ts";
import { environmentOf, takePinned } from "./take-images.ts";

type BaseInputs = { readonly base: ImageBase; readonly platforms: readonly string[] };

/** Brings all of the base image, for the platforms that are built for, as the files of an OCI layout. */
export async function bringBase(step: Step, context: StepContext): Promise<Result<readonly VendoredFile[]>> {
  const { base, platforms } = step.inputs as unknown as BaseInputs;
  const taken = await takeNamed(base, platforms, context);
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

/**
 * The image that the lock names, and never one that is only like it: others are to build from it what is built here. An
 * engine with the containerd store keeps images as they came; any other makes them anew when it exports them.
 */
async function takeNamed(
  base: ImageBase,
  platforms: readonly string[],
  context: StepContext,
): Promise<Result<StepOutput>> {
  const { engine, signal } = context;
  const probed = await engine.probe();
  const local = probed.ok ? await engine.identify(base.reference) : undefined;
  if (probed.ok && probed.value.containerdStore && local !== undefined) {
    const exported = await takePinned(engine.export([local.id], signal), base.digest, platforms, context);
    if (exported?.ok) return exported;
  }
  const remote = await takeRemote(base, platforms, context);
  return remote.ok || local === undefined ? remote : fail(...remote.diagnostics, wordOtherForm(base));
}

function wordOtherForm({ reference }: ImageBase): Diagnostic {
  return errorDiagnostic(
    "vendor/base-not-pinned",
    `the engine has a different \`${reference}\` than the lock`,
    {
      path: "/base_image",
      hint: "try again where its registry answers, or type `mlpackage lock --upgrade base_image`",
    },
  );
}

function once<T extends Descriptor>(blobs: readonly T[]): readonly T[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}
