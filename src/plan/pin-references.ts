import type { BaseImageConfig, Config, ModelConfig, PythonConfig } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { Engine } from "../model/engine.ts";
import type { Files, TreeEntry } from "../model/host.ts";
import { nameOf } from "../model/image-reference.ts";
import type { LockFile } from "../model/lock-file.ts";
import type { OutputFile } from "../model/outcome.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import type { Pin, Source, SourceContext, SourceReference } from "../model/source.ts";
import { contextIgnore, type OwnFiles } from "./code-ignore.ts";
import {
  askedOf,
  askedOfConda,
  choiceOf,
  condaIn,
  lockedModelFor,
  packagesIn,
  platformsOf,
} from "./compare-lock.ts";
import { listCode } from "./list-code.ts";
import { findLocalRequirements } from "./local-requirements.ts";
import type { BasePin, ImagePin, Pins, Tree } from "./pins.ts";
import { findRequirementFiles, pipOptionsIn } from "./requirement-files.ts";
import { snapshotEntries, snapshotTree } from "./snapshot-tree.ts";
import { testFilesOf } from "./test-files.ts";

/** What pinning asks of the world. */
export type PinContext = {
  readonly files: Files;
  /** May be one that nobody reaches: then the registry says what a base is. */
  readonly engine: Engine;
  /** The digest a registry has under a reference, without an engine's help; undefined where it has none. */
  readonly resolve: (reference: string) => Promise<Result<string | undefined>>;
  /** `os/arch` of this machine's containers, where no engine tells its own. */
  readonly hostPlatform: string;
  /** What the references meant when they were last resolved: those that it answers are not asked about again. */
  readonly lock?: LockFile | undefined;
  /** Whether a base is what the registry says, although the engine has one of that name. */
  readonly isAnew?: boolean;
  /** What the base image was pinned to the last time. */
  readonly lastBase?: ImagePin | undefined;
  readonly sourceOf: (reference: string) => Source;
  readonly sourceContext: SourceContext;
  /** Called of each file of a model that is being read: see `SourceContext`. */
  readonly onReading?: (model: ModelConfig, file: Omit<OutputFile, "digest">) => void;
  readonly runtimeDirectory: string;
  /** Often kept inside the package in CI, where it is no more code than any output. */
  readonly cacheDirectory: string;
  /** The configuration and its lock, which never belong to the code. */
  readonly ownFiles: OwnFiles;
};

/** Finds what every reference of a configuration names now; reports all that name nothing. */
export async function pinReferences(config: Config, context: PinContext): Promise<Result<Pins>> {
  // Found while the engine answers, which takes its time; what is wrong with it is said first all the same.
  const found = pinAll(config, context);
  found.catch(() => {});
  const probed = await context.engine.probe();
  const [models, pinnedBase, code, runtime, requirements, findLinks, testFiles] = await found;
  const failed = [models, pinnedBase, requirements, code].flatMap((result) =>
    result.ok ? [] : result.diagnostics,
  );
  if (!models.ok || !pinnedBase.ok || !requirements.ok || !code.ok) return fail(...failed);
  const platform = probed.ok ? probed.value.platform : context.hostPlatform;
  const { tree, pipOptions } = requirements.value;
  const resolved = { base: pinnedBase.value, requirements: tree, pipOptions, findLinks };
  const platforms = platformsOf(config, { platform });
  const packages = packagesIn(context.lock?.environment, askedOf(config, resolved), platforms);
  const conda = condaIn(context.lock?.conda, askedOfConda(config), platforms);
  return succeed(
    { ...resolved, models: models.value, code: code.value, runtime, testFiles, platform, packages, conda },
    [...models.warnings, ...pinnedBase.warnings, ...code.warnings],
  );
}

async function pinAll(config: Config, context: PinContext) {
  const models = pinModels(config, context);
  return Promise.all([
    models,
    pinBase(config, context),
    models.then((pinned) => pinCode(config, context, pinned.ok ? pinned.value : [])),
    snapshotTree(context.files, context.runtimeDirectory, isByteCode),
    pinRequirements(config, context),
    pinFindLinks(config.environment.python, config.directory, context.files),
    pinTestFiles(config, context.files),
  ]);
}

/** What each model is now, or was when it was locked. */
export async function pinModels(config: Config, context: PinContext): Promise<Result<readonly Pin[]>> {
  const pinned = await Promise.all(
    config.models.map(async (model): Promise<Result<Pin>> => {
      const source = context.sourceOf(model.source);
      const reference = source.parse(withLocked(model, context.lock));
      const sourceContext: SourceContext = {
        ...context.sourceContext,
        onReading: (file) => context.onReading?.(model, file),
      };
      const result = reference.ok ? await source.pin(reference.value, sourceContext) : reference;
      return result.ok ? result : fail(...result.diagnostics.map(at(`${model.pointer}`)));
    }),
  );
  return combine(pinned);
}

