import { parseDocument } from "../document/parse.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Files } from "../model/host.ts";
import { recordOf, type Serializable, type SerializableRecord } from "../model/serializable.ts";
import { fileName } from "./paths.ts";
import { readSignature, type Signature } from "./read-signature.ts";
import type { Recognized } from "./recognized.ts";

/** A signature of thousands of columns is far below it. */
const LARGEST = 1_000_000;

/** The names of columns go into a variable of the image, and Linux takes none of more than 128 KiB. */
const MOST_NAMES = 100_000;

/** What MLflow may be told to call, less `score`, which is to be given the answers. */
const METHODS = ["predict", "predict_proba", "predict_log_proba", "predict_joint_log_proba"];

/** Says what a folder of MLflow's is by its `MLmodel`. `place` is where it lies, `source` what it is called in the package. */
export async function readMlmodel(source: string, place: string, files: Files): Promise<Recognized> {
  const path = `${place}/MLmodel`;
  if (((await files.status(path))?.size ?? 0) > LARGEST) return refuse(`is larger than ${LARGEST} bytes`);
  const parsed = parseDocument({ path, text: await files.readText(path) });
  if (!parsed.ok) return refuse(`cannot be read: ${wordMistake(parsed.diagnostics[0])}`);
  const { flavors: written, signature: inputs } = recordOf(parsed.value.value);
  const flavors = recordOf(written);
  const signature = readSignature(inputs);
  if (signature === undefined) return refuse("has a `signature` that MLflow would not write");
  if (JSON.stringify(signature).length > MOST_NAMES) return refuse("has a `signature` of too many columns");
  const folder: Folder = { name: fileName(source), signature, has: hasIn(place, files) };
  const pickled = isNone(flavors.sklearn) ? undefined : await readPickled(flavors, folder);
  if (pickled !== undefined && "format" in pickled) return pickled;
  if (isNone(flavors.python_function)) return pickled ?? refuseFlavors(flavors);
  return readPythonFunction(recordOf(flavors.python_function), folder);
}

type Folder = {
  readonly name: string;
  readonly signature: Signature;
  readonly has: (path: string, type: "file" | "any") => Promise<boolean>;
};

function hasIn(place: string, files: Files): Folder["has"] {
  return async (path, type) => {
    const status = await files.status(`${place}/${path}`);
    return status !== undefined && (type === "any" || status.type === type);
  };
}

async function readPickled(
  flavors: SerializableRecord,
  { name, signature, has }: Folder,
): Promise<Recognized> {
  const { pickled_model, serialization_format = "pickle", sklearn_version, code } = recordOf(flavors.sklearn);
  if (serialization_format !== "pickle" && serialization_format !== "cloudpickle")
    return { not: `it is an MLflow model in the format ${quote(serialization_format)}, not a pickle` };
  if (!isPathInside(pickled_model)) return refuse("has a `pickled_model` that is not a path in the folder");
  if (!isNone(code) && !isPathInside(code)) return refuse("has a `code` that is not a path in the folder");
  const method = methodOf(recordOf(flavors.python_function));
  if (!METHODS.includes(method))
    return { not: `it is an MLflow model that predicts with ${quote(method)}, which needs MLflow itself` };
  if (!(await has(pickled_model, "file"))) return refuse("names a `pickled_model` that is not in the folder");
  return {
    format: "mlflow",
    mlflow: {
      pickle: `${name}/${pickled_model}`,
      ...(isPathInside(code) && { code: `${name}/${code}` }),
      method,
      columns: signature.columns,
    },
    ...(isVersion(sklearn_version) && { libraryVersion: sklearn_version }),
    isCloudpickled: serialization_format === "cloudpickle",
  };
}

/** It counts where the same model is loaded by it. */
function methodOf({ loader_module, predict_fn }: SerializableRecord): string {
  return loader_module === "mlflow.sklearn" && !isNone(predict_fn) ? String(predict_fn) : "predict";
}

/** What MLflow itself does with it: the module loads `data`, or else the folder. */
async function readPythonFunction(flavor: SerializableRecord, folder: Folder): Promise<Recognized> {
  const { loader_module, data, code, config, predict_fn } = flavor;
  const { name, signature, has } = folder;
  if (!isModule(loader_module)) return refuse("has a `loader_module` that is not the name of a module");
  if (!isNone(predict_fn) && !isMethod(predict_fn))
    return refuse("has a `predict_fn` that is not the name of a method");
  if (!isNone(code) && !isPathInside(code)) return refuse("has a `code` that is not a path in the folder");
  if (!isNone(data) && !(isPathInside(data) && (await has(data, "any"))))
    return refuse("has a `data` that is not a path in the folder");
  return {
    format: "mlflow-python-function",
    mlflow: {
      loader: loader_module,
      data: isPathInside(data) ? `${name}/${data}` : name,
      ...(Object.keys(recordOf(config)).length > 0 && { config: recordOf(config) }),
      ...(isPathInside(code) && { code: `${name}/${code}` }),
      method: isMethod(predict_fn) ? predict_fn : "predict",
      ...signature,
    },
    ...((await has("requirements.txt", "file")) && { requirements: "requirements.txt" }),
  };
}

function isMethod(value: Serializable | undefined): value is string {
  return typeof value === "string" && /^[A-Za-z]\w*$/.test(value);
}

function isModule(value: Serializable | undefined): value is string {
  return typeof value === "string" && /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(value);
}

function refuse(what: string): Recognized {
  return { not: `it is an MLflow model whose \`MLmodel\` ${what}` };
}

/** Told in full would be whatever somebody has put there. */
const MOST_FLAVORS = 8;

function refuseFlavors(flavors: SerializableRecord): Recognized {
  const names = Object.keys(flavors).map(quote);
  if (names.length === 0) return refuse("names no flavor");
  const told = names.slice(0, MOST_FLAVORS).join(", ");
  const word = names.length === 1 ? "flavor" : "flavors";
  return {
    not: `it is an MLflow model with neither the flavor \`sklearn\` nor \`python_function\`; its ${word}: ${told}`,
  };
}

function wordMistake(diagnostic: Diagnostic | undefined): string {
  const { message = "", location } = diagnostic ?? {};
  if (location === undefined) return message;
  const line = location.file.text.slice(0, location.range.start).split("\n").length;
  return `${message}, in line ${line}`;
}

/** A path that leads nowhere else, whatever it is read by. */
function isPathInside(value: Serializable | undefined): value is string {
  return (
    typeof value === "string" &&
    /^[^\\/\p{Cc}][^\\\p{Cc}]*$/u.test(value) &&
    value.split("/").every((segment) => segment !== ".." && segment !== "." && segment !== "")
  );
}

function isVersion(value: Serializable | undefined): value is string {
  return typeof value === "string" && /^\d+(?:\.\w+){1,4}$/.test(value);
}

function isNone(value: Serializable | undefined): value is null | undefined {
  return value === undefined || value === null;
}

function quote(value: Serializable): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `\`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``;
}
