import path from "node:path";
import type { PythonConfig } from "../model/config.ts";
import { parseImageReference } from "../model/image-reference.ts";
import type { LockedPlatforms } from "../model/lock-file.ts";
import type { StepOutput } from "../model/outcome.ts";
import { type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";
import { type BaseInputs, buildInBase } from "./build-in-base.ts";
import {
  ENVIRONMENT_STAGE,
  type EnvironmentInputs,
  type InstallConfig,
  loginsAmong,
  namesOfLayers,
  renderEnvironment,
} from "./dockerfile.ts";
import { findLayout } from "./find-layout.ts";
import { layOutInstallation } from "./image-layout.ts";
import { packagesFor } from "./lock.ts";
import { InputChanged } from "./output-files.ts";
import type { PinnedBase } from "./read-base.ts";
import { withRegistryFaults } from "./registry-faults.ts";
import type { Tree } from "./store-inputs.ts";
import { nameWheels, storeLocked } from "./store-requirements.ts";
import { takeBuilt } from "./take-built.ts";
import { orUnreadable, takeArchive, takeFromRegistry, takeLayout, unpackLayout } from "./take-images.ts";
import { installVendored } from "./vendored-packages.ts";

export type EnvironmentStepInputs = BaseInputs & {
  /** What may be run in the base. */
  readonly python?: InstallConfig & Pick<PythonConfig, "managed">;
  readonly pipOptions?: readonly string[];
  readonly findLinks?: Readonly<Record<string, Tree>>;
};

/** Brings what models and code are put on: the base image, with the packages that the script needs installed in it. */
export async function makeEnvironment(step: Step, context: StepContext): Promise<Result<StepOutput>> {
  const inputs = step.inputs as unknown as EnvironmentStepInputs;
  const packages = packagesFor(step, context);
  const isBuilt = inputs.base.kind === "dockerfile" || !hasNothing(packages);
  return isBuilt ? buildEnvironment(inputs, packages, context) : takeBase(inputs, context);
}

/** The base may have all that is asked for. */
export function hasNothing(packages: LockedPlatforms): boolean {
  return Object.values(packages).every(
    ({ systemPackages, python }) => Object.keys(systemPackages).length === 0 && python.length === 0,
  );
}

/** Nothing is run in the base, so it is taken as it is: from the package, the registry, or the engine. */
async function takeBase(
  { base, platforms }: EnvironmentStepInputs,
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

/** Of a base that is built, and nothing installed in it. */
export const NO_PYTHON = { interpreter: "python3", extraIndexUrls: [], findLinks: [], managed: false };

async function buildEnvironment(
  inputs: EnvironmentStepInputs,
  packages: LockedPlatforms,
  context: StepContext,
): Promise<Result<StepOutput>> {
  const {
    base,
    platforms,
    python = NO_PYTHON,
    pipOptions = [],
    findLinks = {},
    sourceDateEpoch = 0,
  } = inputs;
  const work = await context.makeWorkDirectory();
  const layout = layOutInstallation(inputs.baseImage, python);
  const layoutFolder = path.join(work, "layout");
  const logins = loginsAmong(inputs.secrets);
  const vendored = await installVendored(inputs, { python, packages }, layout, context);
  const installation = vendored ?? {
    render: (read: EnvironmentInputs["base"]) =>
      renderEnvironment({ python, logins, base: read, packages }, layout),
    mounts: [...layout.locked, ...layout.wheels],
    files: [...nameWheels(findLinks, layout), ...(await storeLocked(packages, pipOptions, context))],
  };
  const built = await buildInBase(
    vendored === undefined ? inputs : withoutLogins(inputs),
    {
      ...installation,
      target: ENVIRONMENT_STAGE,
      layoutFolder,
      noCache: context.force,
      isShared: vendored === undefined,
    },
    work,
    context,
  );
  if (!built.ok) return built;
  if (built.value !== undefined) {
    const archive = context.engine.export([built.value], context.signal);
    const unpacked = await orUnreadable(() => unpackLayout(archive, layoutFolder, context));
    if (!unpacked.ok) return unpacked;
  }
  const hasDockerfile = base.kind === "dockerfile";
  const taken = { folder: layoutFolder, platforms, sourceDateEpoch, hasDockerfile };
  return takeBuilt({ ...taken, brings: namesOfLayers(packages) }, context);
}

/** No index is asked for what is in a vendor folder. */
function withoutLogins(inputs: EnvironmentStepInputs): EnvironmentStepInputs {
  return { ...inputs, secrets: (inputs.secrets ?? []).filter(({ login }) => login === undefined) };
}
