import { fileName, joinPath, parentFolder } from "../config/paths.ts";
import { writeYaml } from "../document/write.ts";
import { normalName } from "../requirements/requirement.ts";
import { namedImage, pythonImage } from "./base-image.ts";
import { finishDraft } from "./finish-draft.ts";
import {
  fitting,
  fittingLabels,
  fittingRequirements,
  fittingSystemPackages,
  fittingVariables,
} from "./fitting.ts";
import { freeName } from "./free-name.ts";
import type { Importer, Opened } from "./importer.ts";
import { itemsWithoutLogin } from "./logins.ts";
import { readBeside } from "./read-beside.ts";
import { type Field, type Item, isRecord, openReading, type Reading, resolvePath } from "./reading.ts";

/** A `bentofile.yaml`: the service stays BentoML's own, started by its command. */
export const bentoml: Importer = {
  format: "BentoML",
  isNamed: (name) => /^bentofile\.ya?ml$/i.test(name),
  isLike: ({ service, python, docker, conda }) =>
    typeof service === "string" && [python, docker, conda].some(isRecord),
  convert,
};

/** Where BentoML's server listens if nobody says anything. */
const PORT = 3000;

async function convert(opened: Opened) {
  const reading = openReading(opened);
  const { root } = reading;
  const docker = reading.member(root, "docker");
  const python = reading.member(root, "python");
  const service = readService(reading, reading.member(root, "service"));
  const packages = await readPackages(reading, python, reading.member(root, "conda"));
  const name = reading.text(reading.member(root, "name"));
  leaveRest(reading, docker, python);
  return finishDraft(reading, bentoml.format, {
    names: [name],
    config: {
      base_image: readBase(reading, docker),
      environment: {
        ...packages.environment,
        system_packages: fittingSystemPackages(
          reading,
          reading.texts(reading.member(docker, "system_packages")),
        ),
        variables: readVariables(reading, docker),
      },
      inference: {
        // The code is the one folder where the service starts, whatever it is called; BentoML starts in it.
        command: ["sh", "-c", `cd */ && exec bentoml serve ${service} --host 0.0.0.0 --port ${PORT}`],
        source_directory: opened.folder,
        port: PORT,
      },
      build: { labels: readLabels(reading) },
    },
    comments: {
      "/inference": ["BentoML's own server, with its own routes: there is no POST /score."],
    },
    files: packages.files,
  });
}

