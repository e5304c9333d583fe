import { locate } from "../document/locate.ts";
import type { Config } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import type { Files } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { normalName } from "../requirements/requirement.ts";
import type { Served } from "./recognized.ts";

type Package = {
  /** Its names at PyPI and, where it is there, at Debian. */
  readonly python: string;
  readonly system?: string;
  readonly role: string;
  /** Some models do without it, and which only shows where they are unpickled. */
  readonly isSpared?: true;
};

/** What a script of ours imports. */
const SKLEARN: Package = {
  python: "scikit-learn",
  system: "python3-sklearn",
  role: "which serves the model",
};
const ONNX: Package = {
  python: "onnxruntime",
  system: "python3-onnxruntime",
  role: "which serves the model",
};
const CLOUDPICKLE: Package = {
  python: "cloudpickle",
  system: "python3-cloudpickle",
  role: "by which the model was pickled",
  isSpared: true,
};

const PANDAS: Package = {
  python: "pandas",
  system: "python3-pandas",
  role: "by which the model is given its rows",
};
/** Brings what its models are made with. */
const MLFLOW: Package = { python: "mlflow", role: "which loads the model" };

function needsOf({ format, mlflow, isCloudpickled = false }: Served): readonly Package[] {
  if (format === "onnx") return [ONNX];
  if (mlflow !== undefined && "loader" in mlflow)
    return /^mlflow(?:\.|$)/.test(mlflow.loader) ? [MLFLOW] : [PANDAS];
  return isCloudpickled ? [SKLEARN, CLOUDPICKLE] : [SKLEARN];
}

/** Python's own images hold nothing of it; of any other only its owner knows. */
const BARE_IMAGE = /^(?:docker\.io\/)?(?:library\/)?python(?:[:@]|$)/;

/** Which packages are installed is the user's to say: told is where what serves the model is surely, or likely, not among them. */
export async function checkServingPackage(
  config: Config,
  served: Served,
  document: Document,
  files: Files,
): Promise<Result<Config>> {
  const { baseImage, environment } = config;
  const asked = await namesIn(config, files);
  const isBare = baseImage.kind === "image" && BARE_IMAGE.test(baseImage.image);
  const isNothing = isBare && environment.python.managed && asked.length === 0;
  const missing = needsOf(served).filter(
    ({ python, system = "" }) =>
      !asked.some((name) => name === python || name === MLFLOW.python || name.startsWith(`${python}-`)) &&
      !environment.systemPackages.includes(system),
  );
  const told = missing.map((needed) =>
    word(needed, served, isNothing && needed.isSpared !== true, config, document),
  );
  return told.some(({ severity }) => severity === "error") ? fail(...told) : succeed(config, told);
}

function word(
  needed: Package,
  served: Served,
  isSure: boolean,
  config: Config,
  document: Document,
): Diagnostic {
  const { python, role } = needed;
  const path =
    ["/environment/conda", "/environment/python/requirements"].find((key) => document.ranges.has(key)) ??
    config.models[0]?.pointer ??
    "";
  const message = `\`${python}\`, ${role}, is ${isSure ? "not installed" : "not among the required packages"}`;
  const make = isSure ? errorDiagnostic : warningDiagnostic;
  return make("config/missing-package", message, {
    location: locate(document, path),
    path,
    hint: hintOf(needed, served, path === "/environment/conda", config),
  });
}

function hintOf(needed: Package, served: Served, isConda: boolean, { models }: Config): string {
  const { libraryVersion = "...", requirements } = served;
  const { python } = needed;
  const version = needed === SKLEARN ? libraryVersion : "...";
  if (requirements !== undefined) {
    const file = `${models[0]?.source.replace(/\/+$/, "")}/${requirements}`;
    return `MLflow has written what the model needs: \`environment: {python: {requirements: ${file}}}\``;
  }
  const line = isConda
    ? `\`${python}=${version}\` below \`dependencies\` of that file`
    : `\`environment: {python: {requirements: ["${python}==${version}"]}}\``;
  return `add it in the version that the model was made with: ${line}`;
}

/** Of what is asked for in so many words; what that depends on is not known here. */
async function namesIn({ directory, environment }: Config, files: Files): Promise<readonly string[]> {
  const { requirements } = environment.python;
  const ofConda = (environment.conda?.specs ?? []).map((spec) => spec.replace(/^.*::/, ""));
  const lines =
    "list" in requirements ? requirements.list : await linesOf(`${directory}/${requirements.file}`, files);
  return [...lines, ...ofConda].flatMap((line) => {
    const [, name = ""] = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)/.exec(line) ?? [];
    return normalName(name) ?? (/^\s*-/.test(line) ? [line.trim()] : []);
  });
}

async function linesOf(place: string, files: Files): Promise<readonly string[]> {
  return (await files.status(place))?.type === "file" ? (await files.readText(place)).split(/\r?\n/) : [];
}
