import { fileName, parentFolder } from "../config/paths.ts";
import { stemOf } from "../config/stem-of-source.ts";
import type { ConfigFile, Model, Output, Test } from "../model/config.generated.ts";
import type { Draft } from "../model/draft.ts";
import type { Files } from "../model/host.ts";
import { chooseEnvironment } from "./choose-environment.ts";
import { escapeDollars } from "./escape-dollars.ts";
import { type FoundModel, type FoundModels, MOST_MODELS } from "./find-models.ts";
import { findRequirements } from "./find-requirements.ts";
import { findSampleFile, findServedSample, type Sample, ZEROS } from "./find-sample.ts";
import { findScripts } from "./find-script.ts";
import { labelOf } from "./label-model.ts";
import { packageName } from "./package-name.ts";
import type { Survey } from "./survey-folder.ts";
import { placeForScript, type ReadTemplate, writeScript } from "./write-script.ts";

export type DraftRequest = {
  /** Absolute. */
  readonly directory: string;
  readonly survey: Survey;
  readonly found: FoundModels;
  /** What the package is called after, and its repository at the registry that belongs to its git server. */
  readonly name: string;
  readonly repository?: string;
  readonly files: Files;
  readonly readTemplate: ReadTemplate;
  /** Whether a package to fill in is wanted where there is neither model nor script. */
  readonly isTemplate: boolean;
};

/** A draft, and what its user is to know and to do. */
export type DraftedPackage = {
  readonly draft: Draft;
  readonly told: readonly string[];
  readonly toDo: readonly string[];
};

/** Makes a package of what lies in a folder; undefined where that is neither a model nor a script. */
export async function draftPackage(request: DraftRequest): Promise<DraftedPackage | undefined> {
  const { directory, survey, found, files } = request;
  const scripts = await findScripts(directory, survey, files);
  const [script] = scripts;
  const { models } = found;
  if (models.length === 0 && script === undefined && !request.isTemplate) return undefined;
  const written =
    script === undefined
      ? await writeScript(models, placeForScript(request), request.readTemplate)
      : undefined;
  const entryScript = script ?? written?.path;
  const folders = [...new Set([".", ...(entryScript === undefined ? [] : [parentFolder(entryScript)])])];
  const requirements = await findRequirements(directory, folders, files);
  const chosen = await chooseEnvironment({ directory, models, requirements, written, files });
  const sample = await chooseSample(request, folders, entryScript, written?.sample);
  const { version: python } = chosen.python;
  const config: ConfigFile = {
    name: packageName(request.name),
    ...(models.length > 0 && { models: models.map(asModel) }),
    ...(python !== undefined && { base_image: `python:${python}-slim` }),
    ...(chosen.environment !== undefined && { environment: chosen.environment }),
    ...(entryScript !== undefined && { inference: entryScript }),
    tests: [asTest(sample)],
    ...(request.repository !== undefined && { outputs: [asOutput(request.repository)] }),
  };
  const comments = {
    "": models.length === 0 ? [...HEAD, ...HERE] : HEAD,
    "/models": [...models.map(lineOf), ...lineOfOthers(found)],
    "/base_image": python === undefined ? [] : chosen.python.comments,
    "/environment": chosen.comments,
    "/inference": commentsOfScript(scripts, written !== undefined),
    "/tests": [sample?.from ?? "Whether it gets ready; add requests, and what their answers must be."],
    "/outputs": ["With `push: true` it is sent there, once the tests have passed."],
  };
  const told = [
    ...models.map(lineOf),
    ...lineOfOthers(found),
    ...[...survey.untold, ...found.untold].map((one) => `not looked at: ${one}`),
  ];
  return {
    draft: {
      config: escapeDollars(config),
      comments,
      files: written === undefined ? {} : { [written.path]: written.text },
      leftOut: [],
    },
    told,
    toDo: [written?.toDo ?? [], chosen.toDo].flat(),
  };
}

const HERE = [
  "Name a model here as `models: [model.pkl]`; the script finds it in the folder AZUREML_MODEL_DIR.",
];

const HEAD = ["`mlpackage apply` builds the image and tests it, `mlpackage run` starts it."];

/** The name is only written where it is not the one it has anyway. */
function asModel({ source, name }: FoundModel): Model {
  return stemOf(source) === name ? source : { name, source };
}

function asTest(sample: Sample | undefined): Test {
  return sample === undefined
    ? { name: "it is ready", request: { path: "/" } }
    : { name: "an answer", request: sample.request };
}

function asOutput(repository: string): Output {
  return { type: "image", tags: [`${repository}:latest`], push: false };
}

async function chooseSample(
  { directory, found: { models }, files }: DraftRequest,
  folders: readonly string[],
  entryScript: string | undefined,
  ofTemplate: Sample["request"]["body"],
): Promise<Sample | undefined> {
  const file = await findSampleFile(directory, folders, files);
  if (file !== undefined) return file;
  if (ofTemplate !== undefined) return { request: { body: ofTemplate }, from: ZEROS };
  const [model, ...others] = models;
  const isServed = model?.served !== undefined && others.length === 0 && entryScript === undefined;
  return isServed ? findServedSample(directory, model, files) : undefined;
}

function lineOf(model: FoundModel): string {
  return `${model.source}: ${labelOf(model)}`;
}

const MOST_TOLD = 10;

function lineOfOthers({ others, beyond }: FoundModels): readonly string[] {
  const more = others.length - MOST_TOLD;
  return [
    ...others.slice(0, MOST_TOLD).map(({ source, why }) => `${source} is left out: ${why}`),
    ...(more > 0 ? [`${more} more are left out`] : []),
    ...(beyond > 0
      ? [`${beyond} more models are left out: a package takes ${MOST_MODELS} of them here`]
      : []),
  ];
}

function commentsOfScript(scripts: readonly string[], isWritten: boolean): readonly string[] {
  const [script = "", ...others] = scripts;
  const whole =
    "The folder of the script goes into the image, without models and what is named elsewhere here.";
  if (isWritten || others.length === 0) return [whole];
  return [whole, `Besides ${fileName(script)} there are ${others.slice(0, MOST_TOLD).join(", ")}.`];
}
