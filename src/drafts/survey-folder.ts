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
/** A folder of a project has some hundreds of things that may be folders; these take less than a second. */
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

/** What may be a folder. */
type Place = { readonly path: string; readonly depth: number };

type Found = Record<"models" | "texts" | "modelFolders" | "scripts" | "closed", string[]>;

/** Looks through a folder, whatever is in it: it may be someone's home, or lead back to itself. */
export async function surveyFolder(directory: string, files: Files): Promise<Survey> {
  const root = (await files.realPath(directory)) ?? directory;
  const seen = new Set([root]);
  const untold = new Set<string>();
  const found: Found = { models: [], texts: [], modelFolders: [], scripts: [], closed: [] };
  // Folders mostly have no ending: what has one waits, in case that not all can be looked at.
  const queues: readonly [Place[], Place[]] = [[], []];
  const enter = async ({ path, depth }: Place): Promise<void> => {
    const names = await listNames(placeOf(directory, path), files);
    if (names === undefined) found.closed.push(path);
    else if (path !== "" && isModel(names)) found.modelFolders.push(path);
    else if (!names.includes("pyvenv.cfg")) {
      for (const name of names) {
        const place = { path: path === "" ? name : `${path}/${name}`, depth: depth + 1 };
        if (!sort(name, place.path, found)) queues[name.includes(".") ? 1 : 0].push(place);
      }
    }
  };
  await enter({ path: "", depth: 0 });
  for (let looks = 0; ; looks += 1) {
    const place = queues[0].shift() ?? queues[1].shift();
    if (place === undefined) break;
    if (looks === MOST_LOOKS) {
      untold.add(`more than ${MOST_LOOKS} of its files and folders`);
      break;
    }
    const real = await realFolder(placeOf(directory, place.path), files);
    if (real === undefined || seen.has(real) || !isBelow(root, real)) continue;
    seen.add(real);
    if (place.depth > DEEPEST) untold.add(`what lies deeper than ${DEEPEST} folders`);
    else await enter(place);
  }
  if (found.texts.length > MOST_TEXTS) untold.add(`more than ${MOST_TEXTS} texts and JSON files`);
  if (found.closed.length > 0)
    untold.add(`folders that may not be read: ${found.closed.slice(0, 3).join(", ")}`);
  const { modelFolders, scripts } = found;
  const names = (await listNames(directory, files)) ?? [];
  const models = [...found.models, ...found.texts.slice(0, MOST_TEXTS)];
  return { models, modelFolders, scripts, names, untold: [...untold] };
}

/** By its name; false where it may be a folder. */
function sort(name: string, path: string, found: Found): boolean {
  if (MODEL.test(name)) found.models.push(path);
  else if (TEXT.test(name)) {
    if (!NO_MODEL.test(name)) found.texts.push(path);
  } else if (name.endsWith(".py")) found.scripts.push(path);
  else return false;
  return true;
}

/** Whether a folder with these names in it is a model as a whole. */
export function isModel(names: readonly string[]): boolean {
  const isOfTransformers = names.includes("config.json") && names.some((name) => WEIGHTS.test(name));
  return isOfTransformers || MARKS.some((mark) => names.includes(mark));
}

function placeOf(directory: string, path: string): string {
  return path === "" ? directory : `${directory}/${path}`;
}

/** Undefined where it may not be read. */
async function listNames(place: string, files: Files): Promise<readonly string[] | undefined> {
  try {
    return (await files.list(place)).filter((name) => !name.startsWith(".") && !FOREIGN.has(name));
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
