import type { Config } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { isOurDockerfile } from "../model/dockerfile-header.ts";
import type { Files, TreeEntry } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { codeIgnore, type OwnFiles } from "./code-ignore.ts";
import { VENDOR_BEGINNING } from "./vendor-data.ts";

export type CodeContext = {
  readonly files: Files;
  /** Often kept inside the package in CI, where it is no more code than any output. */
  readonly cacheDirectory: string;
  /** The configuration and its lock, which never belong to the code. */
  readonly ownFiles: OwnFiles;
  /** The files of the package that a model, by its number, is made of. */
  readonly originsOf: (model: number) => readonly string[];
};

/** The files of the code below a folder, absolute; `isIgnored` are paths in it that are not code. */
export type ListedCode = {
  readonly folder: string;
  readonly entries: readonly TreeEntry[];
  readonly isIgnored: (path: string) => boolean;
};

/** Lists what goes into the image as code. */
export async function listCode(
  config: Config,
  sourceDirectory: string,
  { files, cacheDirectory, ownFiles, originsOf }: CodeContext,
): Promise<Result<ListedCode>> {
  const folder = sourceDirectory === "." ? config.directory : `${config.directory}/${sourceDirectory}`;
  const modelFiles = config.models.flatMap(({ source }, index) =>
    holds(source, sourceDirectory) ? [] : originsOf(index),
  );
  const cache = pathBelow(config.directory, cacheDirectory);
  const named = codeIgnore(config, sourceDirectory, ownFiles, [...modelFiles, ...cache]);
  const own = await findOwnFolders(folder, await files.listTree(folder, named), files);
  const isIgnored = (path: string) => named(path) || own.has(path);
  const entries = await files.listTree(folder, isIgnored, config.directory);
  const outside = entries.filter((entry) => entry.outside !== undefined);
  if (outside.length > 0) return fail(...outside.map(({ path }) => wordOutside(path, sourceDirectory)));
  return succeed({ folder, entries, isIgnored });
}

function wordOutside(path: string, folder: string): Diagnostic {
  const link = folder === "." ? path : `${folder}/${path}`;
  return errorDiagnostic(
    "plan/link-outside",
    `\`${link}\` is a link to a place outside the package's folder`,
    {
      path: "/inference",
      hint: "replace the link with a copy of the file",
    },
  );
}

/** A path relative to a folder it lies below; none where it lies elsewhere. */
function pathBelow(folder: string, path: string): readonly string[] {
  return path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : [];
}

/** Whether a model's folder is, or holds, the folder of the code: then its files are code as well. */
function holds(source: string, folder: string): boolean {
  const model = source.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
  return model === "." || folder === model || folder.startsWith(`${model}/`);
}

/** Files by which a folder is known that `mlpackage save` or `mlpackage vendor` wrote. */
const MARKS: Readonly<Record<string, (text: string) => boolean>> = {
  Dockerfile: isOurDockerfile,
  "vendor.json": (text) => text.startsWith(VENDOR_BEGINNING),
};

/** Such folders among the code. */
async function findOwnFolders(
  folder: string,
  entries: readonly TreeEntry[],
  files: Files,
): Promise<ReadonlySet<string>> {
  const found = await Promise.all(
    entries.map(async ({ path }) => {
      const [, parent, name = ""] = /^(.+)\/([^/]+)$/.exec(path) ?? [];
      const isMark = Object.hasOwn(MARKS, name) ? MARKS[name] : undefined;
      if (parent === undefined || isMark === undefined) return [];
      return isMark(await files.readText(`${folder}/${path}`)) ? [parent] : [];
    }),
  );
  return new Set(found.flat());
}
