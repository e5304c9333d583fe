import { joinPath } from "../config/paths.ts";
import { writeYaml } from "../document/write.ts";
import type { ConfigFile } from "../model/config.generated.ts";
import { namedImage } from "./base-image.ts";
import { type CondaFacts, readCondaFile, readCondaValue } from "./conda.ts";
import { fittingVariables, whyUnfit } from "./fitting.ts";
import { freeName } from "./free-name.ts";
import { holdsLogin, isSecretName, refuseLogin, withoutLogins } from "./logins.ts";
import type { Field, Reading } from "./reading.ts";

/** What an environment of Azure ML comes to, whichever file it stands in. */
export type Environment = {
  readonly base_image?: ConfigFile["base_image"];
  readonly environment: NonNullable<ConfigFile["environment"]>;
  readonly files: Readonly<Record<string, string>>;
};

/** Azure ML's own bases: they bring conda, by which it makes a Python of its own in them. */
const AZURE_BASE = /^mcr\.microsoft\.com\/azureml\//;

/** An `Environment` of the SDK v1, as `save_to_directory` and the CLI v1 write it. */
export async function readEnvironment(reading: Reading, field: Field): Promise<Environment> {
  const of = (...keys: readonly string[]) => reading.member(field, ...keys);
  const isManaged = reading.flag(of("python", "userManagedDependencies")) !== true;
  const docker = await readDocker(reading, of("docker"));
  const conda = isManaged ? await readConda(reading, of("python")) : leaveConda(reading, of("python"));
  const base = settleBase(reading, of("docker", "baseImage"), docker.base, conda.facts);
  const interpreter = readInterpreter(reading, of("python", "interpreterPath"), conda.path !== undefined);
  leaveRest(reading, field);
  return {
    ...(base !== undefined && { base_image: base }),
    environment: {
      ...(conda.path !== undefined && { conda: conda.path }),
      python: {
        ...(interpreter !== undefined && { interpreter }),
        ...(!isManaged && { managed: false }),
      },
      variables: readVariables(reading, of("environmentVariables")),
    },
    files: { ...docker.files, ...conda.files },
  };
}

/** Of a conda file alone, on a base that has its Python. */
export async function readCondaAlone(reading: Reading, path: string): Promise<Environment> {
  const facts = await readCondaFile(reading, path);
  const image = pythonBase(facts);
  return { ...(image !== undefined && { base_image: image }), environment: { conda: path }, files: {} };
}

function pythonBase(facts: CondaFacts | undefined): string | undefined {
  return facts?.isPipOnly === true && facts.python !== undefined ? `python:${facts.python}-slim` : undefined;
}

/** An image of Azure ML's has no Python by itself; where conda is asked for no more than that, one of Python's does. */
export function settleBase(
  reading: Reading,
  field: Field,
  base: ConfigFile["base_image"] | undefined,
  facts: CondaFacts | undefined,
): ConfigFile["base_image"] | undefined {
  const image = pythonBase(facts);
  if (image === undefined) return base;
  if (base === undefined) return image;
  if (typeof base !== "string" || !AZURE_BASE.test(base)) return base;
  reading.leave(
    field,
    `Azure ML puts a Python of conda's on it; \`${image}\` has the Python that is asked for`,
  );
  return image;
}

async function readDocker(reading: Reading, docker: Field) {
  const of = (key: string) => reading.member(docker, key);
  const image = imageIn(reading, of("baseImage"), of("baseImageRegistry"));
  const dockerfile = await readDockerfile(reading, of("baseDockerfile"));
  if (dockerfile !== undefined) reading.leave(of("baseImage"), "`baseDockerfile` counts");
  for (const key of ["arguments", "shmSize", "gpuSupport"])
    reading.leave(of(key), "it is for `docker run`, and not in an image");
  reading.take(of("enabled"), of("sharedVolumes"));
  reading.leave(of("buildContext"), "a build context in the workspace is not reached from here");
  reading.leave(of("platform"), "the engine's own platform is built for: `build.platforms` names others");
  if (dockerfile !== undefined) return { base: { dockerfile: dockerfile.path }, files: dockerfile.files };
  return { base: image, files: {} };
}

/** An image by its name, and the registry that is named apart from it. */
export function imageIn(reading: Reading, field: Field, registry: Field): string | undefined {
  for (const key of ["username", "password", "registryIdentity"])
    reading.leave(reading.member(registry, key), "logins stay where `docker login` puts them");
  const address = reading.member(registry, "address");
  const host = reading.text(address)?.replace(/\/+$/, "") ?? "";
  const image = namedImage(reading, field);
  if (image === undefined || host === "" || image.startsWith(`${host}/`)) return image;
  const why = whyUnfit({ base_image: `${host}/${image}` });
  if (why === undefined) return `${host}/${image}`;
  reading.leave(address, why);
  return undefined;
}

