import { recognizeModel } from "../config/recognize-model.ts";
import type { OtherKind, Served } from "../config/recognized.ts";
import { stemOf } from "../config/stem-of-source.ts";
import type { Files } from "../model/host.ts";
import { type Facts, readFacts } from "./read-facts.ts";
import type { Survey } from "./survey-folder.ts";

/** A model that lies in the folder. */
export type FoundModel = {
  /** Its path. */
  readonly source: string;
  /** What the package calls it, unlike any other in it. */
  readonly name: string;
  readonly facts: Facts;
  /** Where a script of mlpackage's serves it. */
  readonly served?: Served;
  /** Where it needs a script. */
  readonly kind?: OtherKind;
};

export type FoundModels = {
  readonly models: readonly FoundModel[];
  /** What is called as models are, and is none: why. */
  readonly others: readonly { readonly source: string; readonly why: string }[];
  /** How many models there are besides, more than an image can take. */
  readonly beyond: number;
  /** What was not looked at, in words. */
  readonly untold: readonly string[];
};

/** More would be more than an image can mount. */
export const MOST_MODELS = 100;
const MOST_READ = 1000;

/** Says which of what was found are models, by their bytes. */
export async function findModels(directory: string, survey: Survey, files: Files): Promise<FoundModels> {
  const models: FoundModel[] = [];
  const others: { readonly source: string; readonly why: string }[] = [];
  const root = (await files.realPath(directory)) ?? directory;
  let beyond = 0;
  for (const source of [...survey.modelFolders, ...survey.models.slice(0, MOST_READ)]) {
    const look = await lookAt(source, directory, root, files);
    if ("why" in look) {
      if (!isText(source) || look.why === POINTER) others.push({ source, why: look.why });
    } else if (models.length === MOST_MODELS) beyond += 1;
    else models.push({ ...look, name: nameUnlike(look.source, models) });
  }
  const unread = survey.models.length - MOST_READ;
  const untold = unread > 0 ? [`${unread} more files that are called as models are`] : [];
  return { models, others, beyond, untold };
}

const POINTER = "it is a pointer of git-lfs: fetch the model with `git lfs pull`";

async function lookAt(
  source: string,
  directory: string,
  root: string,
  files: Files,
): Promise<Omit<FoundModel, "name"> | { readonly why: string }> {
  const place = `${directory}/${source}`;
  if (!isNameable(source))
    return { why: "no file can name it: it has characters that paths may not have here" };
  try {
    const status = await files.status(place);
    if (status === undefined) return { why: "it is a link to nothing" };
    if (status.type === "other") return { why: "it is neither a file nor a folder" };
    if (!((await files.realPath(place)) ?? "").startsWith(`${root}/`))
      return { why: "it is a link to a place outside the folder" };
    if (status.type === "file" && (await isPointer(place, status.size, files))) return { why: POINTER };
    const recognized = await recognizeModel(source, place, files);
    if (!("not" in recognized))
      return { source, served: recognized, facts: await readFacts(recognized.format, place, files) };
    const { kind, not } = recognized;
    if (kind === undefined) return { why: not };
    const facts = await readFacts(kind, place, files);
    return facts.isData === true ? { why: wordData(kind, not) } : { source, kind, facts };
  } catch (error) {
    return { why: `it cannot be read: ${(error as { readonly code?: string }).code ?? "it failed"}` };
  }
}

function wordData(kind: OtherKind, not: string): string {
  return kind === "keras" ? "it is HDF5, and Keras has left no model in it" : not;
}

/** What the schema takes as a path. */
function isNameable(source: string): boolean {
  return !/^[-~]|^[A-Za-z]:|[\\\p{Cc}\u2028\u2029]/u.test(source);
}

async function isPointer(place: string, size: number, files: Files): Promise<boolean> {
  return size < 1024 && (await files.readText(place)).startsWith("version https://git-lfs.github.com/spec/");
}

function isText(source: string): boolean {
  return /\.(?:json|txt|lgb|model)$/i.test(source);
}

function nameUnlike(source: string, models: readonly FoundModel[]): string {
  const plain = stemOf(source).replace(/[^A-Za-z0-9._-]+/g, "-");
  const stem = plain.replace(/^[^A-Za-z0-9]+/, "").slice(0, 200) || "model";
  const isTaken = (name: string) => models.some((model) => model.name === name);
  const [, ending = ""] = /\.([A-Za-z0-9]+)$/.exec(source) ?? [];
  const names = [stem, `${stem}-${ending}`, ...models.map((_, index) => `${stem}-${index + 2}`)];
  return names.find((name) => !isTaken(name) && !name.endsWith("-")) ?? `${stem}-${models.length + 2}`;
}
