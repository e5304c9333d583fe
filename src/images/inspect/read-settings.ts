import { type Digest, digestOfValue } from "../../model/digest.ts";
import type { InspectedImage } from "../../model/inspected-image.ts";
import { recordOf, type Serializable, type SerializableRecord } from "../../model/serializable.ts";
import { UnreadableImage } from "../read-images.ts";
import { maskText, maskValue, maskWords } from "./mask-secrets.ts";

export type InspectedSettings = Pick<
  InspectedImage,
  | "created"
  | "base"
  | "entrypoint"
  | "command"
  | "workingDirectory"
  | "user"
  | "ports"
  | "variables"
  | "labels"
>;

/** What an image's configuration says, and what it says that is not for everybody. */
export type ReadSettings = {
  readonly shown: InspectedSettings;
  /** By name: every value as it is. */
  readonly variables: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  /** Of all settings, those that are not shown among them. */
  readonly settings: Digest;
};

/** Variables that mlpackage sets itself, of values that tell nothing but how the service is laid out. */
const SHOWN_VARIABLES: ReadonlySet<string> = new Set([
  "AML_APP_ROOT",
  "AZUREML_ENTRY_SCRIPT",
  "AZUREML_MODEL_DIR",
  "MLPACKAGE_NAME",
  "MLPACKAGE_PORT",
  "SCORING_TIMEOUT_MS",
  "WORKER_COUNT",
  "WORKER_TIMEOUT",
]);

const BASE_LABEL = "org.opencontainers.image.base";

/** `config` is the text of a configuration that `readImage` has taken. */
export function readSettings(config: string): ReadSettings {
  const written = recordOf(JSON.parse(config) as Serializable);
  const settings = recordOf(written.config);
  const variables = new Map(
    textsIn(settings.Env).map((pair) => {
      const [name = ""] = pair.split("=", 1);
      return [name, pair.slice(name.length + 1)];
    }),
  );
  const labels = new Map(
    Object.entries(recordOf(settings.Labels)).map(([name, value]) => [name, String(value)]),
  );
  const reference = labels.get(`${BASE_LABEL}.name`);
  const digest = labels.get(`${BASE_LABEL}.digest`);
  return {
    variables,
    labels,
    settings: digestOfSettings(settings),
    shown: {
      ...(typeof written.created === "string" && { created: written.created }),
      ...((reference ?? digest) !== undefined && {
        base: {
          ...(reference !== undefined && { reference: maskText(reference) }),
          ...(digest !== undefined && { digest }),
        },
      }),
      ...settingsOf(settings),
      variables: [...variables].map(([name, value]) =>
        SHOWN_VARIABLES.has(name) ? { name, value: maskText(value) } : { name },
      ),
      labels: Object.fromEntries([...labels].map(([name, value]) => [name, maskValue(name, value)])),
    },
  };
}

function digestOfSettings(settings: SerializableRecord): Digest {
  try {
    return digestOfValue(settings);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UnreadableImage("its configuration has no end");
  }
}

function settingsOf(settings: SerializableRecord) {
  return {
    entrypoint: maskWords(textsIn(settings.Entrypoint)),
    command: maskWords(textsIn(settings.Cmd)),
    workingDirectory: textIn(settings.WorkingDir),
    user: textIn(settings.User),
    ports: Object.keys(recordOf(settings.ExposedPorts)).sort(),
  };
}

function textIn(value: Serializable | undefined): string {
  return typeof value === "string" ? value : "";
}

function textsIn(value: Serializable | undefined): readonly string[] {
  const list: readonly Serializable[] = Array.isArray(value) ? value : [];
  return list.flatMap((one) => (typeof one === "string" ? [one] : []));
}
