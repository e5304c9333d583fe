import { BadPackage } from "../conda/bad-package.ts";
import { groupPackages } from "../conda/group-packages.ts";
import { type PlacedPackage, placePackages, withName } from "../conda/place-packages.ts";
import { type OpenArchive, openArchive } from "../conda/read-archive.ts";
import { type PackageInfo, readInfo } from "../conda/read-info.ts";
import { readVariables } from "../conda/read-variables.ts";
import { warnOfEnvironment } from "../conda/told-of-packages.ts";
import { type VariableFiles, writeLayer } from "../conda/write-layer.ts";
import { type Compression, compress, suffixOf } from "../images/compression.ts";
import { MEDIA_TYPES } from "../images/manifest.ts";
import { untilAborted } from "../model/chunks.ts";
import { fileOfUrl } from "../model/conda-archive.ts";
import type { CompressionConfig } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { digestOfValue, startDigest } from "../model/digest.ts";
import { blobPath, type Layer } from "../model/image.ts";
import { inLanes } from "../model/lanes.ts";
import type { LockedCondaPackage } from "../model/lock-file.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import { combine, fail, type Result, succeed } from "../model/result.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { Step } from "../model/step.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import { condaOfLock, LOCK_OF_CONDA } from "./lock-conda.ts";
import { findMissingFile } from "./output-files.ts";

export const CONDA = "conda:packages";

type CondaInputs = { readonly compression: CompressionConfig };

/** What conda brings for a platform: layers, and what its packages want to be in the environment of the service. */
export type CondaImage = {
  readonly platform: string;
  readonly layers: readonly BroughtLayer[];
  readonly variables: Readonly<Record<string, string>>;
};

type BroughtLayer = Layer & { readonly brings: string };

/** How many archives are brought at once. */
const AT_ONCE = 4;

/** Brings the packages that were locked, and makes layers of them, as conda would link them. Nothing of them is run. */
export const condaKind: StepKind = {
  kind: "conda",
  version: 2,
  summary: "makes layers of conda's packages",
  shareable: false,
  timeoutMs: 2 * 60 * 60_000,
  attempts: 4,
  async run(step, context) {
    const { compression } = step.inputs as unknown as CondaInputs;
    const platforms = Object.entries(condaOfLock(context.outputOf(LOCK_OF_CONDA)));
    const brought = await bring(
      platforms.flatMap(([, packages]) => packages),
      context,
    );
    if (!brought.ok) return brought;
    const files: OutputFile[] = [];
    const images: CondaImage[] = [];
    for (const [platform, packages] of platforms) {
      const made = await makeImage(platform, packages, compression, context);
      if (!made.ok) return made;
      images.push(made.value.image);
      files.push(...made.value.files);
    }
    const values = { images } as unknown as SerializableRecord;
    return succeed({ digest: digestOfValue(values), files, values });
  },
  findMissing: (_step, output, context) => findMissingFile(output, context),
};

export function imagesOfConda({ values }: StepOutput): readonly CondaImage[] {
  return (values as { readonly images: unknown }).images as readonly CondaImage[];
}

/** What conda has brought, for a step that needs it. */
export function condaFor({ needs }: Step, context: StepContext): { readonly conda?: StepOutput } {
  return needs.includes(CONDA) ? { conda: context.outputOf(CONDA) } : {};
}

/** Every archive in the store. */
async function bring(
  packages: readonly LockedCondaPackage[],
  context: StepContext,
): Promise<Result<unknown>> {
  const results: Result<unknown>[] = [];
  const all = [...new Map(packages.map((one) => [one.digest, one])).values()];
  await inLanes(all, AT_ONCE, async (one) => {
    context.report({ type: "doing", text: `fetches ${fileOfUrl(one.url)}` });
    results.push(await bringOne(one, context));
  });
  return combine(results);
}

async function bringOne(locked: LockedCondaPackage, context: StepContext): Promise<Result<unknown>> {
  const { url, digest, size } = locked;
  const sha256 = digest.slice("sha256:".length);
  const pin = {
    scheme: "http",
    identity: { revision: {}, files: { [fileOfUrl(url)]: { digest } } },
    paths: [fileOfUrl(url)],
  };
  const reference = { source: url, include: [], exclude: [], sha256 };
  const onProgress = ({ bytes }: { readonly bytes: number }): void => {
    if (bytes > size) throw new TooLarge();
  };
  try {
    const fetched = await context.sourceOf(url).fetch(reference, pin, { ...context, onProgress });
    if (!fetched.ok) return fail(...fetched.diagnostics.map((one) => wordNotFetched(url, one)));
    const [file] = fetched.value;
    return file?.size === size ? fetched : fail(wordSize(locked, String(file?.size)));
  } catch (error) {
    if (error instanceof TooLarge) return fail(wordSize(locked, "more"));
    throw error;
  }
}

