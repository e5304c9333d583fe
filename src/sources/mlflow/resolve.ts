import { type Revision, SourceFault } from "../../model/place.ts";
import { recordOf, type Serializable, type SerializableRecord } from "../../model/serializable.ts";
import { type Asked, readUri } from "./reference.ts";
import type { Server } from "./server.ts";

/** Where the artifacts of what was asked for lie. */
export type Location = {
  /** What names it for good: `version`, `run_id`, `model_id`, and `location`, the address without a secret. */
  readonly revision: Revision;
  /** The address of a folder, or of a file: `mlflow-artifacts:/…`, `s3://…`. */
  readonly uri: string;
  /** Of a run: its artifacts, of which `path` is meant. */
  readonly run?: { readonly id: string; readonly path: string; readonly experimentId: string };
};

/** A version may be made of a logged model, and that of a run; no more than that leads on. */
const MOST_STEPS = 4;

/**
 * Finds where artifacts lie: now, or, with a revision, those that it names. Rejects with a `Refusal` or a `SourceFault`.
 *
 * Errors: `source/refused`, `source/not-ready`, `source/changed`, `source/unexpected-answer`.
 */
export async function resolve(
  asked: Asked,
  server: Server,
  revision: Revision | undefined,
): Promise<Location> {
  const location = await leadOn(await locate(asked, server, revision), server, MOST_STEPS);
  if (revision !== undefined) demandSame(location.revision, revision);
  return location;
}

function locate(asked: Asked, server: Server, revision: Revision | undefined): Promise<Location> {
  const version = revision?.version;
  switch (asked.kind) {
    case "version":
      return locateVersion(asked.name, asked.version, server);
    case "alias":
    case "latest":
      return version === undefined
        ? findVersion(asked, server).then((found) => locateVersion(asked.name, found, server))
        : locateVersion(asked.name, version, server);
    case "logged":
      return locateLogged(asked.modelId, server);
    case "run":
      return revision?.model_id === undefined
        ? locateRun(asked.runId, asked.path, server)
        : locateModelOfRun(asked, revision.model_id, server);
  }
}

type Moving = Extract<Asked, { readonly kind: "alias" | "latest" }>;

async function findVersion(asked: Moving, { ask, registry: at }: Server): Promise<string> {
  const { name } = asked;
  if (asked.kind === "alias") {
    const query = { name, alias: asked.alias };
    const { model_version } = await ask({ at, path: "mlflow/registered-models/alias", query });
    return demandText(recordOf(model_version).version, "a version");
  }
  const body = { name, ...(asked.stage !== undefined && { stages: [asked.stage] }) };
  const { model_versions } = await ask({ at, path: "mlflow/registered-models/get-latest-versions", body });
  const versions = recordsIn(model_versions).map(({ version }) => Number(version));
  if (versions.length > 0) return String(Math.max(...versions));
  const stage = asked.stage === undefined ? "" : ` in the stage \`${asked.stage}\``;
  throw new SourceFault(
    "source/not-ready",
    `the model \`${name}\` of MLflow has no version${stage}`,
    "register one, or write another version or alias: `mlflow:models:/NAME@ALIAS`",
  );
}

async function locateVersion(name: string, version: string, server: Server): Promise<Location> {
  const { ask, registry: at } = server;
  const query = { name, version };
  const { model_version } = await ask({ at, path: "mlflow/model-versions/get", query });
  const { status, status_message, run_id, model_id } = recordOf(model_version);
  demandReady(`version ${version} of the model \`${name}\``, status, status_message);
  const { artifact_uri } = await ask({ at, path: "mlflow/model-versions/get-download-uri", query });
  return locationOf({ version, ...given({ run_id, model_id }) }, artifact_uri);
}

async function locateLogged(modelId: string, { ask, tracking: at }: Server): Promise<Location> {
  const { model } = await ask({ at, path: `mlflow/logged-models/${encodeURIComponent(modelId)}` });
  const { artifact_uri, status, status_message } = recordOf(recordOf(model).info);
  demandReady(`the model \`${modelId}\``, status, status_message);
  return locationOf({ model_id: modelId }, artifact_uri);
}

