import path from "node:path";
import type { ServiceSettings } from "../images/image-config.ts";
import type { BaseImageConfig, EnvironmentConfig, InferenceConfig, PythonConfig } from "../model/config.ts";
import { canonicalJson } from "../model/digest.ts";
import type { OutputFile, StepOutput } from "../model/outcome.ts";
import { succeed } from "../model/result.ts";
import type { SerializableRecord } from "../model/serializable.ts";
import type { Step } from "../model/step.ts";
import type { StepContext, StepKind } from "../model/step-kind.ts";
import type { UsedSecret } from "./build-in-base.ts";
import { loginsAmong, renderDockerfile } from "./dockerfile.ts";
import { FOLDER_BESIDE_BASE, type ImageLayout, layOutImage } from "./image-layout.ts";
import { packagesFor } from "./lock.ts";
import { findMissingFile, outputOfFiles } from "./output-files.ts";
import { ignoreFileOf, type PinnedBase, readBase } from "./read-base.ts";
import { settingsOf } from "./service-settings.ts";
import { parseState, readPinned, storeText, storeTree, type Tree } from "./store-inputs.ts";
import { storeLocked, storeWheels } from "./store-requirements.ts";

type RenderInputs = {
  readonly name: string;
  readonly models: readonly { readonly name: string; readonly version: string }[];
  readonly baseImage: BaseImageConfig;
  readonly base: PinnedBase;
  readonly environment: Pick<EnvironmentConfig, "variables" | "user"> & {
    readonly python: Omit<PythonConfig, "requirements" | "pythonVersions">;
  };
  readonly pipOptions: readonly string[];
  /** `option` is what `docker build` is told to have it from where we have it. */
  readonly secrets?: readonly (UsedSecret & { readonly option: string })[];
  readonly inference: InferenceConfig;
  readonly labels: Readonly<Record<string, string>>;
  readonly code: Tree;
  readonly runtime: Tree;
  readonly findLinks: Readonly<Record<string, Tree>>;
};

/** Where the render step's output has the Dockerfile of a saved folder. */
export const DOCKERFILE = "Dockerfile";

/** The list of what to ignore that belongs to it, where the base's own context has one. */
export const IGNORE_FILE = `${DOCKERFILE}.dockerignore`;

/** The folder of the output that has one folder for each build context. */
const CONTEXTS_FOLDER = "contexts";

/** The folder of the output that has the user's own context, where the base has a Dockerfile of theirs. */
export const BASE_CONTEXT_FOLDER = "base";

/** The files the render step made for a build context, their paths relative to it. */
export function filesOfContext(output: StepOutput, context: string): readonly OutputFile[] {
  return filesBelow(output, `${CONTEXTS_FOLDER}/${context}/`);
}

/** The files below a folder of an output, their paths relative to it. */
export function filesBelow(output: StepOutput, prefix: string): readonly OutputFile[] {
  return output.files.flatMap((file) =>
    file.path.startsWith(prefix) ? [{ ...file, path: file.path.slice(prefix.length) }] : [],
  );
}

/** Writes the Dockerfile and takes what goes into the image beside the models, as it is now, into the store. */
export const renderKind: StepKind = {
  kind: "render",
  version: 6,
  summary: "writes the Dockerfile and its contexts",
  shareable: true,
  timeoutMs: 10 * 60_000,
  attempts: 1,
  async run(step, context) {
    const inputs = step.inputs as unknown as RenderInputs;
    const { layout, settings } = valuesOf(inputs);
    const read = await readBase(inputs.base, inputs.baseImage, context);
    if (!read.ok) return read;
    const packages = packagesFor(step, context);
    const dockerfileInputs = {
      base: read.value,
      python: inputs.environment.python,
      packages,
      baseImage: inputs.baseImage,
      settings,
      logins: loginsAmong(inputs.secrets),
      secretOptions: (inputs.secrets ?? []).map(({ option }) => option),
    };
    const { sourceDirectory = "." } = inputs.inference;
    const [dockerfile, ignoreFiles, ...folders] = await Promise.all([
      storeText(DOCKERFILE, renderDockerfile(dockerfileInputs, layout), context),
      storeIgnoreFile(inputs, context),
      storeLocked(packages, inputs.pipOptions, context),
      storeWheels(inputs.findLinks, layout, context),
      storeTree(inputs.code, path.join(context.directory, sourceDirectory), "app", context),
      storeTree(inputs.runtime, context.runtimeDirectory, "runtime", context),
    ]);
    const contexts = folders.flat().map((file) => ({
      ...file,
      path: `${CONTEXTS_FOLDER}/${file.path}`,
    }));
    const files = [dockerfile, ...ignoreFiles, ...contexts, ...baseContextFiles(inputs)];
    return succeed(outputOfFiles(files, asData({ layout, settings })));
  },
  findMissing: async (step, output, context) => findForgery(step, output) ?? findMissingFile(output, context),
};

type RenderValues = { readonly layout: ImageLayout; readonly settings: ServiceSettings };

function valuesOf(inputs: RenderInputs): RenderValues {
  const layout = layOutImage(inputs);
  const base = inputs.base.kind === "image" ? inputs.base : {};
  return { layout, settings: settingsOf({ ...inputs, base }, layout) };
}

/** A record may come from another machine, and its values say where files go and what runs: they must be those of the inputs. */
function findForgery(step: Step, { digest, files, values }: StepOutput): string | undefined {
  const ours = asData(valuesOf(step.inputs as unknown as RenderInputs));
  const isOurs = canonicalJson(values) === canonicalJson(ours);
  return isOurs && outputOfFiles(files, values).digest === digest ? undefined : "what it made";
}

/** The layout that the steps after this one place files by. */
export function layoutOf(output: StepOutput): ImageLayout {
  return (output.values as unknown as RenderValues).layout;
}

/** How the image's containers run. */
export function serviceSettingsOf(output: StepOutput): ServiceSettings {
  return (output.values as unknown as RenderValues).settings;
}

function asData(values: RenderValues): SerializableRecord {
  return values as unknown as SerializableRecord;
}

/** What a saved folder has beside the user's own context is let in, whatever their list leaves out. */
async function storeIgnoreFile(
  { base, baseImage }: RenderInputs,
  context: StepContext,
): Promise<readonly OutputFile[]> {
  const ignoreFile = base.kind === "dockerfile" ? ignoreFileOf(base.dockerfile, baseImage) : undefined;
  if (base.kind !== "dockerfile" || ignoreFile === undefined) return [];
  const text = await readPinned(ignoreFile, base.dockerfile, context);
  return [await storeText(IGNORE_FILE, `${text}\n!${FOLDER_BESIDE_BASE}\n`, context)];
}

/** A base of the user's own is built from where it lies: its files are named, not copied. */
function baseContextFiles({ base, baseImage }: RenderInputs): readonly OutputFile[] {
  if (base.kind !== "dockerfile" || baseImage.kind !== "dockerfile") return [];
  return Object.entries(base.context).map(([name, state]) => ({
    ...parseState(state),
    path: `${BASE_CONTEXT_FOLDER}/${name}`,
    size: 0,
    origin: path.posix.join(baseImage.context, name),
  }));
}
