import type { MlflowModel, ModelFormat } from "../model/config.ts";

/**
 * What a model was taken for, or why nothing here serves it; `kind` where it is known what it is all the same, `hint`
 * where there is more to do than for any other.
 */
export type Recognized = Served | { readonly not: string; readonly kind?: OtherKind; readonly hint?: string };

/** Models that need a script of their own. */
export type OtherKind =
  | "gguf"
  | "keras"
  | "lightgbm"
  | "pickle"
  | "safetensors"
  | "tensorflow"
  | "torch"
  | "transformers"
  | "xgboost";

export type Served = {
  readonly format: ModelFormat;
  readonly mlflow?: MlflowModel;
  /** The version of its library that the model was made with, where it says so. */
  readonly libraryVersion?: string;
  /** What it was pickled with may be needed to unpickle it. */
  readonly isCloudpickled?: boolean;
  /** The file in its folder that lists what it needs. */
  readonly requirements?: string;
};
