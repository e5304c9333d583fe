import type { Environment } from "../model/config.generated.ts";
import type { Files } from "../model/host.ts";
import { needsOfSklearn } from "./choose-python.ts";
import type { FoundModel } from "./find-models.ts";
import type { FoundRequirements } from "./find-requirements.ts";
import type { WrittenScript } from "./write-script.ts";

export type ChosenEnvironment = {
  readonly environment?: Environment;
  readonly comments: readonly string[];
  /** The versions of Python that it is for, and why. */
  readonly python?: string;
  readonly whyPython?: string;
  readonly toDo: readonly string[];
};

type EnvironmentRequest = {
  readonly directory: string;
  readonly models: readonly FoundModel[];
  readonly requirements: readonly FoundRequirements[];
  readonly written: WrittenScript | undefined;
  readonly files: Files;
};

/** The dependencies that somebody has written down, else those that the models and the script need. */
export async function chooseEnvironment(request: EnvironmentRequest): Promise<ChosenEnvironment> {
  const { requirements, written } = request;
  const needs = await needsOf(request);
  const [file, ...others] = requirements;
  const systemPackages = written?.systemPackages ?? [];
  if (file === undefined) return { ...withNeeds(needs, written, systemPackages), toDo: [] };
  const also = others.map(({ path }) => path).join(", ");
  const missing = needs.lines.filter((line) => !isAmong(nameOf(line), file.names));
  return {
    environment: {
      ...file.environment,
      ...(systemPackages.length > 0 && { system_packages: [...systemPackages] }),
    },
    comments: also === "" ? [] : [`There are ${also} as well.`],
    ...pythonOf(file, needs),
    toDo: missing.length === 0 ? [] : [`add to ${file.path}: ${missing.join(", ")}`],
  };
}

function withNeeds(
  needs: Needs,
  written: WrittenScript | undefined,
  systemPackages: readonly string[],
): Omit<ChosenEnvironment, "toDo"> {
  const { lines, file, python, whyPython } = needs;
  const requirements = file ?? (lines.length > 0 ? [...lines] : undefined);
  const extra = written?.extraIndex === undefined ? {} : { extra_index_urls: [written.extraIndex] };
  const isAny = requirements !== undefined || systemPackages.length > 0;
  return {
    ...(isAny && {
      environment: {
        ...(requirements !== undefined && { python: { requirements, ...extra } }),
        ...(systemPackages.length > 0 && { system_packages: [...systemPackages] }),
      },
    }),
    comments: [...needs.comments, ...(written?.told ?? [])],
    ...(python !== undefined && { python }),
    ...(whyPython !== undefined && { whyPython }),
  };
}

/** A file that asks conda for Python has it from there. */
function pythonOf(
  file: FoundRequirements,
  { python, whyPython }: Needs,
): Pick<ChosenEnvironment, "python" | "whyPython"> {
  if (file.isOfConda) return {};
  if (file.python !== undefined)
    return { python: file.python, whyPython: `${file.path} asks for Python ${file.python}.` };
  return { ...(python !== undefined && { python }), ...(whyPython !== undefined && { whyPython }) };
}

type Needs = {
  readonly lines: readonly string[];
  /** The list that MLflow keeps beside a model. */
  readonly file?: string;
  readonly comments: readonly string[];
  readonly python?: string;
  readonly whyPython?: string;
};

const UNPINNED =
  "Which version the model was made with is not known here: write it, as in `scikit-learn==1.5.2`.";

async function needsOf({ directory, models, written, files }: EnvironmentRequest): Promise<Needs> {
  const all = await Promise.all(models.map((model) => needsOfModel(model, directory, files)));
  const [only] = all;
  const file = all.length === 1 ? only?.file : undefined;
  const { python, whyPython } = all.find((one) => one.python !== undefined) ?? {};
  return {
    lines: [...new Set([...all.flatMap(({ lines }) => lines), ...(written?.requirements ?? [])])],
    ...(file !== undefined && { file }),
    comments: [...new Set(all.flatMap(({ comments }) => comments))],
    ...(python !== undefined && { python }),
    ...(whyPython !== undefined && { whyPython }),
  };
}

async function needsOfModel(
  { source, served, facts }: FoundModel,
  directory: string,
  files: Files,
): Promise<Needs> {
  switch (served?.format) {
    case undefined:
      return { lines: [], comments: [] };
    case "onnx":
      return { lines: ["onnxruntime"], comments: [] };
    case "sklearn":
      return ofSklearn(facts.version);
    case "mlflow": {
      const { lines, ...needs } = ofSklearn(served.libraryVersion);
      const cloudpickle = served.isCloudpickled === true ? ["cloudpickle"] : [];
      const own = await pythonOfMlflow(`${directory}/${source}/python_env.yaml`, files);
      return { ...needs, lines: [...lines, ...cloudpickle], ...own };
    }
    case "mlflow-python-function": {
      const own = await pythonOfMlflow(`${directory}/${source}/python_env.yaml`, files);
      if (served.requirements === undefined) return { lines: ["pandas"], comments: [], ...own };
      return { lines: [], file: `${source}/${served.requirements}`, comments: [LISTED], ...own };
    }
  }
}

const LISTED = "What the model needs, as MLflow has written it.";

function ofSklearn(version: string | undefined): Needs {
  const { requirements, python } = needsOfSklearn(version);
  return {
    lines: requirements,
    comments: [version === undefined ? UNPINNED : "The version that the model was made with."],
    ...(python !== undefined && {
      python,
      whyPython: `There is no scikit-learn ${version} for a later Python.`,
    }),
  };
}

/** What is pickled by cloudpickle holds byte-code, which is of one Python alone. */
async function pythonOfMlflow(place: string, files: Files): Promise<Pick<Needs, "python" | "whyPython">> {
  const status = await files.status(place);
  if (status?.type !== "file" || status.size > 10_000) return {};
  const [, python] = /^python:\s*["']?(3\.\d{1,2})\b/m.exec(await files.readText(place)) ?? [];
  return python === undefined
    ? {}
    : { python: `==${python}`, whyPython: "The Python that the model was made with." };
}

function nameOf(line: string): string {
  return line.replace(/[^\w.-].*$/, "");
}

/** A package has variants for other machines, such as `onnxruntime-gpu`. */
function isAmong(name: string, names: readonly string[]): boolean {
  return names.some((one) => one === name || one.startsWith(`${name}-`));
}