/** Nothing is downloaded beyond what was locked. */
class TooLarge extends Error {}

function wordSize({ url, size }: LockedCondaPackage, found: string): Diagnostic {
  return errorDiagnostic(
    "conda/replaced",
    `\`${fileOfUrl(url)}\` has changed in the channel since it was locked: ${found} bytes instead of ${size}`,
    {
      hint: "if the change is intended, type `mlpackage lock --upgrade conda`; if that does not help, the channel's index is wrong",
    },
  );
}

function wordNotFetched(url: string, { code, message, details, hint }: Diagnostic): Diagnostic {
  const file = fileOfUrl(url);
  if (code === "source/digest-mismatch")
    return errorDiagnostic("conda/replaced", `\`${file}\` has changed in the channel since it was locked`, {
      hint: "if the change is intended, type `mlpackage lock --upgrade conda`",
    });
  return errorDiagnostic("conda/not-fetched", `\`${file}\`: ${message}`, {
    ...(details !== undefined && { details }),
    ...(hint !== undefined && { hint }),
  });
}

type MadeImage = { readonly image: CondaImage; readonly files: readonly OutputFile[] };

/** Words what is wrong with a package. */
async function makeImage(
  platform: string,
  packages: readonly LockedCondaPackage[],
  compression: CompressionConfig,
  context: StepContext,
): Promise<Result<MadeImage>> {
  try {
    return succeed(await layOut(platform, packages, compression, context));
  } catch (error) {
    if (!(error instanceof BadPackage)) throw error;
    const { message } = error;
    return fail(
      errorDiagnostic("conda/bad-package", `a conda package cannot be used: ${message}`, {
        hint: "ask for another version of it in the conda file",
      }),
    );
  }
}

async function layOut(
  platform: string,
  packages: readonly LockedCondaPackage[],
  compression: CompressionConfig,
  context: StepContext,
): Promise<MadeImage> {
  const opened = new Map<string, OpenArchive>();
  const infos: PackageInfo[] = [];
  for (const one of packages) {
    context.signal.throwIfAborted();
    const archive = await open(one, context).catch((error) => Promise.reject(withName(one.name, error)));
    opened.set(one.name, archive);
    infos.push(
      await readInfo(archive.readInfo(), one).catch((error) => Promise.reject(withName(one.name, error))),
    );
  }
  const environment = placePackages(infos);
  for (const warning of warnOfEnvironment(environment)) context.warn(warning);
  const variableFiles: VariableFiles = new Map();
  const layers: BroughtLayer[] = [];
  const files: OutputFile[] = [];
  for (const group of groupPackages(environment.packages)) {
    context.report({ type: "doing", text: `lays out ${namesOf(group)}` });
    const tar = writeLayer({
      packages: group,
      readContent: (name) => demand(opened, name).readContent(),
      variableFiles,
      isLowest: layers.length === 0,
    });
    const { layer, file } = await storeLayer(tar, compression, context);
    layers.push({ ...layer, brings: `packages of conda: ${namesOf(group)}` });
    files.push(file);
  }
  return { image: { platform, layers, variables: readVariables(variableFiles) }, files };
}

function demand(opened: ReadonlyMap<string, OpenArchive>, name: string): OpenArchive {
  const archive = opened.get(name);
  if (archive === undefined) throw new Error(`the archive of ${name} was not opened`);
  return archive;
}

function namesOf(group: readonly PlacedPackage[]): string {
  const [first] = group;
  return group.length === 1 && first !== undefined ? first.info.name : `${group.length} small ones`;
}

async function open({ url, digest, size }: LockedCondaPackage, { store, host }: StepContext) {
  const place = await store.find(digest);
  if (place === undefined) throw new Error(`nobody has ${url}`);
  return openArchive({ place, size }, host.files);
}

async function storeLayer(
  tar: AsyncIterable<Uint8Array>,
  wanted: CompressionConfig,
  { store, signal }: StepContext,
): Promise<{ readonly layer: Layer; readonly file: OutputFile }> {
  const compression: Compression = "level" in wanted ? wanted : DEFAULTS[wanted.kind];
  const plain = startDigest();
  const noted = async function* () {
    for await (const chunk of tar) {
      plain.update(chunk);
      yield chunk;
    }
  };
  const { digest, size } = await store.write(compress(untilAborted(noted(), signal), compression));
  const layer = {
    mediaType: `${MEDIA_TYPES.layer}${suffixOf(compression)}`,
    digest,
    size,
    diffId: plain.finish(),
  };
  return { layer, file: { path: blobPath(digest), digest, size, mode: 0o644 } };
}

/** Programs and libraries, which zstd makes much smaller. */
const DEFAULTS = { none: { kind: "none" }, auto: { kind: "zstd", level: 3 } } as const;
