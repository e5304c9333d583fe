import type { Environment } from "../model/config.generated.ts";
import type { Files } from "../model/host.ts";
import { formatOf } from "../requirements/formats.ts";
import { readRequirements } from "../requirements/read-requirements.ts";
import { normalName } from "../requirements/requirement.ts";

/** A file of dependencies that lies in the folder. */
export type FoundRequirements = {
  readonly path: string;
  readonly environment: Environment;
  /** The versions of Python that it asks for. */
  readonly python?: string;
  /** It asks conda for Python, so that the base image needs none. */
  readonly isOfConda: boolean;
  /** Of the packages, as PyPI sorts them; undefined where not all can be told. */
  readonly names?: readonly string[];
};

/** As they are preferred: what was written for pip, what is locked, what is asked for. */
const NAMES = [
  "requirements.txt",
  "uv.lock",
  "poetry.lock",
  "pyproject.toml",
  "conda.yaml",
  "conda.yml",
  "environment.yml",
  "environment.yaml",
];

const LARGEST = 20_000_000;

/** Those of the first of the folders that has any. */
export async function findRequirements(
  directory: string,
  folders: readonly string[],
  files: Files,
): Promise<readonly FoundRequirements[]> {
  for (const folder of folders) {
    const paths = NAMES.map((name) => (folder === "." ? name : `${folder}/${name}`));
    const found = await Promise.all(paths.map((path) => lookAt(directory, path, files)));
    const there = found.filter((one) => one !== undefined);
    if (there.length > 0) return there;
  }
  return [];
}

async function lookAt(directory: string, path: string, files: Files): Promise<FoundRequirements | undefined> {
  try {
    const place = `${directory}/${path}`;
    const status = await files.status(place);
    if (status?.type !== "file" || status.size > LARGEST) return undefined;
    const isConda = /\.ya?ml$/.test(path);
    const environment = isConda ? { conda: path } : { python: { requirements: path } };
    const format = formatOf(path, isConda);
    const text = await files.readText(place);
    if (format === undefined)
      return {
        path,
        environment,
        isOfConda: false,
        ...(isWhole(text) && { names: namesIn(text.split(/\r?\n/)) }),
      };
    const read = await readRequirements({
      format,
      file: { path, text },
      project: await projectOf(directory, path, files),
      choice: { extras: [], groups: [] },
      locateChoice: () => ({ file: { path, text: "" }, range: { start: 0, end: 0 } }),
    });
    // A project may be there for its tools alone.
    if (format === "pyproject.toml" && (!read.ok || read.value.lines.length === 0)) return undefined;
    if (!read.ok) return { path, environment, isOfConda: false };
    const { python, conda, lines } = read.value;
    const names = namesIn([...lines, ...(conda?.specs ?? [])]);
    return {
      ...{ path, environment, names, isOfConda: conda !== undefined },
      ...(python !== undefined && { python: python.versions }),
    };
  } catch {
    return undefined;
  }
}

/** Whether all its packages stand in it by their names: it may name other files, folders and addresses. */
function isWhole(text: string): boolean {
  return !/^\s*(?:-r|--requirement|-e|--editable|\.|\/|[a-z+]+:\/\/)/m.test(text);
}

function namesIn(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => normalName(/^\s*(?:\S+::)?([\w][\w.-]*)/.exec(line)?.[1] ?? "") ?? []);
}

async function projectOf(directory: string, path: string, files: Files) {
  if (!path.endsWith(".lock")) return undefined;
  const project = path.replace(/[^/]+$/, "pyproject.toml");
  const isThere = (await files.status(`${directory}/${project}`))?.type === "file";
  return isThere ? { path: project, text: await files.readText(`${directory}/${project}`) } : undefined;
}
