import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { startService } from "./service.ts";

export type ModelVersion = {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly status?: string;
  readonly status_message?: string;
  readonly run_id?: string;
  readonly model_id?: string;
  readonly current_stage?: string;
};

/** All that a server knows; a test may change it while it runs. */
export type MlflowState = {
  /** By their paths in the artifact store, `0/RUN/artifacts/model/MLmodel`. */
  artifacts: Record<string, Buffer>;
  versions?: readonly ModelVersion[];
  /** The version of each alias, by `NAME@ALIAS`. */
  aliases?: Readonly<Record<string, string>>;
  /** The address of a run's artifacts, by its id. */
  runs?: Readonly<Record<string, string>>;
  loggedModels?: readonly {
    readonly model_id: string;
    readonly name: string;
    readonly artifact_uri: string;
    readonly source_run_id?: string;
    readonly status?: string;
  }[];
  /** What `Authorization` must be; without one, everybody is let in. */
  authorization?: string;
  /** How many files a page of `artifacts/list` has. */
  pageSize?: number;
  /** `--no-serve-artifacts`. */
  servesNoArtifacts?: boolean;
};

type Answer = { readonly status?: number; readonly json: unknown };

type Call = {
  readonly state: MlflowState;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
};

/**
 * The parts of MLflow's REST API 2.0 that tell of models and hand them out, as its own server answers: errors as
 * `{error_code, message}`, files in chunks without a length, a folder's list by names, that of a run by paths and in pages.
 */
export async function startMlflow(state: MlflowState, prefix = "") {
  return startService(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://x");
    if (state.authorization !== undefined && request.headers.authorization !== state.authorization)
      return void response
        .writeHead(401, { "www-authenticate": 'Basic realm="mlflow"', "content-type": "text/html" })
        .end("You are not authenticated. Please see the documentation on how to authenticate.");
    const api = `${prefix}/api/2.0/`;
    if (!url.pathname.startsWith(api)) return void response.writeHead(404).end("Not Found");
    const place = url.pathname.slice(api.length);
    const [, artifact] = /^mlflow-artifacts\/artifacts\/(.+)$/.exec(place) ?? [];
    if (artifact !== undefined) return sendArtifact(decodeURIComponent(artifact), state, response);
    const body = await readJson(request);
    sendJson(answer(place, { state, query: url.searchParams, body }), response);
  });
}

async function readJson(request: IncomingMessage): Promise<Call["body"]> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
}

function sendJson({ status = 200, json }: Answer, response: ServerResponse): void {
  const text = JSON.stringify(json);
  response
    .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
    .end(text);
}