/** What is brought from elsewhere is what it was when it was locked. */
function withLocked(model: ModelConfig, lock: LockFile | undefined): SourceReference {
  const { source, sha256 } = model;
  const [include, exclude] = choiceOf(model);
  const locked = lockedModelFor(model, lock);
  return { source, include, exclude, ...(sha256 !== undefined && { sha256 }), ...(locked && { locked }) };
}

/** A diagnostic of a thing that knows no configuration file, with its place in ours. */
function at(pointer: string): (diagnostic: Diagnostic) => Diagnostic {
  return (diagnostic) => ({ path: pointer, ...diagnostic });
}

/** Where a name stands for the very manifest it was pinned to, there is no need to have all of the image described. */
async function isPinned(image: string, { lastBase, engine }: PinContext): Promise<boolean> {
  if (lastBase === undefined || lastBase.reference !== `${image}@${lastBase.digest}`) return false;
  return (await engine.identify(image))?.id === lastBase.digest;
}

async function pinBase(config: Config, context: PinContext): Promise<Result<BasePin>> {
  const { baseImage } = config;
  if (baseImage.kind === "dockerfile") {
    const tree = await snapshotTree(
      context.files,
      `${config.directory}/${baseImage.context}`,
      contextIgnore(config, baseImage.context, context.ownFiles),
    );
    const dockerfile = await pinDockerfile(baseImage, config.directory, context.files);
    return succeed({ kind: "dockerfile", dockerfile, context: tree });
  }
  if (baseImage.kind === "oci-layout") return pinLayout(baseImage.path, config.directory, context.files);
  const { image } = baseImage;
  const written = image.split("@")[1];
  if (written !== undefined) return succeed({ kind: "image", reference: image, digest: written });
  const locked = context.lock?.baseImage;
  if (locked?.image === image)
    return succeed({ kind: "image", reference: `${image}@${locked.digest}`, digest: locked.digest });
  const hasEngine = (await context.engine.probe()).ok;
  if (context.isAnew === true) {
    const latest = await context.resolve(image);
    if (latest.ok && latest.value !== undefined)
      return succeed({ kind: "image", reference: `${image}@${latest.value}`, digest: latest.value });
  }
  if (hasEngine && context.lastBase !== undefined && (await isPinned(image, context)))
    return succeed(context.lastBase);
  const local = hasEngine ? await context.engine.describe(image) : undefined;
  if (local !== undefined) {
    const digest = local.repositoryDigests.find((one) => nameOf(one) === nameOf(image))?.split("@")[1];
    // An image that was built here, in the classic store, has no digest to be named by.
    return succeed({
      kind: "image",
      reference: digest === undefined ? image : `${image}@${digest}`,
      digest: digest ?? local.id,
    });
  }
  const resolved = await (hasEngine ? context.engine.resolve(image) : context.resolve(image));
  if (!resolved.ok) return fail(...resolved.diagnostics.map(at("/base_image")));
  if (resolved.value !== undefined) {
    return succeed({ kind: "image", reference: `${image}@${resolved.value}`, digest: resolved.value });
  }
  return fail(
    errorDiagnostic("plan/base-image-not-found", `the base image \`${image}\` does not exist`, {
      path: "/base_image",
      hint: `${hasEngine ? "the engine and the registry do not have it" : "the registry does not have it, and no engine answers"}: correct the name or the tag`,
    }),
  );
}

/** A layout's index names everything in it by digest; an archive has one of its own. */
async function pinLayout(path: string, directory: string, files: Files): Promise<Result<BasePin>> {
  const place = `${directory}/${path}`;
  const isArchive = (await files.status(place))?.type === "file";
  const found = await files.digestIfFile(isArchive ? place : `${place}/index.json`);
  if (found !== undefined) return succeed({ kind: "oci-layout", path, digest: found.digest });
  return fail(
    errorDiagnostic("plan/no-layout", `\`${path}\` is not an OCI image layout: it has no \`index.json\``, {
      path: "/base_image/oci_layout",
      hint: "type `skopeo copy docker://IMAGE oci:FOLDER` to make one, or write the path of its tar",
    }),
  );
}

