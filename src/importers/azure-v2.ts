import { joinPath, parentFolder } from "../config/paths.ts";
import { parseDocument } from "../document/parse.ts";
import type { ConfigFile } from "../model/config.generated.ts";
import { type Environment, readVariables, settleBase, writeConda } from "./azure-environment.ts";
import { namedImage } from "./base-image.ts";
import { readCondaFile } from "./conda.ts";
import { finishDraft, nameOf } from "./finish-draft.ts";
import { fittingLabels, whyUnfit } from "./fitting.ts";
import { guessModels } from "./guess-models.ts";
import type { Importer, Opened } from "./importer.ts";
import { holdsLogin, refuseLogin } from "./logins.ts";
import { readBeside } from "./read-beside.ts";
import { type Field, isRecord, openReading, type Reading } from "./reading.ts";

/** What `az ml model package` is given. */
export const azureV2: Importer = {
  format: "Azure ML v2",
  isNamed: () => false,
  isLike: ({ $schema, inferencing_server }) =>
    inferencing_server !== undefined ||
    (typeof $schema === "string" && /model_?(?:version)?_?package/i.test($schema)),
  convert,
};

async function convert(opened: Opened) {
  const reading = openReading(opened);
  const of = (...keys: readonly string[]) => reading.member(reading.root, ...keys);
  reading.take(of("$schema"));
  const target = readTarget(reading);
  const environment = await readBase(reading, of("base_environment_source"));
  const inference = readServer(reading, of("inferencing_server"));
  const inputs = await readInputs(reading);
  const guessed = inputs.length > 0 ? { models: [], comments: {} } : await guessModels(opened);
  const mode = of("model_configuration", "mode");
  if (reading.text(mode) === "copy") reading.take(mode);
  else reading.leave(mode, "models are always copied into the image, each as layers of its own");
  reading.leave(of("model_configuration", "mount_path"), "models lie in `AZUREML_MODEL_DIR`");
  const outputs = target.outputs;
  return finishDraft(reading, azureV2.format, {
    names: [target.name],
    config: {
      models: [...inputs, ...guessed.models],
      base_image: environment.base_image,
      environment: {
        ...environment.environment,
        variables: {
          ...environment.environment.variables,
          ...readVariables(reading, of("environment_variables")),
        },
      },
      inference,
      build: { labels: readTags(reading, of("tags")) },
      outputs,
    },
    comments: guessed.comments,
    files: environment.files,
  });
}

/** A name, or one with a version, in either of two spellings. */
function readTarget(reading: Reading) {
  const { root } = reading;
  const target = reading.member(root, "target_environment");
  const [inName, inVersion] = isRecord(target.value)
    ? [reading.member(target, "name"), reading.member(target, "version")]
    : [target, reading.member(root, "target_environment_version")];
  const names = [inName, reading.member(root, "target_environment_name"), reading.member(root, "name")].map(
    (field) => reading.text(field),
  );
  const name = names
    .find((one) => one !== undefined)
    ?.replace(/^azureml:/, "")
    .replace(/[:@].*$/, "");
  const fields = [
    inVersion,
    reading.member(root, "target_environment_version"),
    reading.member(root, "version"),
  ];
  const field = fields.find(({ value }) => value !== undefined && value !== null);
  const version = field === undefined ? undefined : reading.text(field);
  for (const one of fields) reading.take(one);
  if (field === undefined || version === undefined) return { name, outputs: [] };
  const outputs: ConfigFile["outputs"] = [
    { type: "image", tags: [`${nameOf(reading.opened, [name])}:${version}`] },
  ];
  const why = whyUnfit({ outputs });
  if (why === undefined) return { name, outputs };
  reading.leave(field, why);
  return { name, outputs: [] };
}