/** No length, no range, no ETag. */
function sendArtifact(place: string, state: MlflowState, response: ServerResponse): void {
  const content = state.artifacts[place];
  if (state.servesNoArtifacts || content === undefined) {
    sendJson(state.servesNoArtifacts ? wordDisabled() : missing(`No such artifact: ${place}`), response);
    return;
  }
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename=${encodeURIComponent(path.posix.basename(place))}`,
    "x-content-type-options": "nosniff",
    "transfer-encoding": "chunked",
  });
  for (let at = 0; at < content.length; at += 64 << 10) response.write(content.subarray(at, at + (64 << 10)));
  response.end();
}

function answer(place: string, call: Call): Answer {
  const [, loggedId] = /^mlflow\/logged-models\/([^/]+)$/.exec(place) ?? [];
  if (loggedId === "search") return searchLogged(call);
  if (loggedId !== undefined) return getLogged(decodeURIComponent(loggedId), call);
  const act = ACTS[place];
  return act === undefined ? missing(`no endpoint ${place}`, "ENDPOINT_NOT_FOUND") : act(call);
}

const ACTS: Readonly<Record<string, (call: Call) => Answer>> = {
  "mlflow/model-versions/get": (call) => {
    const found = versionOf(call);
    return found === undefined ? noVersion(call) : { json: { model_version: tell(found) } };
  },
  "mlflow/model-versions/get-download-uri": (call) => {
    const found = versionOf(call);
    return found === undefined ? noVersion(call) : { json: { artifact_uri: found.source } };
  },
  "mlflow/registered-models/alias": ({ state, query }) => {
    const version = state.aliases?.[`${query.get("name")}@${query.get("alias")}`];
    const found = state.versions?.find((one) => one.name === query.get("name") && one.version === version);
    return found === undefined
      ? invalid(`Registered model alias ${query.get("alias")} not found.`)
      : { json: { model_version: tell(found) } };
  },
  "mlflow/registered-models/get-latest-versions": ({ state, body }) => {
    const stages = (body.stages ?? []) as readonly string[];
    const own = (state.versions ?? []).filter(({ name }) => name === body.name);
    if (own.length === 0) return missing(`Registered Model with name=${body.name} not found`);
    const byStage = new Map(own.map((one) => [one.current_stage ?? "None", one]));
    const latest = [...byStage].filter(([stage]) => stages.length === 0 || stages.includes(stage));
    return { json: latest.length === 0 ? {} : { model_versions: latest.map(([, one]) => tell(one)) } };
  },
  "mlflow/runs/get": ({ state, query }) => {
    const id = query.get("run_id") ?? "";
    const artifact_uri = state.runs?.[id];
    return artifact_uri === undefined
      ? missing(`Run with id=${id} not found`)
      : { json: { run: { info: { run_id: id, experiment_id: "0", status: "FINISHED", artifact_uri } } } };
  },
  "mlflow/artifacts/list": listRun,
  "mlflow-artifacts/artifacts": ({ state, query }) => {
    if (state.servesNoArtifacts) return wordDisabled();
    const files = listFolder(query.get("path") ?? "", state);
    return { json: files.length === 0 ? {} : { files } };
  },
};

function versionOf({ state, query }: Call): ModelVersion | undefined {
  return state.versions?.find(
    ({ name, version }) => name === query.get("name") && version === query.get("version"),
  );
}

function tell({ status = "READY", current_stage = "None", ...version }: ModelVersion) {
  return { creation_timestamp: 1_700_000_000_000, status, current_stage, ...version };
}

function listRun({ state, query }: Call): Answer {
  const id = query.get("run_id") ?? "";
  const root_uri = state.runs?.[id];
  if (root_uri === undefined) return missing(`Run with id=${id} not found`);
  const root = root_uri.replace(/^mlflow-artifacts:\/*/, "");
  const folder = query.get("path") ?? "";
  const files = listFolder([root, folder].filter(Boolean).join("/"), state).map((file) => ({
    ...file,
    path: [folder, file.path].filter(Boolean).join("/"),
  }));
  const start = Number(query.get("page_token") ?? 0);
  const end = start + (state.pageSize ?? files.length);
  return {
    json: {
      root_uri,
      ...(files.length > 0 && { files: files.slice(start, end) }),
      ...(end < files.length && { next_page_token: String(end) }),
    },
  };
}

/** What lies right in a folder; nothing where there is none, or a file. A file without a byte has no size. */
function listFolder(folder: string, { artifacts }: MlflowState) {
  const prefix = folder === "" ? "" : `${folder.replace(/\/+$/, "")}/`;
  const below = Object.entries(artifacts).flatMap(([place, content]) =>
    place.startsWith(prefix) ? [{ name: place.slice(prefix.length), size: content.length }] : [],
  );
  const files = below
    .filter(({ name }) => !name.includes("/"))
    .map(({ name, size }) => ({ path: name, is_dir: false, ...(size > 0 && { file_size: size }) }));
  const folders = new Set(
    below.flatMap(({ name }) => (name.includes("/") ? [name.slice(0, name.indexOf("/"))] : [])),
  );
  return [...files, ...[...folders].map((name) => ({ path: name, is_dir: true }))];
}

function getLogged(id: string, { state }: Call): Answer {
  const found = state.loggedModels?.find(({ model_id }) => model_id === id);
  return found === undefined
    ? missing(`Logged model with ID '${id}' not found.`)
    : { json: { model: { info: { status: "LOGGED_MODEL_READY", ...found } } } };
}

/** By the two attributes that a run's model is looked for with. */
function searchLogged({ state, body }: Call): Answer {
  const [, name, run] = /^name = '([^']*)' AND source_run_id = '([^']*)'$/.exec(String(body.filter)) ?? [];
  if (name === undefined) return invalid(`Invalid filter: ${body.filter}`);
  const found = (state.loggedModels ?? []).filter((one) => one.name === name && one.source_run_id === run);
  const models = found.map((info) => ({ info: { status: "LOGGED_MODEL_READY", ...info } }));
  return { json: models.length === 0 ? {} : { models } };
}

function noVersion({ query }: Call): Answer {
  return missing(`Model Version (name=${query.get("name")}, version=${query.get("version")}) not found`);
}

function missing(message: string, error_code = "RESOURCE_DOES_NOT_EXIST"): Answer {
  return { status: 404, json: { error_code, message } };
}

function invalid(message: string): Answer {
  return { status: 400, json: { error_code: "INVALID_PARAMETER_VALUE", message } };
}

function wordDisabled(): Answer {
  return {
    status: 501,
    json: { message: "Endpoint disabled due to the mlflow server running with `--no-serve-artifacts`." },
  };
}