async function locateRun(id: string, path: string, { ask, tracking: at }: Server): Promise<Location> {
  const { run } = await ask({ at, path: "mlflow/runs/get", query: { run_id: id } });
  const { artifact_uri, experiment_id = "" } = recordOf(recordOf(run).info);
  const location = locationOf({ run_id: id }, artifact_uri);
  return { ...location, run: { id, path, experimentId: String(experiment_id) } };
}

type AskedOfRun = Extract<Asked, { readonly kind: "run" }>;

/** Since MLflow 3 a model that a run logs lies beside the run's own artifacts, and goes by its name among them. */
export async function findModelOfRun(
  { runId, path }: AskedOfRun,
  experimentId: string,
  server: Server,
): Promise<Location | undefined> {
  const [name = ""] = path.split("/");
  const body = {
    experiment_ids: [experimentId],
    filter: `name = '${name.replaceAll("'", "")}' AND source_run_id = '${runId}'`,
    max_results: 1,
    order_by: [{ field_name: "creation_timestamp", ascending: false }],
  };
  const { models } = await server.ask({ at: server.tracking, path: "mlflow/logged-models/search", body });
  const [found] = recordsIn(models);
  const { model_id } = recordOf(found?.info);
  return typeof model_id === "string"
    ? locateModelOfRun({ kind: "run", runId, path }, model_id, server)
    : undefined;
}

async function locateModelOfRun(
  { runId, path }: AskedOfRun,
  modelId: string,
  server: Server,
): Promise<Location> {
  const { uri, revision } = await locateLogged(modelId, server);
  const [, ...inside] = path.split("/");
  return { uri: [uri, ...inside].join("/"), revision: { ...revision, run_id: runId } };
}

/** What lies at another URI of MLflow's. */
async function leadOn(location: Location, server: Server, steps: number): Promise<Location> {
  const asked = readUri(location.uri);
  if (asked === undefined) return location;
  if (steps === 0)
    throw new SourceFault(
      "source/unexpected-answer",
      "an MLflow model refers to another one, and so on without an end",
      "register it again from the place of its files",
    );
  const next = await leadOn(await locate(asked, server, undefined), server, steps - 1);
  return { ...next, revision: { ...next.revision, ...location.revision, ...pick(next.revision) } };
}

function pick({ location = "" }: Revision): Revision {
  return { location };
}

function locationOf(named: Revision, uri: Serializable | undefined): Location {
  const address = demandText(uri, "a place of its files");
  return { uri: address, revision: { ...named, location: withoutSecrets(address) } };
}

/** What lets somebody in stands before an `@`, behind a colon, or in a query. */
function withoutSecrets(uri: string): string {
  return uri.replace(/[?#].*$/s, "").replace(/\/\/[^/@]*:[^/@]*@/, "//");
}

function demandReady(what: string, status: Serializable | undefined, reason: Serializable | undefined): void {
  const text = String(status ?? "");
  const said =
    typeof reason === "string" && reason !== "" ? `: ${reason.replace(/\s+/g, " ").slice(0, 200)}` : "";
  if (/PENDING/.test(text))
    throw new SourceFault(
      "source/not-ready",
      `${what} is still being registered in MLflow${said}`,
      "apply again when MLflow shows it as ready",
    );
  if (/FAILED/.test(text))
    throw new SourceFault(
      "source/not-ready",
      `${what} could not be registered in MLflow${said}`,
      "register it again, and write the new version here",
    );
}

/** A version that was deleted and registered anew has its number, and lies somewhere else. */
function demandSame(found: Revision, wanted: Revision): void {
  const own = ["version", "run_id", "model_id", "location"];
  if (own.every((key) => [undefined, found[key]].includes(wanted[key]))) return;
  throw new SourceFault(
    "source/changed",
    "MLflow has a different model under that name since it was locked",
    "if the change is intended, type `mlpackage lock --upgrade models`",
  );
}

function given(values: Readonly<Record<string, Serializable | undefined>>): Revision {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      typeof value === "string" && value !== "" ? [[key, value]] : [],
    ),
  );
}

export function recordsIn(value: Serializable | undefined): readonly SerializableRecord[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}

function demandText(value: Serializable | undefined, what: string): string {
  if (typeof value === "string" && value !== "") return value;
  if (typeof value === "number") return String(value);
  throw new SourceFault(
    "source/unexpected-answer",
    `MLflow tells no ${what.replace(/^an? /, "")}`,
    "check in MLflow that the model has files",
  );
}
