import path from "node:path";
import { isPlatform, parseManifest } from "../images/manifest.ts";
import { UnreadableImage } from "../images/read-images.ts";
import type { BaseImageConfig, EnvironmentConfig } from "../model/config.ts";
import { parseImageReference } from "../model/image-reference.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import type { Result } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";
import { ENVIRONMENT_STAGE, renderEnvironment } from "./dockerfile.ts";
import { layOutEnvironment, namedContext, type Placement } from "./image-layout.ts";
import { copyFile, watchFiles } from "./output-files.ts";
import { LAYOUT_CONTEXT, type PinnedBase, readBase } from "./read-base.ts";
import { withRegistryFaults } from "./registry-faults.ts";
import { ignoreFileOf } from "./render.ts";
import { parseState, readPinned, type Tree } from "./store-inputs.ts";
import { storeRequirements } from "./store-requirements.ts";
import { orUnreadable, takeArchive, takeFromRegistry, takeLayout, unpackLayout } from "./take-images.ts";

export type EnvironmentStepInputs = {
  readonly platforms: readonly string[];
  readonly builder?: string;
  readonly base: PinnedBase;
  readonly baseImage: BaseImageConfig;
  readonly environment: Pick<EnvironmentConfig, "python" | "systemPackages">;
  readonly isServed: boolean;
  /** Whether anything has to be run in the base. */
  readonly isBuilt: boolean;
  readonly requirements: Tree;
  readonly findLinks: Readonly<Record<string, Tree>>;
};

/** Brings what models and code are put on: the base image, with the packages that the script needs installed in it. */
export async function makeEnvironment(step: Step, context: StepContext): Promise<Result<StepOutput>> {
  const inputs = step.inputs as unknown as EnvironmentStepInputs;
  return inputs.isBuilt ? buildEnvironment(inputs, context) : takeBase(inputs, context);
}

/** Nothing is run in the base, so it is taken as it is: from the package, the engine, or the registry that has it. */
async function takeBase(
  { base, platforms }: EnvironmentStepInputs,
  context: StepContext,
): Promise<Result<StepOutput>> {
  if (base.kind === "dockerfile") throw new Error("a base of the user's own has to be built");
  if (base.kind === "oci-layout") {
    const { isArchive, place } = await findLayout(base.path, context);
    if (!isArchive) return takeLayout(place, platforms, false, context);
    return takeArchive(context.host.files.readStream(place), platforms, context);
  }
  const { engine, signal } = context;
  const local = (await engine.probe()).ok ? await engine.identify(base.reference) : undefined;
  if (local !== undefined) return takeArchive(engine.export([local.id], signal), platforms, context);
  const { tag, digest } = parseImageReference(base.reference);
  const repository = context.repositoryOf(base.reference);
  const taken = await withRegistryFaults(base.reference, () =>
    takeFromRegistry(repository, digest ?? tag ?? "latest", platforms, context),
  );
  return taken.ok ? taken.value : taken;
}

async function findLayout(relative: string, { host, directory }: StepContext) {
  const place = path.join(directory, relative);
  return { place, isArchive: (await host.files.status(place))?.type === "file" };
}

async function buildEnvironment(
  inputs: EnvironmentStepInputs,
  context: StepContext,
): Promise<Result<StepOutput>> {
  const { base, baseImage, platforms, builder } = inputs;
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
  const demandUnchanged = await watchFiles(filesOfBase(inputs), context);
  const stored = await storeRequirements(inputs, layout, context);
  const mounted = await stageContexts([...layout.requirements, ...layout.wheels], stored, work, context);
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
    layoutFolder,
    noCache: context.force,
    signal: context.signal,
    onEvent: (event) => context.report({ type: "build", event }),
  });
  if (!built.ok) return built;
  await demandUnchanged();
  if (built.value !== undefined)
    return takeArchive(context.engine.export([built.value], context.signal), platforms, context);
  return takeLayout(layoutFolder, platforms, true, context);
}

/** What is read where it lies: the user's own Docker context. */
function filesOfBase({ base, baseImage }: EnvironmentStepInputs): readonly OutputFile[] {
  if (base.kind !== "dockerfile" || baseImage.kind !== "dockerfile") return [];
  return Object.entries(base.context).map(([name, state]) => ({
    ...parseState(state),
    path: name,
    size: 0,
    origin: path.posix.join(baseImage.context, name),
  }));
}

/** An OCI layout is handed to buildx as the context that `FROM` names. An archive is unpacked for it. */
async function layoutContext(
  { base, platforms }: EnvironmentStepInputs,
  work: string,
  context: StepContext,
): Promise<Readonly<Record<string, string>>> {
  if (base.kind !== "oci-layout") return {};
  const { place, isArchive } = await findLayout(base.path, context);
  const folder = isArchive ? path.join(work, "base") : place;
  if (isArchive) await unpackLayout(context.host.files.readStream(place), folder, context);
  return { [LAYOUT_CONTEXT]: `oci-layout://${folder}@${await rootOf(folder, platforms, context)}` };
}

/** The image of a layout's index that is made for a platform, or else the first one. */
async function rootOf(
  folder: string,
  platforms: readonly string[],
  { host: { files } }: StepContext,
): Promise<string> {
  const file = path.join(folder, "index.json");
  if ((await files.status(file))?.type !== "file") throw new UnreadableImage("it has no `index.json`");
  const index = parseManifest(await files.readText(file));
  const images = index?.kind === "index" ? index.manifests : [];
  const isWanted = (platform: string) => platforms.some((wanted) => isPlatform(platform, wanted));
  const image = images.find(({ platform }) => platform !== undefined && isWanted(platform)) ?? images[0];
  if (image === undefined) throw new UnreadableImage("its `index.json` names no image");
  return image.digest;
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