/** The environment is in the workspace. Where a file of the package describes one of that name, it is that. */
async function readBase(reading: Reading, field: Field): Promise<Environment> {
  const nothing: Environment = { environment: {}, files: {} };
  reading.take(reading.member(field, "type"));
  const reference = reading.member(field, "resource_id");
  const id = reading.text(reference);
  if (id === undefined) return nothing;
  const name = /([^/:@]+)(?:[:@/](?:versions\/)?[^/:@]+)?$/.exec(id.replace(/^azureml:/, ""))?.[1];
  const found = name === undefined ? undefined : await findEnvironment(reading.opened, name);
  if (found !== undefined) return readEnvironmentFile(reading, found);
  reading.leave(
    reference,
    "the environment is in the workspace, and no file here describes it: name its image as `base_image`, and its packages below `environment`",
  );
  return nothing;
}

/** An environment of the CLI v2 with this name, in the file's folder or one right below it. */
async function findEnvironment(opened: Opened, name: string): Promise<Opened | undefined> {
  const { directory, folder, files } = opened;
  const names = await files.list(`${directory}/${folder}`);
  const folders = await Promise.all(
    names.map(async (one) => {
      const path = joinPath(folder, one);
      const isFolder = (await files.status(`${directory}/${path}`))?.type === "directory";
      return isFolder && !one.startsWith(".")
        ? (await files.list(`${directory}/${path}`)).map((file) => joinPath(path, file))
        : [path];
    }),
  );
  for (const path of folders.flat().filter((one) => /\.ya?ml$/i.test(one))) {
    const file = await readBeside(opened, path);
    const parsed = file === undefined ? undefined : parseDocument(file);
    if (parsed?.ok !== true || !isRecord(parsed.value.value)) continue;
    const { name: own, image, build } = parsed.value.value;
    if (own === name && (image !== undefined || build !== undefined))
      return { ...opened, document: parsed.value, folder: parentFolder(path) };
  }
  return undefined;
}

/** Its own mistakes and what is left of it are told with the rest. */
async function readEnvironmentFile(outer: Reading, opened: Opened): Promise<Environment> {
  const reading = openReading(opened);
  const of = (...keys: readonly string[]) => reading.member(reading.root, ...keys);
  for (const key of ["$schema", "name", "version", "description", "os_type"]) reading.take(of(key));
  const image = namedImage(reading, of("image"));
  const context = reading.path(of("build", "path"));
  const dockerfile = reading.text(of("build", "dockerfile_path")) ?? "Dockerfile";
  const file = of("conda_file");
  const path = typeof file.value === "string" ? reading.path(file) : undefined;
  const conda =
    path === undefined && typeof file.value !== "string"
      ? await writeConda(reading, file)
      : { path, facts: path === undefined ? undefined : await readCondaFile(reading, path), files: {} };
  const base =
    context === undefined
      ? settleBase(reading, of("image"), image, conda.facts)
      : { dockerfile: joinPath(context, dockerfile), context };
  for (const key of ["tags", "properties", "datastore"])
    reading.leave(of(key), "they are about the environment in the workspace");
  reading.leave(
    of("inference_config"),
    "it is for a server of the environment's own: `inference: {command: [...], port: ...}` starts one",
  );
  reading.listUnread("mlpackage does not know this key of an environment of Azure ML v2");
  outer.diagnostics.push(...reading.diagnostics);
  outer.leftOut.push(...reading.leftOut);
  return {
    ...(base !== undefined && { base_image: base }),
    environment: conda.path === undefined ? {} : { conda: conda.path },
    files: conda.files,
  };
}

function readServer(reading: Reading, server: Field): ConfigFile["inference"] {
  const type = reading.member(server, "type");
  const kind = reading.text(type);
  const of = (...keys: readonly string[]) => reading.member(server, ...keys);
  if (kind === "azureml_online") return readScript(reading, of("code_configuration"));
  if (kind === "custom") return readCommand(reading, of("inference_configuration"));
  const hint = "packages of `azureml_online` and `custom` can be converted";
  if (kind === undefined)
    reading.refuse(type, "import/no-server", "`inferencing_server.type` is missing", hint);
  else reading.refuse(type, "import/no-server", "a server of this type does not answer requests here", hint);
  reading.take(server);
  return undefined;
}

