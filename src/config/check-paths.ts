import { locate } from "../document/locate.ts";
import type { Config } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import type { FileStatus, Files } from "../model/host.ts";
import { checkEntryScript } from "./check-entry-script.ts";
import { checkModelFiles, wordDvcPointer } from "./check-model-files.ts";
import { type InputPath, inputPaths, type PathWording } from "./input-paths.ts";
import { nearest } from "./nearest.ts";
import { holds } from "./paths.ts";

/** What is wrong with the files that a configuration names. */
export async function checkPaths(
  config: Config,
  document: Document,
  files: Files,
): Promise<readonly Diagnostic[]> {
  const root = (await files.realPath(config.directory)) ?? config.directory;
  const named = withoutDefaults(inputPaths(config), document);
  const scope = { config, document, files, root };
  const checked = await Promise.all(
    named.map(async (input) => ({ input, wordings: await checkReadable(input, scope) })),
  );
  const unusable = checked
    .filter(({ wordings }) => noFolder.includes(wordings[0]?.[0] ?? ""))
    .map(({ input }) => input.path);
  const told = checked.filter(
    ({ input }) => !unusable.some((path) => path !== input.path && holds(path, input.path)),
  );
  return told.flatMap(({ input, wordings }) =>
    wordings.map((wording) => diagnosticAt(document, input, wording)),
  );
}

/** A path that is not written follows from one that is, and is told about there. */
function withoutDefaults(inputs: readonly InputPath[], document: Document): readonly InputPath[] {
  return inputs.filter(({ pointer, role }) => role !== "other" || document.ranges.has(pointer));
}

const missingFile = "config/missing-file";

/** Nothing can be found below a path with one of these. */
const noFolder = [missingFile, "config/not-a-folder"];

type Scope = {
  readonly config: Config;
  readonly document: Document;
  readonly files: Files;
  readonly root: string;
};

const refusals: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ELOOP: "its links form a loop",
  ENAMETOOLONG: "its name is too long",
};

async function checkReadable(input: InputPath, scope: Scope): Promise<readonly PathWording[]> {
  try {
    return await checkPath(input, scope);
  } catch (error) {
    const refusal = refusals[(error as { readonly code?: string }).code ?? ""];
    if (refusal === undefined) throw error;
    return [
      [
        "config/unreadable-file",
        `\`${input.path}\` cannot be read: ${refusal}`,
        `\`ls -ld ${input.path}\` shows its owner and permissions`,
      ],
    ];
  }
}

async function checkPath(input: InputPath, scope: Scope): Promise<readonly PathWording[]> {
  const { config, document, files, root } = scope;
  const absolute = input.path === "." ? config.directory : `${config.directory}/${input.path}`;
  const status = await files.status(absolute);
  if (status === undefined) {
    if (input.role === "model" && (await files.status(`${absolute}.dvc`))?.type === "file")
      return [wordDvcPointer(`${input.path}.dvc`)];
    const folder = input.role === "model" ? folderOfGlob(input.path) : undefined;
    // What a glob finds below its folder is for the source to say.
    return folder === undefined
      ? [await missing(input, document, scope)]
      : checkPath({ ...input, path: folder, type: "directory", role: "other" }, scope);
  }
  const real = await files.realPath(absolute);
  if (real !== undefined && !isInside(root, real)) return [outside(input)];
  const mismatch = checkType(input, status);
  if (mismatch !== undefined) return [mismatch];
  const found = { ...input, absolute, status };
  if (input.role === "script") return checkEntryScript(found, files);
  return input.role === "model" ? checkModelFiles(found, config, files) : [];
}

/** The folder before the first segment with a character of globs; undefined where there is none. */
function folderOfGlob(path: string): string | undefined {
  const segments = path.split("/");
  const first = segments.findIndex((segment) => /[*?[{]/.test(segment));
  return first === -1 ? undefined : segments.slice(0, first).join("/") || ".";
}

async function missing(input: InputPath, document: Document, scope: Scope): Promise<PathWording> {
  const message = `\`${input.path}\` does not exist`;
  const near = await findNear(input, scope);
  const isRelative = input.role === "script" && document.ranges.has("/inference/source_directory");
  const hints = [
    ...(near === undefined ? [] : [`did you mean \`${near}\`?`]),
    ...(isRelative ? ["`entry_script` is relative to `source_directory`"] : []),
  ];
  const advice =
    hints.length === 0 ? ["create it, or correct the path, which is relative to this file"] : hints;
  return [missingFile, message, advice.join(" ")];
}

/** What lies beside where it should be, under a name that is nearly so. */
async function findNear({ path }: InputPath, { config, files }: Scope): Promise<string | undefined> {
  const slash = path.lastIndexOf("/") + 1;
  const [folder, name] = [path.slice(0, slash), path.slice(slash)];
  const names = await files.list(`${config.directory}/${folder}`);
  // A link that leads nowhere has the name itself.
  const near = nearest(
    name,
    names.filter((one) => one !== name),
  );
  return near === undefined ? undefined : `${folder}${near}`;
}

function outside({ path }: InputPath): PathWording {
  return [
    "config/outside-package",
    `\`${path}\` is a link to a place outside the package's folder`,
    "copy it into the package's folder",
  ];
}

function checkType({ path, type }: InputPath, status: FileStatus): PathWording | undefined {
  if (type === "file" && status.type === "directory")
    return ["config/not-a-file", `\`${path}\` is a folder, not a file`, "name a file in it"];
  if (type === "directory" && status.type !== "directory")
    return ["config/not-a-folder", `\`${path}\` is a file, not a folder`, "name the folder that holds it"];
  return status.type === "other"
    ? ["config/not-a-file", `\`${path}\` is neither a file nor a folder`, "name a file or a folder"]
    : undefined;
}

function isInside(root: string, path: string): boolean {
  const [outer, inner] = [root, path].map((one) => one.replaceAll("\\", "/"));
  return inner === outer || inner?.startsWith(`${outer?.replace(/\/$/, "")}/`) === true;
}

function diagnosticAt(
  document: Document,
  { pointer }: InputPath,
  [code, message, hint]: PathWording,
): Diagnostic {
  const location = locate(document, pointer);
  return errorDiagnostic(code, message, { location, path: pointer, ...(hint === undefined ? {} : { hint }) });
}