/** `service:svc`, or the path of its file, which is that of a module; nothing else goes into the command. */
function readService(reading: Reading, field: Field): string {
  const service = reading.text(field) ?? "";
  const [, path, name = ""] = /^(.+)\.py((?::.*)?)$/.exec(service) ?? [];
  const file = path === undefined ? undefined : resolvePath(".", path);
  const module = file === undefined ? service : `${file.replaceAll("/", ".")}${name}`;
  if (/^[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*(?::[A-Za-z_]\w*)?$/.test(module)) return module;
  const message =
    service === "" ? "`service` is missing: nothing would answer" : "`service` is no module and service";
  reading.refuse(field, "import/no-service", message, 'it is written as `service: "service:svc"`');
  return "";
}

function readBase(reading: Reading, docker: Field): string | undefined {
  const version = reading.member(docker, "python_version");
  const distribution = reading.member(docker, "distro");
  const named = namedImage(reading, reading.member(docker, "base_image"));
  if (named !== undefined) {
    for (const field of [version, distribution])
      reading.leave(field, "`base_image` counts, at BentoML as well");
    return named;
  }
  if (distribution.value === "debian") reading.take(distribution);
  reading.leave(distribution, "mlpackage builds on Debian: name a `base_image` of yours for any other");
  return pythonImage(reading, version);
}

/** What BentoML has pip install, and from where. */
type PipSettings = {
  readonly requirements: string | readonly string[];
  readonly index_url: string | undefined;
  readonly extra_index_urls: readonly string[];
  readonly find_links: readonly string[];
};

type Written = Readonly<Record<string, string>>;

type Packages = {
  readonly environment: { readonly conda?: string; readonly python: Partial<PipSettings> };
  readonly files: Written;
};

async function readPackages(reading: Reading, python: Field, conda: Field): Promise<Packages> {
  const { settings, files } = await readPython(reading, python);
  const { requirements, ...sources } = settings;
  const file = reading.path(reading.member(conda, "environment_yml"));
  const written = ["channels", "dependencies", "pip"].map((key) => reading.member(conda, key));
  if (file !== undefined) {
    for (const field of written) reading.leave(field, "`environment_yml` counts, at BentoML as well");
    leavePip(reading, python, ["requirements_txt", "packages", "wheels"]);
    return { environment: { conda: file, python: sources }, files: {} };
  }
  if (written.every(({ value }) => value === undefined || value === null))
    return { environment: { python: settings }, files };
  const isFile = typeof requirements === "string";
  if (isFile) leavePip(reading, python, ["requirements_txt", "wheels"]);
  const text = await writeConda(reading, conda, isFile ? ["bentoml"] : requirements);
  const name = await freeName(reading.opened, ["conda.yaml", "bento-conda.yaml"], text);
  const place = joinPath(reading.opened.folder, name);
  return { environment: { conda: place, python: sources }, files: { [place]: text } };
}

/** Beside a conda file nothing else is installed. */
function leavePip(reading: Reading, python: Field, keys: readonly string[]): void {
  for (const key of keys)
    reading.leave(
      reading.member(python, key),
      "`environment.conda` has it all: add it below its `pip:`, with `bentoml`",
    );
}

/** A conda file of what is written in the file itself, and of what pip is to install beside it. */
async function writeConda(reading: Reading, conda: Field, requirements: readonly string[]): Promise<string> {
  const open = (items: readonly Item[]) => itemsWithoutLogin(reading, items).map(({ text }) => text);
  const channels = open(reading.texts(reading.member(conda, "channels")));
  const dependencies = reading.items(reading.member(conda, "dependencies"));
  const specs = dependencies.filter(({ value }) => !isRecord(value)).flatMap((item) => reading.texts(item));
  const nested = dependencies
    .filter(({ value }) => isRecord(value))
    .flatMap((item) => reading.texts(reading.member(item, "pip")));
  const pip = open([...nested, ...reading.texts(reading.member(conda, "pip"))]);
  return writeYaml({
    channels: channels.length === 0 ? ["conda-forge"] : channels,
    dependencies: [...open(specs), { pip: [...new Set([...pip, ...requirements])] }],
  });
}

async function readPython(
  reading: Reading,
  python: Field,
): Promise<{ readonly settings: PipSettings; readonly files: Written }> {
  const of = (key: string) => reading.member(python, key);
  const file = reading.path(of("requirements_txt"));
  if (file !== undefined) reading.leave(of("packages"), "`requirements_txt` counts, at BentoML as well");
  const wheels = readWheels(reading, reading.texts(of("wheels")));
  const ofWheels = wheels.map(({ requirement }) => requirement);
  const listed = file === undefined ? fittingRequirements(reading, reading.texts(of("packages"))) : [];
  const requirements =
    file === undefined ? withBento([...listed, ...ofWheels]) : await beside(reading, file, ofWheels);
  const [index] = fitting(reading, reading.texts(of("index_url")), (text) => ({
    environment: { python: { index_url: text } },
  }));
  const others = fitting(reading, reading.texts(of("extra_index_url")), (text) => ({
    environment: { python: { extra_index_urls: [text] } },
  }));
  const links = fitting(reading, reading.texts(of("find_links")), (text) => ({
    environment: { python: { find_links: [text] } },
  }));
  return {
    settings: {
      requirements: requirements.value,
      index_url: index,
      extra_index_urls: others,
      find_links: [...new Set([...wheels.map(({ folder }) => folder), ...links])],
    },
    files: requirements.files,
  };
}

/** BentoML puts itself among the packages of every service. */
function withBento(listed: readonly string[]): {
  readonly value: readonly string[];
  readonly files: Written;
} {
  const isThere = listed.some((line) => normalName(/^[\w.-]+/.exec(line)?.[0] ?? "") === "bentoml");
  return { value: isThere ? listed : ["bentoml", ...listed], files: {} };
}

async function beside(reading: Reading, file: string, more: readonly string[]) {
  const { text = "" } = (await readBeside(reading.opened, file)) ?? {};
  if (/^\s*bentoml\b(?![-._])/im.test(text) && more.length === 0) return { value: file, files: {} };
  const made = joinPath(parentFolder(file), "requirements-bentoml.txt");
  return { value: made, files: { [made]: `-r ${fileName(file)}\n${["bentoml", ...more].join("\n")}\n` } };
}

/** A wheel is asked for by the name and the version that its file has. */
function readWheels(reading: Reading, items: readonly Item[]) {
  return items.flatMap((item) => {
    const field = { value: item.text, pointer: item.pointer };
    const path = reading.path(field);
    const [, name, version] =
      /^([A-Za-z0-9._]+)-([A-Za-z0-9._!+]+)-[^/]*\.whl$/.exec(fileName(path ?? "")) ?? [];
    if (path !== undefined && name !== undefined && version !== undefined)
      return [{ requirement: `${name.replaceAll("_", "-")}==${version}`, folder: parentFolder(path) }];
    reading.leave(field, "it has no name of a wheel: name its folder in `find_links`, and it by its name");
    return [];
  });
}

function readVariables(reading: Reading, docker: Field): Readonly<Record<string, string>> {
  const env = reading.member(docker, "env");
  const ofDocker = typeof env.value === "string" ? leaveDotenv(reading, env) : pairsOf(reading, env);
  const ofService = reading.items(reading.member(reading.root, "envs")).flatMap((item) => {
    const [name, value] = [reading.member(item, "name"), reading.member(item, "value")];
    const [named, text] = [reading.text(name), reading.text(value)];
    if (named !== undefined && text !== undefined)
      return [[named, { text, pointer: value.pointer }] as const];
    reading.leave(item, "it has no value here: give it with `docker run --env`");
    return [];
  });
  return fittingVariables(reading, [...ofDocker, ...ofService]);
}

function leaveDotenv(reading: Reading, env: Field): readonly never[] {
  reading.leave(
    env,
    "files of variables are not read, since they hold secrets: set what is none with `environment.variables`",
  );
  return [];
}

function pairsOf(reading: Reading, field: Field): readonly (readonly [string, Item])[] {
  if (Array.isArray(field.value))
    return reading.texts(field).flatMap((item) => {
      const [, name, text] = /^([^=]+)=(.*)$/s.exec(item.text) ?? [];
      if (name !== undefined && text !== undefined) return [[name, { ...item, text }] as const];
      reading.leave({ value: item.text, pointer: item.pointer }, "it is no `NAME=value`");
      return [];
    });
  return reading.entries(field).flatMap(([name, member]) => {
    const text = reading.text(member);
    return text === undefined ? [] : [[name, { text, pointer: member.pointer }] as const];
  });
}

function readLabels(reading: Reading): Readonly<Record<string, string>> {
  const description = reading.member(reading.root, "description");
  const text = reading.text(description);
  const labels = pairsOf(reading, reading.member(reading.root, "labels"));
  if (text?.startsWith("file:")) {
    reading.leave(description, "an image has no pages: a label can hold a line");
    return fittingLabels(reading, labels);
  }
  const described =
    text === undefined
      ? []
      : [
          [
            "org.opencontainers.image.description",
            { text: text.trim(), pointer: description.pointer },
          ] as const,
        ];
  return fittingLabels(reading, [...labels, ...described]);
}

function leaveRest(reading: Reading, docker: Field, python: Field): void {
  const { root } = reading;
  const include = reading.member(root, "include");
  reading.leave(
    include,
    "the folder is copied whole: move the service into one of its own, and name that as `source_directory`",
  );
  reading.leave(
    reading.member(root, "exclude"),
    "the folder is copied whole: move what does not belong to the service out of it",
  );
  for (const item of reading.items(reading.member(root, "models")))
    reading.leave(
      item,
      "it lies in BentoML's own store: `bentoml models export` it into the folder of the service, and import it from there",
    );
  reading.leave(reading.member(root, "args"), "a service here has no arguments of its build");
  reading.leave(reading.member(docker, "cuda_version"), "no CUDA is chosen: name a `base_image` that has it");
  reading.leave(
    reading.member(docker, "setup_script"),
    "nothing runs after the packages are installed: put what it makes into a Dockerfile, and name that as `base_image: {dockerfile}`",
  );
  reading.leave(
    reading.member(docker, "dockerfile_template"),
    "the Dockerfile is mlpackage's: a base of your own goes into `base_image: {dockerfile}`",
  );
  const locks = reading.member(python, "lock_packages");
  if (reading.flag(locks) === false)
    tellFlag(reading, locks, "packages are always locked, in `mlpackage.lock`");
  const packs = reading.member(python, "pack_git_packages");
  if (reading.flag(packs) === false) tellFlag(reading, packs, "packages from a repository are not installed");
  const pip = "pip is called by mlpackage alone: a requirements file can say what else it is to know";
  for (const key of ["no_index", "trusted_host", "pip_args"]) reading.leave(reading.member(python, key), pip);
}

/** A `false` that is not what it is without being written. */
function tellFlag(reading: Reading, field: Field, why: string): void {
  reading.leave({ ...field, value: "false" }, why);
}