/** BuildKit heeds `NAME.dockerignore` beside a Dockerfile of that name, and only else the context's `.dockerignore`. */
async function pinDockerfile(
  { dockerfile, context }: Extract<BaseImageConfig, { kind: "dockerfile" }>,
  directory: string,
  files: Files,
): Promise<Tree> {
  const ignoreFiles = [
    `${dockerfile}.dockerignore`,
    context === "." ? ".dockerignore" : `${context}/.dockerignore`,
  ];
  const statuses = await Promise.all(ignoreFiles.map((file) => files.status(`${directory}/${file}`)));
  const ignoreFile = ignoreFiles.find((_file, index) => statuses[index]?.type === "file");
  return snapshotFiles([dockerfile, ...(ignoreFile === undefined ? [] : [ignoreFile])], directory, files);
}

async function pinCode(config: Config, context: PinContext, models: readonly Pin[]): Promise<Result<Tree>> {
  const { sourceDirectory } = config.inference;
  if (sourceDirectory === undefined) return succeed({});
  const listed = await listCode(config, sourceDirectory, {
    ...context,
    originsOf: (at) => originsOf(models[at]),
  });
  if (!listed.ok) return listed;
  const { folder, entries } = listed.value;
  const tree = await snapshotEntries(context.files, folder, entries);
  return succeed(tree, warnOfLargeCode(entries, sourceDirectory));
}

/** More than this is hardly code: a data set, or weights that nobody named a model. */
const LARGE_CODE_BYTES = 100e6;

function warnOfLargeCode(entries: readonly TreeEntry[], sourceDirectory: string): readonly Diagnostic[] {
  const bytes = entries.reduce((total, { size }) => total + size, 0);
  if (bytes < LARGE_CODE_BYTES) return [];
  const largest = entries.toSorted((a, b) => b.size - a.size).slice(0, 3);
  const megabytes = (size: number) => `${Math.round(size / 1e6)} MB`;
  return [
    warningDiagnostic(
      "plan/large-code",
      `\`${sourceDirectory}\`, the folder of the code, has ${megabytes(bytes)}, and all of it goes into the image`,
      {
        path: "/inference",
        excerpt: largest.map(({ path, size }) => `${megabytes(size)}  ${path}`),
        hint: "move the script to its own folder, and set `inference.source_directory` to it",
      },
    ),
  ];
}

/** The files of the package that a model is made of. */
function originsOf(pin: Pin | undefined): readonly string[] {
  const { files = {} } = (pin?.identity ?? {}) as {
    readonly files?: Readonly<Record<string, { readonly origin?: string }>>;
  };
  return Object.values(files).flatMap(({ origin }) => origin ?? []);
}

async function pinRequirements(config: Config, context: PinContext): Promise<Result<PinnedRequirements>> {
  const { requirements } = config.environment.python;
  if (!("file" in requirements)) {
    const local = findLocalRequirements(requirements.list);
    return local.length > 0 ? fail(...local) : succeed({ tree: {}, pipOptions: [] });
  }
  const found = await findRequirementFiles(requirements.file, config.directory, context.files);
  if (!found.ok) return found;
  const texts = await Promise.all(
    found.value.map((file) => context.files.readText(`${config.directory}/${file}`)),
  );
  const tree = await snapshotFiles(found.value, config.directory, context.files);
  return succeed({ tree, pipOptions: pipOptionsIn(texts) });
}

type PinnedRequirements = Pick<Pins, "pipOptions"> & { readonly tree: Tree };

/** Files that are named one by one: only their content counts. */
async function snapshotFiles(paths: readonly string[], directory: string, files: Files): Promise<Tree> {
  const states = await Promise.all(
    paths.map(async (path) => {
      const { digest } = await files.digest(`${directory}/${path}`);
      return [path, `644 ${digest}`] as const;
    }),
  );
  return Object.fromEntries(states);
}

async function pinFindLinks(
  python: PythonConfig,
  directory: string,
  files: Files,
): Promise<Readonly<Record<string, Tree>>> {
  const folders = python.findLinks.filter((link) => !isUrl(link));
  const trees = await Promise.all(
    folders.map(async (folder) => [folder, await snapshotTree(files, `${directory}/${folder}`)] as const),
  );
  return Object.fromEntries(trees);
}

async function pinTestFiles(config: Config, files: Files): Promise<Tree> {
  const paths = testFilesOf(config);
  const states = await Promise.all(
    paths.map(async (path) => [path, (await files.digest(`${config.directory}/${path}`)).digest] as const),
  );
  return Object.fromEntries(states);
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

function isByteCode(path: string): boolean {
  return path.endsWith("__pycache__") || path.endsWith(".pyc");
}
