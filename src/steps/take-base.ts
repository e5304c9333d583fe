import { parseImageReference } from "../model/image-reference.ts";
import type { StepOutput } from "../model/outcome.ts";
import { type Result, succeed } from "../model/result.ts";
import type { StepContext } from "../model/step-kind.ts";
import { findLayout } from "./find-layout.ts";
import { InputChanged } from "./output-files.ts";
import type { PinnedBase } from "./read-base.ts";
import { withRegistryFaults } from "./registry-faults.ts";
import { takeArchive, takeFromRegistry, takeLayout } from "./take-images.ts";

type TakenInputs = { readonly base: PinnedBase; readonly platforms: readonly string[] };

/** Nothing is run in the base, so it is taken as it is: from the package, the registry, or the engine. */
export async function takeBase(
  { base, platforms }: TakenInputs,
  context: StepContext,
): Promise<Result<StepOutput>> {
  switch (base.kind) {
    case "dockerfile":
      throw new Error("a base of the user's own has to be built");
    case "oci-layout":
      return takeOwnLayout(base, platforms, context);
    case "image": {
      const taken = await takeImage(base, platforms, context);
      if (!taken.ok) return taken;
      const { values } = taken.value;
      return succeed({ ...taken.value, values: { ...values, reference: base.reference } });
    }
  }
}

type LayoutBase = Extract<PinnedBase, { readonly kind: "oci-layout" }>;
export type ImageBase = Extract<PinnedBase, { readonly kind: "image" }>;

async function takeOwnLayout(
  base: LayoutBase,
  platforms: readonly string[],
  context: StepContext,
): Promise<Result<StepOutput>> {
  const { isArchive, place } = await findLayout(base, context);
  const taken = isArchive
    ? await takeArchive(context.host.files.readStream(place), platforms, context)
    : await takeLayout(place, platforms, false, context);
  await findLayout(base, context);
  return taken;
}

/** The registry tells what an image is made of in two short answers; an engine has to be sent all of it. */
async function takeImage(
  base: ImageBase,
  platforms: readonly string[],
  context: StepContext,
): Promise<Result<StepOutput>> {
  const { engine, signal } = context;
  const { digest } = parseImageReference(base.reference);
  const local = (await engine.probe()).ok ? await engine.identify(base.reference) : undefined;
  if (local === undefined && digest === undefined) throw new InputChanged(base.reference);
  if (local === undefined) return takeRemote(base, platforms, context);
  if (digest !== undefined) {
    const remote = await withinPatience(context, (hurried) => takeRemote(base, platforms, hurried));
    if (remote?.ok) return remote;
  } else if (local.id !== base.digest) {
    throw new InputChanged(base.reference);
  }
  return takeArchive(engine.export([local.id], signal), platforms, context);
}

/** Of its registry, which is believed about nothing that it is not named by. */
export async function takeRemote(
  { reference }: ImageBase,
  platforms: readonly string[],
  context: StepContext,
): Promise<Result<StepOutput>> {
  const { tag, digest } = parseImageReference(reference);
  const repository = context.repositoryOf(reference);
  const taken = await withRegistryFaults(reference, () =>
    takeFromRegistry(repository, digest ?? tag ?? "latest", platforms, context),
  );
  return taken.ok ? taken.value : taken;
}

/** For as long as a registry may take to answer where the engine has the image as well. */
const PATIENCE_MS = 2_000;

async function withinPatience<T>(
  context: StepContext,
  act: (hurried: StepContext) => Promise<T>,
): Promise<T | undefined> {
  const late = AbortSignal.any([context.signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    return await act({ ...context, signal: late });
  } catch (error) {
    if (!late.aborted || context.signal.aborted) throw error;
    return undefined;
  }
}
