import { locate, pointerTo } from "../document/locate.ts";
import type { BaseImageConfig, Config, PythonConfig, RequirementsSource } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import { digestOf } from "../model/digest.ts";
import type { Document } from "../model/document.ts";
import type { Files } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { SourceFile } from "../model/text-range.ts";
import type { ReadRequest, Requirements } from "../requirements/format.ts";
import { formatOf } from "../requirements/formats.ts";
import { joinPath, parentFolder } from "./paths.ts";

/** What files came to before, by a digest of all that matters to it. */
export type RequirementsMemory = {
  readonly recall: (key: string) => Promise<Requirements | undefined>;
  readonly keep: (key: string, found: Requirements) => void;
};

/** The configuration with what its file of dependencies comes to, where it names one that pip does not read itself. */
export async function readRequirements(
  config: Config,
  document: Document,
  files: Files,
  memory?: RequirementsMemory,
): Promise<Result<Config>> {
  const { python } = config.environment;
  const source = "list" in python.requirements ? python.requirements.from : undefined;
  // That it is not there is told with the other paths.
  if (source === undefined || (await files.status(placeOf(source.path, config)))?.type !== "file")
    return succeed(config);
  const { pointer } = source;
  const format = formatOf(source.path, pointer === "/environment/conda");
  if (format === undefined) return fail(wordUnknownFormat(source.path, document, pointer));
  const read = (path: string) => readSource(path, config, document, files);
  const file = await read(source.path);
  const project = format.endsWith(".lock") ? await read(besides(source.path, "pyproject.toml")) : undefined;
  if (file === undefined) return fail(wordTooLarge(source.path, document, pointer));
  const found = await readOnce(memory, {
    ...{ format, file, project },
    choice: { extras: source.extras, groups: source.groups },
    basePython: pythonOf(config.baseImage),
    locateChoice: (kind, index) => locate(document, pointerTo("/environment/python", kind, index)),
  });
  if (!found.ok) return found;
  const folders = found.value.findLinks.map((folder) => joinPath(parentFolder(source.path), folder));
  const outside = await findOutside(folders, config, files);
  if (outside !== undefined) return fail(wordOutside(outside, source.path, document, pointer));
  const settled = settle(python, source, { ...found.value, findLinks: folders });
  const beside = format === "pyproject.toml" ? await warnOfLocks(source, config, document, files) : [];
  const { conda } = found.value;
  const environment = { ...config.environment, python: settled, ...(conda !== undefined && { conda }) };
  return succeed({ ...config, environment }, [...found.warnings, ...beside]);
}

/** What has something to tell is read each time. */
async function readOnce(
  memory: RequirementsMemory | undefined,
  request: ReadRequest,
): Promise<Result<Requirements>> {
  const { locateChoice: _locateChoice, ...asked } = request;
  const key = digestOf(JSON.stringify(asked));
  const known = await memory?.recall(key);
  if (known !== undefined) return succeed(known);
  const { readRequirements: readFile } = await import("../requirements/read-requirements.ts");
  const found = await readFile(request);
  if (found.ok && found.warnings.length === 0) memory?.keep(key, found.value);
  return found;
}

/** Python's own images say it in their tags. */
function pythonOf(baseImage: BaseImageConfig): readonly [number, number] | undefined {
  if (baseImage.kind !== "image") return undefined;
  const name = baseImage.image.replace(/^(?:docker\.io\/)?(?:library\/)?/, "");
  const [, major, minor] = /^python:(\d+)\.(\d+)(?:[.@-]|$)/.exec(name) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}

function placeOf(path: string, { directory }: Config): string {
  return `${directory}/${path}`;
}

/** What is named is what counts; somebody who has a lock may well have meant that. */
async function warnOfLocks(
  { path, pointer }: RequirementsSource,
  config: Config,
  document: Document,
  files: Files,
): Promise<readonly Diagnostic[]> {
  for (const lock of ["uv.lock", "poetry.lock"].map((name) => besides(path, name))) {
    if ((await files.status(placeOf(lock, config)))?.type !== "file") continue;
    return [
      warningDiagnostic("config/lock-beside", `\`${lock}\` is beside \`${path}\`, but is not read`, {
        location: locate(document, pointer),
        path: pointer,
        hint: `to install the locked versions, write \`requirements: ${lock}\``,
      }),
    ];
  }
  return [];
}

/** A folder of wheels that is not there, or is a link to elsewhere. */
async function findOutside(
  links: readonly string[],
  config: Config,
  files: Files,
): Promise<string | undefined> {
  const root = (await files.realPath(config.directory)) ?? config.directory;
  for (const link of links) {
    const real = await files.realPath(placeOf(link, config));
    const isFolder = (await files.status(placeOf(link, config)))?.type === "directory";
    if (!isFolder || real === undefined || !real.startsWith(`${root}/`)) return link;
  }
  return undefined;
}

function besides(path: string, name: string): string {
  return joinPath(parentFolder(path), name);
}

/** More than anybody's lock. */
const MAXIMUM_SIZE = 20_000_000;

/** Undefined where there is none, or too much of it. */
async function readSource(
  path: string,
  config: Config,
  { file }: Document,
  files: Files,
): Promise<SourceFile | undefined> {
  const status = await files.status(placeOf(path, config));
  if (status?.type !== "file" || status.size > MAXIMUM_SIZE) return undefined;
  const folder = file.path.slice(0, file.path.lastIndexOf("/") + 1);
  return { path: `${folder}${path}`, text: await files.readText(placeOf(path, config)) };
}

const PYPI = "https://pypi.org/simple";

/** An index that is named in `mlpackage.yaml` stands in for PyPI; the others of a lock are asked besides. */
function settle(python: PythonConfig, from: RequirementsSource, found: Requirements): PythonConfig {
  const own = python.indexUrl ?? found.indexes.find((index) => index === PYPI) ?? found.indexes[0] ?? PYPI;
  const others = found.indexes.filter((index) => index !== PYPI && index !== own);
  return {
    ...python,
    requirements: { list: found.lines, from },
    ...(own !== PYPI && { indexUrl: own }),
    extraIndexUrls: [...new Set([...python.extraIndexUrls, ...others])],
    findLinks: [...new Set([...python.findLinks, ...found.findLinks])],
    ...(found.python !== undefined && { pythonVersions: found.python.versions }),
  };
}

function wordUnknownFormat(path: string, document: Document, pointer: string): Diagnostic {
  const isYaml = /\.ya?ml$/i.test(path);
  return errorDiagnostic("config/unknown-format", `\`${path}\` is not a dependency file in a known format`, {
    location: locate(document, pointer),
    path: pointer,
    hint:
      isYaml && pointer !== "/environment/conda"
        ? `for a conda environment file, write \`environment: {conda: ${path}}\``
        : "name a `requirements.txt`, a `pyproject.toml`, a `uv.lock` or a `poetry.lock`",
  });
}

function wordOutside(folder: string, path: string, document: Document, pointer: string): Diagnostic {
  return errorDiagnostic(
    "config/missing-folder",
    `\`${path}\` needs wheels from \`${folder}\`, which is not a folder in the package`,
    {
      location: locate(document, pointer),
      path: pointer,
      hint: "copy the wheels into that folder, or change the `--find-links` line",
    },
  );
}

function wordTooLarge(path: string, document: Document, pointer: string): Diagnostic {
  return errorDiagnostic("config/file-too-large", `\`${path}\` is larger than ${MAXIMUM_SIZE / 1e6} MB`, {
    location: locate(document, pointer),
    path: pointer,
    hint: "name the right file: a list of dependencies is much smaller",
  });
}
