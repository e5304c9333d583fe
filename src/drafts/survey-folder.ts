import type { Files } from "../model/host.ts";

/** What lies in a folder, as far as it matters to a package. Paths are relative to it, the shallow ones first. */
export type Survey = {
  /** By their names they may be models. */
  readonly models: readonly string[];
  /** Folders that are one model each. */
  readonly modelFolders: readonly string[];
  /** Of Python. */
  readonly scripts: readonly string[];
  /** Names of what lies right in the folder. */
  readonly names: readonly string[];
  /** What was not looked at, in words. */
  readonly untold: readonly string[];
};

const DEEPEST = 6;
/** A folder of a project has some hundreds; these take less than a second. */
const MOST_LOOKS = 10_000;

const MODEL = /\.(?:pkl|pickle|joblib|onnx|safetensors|pt|pth|keras|h5|hdf5|ubj|model|bst|gguf)$/i;
/** Texts are seldom models, so that they come last. */
const TEXT = /\.(?:json|txt|lgb)$/i;
const NO_MODEL =
  /^(?:requirements.*|sample-request|package(?:-lock)?|tsconfig.*|mlpackage\..*|readme.*|license.*)\.(?:json|txt)$/i;
const MOST_TEXTS = 200;

/** What tools leave, and what others have written. Hidden ones are passed over as well. */
const FOREIGN = new Set(["node_modules", "__pycache__", "venv", "site-packages", "__pypackages__"]);

/** A file by which a folder is one model; those of Transformers come in twos. */
const MARKS = ["MLmodel", "saved_model.pb"];
const WEIGHTS = /^(?:model\.safetensors|pytorch_model\.bin)(?:\.index\.json)?$/;

type Folder = { readonly path: string; readonly depth: number };

/** Looks through a folder, whatever is in it: it may be someone's home, or lead back to itself. */
export async function surveyFolder(directory: string, files: Files): Promise<Survey> {
  const root = (await files.realPath(directory)) ?? directory;
  const seen = new Set<string>();
  const found = { models: [] as string[], texts: [] as string[], modelFolders: [] as string[] };
  const [scripts, untold, closed]: [string[], Set<string>, string[]] = [[], new Set(), []];
  const queue: Folder[] = [{ path: "", depth: 0 }];
  let looks = 0;
  for (let folder = queue.shift(); folder !== undefined; folder = queue.shift()) {
    const names = await listNames(placeOf(directory, folder.path), files);
    if (names === undefined) closed.push(folder.path);
    if (names === undefined || names.includes("pyvenv.cfg")) continue;
    if (folder.path !== "" && isModel(names)) {
      found.modelFolders.push(folder.path);
      continue;
    }
    for (const name of names) {
      const path = folder.path === "" ? name : `${folder.path}/${name}`;
      if (MODEL.test(name)) found.models.push(path);
      else if (TEXT.test(name) && !NO_MODEL.test(name)) found.texts.push(path);
      else if (name.endsWith(".py")) scripts.push(path);
      else if (looks >= MOST_LOOKS) untold.add(`more than the first ${MOST_LOOKS} of its files and folders`);
      else {
        looks += 1;
        const real = await realFolder(placeOf(directory, path), files);
        if (real === undefined || seen.has(real) || !isBelow(root, real)) continue;
        seen.add(real);
        if (folder.depth < DEEPEST) queue.push({ path, depth: folder.depth + 1 });
        else untold.add(`what lies deeper than ${DEEPEST} folders`);
      }
    }
  }
  if (found.texts.length > MOST_TEXTS) untold.add(`more than the first ${MOST_TEXTS} texts and JSON files`);
  if (closed.length > 0) untold.add(`folders that may not be read: ${closed.slice(0, 3).join(", ")}`);
  return {
    models: [...found.models, ...found.texts.slice(0, MOST_TEXTS)],
    modelFolders: found.modelFolders,
    scripts,
    names: (await listNames(directory, files)) ?? [],
    untold: [...untold],
  };
}

/** Whether a folder with these names in it is a model as a whole. */
export function isModel(names: readonly string[]): boolean {
  const isOfTransformers = names.includes("config.json") && names.some((name) => WEIGHTS.test(name));
  return isOfTransformers || MARKS.some((mark) => names.includes(mark));
}

function placeOf(directory: string, path: string): string {
  return path === "" ? directory : `${directory}/${path}`;
}

/** Folders mostly have no ending: they come first, in case that not all can be looked at. */
async function listNames(place: string, files: Files): Promise<readonly string[] | undefined> {
  try {
    const names = (await files.list(place)).filter((name) => !name.startsWith(".") && !FOREIGN.has(name));
    return [...names.filter((name) => !name.includes(".")), ...names.filter((name) => name.includes("."))];
  } catch {
    return undefined;
  }
}

async function realFolder(place: string, files: Files): Promise<string | undefined> {
  try {
    const isFolder = (await files.status(place))?.type === "directory";
    return isFolder ? await files.realPath(place) : undefined;
  } catch {
    return undefined;
  }
}

function isBelow(root: string, real: string): boolean {
  return real.startsWith(root.endsWith("/") ? root : `${root}/`);
}
