import type { MlflowModel, ModelFormat } from "../model/config.ts";

/** What a model was taken for, or why it was taken for nothing. */
export type Recognized = Served | { readonly not: string };

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
