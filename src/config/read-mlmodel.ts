import { parseDocument } from "../document/parse.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Files } from "../model/host.ts";
import type { Serializable, SerializableRecord } from "../model/serializable.ts";
import { fileName } from "./paths.ts";
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
  const { flavors: written, signature } = recordOf(parsed.value.value);
  const flavors = recordOf(written);
  if (flavors.sklearn === undefined || flavors.sklearn === null) return refuseFlavors(flavors, source);
  const served = readSklearn(flavors, signature ?? null, fileName(source));
  if ("not" in served || served.mlflow === undefined) return served;
  const pickle = `${place}/${served.mlflow.pickle.slice(fileName(source).length + 1)}`;
  const isThere = (await files.status(pickle))?.type === "file";
  return isThere ? served : refuse("names a `pickled_model` that is not in the folder");
}

function readSklearn(flavors: SerializableRecord, signature: Serializable, folder: string): Recognized {
  const { pickled_model, serialization_format = "pickle", sklearn_version, code } = recordOf(flavors.sklearn);
  if (serialization_format !== "pickle" && serialization_format !== "cloudpickle")
    return { not: `it is a model of MLflow in the format ${quote(serialization_format)}, and no pickle` };
  if (!isPathInside(pickled_model)) return refuse("has no `pickled_model` that is a path in the folder");
  if (!isNone(code) && !isPathInside(code)) return refuse("has a `code` that is no path in the folder");
  const method = methodOf(recordOf(flavors.python_function));
  if (!METHODS.includes(method))
    return { not: `it is a model of MLflow that predicts by ${quote(method)}, which only MLflow does` };
  const columns = columnsOf(recordOf(signature).inputs);
  if (columns === undefined) return refuse("has a `signature` that is not written as MLflow does");
  if (JSON.stringify(columns).length > MOST_NAMES) return refuse("has a `signature` of too many columns");
  return {
    format: "mlflow",
    mlflow: {
      pickle: `${folder}/${pickled_model}`,
      ...(isPathInside(code) && { code: `${folder}/${code}` }),
      method,
      columns,
    },
    ...(isVersion(sklearn_version) && { libraryVersion: sklearn_version }),
    isCloudpickled: serialization_format === "cloudpickle",
  };
}

/** It counts where the same model is loaded by it. */
function methodOf({ loader_module, predict_fn }: SerializableRecord): string {
  return loader_module === "mlflow.sklearn" && !isNone(predict_fn) ? String(predict_fn) : "predict";
}

/** The names of columns; none of a tensor, or where they have none. Undefined where it is no signature. */
function columnsOf(inputs: Serializable | undefined): readonly string[] | undefined {
  if (isNone(inputs)) return [];
  const columns = parseJson(inputs);
  if (!Array.isArray(columns)) return undefined;
  const named = columns.map(recordOf).filter(({ type }) => type !== "tensor");
  const names = named.flatMap(({ name }) => (typeof name === "string" ? [name] : []));
  return names.length === columns.length ? names : [];
}

function parseJson(text: Serializable): Serializable {
  try {
    return typeof text === "string" ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

function refuse(what: string): Recognized {
  return { not: `it is a model of MLflow whose \`MLmodel\` ${what}` };
}

/** Told in full would be whatever somebody has put there. */
const MOST_FLAVORS = 8;

function refuseFlavors(flavors: SerializableRecord, source: string): Recognized {
  const names = Object.entries(flavors).map(([name, flavor]) => {
    const { loader_module } = recordOf(flavor);
    return typeof loader_module === "string" ? `${quote(name)} of ${quote(loader_module)}` : quote(name);
  });
  if (names.length === 0) return refuse("names no flavor");
  const told = names.slice(0, MOST_FLAVORS).join(", ");
  const word = names.length === 1 ? "flavor" : "flavors";
  const not = `it is a model of MLflow without the flavor \`sklearn\`; its ${word}: ${told}`;
  return flavors.python_function === undefined ? { not } : { not, hint: hintOfScript(fileName(source)) };
}

function hintOfScript(folder: string): string {
  const script = `import json, os, mlflow, pandas

def init():
    global model
    model = mlflow.pyfunc.load_model(os.path.join(os.environ["AZUREML_MODEL_DIR"], ${JSON.stringify(folder)}))

def run(data):
    return model.predict(pandas.DataFrame(**json.loads(data)["dataframe_split"]))`;
  const lines = script.split("\n").map((line) => (line === "" ? "" : `    ${line}`));
  return `add \`mlflow\` and what the model needs to the packages, and name this script as \`inference: score.py\`:\n\n${lines.join("\n")}`;
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

function recordOf(value: Serializable | undefined): SerializableRecord {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? (value as SerializableRecord) : {};
}