/** Without one, the model of MLflow is served. */
function readScript(reading: Reading, code: Field): ConfigFile["inference"] {
  const script = reading.member(code, "scoring_script");
  const name = reading.text(script);
  const folder = reading.path(reading.member(code, "code"));
  if (name === undefined) {
    if (code.value !== undefined && code.value !== null)
      reading.refuse(
        script,
        "import/no-script",
        "`code_configuration` names no `scoring_script`",
        "it is written as `scoring_script: score.py`",
      );
    return undefined;
  }
  return { entry_script: name.replace(/^(?:\.\/)+/, ""), source_directory: folder ?? reading.opened.folder };
}

/** What runs the lines that it is given as arguments, as those of a file: no text of ours can hold a line break. */
const RUN_LINES = 'set -e; lines=$(printf "%s\\n" "$@"); set --; eval "$lines"';

function shellCommand(lines: readonly string[]): string[] {
  const [line = "", ...others] = lines;
  return others.length === 0 ? ["sh", "-c", line] : ["sh", "-c", RUN_LINES, "sh", ...lines];
}

function readCommand(reading: Reading, configuration: Field): ConfigFile["inference"] {
  const entry = reading.member(configuration, "entry_script");
  const text = reading.text(entry)?.replaceAll("\r\n", "\n").trim();
  const scoring = reading.member(configuration, "scoring_route", "port");
  const port = Number(reading.text(scoring) ?? 5001);
  for (const key of ["liveness_route", "readiness_route", "scoring_route"]) {
    const route = reading.member(configuration, key);
    reading.leave(reading.member(route, "path"), "the routes are the server's own");
    const own = reading.member(route, "port");
    if (own.value === undefined || Number(reading.text(own)) === port) reading.take(own);
    else reading.leave(own, `one port answers: ${port}, the one that is scored at`);
  }
  reading.leave(reading.member(configuration, "configuration"), "the server is started by its command alone");
  if (text === undefined || text === "") {
    reading.refuse(
      entry,
      "import/no-command",
      "`entry_script` is missing: a server of one's own is started by a command",
      "say there what the base image is started with",
    );
    return undefined;
  }
  if (holdsLogin(text)) {
    refuseLogin(reading, entry, "take it from a variable, and give that with `docker run --env`");
    return undefined;
  }
  const command = shellCommand(text.split("\n"));
  const why = whyUnfit({ inference: { command, port } });
  if (why !== undefined) reading.refuse(entry, "import/unfit", why);
  return { command, port };
}

/** Those that lie here; of the others the workspace knows. */
async function readInputs(reading: Reading): Promise<NonNullable<ConfigFile["models"]>> {
  const { directory, files } = reading.opened;
  const found: { source: string }[] = [];
  for (const input of reading.items(reading.member(reading.root, "inputs"))) {
    const place = reading.member(input, "path");
    for (const key of ["type", "mode"]) reading.take(reading.member(input, key));
    reading.leave(reading.member(input, "mount_path"), "models lie in `AZUREML_MODEL_DIR`");
    const isLocal = typeof place.value === "string" && !/^[a-z]+:/i.test(place.value);
    const path = isLocal ? reading.path(place) : undefined;
    if (path !== undefined && (await files.status(`${directory}/${path}`)) !== undefined)
      found.push({ source: path });
    else if (!isLocal || path !== undefined)
      reading.leave(place, "it is not in this folder: download it, and name it below `models`");
  }
  return found;
}

function readTags(reading: Reading, field: Field): Readonly<Record<string, string>> {
  const pairs = reading.entries(field).flatMap(([name, member]) => {
    const text = reading.text(member);
    return text === undefined ? [] : [[name, { text, pointer: member.pointer }] as const];
  });
  return fittingLabels(reading, pairs);
}
