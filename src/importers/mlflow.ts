import { fileName, joinPath } from "../config/paths.ts";
import { readMlmodel } from "../config/read-mlmodel.ts";
import type { Recognized, Served } from "../config/recognized.ts";
import { parseRequirement } from "../requirements/requirement.ts";
import { pythonImage } from "./base-image.ts";
import { finishDraft } from "./finish-draft.ts";
import { whyUnfit } from "./fitting.ts";
import type { Importer, Opened } from "./importer.ts";
import { readBeside } from "./read-beside.ts";
import { openReading, type Reading } from "./reading.ts";

/** A model's folder as MLflow saves it. The folder goes into the image, so that all that `MLmodel` says is there. */
export const mlflow: Importer = {
  format: "MLflow",
  isNamed: (name) => name === "MLmodel",
  isLike: ({ flavors, mlflow_version, artifact_path }) =>
    flavors !== undefined && (mlflow_version !== undefined || artifact_path !== undefined),
  convert,
};

/** What is of interest where the model came from, and to nobody who serves it. */
const STAYS = [
  "artifact_path",
  "is_signature_from_type_hint",
  "metadata",
  "mlflow_version",
  "model_id",
  "model_size_bytes",
  "model_uuid",
  "run_id",
  "saved_input_example_info",
  "type_hint_from_example",
  "utc_time_created",
];

async function convert(opened: Opened) {
  const reading = openReading(opened);
  const { root } = reading;
  reading.take(...STAYS.map((key) => reading.member(root, key)));
  if (opened.folder === ".")
    reading.refuse(
      root,
      "import/model-is-package",
      "the folder of the package is the model itself, which is to be a folder in it",
      `go to the folder above: \`mlpackage init --from ${fileName(opened.directory)}\``,
    );
  const why = opened.folder === "." ? undefined : whyUnfit({ models: [opened.folder] });
  if (why !== undefined) reading.refuse(root, "import/unfit", why, "rename the folder");
  const flavors = reading.member(root, "flavors");
  const pyfunc = reading.member(flavors, "python_function");
  const place = `${opened.directory}/${opened.folder}`;
  const recognized = await readMlmodel(opened.folder, place, opened.files);
  if ("not" in recognized) {
    const hint = "write a script that loads it, name that as `inference` and the folder below `models`";
    reading.refuse(flavors, "import/not-served", `the model is not served: ${recognized.not}`, hint);
  }
  const base = pythonImage(reading, reading.member(pyfunc, "python_version"));
  readFlavors(reading, recognized);
  const packages = "not" in recognized ? [] : await readRequirements(reading, recognized);
  return finishDraft(reading, mlflow.format, {
    names: [],
    config: {
      models: [opened.folder],
      base_image: base,
      environment: { python: { requirements: packages } },
    },
  });
}

function readFlavors(reading: Reading, recognized: Recognized): void {
  const flavors = reading.member(reading.root, "flavors");
  const isPickle = "format" in recognized && recognized.format === "mlflow";
  const used = isPickle ? ["sklearn", "python_function"] : ["python_function"];
  for (const [name, flavor] of reading.entries(flavors)) {
    if (used.includes(name)) reading.take(flavor);
    else reading.leave(flavor, `it is served by the flavor \`${used[0]}\``);
  }
  const signature = reading.member(reading.root, "signature");
  if (isPickle)
    reading.leave(signature, "columns are put into its order, and no value is refused by its type");
  else reading.take(signature);
  const { root } = reading;
  reading.leave(
    reading.member(root, "env_vars"),
    "set these with `environment.variables`, or `docker run --env`",
  );
  reading.leave(reading.member(root, "resources"), "the service is given no logins of Databricks");
  reading.leave(reading.member(root, "auth_policy"), "the service is given no logins of Databricks");
  reading.leave(reading.member(root, "prompts"), "they are in MLflow's registry, and not in the folder");
  reading.leave(
    reading.member(root, "databricks_runtime"),
    "the base is an image of Python, or one that you name",
  );
}

type Requirements = string | readonly string[];

/** MLflow itself is needed by its other flavors alone; all else that the model was saved with may be by any. */
async function readRequirements(reading: Reading, served: Served): Promise<Requirements> {
  const { path, lines } = await readLines(reading);
  if (served.format !== "mlflow") return lines === undefined ? ["pandas"] : path;
  const version = served.libraryVersion === undefined ? "" : `==${served.libraryVersion}`;
  const needed = [`scikit-learn${version}`, ...(served.isCloudpickled === true ? ["cloudpickle"] : [])];
  if (lines === undefined) return needed;
  if (lines.some(({ name }) => name === undefined)) return path;
  const kept = lines.filter(({ name }) => !isMlflow(name));
  for (const { name, location } of lines.filter((line) => isMlflow(line.name)))
    reading.leftOut.push({ what: `\`${name}\``, why: "mlpackage serves the model without it", location });
  const names = lines.map(({ name }) => name);
  const missing = needed.filter((one) => !names.includes(parseRequirement(one)?.name));
  return [...kept.map(({ line }) => line), ...missing];
}

function isMlflow(name: string | undefined): boolean {
  return name === "mlflow" || name === "mlflow-skinny";
}

/** The lines of the folder's `requirements.txt`; one that is no requirement has no name. */
async function readLines({ opened }: Reading) {
  const path = joinPath(opened.folder, "requirements.txt");
  const file = await readBeside(opened, path);
  const lines =
    file === undefined ? undefined : [...file.text.matchAll(/^[ \t]*([^#\s][^\n]*?)(?:\s+#.*|\s*)$/gm)];
  return {
    path,
    lines: lines?.map(({ 1: line = "", index }) => ({
      line,
      name: parseRequirement(line)?.name,
      location: { file: file ?? { path, text: "" }, range: { start: index, end: index + line.length } },
    })),
  };
}
