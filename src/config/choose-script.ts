import { locate, pointerTo } from "../document/locate.ts";
import type { Config, ModelConfig, ModelFormat, ScriptInference } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";
import type { Files } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { checkServingPackage } from "./check-serving-package.ts";
import { normalizePath } from "./paths.ts";
import { recognizeModel } from "./recognize-model.ts";
import type { Served } from "./recognized.ts";

/** The scripts of ours, below `runtime/built_in`. */
const SCRIPTS: Readonly<Record<ModelFormat, string>> = {
  sklearn: "serve_sklearn.py",
  mlflow: "serve_sklearn.py",
  "mlflow-python-function": "serve_python_function.py",
  onnx: "serve_onnx.py",
};

const HINT =
  "write a script with `init()` and `run(data)`, and add `inference: score.py`; only a scikit-learn pickle (`.pkl`, `.pickle`, `.joblib`), an MLflow folder or an `.onnx` file is served without one";

/** An archive is opened by the run, and what is in it has no say in what the run does. */
const PACKED = { not: "an archive's contents are not known before it is unpacked" } as const;

/** Where `inference` is left out, a script of ours serves the one model, if it is one that we know. */
export async function chooseScript(
  config: Config,
  document: Document,
  files: Files,
  told: readonly Diagnostic[],
): Promise<Result<Config>> {
  const { inference, models } = config;
  if (inference.kind !== "script" || inference.sourceDirectory !== undefined) return succeed(config);
  const [model, ...others] = models;
  // One that cannot be read was told of.
  if (model === undefined) {
    const isTold = document.ranges.has("/models/0") || told.some(isMisspelt);
    return isTold ? succeed(config) : fail(wordMissing(document));
  }
  const [second] = others;
  if (second !== undefined) return fail(wordSeveral(second, models.length, document));
  // A model that is not there, or is a pointer of git-lfs, is enough to tell.
  if (told.some(({ path = "" }) => path.startsWith(model.pointer))) return succeed(config);
  const place = `${config.directory}/${normalizePath(model.source)}`;
  const recognized = model.unpack ? PACKED : await recognizeModel(model.source, place, files);
  if ("not" in recognized) return fail(wordUnknown(model, recognized, document));
  const served = { ...config, inference: servedBy(inference, recognized) };
  return checkServingPackage(served, recognized, document, files);
}

/** A key of the file itself that there is not: `model`, where `models` was meant. */
function isMisspelt({ code, path = "" }: Diagnostic): boolean {
  return code === "config/unknown-key" && /^\/[^/]+$/.test(path);
}

function servedBy(inference: ScriptInference, { format, mlflow }: Served): ScriptInference {
  return {
    ...inference,
    entryScript: SCRIPTS[format],
    modelFormat: format,
    ...(mlflow !== undefined && { mlflow }),
  };
}

function wordMissing(document: Document): Diagnostic {
  return errorDiagnostic("config/missing-key", "the key `inference` is missing, and there is no model", {
    location: locate(document, ""),
    path: "",
    hint: HINT,
  });
}

function wordSeveral({ pointer }: ModelConfig, count: number, document: Document): Diagnostic {
  const message = `\`inference\` is missing: without it exactly one model is served, and there are ${count}`;
  return errorDiagnostic("config/no-script", message, {
    location: locate(document, pointer),
    path: pointer,
    hint: HINT,
  });
}

function wordUnknown(
  { pointer, source }: ModelConfig,
  { not, hint = HINT }: { readonly not: string; readonly hint?: string },
  document: Document,
): Diagnostic {
  const path = pointerTo(pointer, "source");
  const message = `\`inference\` is missing, and \`${source}\` cannot be served without a script: ${not}`;
  return errorDiagnostic("config/no-script", message, { location: locate(document, path), path, hint });
}
