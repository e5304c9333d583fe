import type { ConfigFile } from "../model/config.generated.ts";
import type { Environment } from "./azure-environment.ts";
import { imageIn, readCondaAlone, readEnvironment } from "./azure-environment.ts";
import { findScript } from "./find-script.ts";
import { finishDraft } from "./finish-draft.ts";
import { guessModels } from "./guess-models.ts";
import type { Importer, Opened } from "./importer.ts";
import { type Field, isRecord, openReading, type Reading, resolvePath } from "./reading.ts";

/** What Azure ML's SDK and CLI v1 are given: an inference config, an environment, or the conda file of one. */
export const azureV1: Importer = {
  format: "Azure ML v1",
  isNamed: (name) => /^(?:.*inference_?config.*|azureml_environment)\.json$/i.test(name),
  isLike: (content) =>
    typeof content.entryScript === "string" || isEnvironment(content) || Array.isArray(content.dependencies),
  convert,
};

function isEnvironment({
  python,
  docker,
}: {
  readonly python?: unknown;
  readonly docker?: unknown;
}): boolean {
  const isOne = (value: unknown, keys: readonly string[]) =>
    typeof value === "object" && value !== null && keys.some((key) => key in value);
  return (
    isOne(python, ["userManagedDependencies", "condaDependencies", "condaDependenciesFile"]) ||
    isOne(docker, ["baseImage", "baseDockerfile"])
  );
}

async function convert(opened: Opened) {
  const reading = openReading(opened);
  const content = opened.document.value;
  if (isRecord(content) && Array.isArray(content.dependencies)) return convertConda(reading);
  if (isRecord(content) && isEnvironment(content)) return convertEnvironment(reading);
  return convertInference(reading);
}

/** The environment's own name is what deployments were called, more or less. */
async function convertInference(reading: Reading) {
  const { root } = reading;
  const of = (...keys: readonly string[]) => reading.member(root, ...keys);
  const folder = sourceFolder(reading, of("sourceDirectory"));
  const environment = await readAnyEnvironment(reading, folder);
  const script = reading.text(of("entryScript"));
  const inference = script === undefined ? undefined : readScript(reading, of("entryScript"), script, folder);
  if (script === undefined)
    reading.refuse(
      root,
      "import/no-script",
      "`entryScript` is missing: nothing would answer",
      'it is written as `"entryScript": "score.py"`',
    );
  const description = reading.text(of("description"))?.trim();
  leaveRuntime(reading);
  return finish(reading, environment, inference, {
    names: [reading.text(of("environment", "name"))],
    description: description === "" ? undefined : description,
  });
}

async function convertEnvironment(reading: Reading) {
  const name = reading.text(reading.member(reading.root, "name"));
  return finish(reading, await readEnvironment(reading, reading.root), await scriptBeside(reading), {
    names: [name],
  });
}

async function convertConda(reading: Reading) {
  const { opened, root } = reading;
  const path = resolvePath(opened.folder, opened.document.file.path.replace(/^.*\//, "")) ?? "";
  reading.leave(reading.member(root, "variables"), "set them with `environment.variables`");
  reading.take(root);
  return finish(reading, await readCondaAlone(reading, path), await scriptBeside(reading), { names: [] });
}

type Inference = ConfigFile["inference"];
type About = { readonly names: readonly (string | undefined)[]; readonly description?: string | undefined };

async function finish(reading: Reading, environment: Environment, inference: Inference, about: About) {
  const models = await guessModels(reading.opened);
  const label = { "org.opencontainers.image.description": about.description };
  return finishDraft(reading, azureV1.format, {
    names: about.names,
    config: {
      models: models.models,
      base_image: environment.base_image,
      environment: environment.environment,
      inference,
      build: { labels: about.description === undefined || /\p{Cc}/u.test(about.description) ? {} : label },
    },
    comments: models.comments,
    files: environment.files,
  });
}

function sourceFolder(reading: Reading, field: Field): string {
  return reading.path(field) ?? reading.opened.folder;
}

function readScript(reading: Reading, field: Field, script: string, folder: string): Inference {
  const path = resolvePath(folder, script);
  const isInside = resolvePath(".", script) !== undefined;
  if (path === undefined || !isInside) {
    reading.refuse(field, "import/outside-package", "`entryScript` leads out of the folder of the code");
    return undefined;
  }
  const isPlain = folder === "." && !path.includes("/");
  return isPlain ? path : { entry_script: resolvePath(".", script) ?? script, source_directory: folder };
}

/** A script that answers, in the file's own folder. */
async function scriptBeside(reading: Reading): Promise<Inference> {
  const found = await findScript(reading.opened, reading.opened.folder);
  if (found !== undefined) return found;
  reading.refuse(
    reading.root,
    "import/no-script",
    "an environment names no script, and none with `init()` and `run()` lies beside it",
    "put the script of the service beside it, or convert its `inferenceconfig.json`",
  );
  return undefined;
}

/** The older keys stand beside `environment`, or in its place. */
async function readAnyEnvironment(reading: Reading, folder: string): Promise<Environment> {
  const of = (...keys: readonly string[]) => reading.member(reading.root, ...keys);
  const environment = of("environment");
  if (environment.value !== undefined && environment.value !== null) {
    for (const key of ["condaFile", "baseImage", "baseImageRegistry"])
      reading.leave(of(key), "`environment` counts");
    return readEnvironment(reading, environment);
  }
  const image = imageIn(reading, of("baseImage"), of("baseImageRegistry"));
  const file = reading.text(of("condaFile"));
  const path = file === undefined ? undefined : resolvePath(folder, file);
  if (file !== undefined && path === undefined)
    reading.refuse(
      of("condaFile"),
      "import/outside-package",
      "`condaFile` leads out of the folder of the package",
    );
  const conda = path === undefined ? { environment: {}, files: {} } : await readCondaAlone(reading, path);
  return { ...conda, ...(image !== undefined && { base_image: image }) };
}

function leaveRuntime(reading: Reading): void {
  const of = (key: string) => reading.member(reading.root, key);
  const runtime = of("runtime");
  if (reading.text(runtime) === "python") reading.take(runtime);
  else reading.leave(runtime, "the service is Python's");
  reading.leave(
    of("extraDockerfileSteps"),
    "nothing runs after the packages are installed: put what it makes into a Dockerfile, and name that as `base_image: {dockerfile}`",
  );
  for (const key of ["enableGpu", "cudaVersion"])
    reading.leave(of(key), "no CUDA is chosen: name a `base_image` that has it");
  reading.leave(
    of("baseImageRegistry"),
    "name the image with its registry; logins stay where `docker login` puts them",
  );
}