/** Its text, or the name of a file of it. */
async function readDockerfile(reading: Reading, field: Field) {
  const text = reading.text(field);
  if (text === undefined || text === "") return undefined;
  if (!/^\s*(?:#|FROM\s|ARG\s)|\n/i.test(text)) {
    const path = reading.path(field);
    return path === undefined ? undefined : { path, files: {} };
  }
  if (holdsLogin(text) || setsSecret(text)) {
    refuseLogin(
      reading,
      field,
      "write the Dockerfile without it, as a file: `RUN --mount=type=secret,id=...` is given one of `build.secrets`",
    );
    return undefined;
  }
  const whole = text.endsWith("\n") ? text : `${text}\n`;
  const names = ["docker/Dockerfile", "docker/Dockerfile.azureml"];
  const name = await freeName({ ...reading.opened, folder: "." }, names, whole);
  return { path: name, files: { [name]: whole } };
}

/** By an instruction that gives values to variables. */
function setsSecret(dockerfile: string): boolean {
  const [...settings] = dockerfile.matchAll(/^\s*(?:ENV|ARG)\s((?:.*\\\r?\n)*.*)/gim);
  return settings.some(([, pairs = ""]) =>
    [...pairs.matchAll(/(?:^|\s)(\w+)(?:=|\s+)\S/g)].some(([, name = ""]) => isSecretName(name)),
  );
}

type Conda = {
  readonly path?: string;
  readonly facts?: CondaFacts | undefined;
  readonly files: Readonly<Record<string, string>>;
};

async function readConda(reading: Reading, python: Field): Promise<Conda> {
  reading.leave(
    reading.member(python, "baseCondaEnvironment"),
    "an environment that the base has is not built upon",
  );
  const path = reading.path(reading.member(python, "condaDependenciesFile"));
  const written = reading.member(python, "condaDependencies");
  if (path !== undefined) {
    reading.leave(written, "`condaDependenciesFile` counts");
    return { path, facts: await readCondaFile(reading, path), files: {} };
  }
  return writeConda(reading, written);
}

/** What is written in the file itself goes into one of its own. */
export async function writeConda(reading: Reading, field: Field): Promise<Conda> {
  if (field.value === undefined || field.value === null) return { files: {} };
  reading.take(field);
  const facts = readCondaValue(reading, reading.opened.document, field.value, field.pointer);
  if (facts === undefined) {
    reading.refuse(field, "import/wrong-type", "the conda environment has no list of `dependencies`");
    return { files: {} };
  }
  const { folder } = reading.opened;
  const text = await writeYaml(withoutLogins(reading, field) ?? {});
  const path = joinPath(folder, await freeName(reading.opened, ["conda.yaml", "azureml-conda.yaml"], text));
  return { path, facts, files: { [path]: text } };
}

function leaveConda(reading: Reading, python: Field): Conda {
  for (const key of ["condaDependencies", "condaDependenciesFile", "baseCondaEnvironment"])
    reading.leave(reading.member(python, key), "`userManagedDependencies` says that the base has it all");
  return { files: {} };
}

function readInterpreter(reading: Reading, field: Field, hasConda: boolean): string | undefined {
  const interpreter = reading.text(field);
  if (interpreter === undefined || interpreter === "python" || interpreter === "") return undefined;
  const why = hasConda
    ? "beside `environment.conda` it is `python3` of the base, or conda's own"
    : whyUnfit({ environment: { python: { interpreter } } });
  if (why === undefined) return interpreter;
  reading.leave(field, why);
  return undefined;
}

export function readVariables(reading: Reading, field: Field): Readonly<Record<string, string>> {
  const pairs = reading.entries(field).flatMap(([name, member]) => {
    const text = reading.text(member);
    return text === undefined ? [] : [[name, { text, pointer: member.pointer }] as const];
  });
  return fittingVariables(reading, pairs);
}

/** What every environment writes, and says nothing with. */
const SILENT = /^(?:name|version|assetId)$/;

function leaveRest(reading: Reading, field: Field): void {
  const of = (key: string) => reading.member(field, key);
  for (const [key, member] of reading.entries(field)) if (SILENT.test(key)) reading.take(member);
  reading.leave(
    of("inferencingStackVersion"),
    "the server is mlpackage's own, which speaks the same protocol",
  );
  const spark = of("spark");
  reading.take(reading.member(spark, "precachePackages"));
  for (const key of ["packages", "repositories"])
    reading.leave(reading.member(spark, key), "there is no Spark in the image");
  for (const [, member] of reading.entries(of("databricks")))
    reading.leave(member, "there is no Databricks here");
  reading.leave(of("r"), "the service is Python's");
}
