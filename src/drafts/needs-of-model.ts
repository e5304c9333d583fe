import type { Files } from "../model/host.ts";
import { needsOfSklearn } from "./choose-python.ts";
import type { FoundModel } from "./find-models.ts";
import { frameworkOf } from "./frameworks.ts";
import type { Needs, WantedPython } from "./needs.ts";

const LISTED = "What the model needs, as MLflow has written it.";

const UNPINNED =
  "Which version the model was made with is not known here: write it, as in `scikit-learn==1.5.2`.";

/** What a model needs, as far as it can be read. */
export async function needsOfModel(
  { source, served, kind, facts }: FoundModel,
  directory: string,
  files: Files,
): Promise<Needs> {
  if (kind !== undefined) return frameworkOf(kind, facts);
  switch (served?.format) {
    case undefined:
      return { requirements: [] };
    case "onnx":
      return { requirements: ["onnxruntime"] };
    case "sklearn":
      return ofSklearn(facts.version);
    case "mlflow": {
      const { requirements, pythons = [], ...needs } = ofSklearn(served.libraryVersion);
      const cloudpickle = served.isCloudpickled === true ? ["cloudpickle"] : [];
      const own = await pythonsOfMlflow(`${directory}/${source}/python_env.yaml`, files);
      return { ...needs, requirements: [...requirements, ...cloudpickle], pythons: [...own, ...pythons] };
    }
    case "mlflow-python-function": {
      const pythons = await pythonsOfMlflow(`${directory}/${source}/python_env.yaml`, files);
      if (served.requirements === undefined) return { requirements: ["pandas"], pythons };
      return { requirements: [], file: `${source}/${served.requirements}`, told: [LISTED], pythons };
    }
  }
}

function ofSklearn(version: string | undefined): Needs {
  const { requirements, python } = needsOfSklearn(version);
  return {
    requirements,
    told: [version === undefined ? UNPINNED : "The version that the model was made with."],
    ...(python !== undefined && {
      pythons: [{ versions: python, why: `There is no scikit-learn ${version} for a later Python.` }],
    }),
  };
}

/** What is pickled by cloudpickle holds byte-code, which is of one Python alone. */
async function pythonsOfMlflow(place: string, files: Files): Promise<readonly WantedPython[]> {
  const status = await files.status(place);
  if (status?.type !== "file" || status.size > 10_000) return [];
  const [, python] = /^python:\s*["']?(3\.\d{1,2})\b/m.exec(await files.readText(place)) ?? [];
  return python === undefined
    ? []
    : [{ versions: `==${python}`, why: `The model was made with Python ${python}.` }];
}
