import path from "node:path";
import { normalPlatform } from "../images/manifest.ts";
import type { BaseImageConfig, LoginConfig } from "../model/config.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import { type Result, succeed } from "../model/result.ts";
import type { StepContext } from "../model/step-kind.ts";
import { layOutWithConda } from "./conda-base.ts";
import type { EnvironmentInputs } from "./dockerfile.ts";
import { findLayout } from "./find-layout.ts";
import { namedContext, type Placement } from "./image-layout.ts";
import { copyFile, watchFiles } from "./output-files.ts";
import { ignoreFileOf, LAYOUT_CONTEXT, type PinnedBase, readBase } from "./read-base.ts";
import { nameTree, readPinned } from "./store-inputs.ts";
import { linkLayout, orUnreadable, unpackLayout } from "./take-images.ts";
import { demandVendoredBase } from "./vendored-base.ts";

export type BaseInputs = {
  readonly platforms: readonly string[];
  readonly builder?: string;
  readonly base: PinnedBase;
  readonly baseImage: BaseImageConfig;
  /** What commands may ask for; what they are is nobody's to know before they run. */
  readonly secrets?: readonly UsedSecret[];
  /** Given where anything is built that has a date. */
  readonly sourceDateEpoch?: number;
  /** What conda has brought, on top of the base. */
  readonly conda?: StepOutput;
};

/** A secret by its name, and what pip does with it. */
export type UsedSecret = { readonly id: string; readonly login?: LoginConfig };

/** A build that begins with the base. */
export type BuildInBase = {
  readonly render: (base: EnvironmentInputs["base"]) => string;
  readonly target: string;
  /** What its commands mount, and the files that lie there: their paths begin with the name of the context. */
  readonly mounts: readonly Placement[];
  readonly files: readonly OutputFile[];
  readonly layoutFolder: string;
  readonly filesFolder?: string;
  readonly noCache: boolean;
  /** Whether others may find its layers where `build.cache_to` says. */
  readonly isShared?: boolean;
  readonly freshStages?: readonly string[];
};

/** Has buildx run commands in the base image. What was read of the package must be the same at the end. */
export async function buildInBase(
  inputs: BaseInputs,
  { render, mounts, files: mounted, isShared = false, ...request }: BuildInBase,
  work: string,
  context: StepContext,
): Promise<Result<string | undefined>> {
  const { base, baseImage, platforms, builder, secrets: used = [], sourceDateEpoch = 0 } = inputs;
  const { files } = context.host;
  const { readSecrets, cacheFrom, cacheTo } = context.buildAids;
  const secrets = await readSecrets(used.map(({ id }) => id));
  if (!secrets.ok) return secrets;
  const vendored = await demandVendoredBase(base, platforms, context);
  const read =
    vendored === undefined && inputs.conda === undefined
      ? await readBase(base, baseImage, context)
      : succeed({ reference: LAYOUT_CONTEXT, digest: "" });
  if (!read.ok) return read;
  const dockerfile = path.join(work, "Dockerfile");
  await files.writeAtomically(dockerfile, render(read.value));
  const ignoreFile = base.kind === "dockerfile" ? ignoreFileOf(base.dockerfile, baseImage) : undefined;
  if (base.kind === "dockerfile" && ignoreFile !== undefined) {
    await files.writeAtomically(
      `${dockerfile}.dockerignore`,
      await readPinned(ignoreFile, base.dockerfile, context),
    );
  }
  const emptyContext = path.join(work, "empty");
  await files.makeDirectory(emptyContext);
  const watched = [...filesOfBase(inputs), ...mounted].filter(({ origin }) => origin !== undefined);
  const demandUnchanged = await watchFiles(watched, context);
  const staged = await stageContexts(mounts, mounted, work, context);
  const withConda = await layOutConda(inputs, work, context);
  if (!withConda.ok) return withConda;
  const given = vendored ?? withConda.value;
  const mountedBase = await orUnreadable(() => layoutContext(inputs, given, work, context));
  if (!mountedBase.ok) return mountedBase;
  const built = await context.engine.build({
    ...request,
    dockerfile,
    context: baseImage.kind === "dockerfile" ? path.join(context.directory, baseImage.context) : emptyContext,
    namedContexts: { ...staged, ...mountedBase.value },
    platforms,
    ...(builder !== undefined && { builder }),
    ...{ secrets: secrets.value, cacheFrom, cacheTo: isShared ? cacheTo : [] },
    sourceDateEpoch,
    signal: context.signal,
    onEvent: (event) => context.report({ type: "build", event }),
  });
  if (built.ok) {
    for (const warning of built.warnings) context.warn(warning);
    await demandUnchanged();
  }
  return built;
}

/** Where buildx puts the files of a platform. */
export function folderOfPlatform(folder: string, platforms: readonly string[], platform: string): string {
  return platforms.length > 1 ? path.join(folder, platformName(platform)) : folder;
}

/** A platform as the name of a folder. */
export function platformName(platform: string): string {
  return normalPlatform(platform).replaceAll("/", "_");
}

/** What is read where it lies: the user's own Docker context. */
function filesOfBase({ base, baseImage }: BaseInputs): readonly OutputFile[] {
  if (base.kind !== "dockerfile" || baseImage.kind !== "dockerfile") return [];
  return nameTree(base.context, baseImage.context, ".");
}

/** The base with what conda brings on top, as a folder of its own; undefined where conda brings nothing. */
async function layOutConda(
  { conda, ...below }: BaseInputs,
  work: string,
  context: StepContext,
): Promise<Result<string | undefined>> {
  if (conda === undefined) return succeed(undefined);
  const folder = path.join(work, "with-conda");
  const laidOut = await layOutWithConda(below, conda, folder, context);
  return laidOut.ok ? succeed(folder) : laidOut;
}

/**
 * An OCI layout is handed to buildx as the context that `FROM` names: one of our own, of what is needed of the user's,
 * since buildx writes into it, cannot read every path, and begins all platforms from one digest.
 */
async function layoutContext(
  { base, platforms }: BaseInputs,
  given: string | undefined,
  work: string,
  context: StepContext,
): Promise<Readonly<Record<string, string>>> {
  const folder = path.join(work, "base");
  const mount = (root: string) => ({ [LAYOUT_CONTEXT]: `oci-layout://${folder}@${root}` });
  if (given !== undefined) return mount(await linkLayout(given, folder, platforms, context));
  if (base.kind !== "oci-layout") return {};
  const { place, isArchive } = await findLayout(base, context);
  const from = isArchive ? path.join(work, "unpacked") : place;
  if (isArchive) await unpackLayout(context.host.files.readStream(place), from, context);
  const root = await linkLayout(from, folder, platforms, context);
  await findLayout(base, context);
  return mount(root);
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
