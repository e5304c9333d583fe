import type { Config, PythonConfig } from "../model/config.ts";
import { testFilesOf } from "./test-files.ts";

/** What tools leave beside code and no image wants. */
const LEFTOVERS = new Set([
  ".git",
  ".hg",
  ".svn",
  ".DS_Store",
  ".venv",
  "venv",
  "node_modules",
  "__pycache__",
  ".ipynb_checkpoints",
  ".mypy_cache",
  ".pytest_cache",
  ".ruff_cache",
]);

/** What holds secrets by convention, and would lie open in the image. */
const SECRETS =
  /^(\.env(\..*)?|\.netrc|\.npmrc|\.pypirc|\.git-credentials|\.aws|\.azure|\.ssh|\.docker|cosign\.key)$/;

/** The page of a run, by the name that we propose for it. */
const REPORT = /^mlpackage-report[\w.-]*\.html$/;

/** How compose runs images: a file of `mlpackage deploy` names this one by its digest, which it would change as code of it. */
const COMPOSE = /^(docker-)?compose(\.[\w-]+)?\.ya?ml$/;

/** What a run that was killed may have left beside an output. */
const UNFINISHED = /^\.mlpackage-|\.partial$/;

/** The files that are read and written beside the package, by their paths below its folder. */
export type OwnFiles = { readonly configFiles: readonly string[]; readonly lockFile: string };

/**
 * Tells which paths below a folder of code are not code: leftovers of tools, and all that the configuration names for
 * another purpose. A model beside its script would else be in the image twice, and an output would change its own input.
 */
export function codeIgnore(
  config: Config,
  folder: string,
  own: OwnFiles,
  otherFiles: readonly string[] = [],
): (path: string) => boolean {
  const named = pathsBelow(folder, [...pathsOfOtherPurpose(config, own), ...otherFiles]);
  const isLock = locksBelow(folder, own);
  return (path) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const isLeftover = LEFTOVERS.has(name) || name.endsWith(".pyc") || UNFINISHED.test(name);
    const isAboutImage = REPORT.test(name) || COMPOSE.test(name);
    return isLeftover || isAboutImage || SECRETS.test(name) || named.has(path) || isLock(path);
  };
}

/** The context of a user's own Dockerfile is theirs to the last file, but for what we write there and git's own. */
export function contextIgnore(config: Config, folder: string, own: OwnFiles): (path: string) => boolean {
  const written = pathsBelow(folder, outputPaths(config));
  const isLock = locksBelow(folder, own);
  return (path) => path === ".git" || written.has(path) || isLock(path);
}

/** With one profile the lock of another is no input either: the image would change by building the other. */
function locksBelow(folder: string, { lockFile }: OwnFiles): (path: string) => boolean {
  const [stem = ""] = lockFile.replace(/\.lock$/, "").split("+");
  const prefix = folder === "." ? "" : `${folder}/`;
  return (path) => {
    const whole = `${prefix}${path}`;
    return (
      whole === lockFile || (whole.startsWith(`${stem}+`) && /^[\w+-]+\.lock$/.test(whole.slice(stem.length)))
    );
  };
}

function pathsBelow(folder: string, paths: readonly string[]): ReadonlySet<string> {
  const prefix = folder === "." ? "" : `${folder}/`;
  return new Set(paths.flatMap((path) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : [])));
}

function outputPaths({ outputs, build }: Config): readonly string[] {
  const caches = [...build.cacheFrom, ...build.cacheTo].filter(({ type }) => type === "local");
  return [
    ...outputs.flatMap((output) => ("path" in output ? [normalize(output.path)] : [])),
    ...caches.flatMap(({ attributes: { src, dest } }) => src ?? dest ?? []),
  ];
}

function pathsOfOtherPurpose(config: Config, { configFiles }: OwnFiles): readonly string[] {
  const { python } = config.environment;
  return [
    ...configFiles,
    "mlpackage.lock",
    "mlpackage.schema.json",
    ...config.models.map(({ source }) => normalize(source)),
    ...outputPaths(config),
    ...config.outputs.flatMap((output) =>
      output.type === "image" && output.sign !== undefined ? [normalize(output.sign.key)] : [],
    ),
    ...config.build.secrets.flatMap(({ source }) => ("file" in source ? [normalize(source.file)] : [])),
    ...(config.baseImage.kind === "oci-layout" ? [normalize(config.baseImage.path)] : []),
    ...requirementPaths(python).map(normalize),
    ...python.findLinks.map(normalize),
    ...testFilesOf(config).map(normalize),
  ];
}

function requirementPaths({ requirements }: PythonConfig): readonly string[] {
  if ("file" in requirements) return [requirements.file];
  return requirements.from === undefined ? [] : [requirements.from.path];
}

function normalize(path: string): string {
  return path.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
}
