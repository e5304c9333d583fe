import path from "node:path";
import type { BaseImageConfig, InferenceConfig, PythonConfig } from "../model/config.ts";

/**
 * A folder that goes into the image, or is mounted while it is built: the named context it comes from, the folder it
 * has beside a saved Dockerfile, and its place in the image.
 */
export type Placement = { readonly context: string; readonly folder: string; readonly target: string };

/** Where what is installed lies while it is mounted. */
export type InstallationLayout = {
  /** What is locked, as pip reads it. */
  readonly locked: readonly Placement[];
  /** One for each folder of `find_links`, in their order; `source` is its path in the package. */
  readonly wheels: readonly (Placement & { readonly source: string })[];
};

/** Where what is asked for lies, besides. */
export type EnvironmentLayout = InstallationLayout & {
  readonly requirements: readonly Placement[];
  /** Inside the build container. */
  readonly requirementsFile?: string;
};

/** Where everything lies: in the image, in named contexts, and in a saved folder (by the same names). */
export type ImageLayout = InstallationLayout & {
  /** `model` is its name, as in the id of the step that fetches it. */
  readonly models: readonly (Placement & { readonly model: string })[];
  readonly runtime: readonly Placement[];
  readonly code: readonly Placement[];
  /** `AZUREML_MODEL_DIR`. */
  readonly modelDirectory?: string;
  /** `AZUREML_ENTRY_SCRIPT`, relative to the app root; absolute where it is one of ours. */
  readonly entryScript?: string;
  readonly appRoot: string;
  readonly runtimeDirectory: string;
};

export type LayoutInputs = {
  readonly name: string;
  readonly models: readonly { readonly name: string; readonly version: string }[];
  readonly baseImage: BaseImageConfig;
  readonly environment: { readonly python: Pick<PythonConfig, "findLinks" | "managed"> };
  readonly inference: InferenceConfig;
};

const APP_ROOT = "/var/azureml-app";
const RUNTIME_DIRECTORY = "/opt/mlpackage/runtime";
const BUILT_IN_SCRIPTS = `${RUNTIME_DIRECTORY}/built_in`;
export const BUILD_MOUNT = "/tmp/mlpackage";
export const LOCKED_MOUNT = `${BUILD_MOUNT}/locked`;

/** What was vendored: a folder for each of Debian's architectures, and for each of several platforms. */
export const VENDORED_DEBIAN: Placement = ofVendored("vendored-debian");
export const VENDORED_PYTHON: Placement = ofVendored("vendored-python");

function ofVendored(name: string): Placement {
  return { context: name, folder: name, target: `${BUILD_MOUNT}/${name}` };
}

/** A base of the user's own has the root of a saved folder to itself; all of ours is in here. */
export const FOLDER_BESIDE_BASE = "mlpackage";

/** Folders beside the Dockerfile, which are below one of ours where a base of the user's own has the root. */
function placeIn({ baseImage }: Pick<LayoutInputs, "baseImage">) {
  const prefix = baseImage.kind === "dockerfile" ? `${FOLDER_BESIDE_BASE}/` : "";
  return (context: string, folder: string, target: string): Placement => ({
    context,
    folder: `${prefix}${folder}`,
    target,
  });
}

/** Where what is asked for, and what is installed, lies while it is mounted. */
export function layOutEnvironment(inputs: {
  readonly baseImage: BaseImageConfig;
  readonly environment: { readonly python: PythonConfig };
}): EnvironmentLayout {
  const { python } = inputs.environment;
  const requirementsFile = requirementsFileOf(python);
  const place = placeIn(inputs);
  return {
    ...layOutInstallation(inputs.baseImage, python),
    requirements:
      requirementsFile === undefined
        ? []
        : [place("requirements", "requirements", `${BUILD_MOUNT}/requirements`)],
    ...(requirementsFile !== undefined && {
      requirementsFile: `${BUILD_MOUNT}/requirements/${requirementsFile}`,
    }),
  };
}

/** The same, of what is installed alone. */
export function layOutInstallation(
  baseImage: BaseImageConfig,
  { findLinks, managed }: Pick<PythonConfig, "findLinks" | "managed">,
): InstallationLayout {
  const wheels = findLinks.filter((link) => !link.includes("://"));
  const place = placeIn({ baseImage });
  return {
    locked: managed ? [place("locked", "locked", LOCKED_MOUNT)] : [],
    wheels: wheels.map((source, index) => {
      const name = `wheels-${index + 1}`;
      return { source, ...place(name, name, `${BUILD_MOUNT}/${name}`) };
    }),
  };
}

export function layOutImage(inputs: LayoutInputs): ImageLayout {
  const { models, inference } = inputs;
  const codeFolder = codeFolderOf(inputs);
  const modelDirectory = modelDirectoryOf(models);
  const contexts = modelContexts(models);
  const place = placeIn(inputs);
  return {
    ...layOutInstallation(inputs.baseImage, inputs.environment.python),
    models: models.map((model, index) => ({
      model: model.name,
      ...place(contexts[index] ?? "", `models/${model.name}/${model.version}`, `${modelFolder(model)}/`),
    })),
    runtime: inference.kind === "script" ? [place("runtime", "runtime", `${RUNTIME_DIRECTORY}/`)] : [],
    code: codeFolder === undefined ? [] : [place("app", "app", `${APP_ROOT}/${codeFolder}/`)],
    ...(modelDirectory !== undefined && { modelDirectory }),
    ...(inference.kind === "script" && {
      entryScript: `${codeFolder ?? BUILT_IN_SCRIPTS}/${inference.entryScript}`,
    }),
    appRoot: APP_ROOT,
    runtimeDirectory: RUNTIME_DIRECTORY,
  };
}

/** What BuildKit calls a placement's context; a plain `runtime` or `app` would stand in for a stage of the user's own. */
export function namedContext({ context }: Placement): string {
  return `mlpackage-${context}`;
}

/** A model's folder in the image, absolute. */
export function modelFolder({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${APP_ROOT}/azureml-models/${name}/${version}`;
}

/** One model's own folder, or the folder of all of them; there is none where there are no models. */
function modelDirectoryOf(models: LayoutInputs["models"]): string | undefined {
  const [first, ...others] = models;
  if (first === undefined) return undefined;
  return others.length === 0 ? modelFolder(first) : `${APP_ROOT}/azureml-models`;
}

/** Names of build contexts are lower case, as those of images; one that is taken already gets a number. */
function modelContexts(models: LayoutInputs["models"]): readonly string[] {
  const contexts: string[] = [];
  for (const { name } of models) {
    const slug = name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/-$/, "");
    let context = `model-${slug}`;
    for (let number = 2; contexts.includes(context); number += 1) context = `model-${slug}-${number}`;
    contexts.push(context);
  }
  return contexts;
}

/** The code keeps its folder's name; the package's own folder could be called anything, so there it is the package's name. */
function codeFolderOf({ name, inference }: LayoutInputs): string | undefined {
  const { sourceDirectory } = inference;
  if (sourceDirectory === undefined) return undefined;
  return sourceDirectory === "." ? name : path.posix.basename(sourceDirectory);
}

function requirementsFileOf(python: PythonConfig): string | undefined {
  if (!python.managed) return undefined;
  if ("file" in python.requirements) return path.posix.normalize(python.requirements.file);
  return python.requirements.list.length > 0 ? "requirements.txt" : undefined;
}
