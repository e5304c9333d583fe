import type { ServiceSettings } from "../images/image-config.ts";
import type { EnvironmentConfig, InferenceConfig } from "../model/config.ts";
import type { ImageLayout } from "./image-layout.ts";

export type SettingsInputs = {
  readonly name: string;
  /** What the base is called and which it is, where it is an image. */
  readonly base: { readonly reference?: string; readonly digest?: string };
  readonly environment: Pick<EnvironmentConfig, "variables" | "user"> & {
    readonly python: { readonly interpreter: string };
  };
  readonly inference: InferenceConfig;
  readonly labels: Readonly<Record<string, string>>;
};

/** How a container of the package runs: said in the image's configuration, and in the Dockerfile of a saved folder. */
export function settingsOf(inputs: SettingsInputs, layout: ImageLayout): ServiceSettings {
  const { environment, inference } = inputs;
  return {
    labels: labelsOf(inputs),
    variables: { ...serviceVariables(inputs, layout), ...environment.variables },
    workingDirectory: layout.appRoot,
    port: inference.port,
    user: environment.user,
    command: commandOf(inputs, layout),
  };
}

function labelsOf({ name, base, labels }: SettingsInputs): Readonly<Record<string, string>> {
  const { reference, digest } = base;
  return {
    "org.opencontainers.image.title": name,
    ...(reference !== undefined && { "org.opencontainers.image.base.name": reference.split("@")[0] ?? "" }),
    ...(digest !== undefined && { "org.opencontainers.image.base.digest": digest }),
    ...labels,
  };
}

function serviceVariables(
  { name, inference }: SettingsInputs,
  layout: ImageLayout,
): Readonly<Record<string, string>> {
  const common = {
    AML_APP_ROOT: layout.appRoot,
    ...(layout.modelDirectory !== undefined && { AZUREML_MODEL_DIR: layout.modelDirectory }),
  };
  if (inference.kind === "command") return common;
  return {
    ...common,
    AZUREML_ENTRY_SCRIPT: layout.entryScript ?? inference.entryScript,
    MLPACKAGE_NAME: name,
    ...(inference.mlflow !== undefined && { MLPACKAGE_MLFLOW_MODEL: JSON.stringify(inference.mlflow) }),
    MLPACKAGE_PORT: String(inference.port),
    WORKER_COUNT: String(inference.workers),
    WORKER_TIMEOUT: String(Math.ceil(inference.workerTimeoutMs / 1000)),
    SCORING_TIMEOUT_MS: String(inference.scoringTimeoutMs),
  };
}

function commandOf({ inference, environment }: SettingsInputs, layout: ImageLayout): readonly string[] {
  if (inference.kind === "command") return inference.command;
  return [environment.python.interpreter, `${layout.runtimeDirectory}/serve.py`];
}
