import path from "node:path";
import type { BaseImageConfig, EnvironmentConfig } from "../model/config.ts";
import { parseImageReference } from "../model/image-reference.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import { type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";
import { ENVIRONMENT_STAGE, renderEnvironment } from "./dockerfile.ts";
import { layOutEnvironment, namedContext, type Placement } from "./image-layout.ts";
import { copyFile, InputChanged, watchFiles } from "./output-files.ts";
import { LAYOUT_CONTEXT, type PinnedBase, readBase } from "./read-base.ts";
import { withRegistryFaults } from "./registry-faults.ts";
import { ignoreFileOf } from "./render.ts";
import { nameTree, readPinned, type Tree } from "./store-inputs.ts";
import { nameRequirements } from "./store-requirements.ts";
import { takeBuilt } from "./take-built.ts";
import {
  linkLayout,
  orUnreadable,
  takeArchive,
  takeFromRegistry,
  takeLayout,
  unpackLayout,
} from "./take-images.ts";

export type EnvironmentStepInputs = {
  readonly platforms: readonly string[];
  readonly builder?: string;
  readonly base: PinnedBase;
  readonly baseImage: BaseImageConfig;
  readonly environment: Pick<EnvironmentConfig, "python" | "systemPackages">;
  readonly isServed: boolean;
  /** Whether anything has to be run in the base. */
  readonly isBuilt: boolean;
  /** Given where it is. */
  readonly sourceDateEpoch?: number;
  readonly requirements: Tree;
  readonly findLinks: Readonly<Record<string, Tree>>;
};

/** Brings what models and code are put on: the base image, with the packages that the script needs installed in it. */
export async function makeEnvironment(step: Step, context: StepContext): Promise<Result<StepOutput>> {
  const inputs = step.inputs as unknown as EnvironmentStepInputs;
  return inputs.isBuilt ? buildEnvironment(inputs, context) : takeBase(inputs, context);
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
type ImageBase = Extract<PinnedBase, { readonly kind: "image" }>;

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

async function takeRemote(
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

/** Where the layout lies, which must be the one that was pinned. */
async function findLayout(base: LayoutBase, { host, directory }: StepContext) {
  const place = path.join(directory, base.path);
  const isArchive = (await host.files.status(place))?.type === "file";
  const found = await host.files.digestIfFile(isArchive ? place : path.join(place, "index.json"));
  if (found?.digest !== base.digest) throw new InputChanged(base.path);
  return { place, isArchive };
}

async function buildEnvironment(
  inputs: EnvironmentStepInputs,
  context: StepContext,
): Promise<Result<StepOutput>> {
  const { base, baseImage, platforms, builder, sourceDateEpoch = 0 } = inputs;
  const { files } = context.host;
  const read = await readBase(base, baseImage, context);
  if (!read.ok) return read;
  const work = await context.makeWorkDirectory();
  const layout = layOutEnvironment(inputs);
  const dockerfile = path.join(work, "Dockerfile");
  await files.writeAtomically(dockerfile, renderEnvironment({ ...inputs, base: read.value }, layout));
  const ignoreFile = base.kind === "dockerfile" ? ignoreFileOf(base.dockerfile, baseImage) : undefined;
  if (base.kind === "dockerfile" && ignoreFile !== undefined) {
    await files.writeAtomically(
      `${dockerfile}.dockerignore`,
      await readPinned(ignoreFile, base.dockerfile, context),
    );
  }
  const emptyContext = path.join(work, "empty");
  await files.makeDirectory(emptyContext);
  const requirements = await nameRequirements(inputs, layout, context);
  const watched = [...filesOfBase(inputs), ...requirements].filter(({ origin }) => origin !== undefined);
  const demandUnchanged = await watchFiles(watched, context);
  const mounts = [...layout.requirements, ...layout.wheels];
  const mounted = await stageContexts(mounts, requirements, work, context);
  const mountedBase = await orUnreadable(() => layoutContext(inputs, work, context));
  if (!mountedBase.ok) return mountedBase;
  const layoutFolder = path.join(work, "layout");
  const built = await context.engine.build({
    dockerfile,
    context: baseImage.kind === "dockerfile" ? path.join(context.directory, baseImage.context) : emptyContext,
    namedContexts: { ...mounted, ...mountedBase.value },
    target: ENVIRONMENT_STAGE,
    platforms,
    ...(builder !== undefined && { builder }),
    sourceDateEpoch,
    layoutFolder,
    noCache: context.force,
    signal: context.signal,
    onEvent: (event) => context.report({ type: "build", event }),
  });
  if (!built.ok) return built;
  await demandUnchanged();
  if (built.value !== undefined) {
    const archive = context.engine.export([built.value], context.signal);
    const unpacked = await orUnreadable(() => unpackLayout(archive, layoutFolder, context));
    if (!unpacked.ok) return unpacked;
  }
  const hasDockerfile = base.kind === "dockerfile";
  return takeBuilt({ folder: layoutFolder, platforms, sourceDateEpoch, hasDockerfile }, context);
}

/** What is read where it lies: the user's own Docker context. */
function filesOfBase({ base, baseImage }: EnvironmentStepInputs): readonly OutputFile[] {
  if (base.kind !== "dockerfile" || baseImage.kind !== "dockerfile") return [];
  return nameTree(base.context, baseImage.context, ".");
}

/**
 * An OCI layout is handed to buildx as the context that `FROM` names: one of our own, of what is needed of the user's,
 * since buildx writes into it, cannot read every path, and begins all platforms from one digest.
 */
async function layoutContext(
  { base, platforms }: EnvironmentStepInputs,
  work: string,
  context: StepContext,
): Promise<Readonly<Record<string, string>>> {
  if (base.kind !== "oci-layout") return {};
  const { place, isArchive } = await findLayout(base, context);
  const from = isArchive ? path.join(work, "unpacked") : place;
  if (isArchive) await unpackLayout(context.host.files.readStream(place), from, context);
  const folder = path.join(work, "base");
  const root = await linkLayout(from, folder, platforms, context);
  await findLayout(base, context);
  return { [LAYOUT_CONTEXT]: `oci-layout://${folder}@${root}` };
}

/**
 * Lays out a folder for each context that a RUN mounts, and gives their places by name. The paths of the files are part
 * of the RUN's own cache key; their times are those of now, because BuildKit sends only what differs in path, size or
 * time from what it was last sent under that name, and two files can well have all three alike.
 */
async function stageContexts(
  placements: readonly Placement[],
  stored: readonly OutputFile[],
  work: string,
  context: StepContext,
): Promise<Readonly<Record<string, string>>> {
  const { files } = context.host;
  const staged = placements.map(async (placement) => {
    const folder = path.join(work, placement.context);
    await files.makeDirectory(folder);
    const prefix = `${placement.context}/`;
    const own = stored.filter((file) => file.path.startsWith(prefix));
    await Promise.all(
      own.map((file) => copyFile({ ...file, path: file.path.slice(prefix.length) }, folder, context)),
    );
    return [namedContext(placement), folder] as const;
  });
  return Object.fromEntries(await Promise.all(staged));
}
