import type { FoundModel } from "./find-models.ts";
import { frameworkOf } from "./frameworks.ts";

/** What a model is, in words. */
export function labelOf({ served, kind, facts }: FoundModel): string {
  if (kind !== undefined) return frameworkOf(kind, facts).label;
  const version = served?.libraryVersion ?? facts.version;
  switch (served?.format) {
    case "onnx":
      return "a model in ONNX";
    case "mlflow":
      return `a model of scikit-learn${version === undefined ? "" : ` ${version}`}, saved by MLflow`;
    case "mlflow-python-function":
      return "a model that MLflow saved";
    default:
      return `a model of scikit-learn${version === undefined ? "" : ` ${version}`}`;
  }
}
