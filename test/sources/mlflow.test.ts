import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { LockedModel } from "../../src/model/lock-file.ts";
import type { Result } from "../../src/model/result.ts";
import type { Source, SourceReference } from "../../src/model/source.ts";
import { httpSource } from "../../src/sources/http.ts";
import { createMlflowSource } from "../../src/sources/mlflow.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { makeReference, makeSourceContext } from "../fakes/source-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { startFileServer } from "../rig/servers/files.ts";
import { type MlflowState, startMlflow } from "../rig/servers/mlflow.ts";

const test = suite("mlflow source");

const FOLDER = "0/r1/artifacts/ridge";

const artifacts: MlflowState["artifacts"] = {
  [`${FOLDER}/MLmodel`]: Buffer.from("flavors: {}\n"),
  [`${FOLDER}/model.pkl`]: Buffer.from("weights"),
  [`${FOLDER}/code/a b/train#1.py`]: Buffer.from("print(1)\n"),
  [`${FOLDER}/code/__init__.py`]: Buffer.alloc(0),
  "0/r1/artifacts/plain.onnx": Buffer.from("onnx"),
  "1/models/m-1/artifacts/MLmodel": Buffer.from("logged"),
};

const versionOf = (version: string, more: object = {}) => ({
  name: "ridge",
  version,
  source: `mlflow-artifacts:/${FOLDER}`,
  run_id: "r1",
  ...more,
});

const state: MlflowState = {
  artifacts,
  versions: [
    versionOf("9", { current_stage: "Production" }),
    versionOf("10"),
    versionOf("11", { status: "PENDING_REGISTRATION", current_stage: "Staging" }),
    versionOf("12", { status: "FAILED_REGISTRATION", status_message: "no such bucket" }),
    versionOf("13", { source: "models:/m-1", model_id: "m-1" }),
    versionOf("14", { source: "s3://bucket/ridge" }),
    versionOf("15", { source: "/mnt/mlruns/0/r1/artifacts/ridge" }),
    versionOf("16", { source: "models:/ridge/16" }),
    versionOf("17", { source: "mlflow-artifacts:/0/r1/artifacts/plain.onnx" }),
    versionOf("18", { source: "mlflow-artifacts:/0/nowhere" }),
    versionOf("19", { source: "dbfs://token:s3cret@host/ridge?sig=s3cret" }),
  ],
  aliases: { "ridge@champion": "9" },
  runs: { r1: "mlflow-artifacts:/0/r1/artifacts" },
  loggedModels: [
    {
      model_id: "m-1",
      name: "tree",
      artifact_uri: "mlflow-artifacts:/1/models/m-1/artifacts",
      source_run_id: "r1",
    },
    {
      model_id: "m-2",
      name: "late",
      artifact_uri: "mlflow-artifacts:/1/models/m-2/artifacts",
      status: "LOGGED_MODEL_PENDING",
    },
  ],
};

type Serving = {
  readonly state?: Partial<MlflowState>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly home?: Readonly<Record<string, string>>;
  readonly prefix?: string;
  readonly elsewhere?: (uri: string) => Source | undefined;
};

/** A server, and a source that asks it. */
async function serve({ state: changed, environment, home, prefix, elsewhere }: Serving = {}) {
  const known: MlflowState = { ...state, ...changed };
  const { url, requests } = await startMlflow(known, prefix);
  const context = makeSourceContext(makeFolder(), {
    clock: createManualClock(),
    random: () => 1,
    environment: {
      HOME: makeFolder(home ?? {}),
      MLFLOW_TRACKING_URI: `${url}${prefix ?? ""}`,
      ...environment,
    },
  });
  const source = createMlflowSource(elsewhere ?? (() => undefined));
  const referenceOf = (uri: string, more: Partial<SourceReference> = {}) =>
    makeReference(`mlflow:${uri}`, more);
  const pin = (uri: string, more?: Partial<SourceReference>) => source.pin(referenceOf(uri, more), context);
  const fetch = async (uri: string, more?: Partial<SourceReference>) => {
    const pinned = await pin(uri, more);
    return pinned.ok ? source.fetch(referenceOf(uri, more), pinned.value, context) : pinned;
  };
  return { url, requests, known, context, source, pin, fetch };
}

function told(result: Result<unknown>): string {
  return result.ok
    ? "ok"
    : result.diagnostics.map(({ code, message, hint }) => `${code}: ${message} (${hint})`).join("\n");
}

const WHOLE = ["MLmodel", "code/__init__.py", "code/a b/train#1.py", "model.pkl"];

const revisions: readonly (readonly [uri: string, revision: object, paths: readonly string[]])[] = [
  ["models:/ridge/10", { version: "10", run_id: "r1", location: `mlflow-artifacts:/${FOLDER}` }, WHOLE],
  ["models:/ridge@champion", { version: "9", run_id: "r1", location: `mlflow-artifacts:/${FOLDER}` }, WHOLE],
  [
    "models:/ridge/Production",
    { version: "9", run_id: "r1", location: `mlflow-artifacts:/${FOLDER}` },
    WHOLE,
  ],
  ["models:/m-1", { model_id: "m-1", location: "mlflow-artifacts:/1/models/m-1/artifacts" }, ["MLmodel"]],
  [
    "models:/ridge/13",
    { version: "13", run_id: "r1", model_id: "m-1", location: "mlflow-artifacts:/1/models/m-1/artifacts" },
    ["MLmodel"],
  ],
  [
    "models:/ridge/17",
    { version: "17", run_id: "r1", location: "mlflow-artifacts:/0/r1/artifacts/plain.onnx" },
    ["plain.onnx"],
  ],
  ["runs:/r1/ridge", { run_id: "r1", location: "mlflow-artifacts:/0/r1/artifacts" }, WHOLE],
  ["runs:/r1/ridge/code/a b", { run_id: "r1", location: "mlflow-artifacts:/0/r1/artifacts" }, ["train#1.py"]],
  ["runs:/r1/plain.onnx", { run_id: "r1", location: "mlflow-artifacts:/0/r1/artifacts" }, ["plain.onnx"]],
  [
    "runs:/r1/tree",
    { run_id: "r1", model_id: "m-1", location: "mlflow-artifacts:/1/models/m-1/artifacts" },
    ["MLmodel"],
  ],
];

for (const [uri, revision, paths] of revisions) {
  test(`${uri} is pinned to what names it for good, and brought`, async () => {
    const { pin, fetch } = await serve();
    const pinned = await pin(uri);
    assert.is(told(pinned), "ok");
    assert.equal(pinned.ok && [pinned.value.identity.revision, pinned.value.paths], [revision, paths]);
    const fetched = await fetch(uri);
    assert.is(told(fetched), "ok");
    assert.equal(fetched.ok && fetched.value.map(({ path }) => path), paths);
  });
}

test("the bytes are those of the artifacts, whatever their names, and an empty one has none", async () => {
  const { fetch } = await serve();
  const fetched = await fetch("models:/ridge/10");
  assert.ok(fetched.ok);
  for (const { path, digest } of fetched.value)
    assert.is(digest, digestOf(artifacts[`${FOLDER}/${path}`] ?? ""));
});

test("the latest version is the highest, and is told where it is not ready", async () => {
  const ready = { versions: [versionOf("9", { current_stage: "Production" }), versionOf("10")] };
  const pinned = await (await serve({ state: ready })).pin("models:/ridge/latest");
  assert.equal(pinned.ok && (pinned.value.identity.revision as { version: string }).version, "10");
  const { pin } = await serve();
  assert.match(told(await pin("models:/ridge/Staging")), /^source\/not-ready/);
  assert.match(told(await pin("models:/ridge/Archived")), /has no version in the stage `Archived`/);
});

type Refused = readonly [uri: string, told: RegExp];

const refused: readonly Refused[] = [
  ["models:/ridge/11", /^source\/not-ready: version 11 .* still being registered/],
  ["models:/ridge/12", /^source\/not-ready: version 12 .* could not be registered in MLflow: no such bucket/],
  ["models:/m-2", /^source\/not-ready: the model `m-2` is still being registered/],
  ["models:/ridge/99", /answers 404 .*version=99\) not found \(check `MLFLOW_TRACKING_URI`, and the name/],
  ["models:/ridge@nobody", /answers 400 .*alias nobody not found\. \(check `MLFLOW_TRACKING_URI`/],
  ["runs:/r9/ridge", /Run with id=r9 not found/],
  ["runs:/r1/nothing", /^source\/not-found: MLflow has no files at `mlflow:runs:\/r1\/nothing`/],
  ["models:/ridge/18", /^source\/not-found/],
  ["models:/ridge/14", /^source\/unknown-artifact-store: .*at `s3:`/],
  ["models:/ridge/15", /^source\/unknown-artifact-store: .*on the disk of its server.*--serve-artifacts/],
  ["models:/ridge/16", /^source\/unexpected-answer: .*without an end/],
];

for (const [uri, expected] of refused) {
  test(`${uri} is refused`, async () => {
    assert.match(told(await (await serve()).pin(uri)), expected);
  });
}

test("what lets somebody in at a store is not told", async () => {
  const result = told(await (await serve()).pin("models:/ridge/19"));
  assert.match(result, /at `dbfs:`/);
  assert.not.match(result, /s3cret/);
});

test("a server that hands out no artifacts is told how to", async () => {
  const { pin } = await serve({ state: { servesNoArtifacts: true } });
  assert.match(told(await pin("models:/ridge/10")), /answers 501 .*--serve-artifacts/);
});

test("a page to log in at is no answer", async () => {
  const { url } = await startFileServer({
    "/api/2.0/mlflow/model-versions/get": Buffer.from("<html>Who are you?</html>"),
  });
  const { pin } = await serve({ environment: { MLFLOW_TRACKING_URI: url } });
  assert.match(told(await pin("models:/ridge/10")), /^source\/unexpected-answer: .*MLFLOW_TRACKING_URI/);
});

const basic = `Basic ${Buffer.from("ada:s3cret").toString("base64")}`;

const logins: readonly (readonly [what: string, serving: Serving, authorization: string])[] = [
  [
    "user and password",
    { environment: { MLFLOW_TRACKING_USERNAME: "ada", MLFLOW_TRACKING_PASSWORD: "s3cret" } },
    basic,
  ],
  ["a token", { environment: { MLFLOW_TRACKING_TOKEN: "t0ken" } }, "Bearer t0ken"],
  [
    "user and password before a token",
    {
      environment: {
        MLFLOW_TRACKING_USERNAME: "ada",
        MLFLOW_TRACKING_PASSWORD: "s3cret",
        MLFLOW_TRACKING_TOKEN: "t0ken",
      },
    },
    basic,
  ],
  [
    "the file of credentials",
    {
      home: {
        ".mlflow/credentials":
          "[other]\nmlflow_tracking_username = eve\n[mlflow]\nmlflow_tracking_username = ada\nmlflow_tracking_password=s3cret\n",
      },
    },
    basic,
  ],
];

for (const [what, serving, authorization] of logins) {
  test(`who we are is said by ${what}, and in no pin`, async () => {
    const { fetch, pin } = await serve({ ...serving, state: { authorization } });
    assert.is(told(await fetch("models:/ridge/10")), "ok");
    assert.not.match(JSON.stringify(await pin("models:/ridge/10")), /ada|s3cret|t0ken/);
  });
}

test("nobody is let in without, and told what to set", async () => {
  const { pin } = await serve({ state: { authorization: basic } });
  assert.match(told(await pin("models:/ridge/10")), /answers 401 .*MLFLOW_TRACKING_USERNAME/);
});

test("a user in the address is sent, and not told", async () => {
  const { pin, url, context, source } = await serve({ state: { authorization: basic } });
  assert.not((await pin("models:/ridge/10")).ok);
  const host = {
    ...context.host,
    environment: { ...context.host.environment, MLFLOW_TRACKING_URI: url.replace("//", "//ada:s3cret@") },
  };
  const ask = (uri: string) => source.pin(makeReference(`mlflow:${uri}`), { ...context, host });
  assert.is(told(await ask("models:/ridge/10")), "ok");
  assert.not.match(told(await ask("models:/ridge/99")), /s3cret/);
});

test("another server that has the artifacts is not told who we are", async () => {
  const other = await startMlflow({ artifacts, authorization: "nobody says this" });
  const port = new URL(other.url).host;
  const versions = [versionOf("1", { source: `mlflow-artifacts://${port}/${FOLDER}` })];
  const { pin } = await serve({
    state: { versions, authorization: "Bearer t0ken" },
    environment: { MLFLOW_TRACKING_TOKEN: "t0ken" },
  });
  assert.match(told(await pin("models:/ridge/1")), /answers 401/);
  const open = await startMlflow({ artifacts });
  const ofOpen = [versionOf("1", { source: `mlflow-artifacts://${new URL(open.url).host}/${FOLDER}` })];
  assert.is(told(await (await serve({ state: { versions: ofOpen } })).fetch("models:/ridge/1")), "ok");
});

test("the registry may be another server, and the API may lie below a path", async () => {
  const registry = await startMlflow({ ...state, artifacts: {} });
  const { fetch } = await serve({
    prefix: "/ml/flow",
    state: { versions: [] },
    environment: { MLFLOW_REGISTRY_URI: registry.url },
  });
  assert.is(told(await fetch("models:/ridge/10")), "ok");
});

test("an address of the proxy's own, in place of its scheme, is the same", async () => {
  const first = await serve();
  const source = `${first.url}/api/2.0/mlflow-artifacts/artifacts/${FOLDER}`;
  const { fetch } = await serve({ state: { versions: [versionOf("1", { source })] } });
  assert.is(told(await fetch("models:/ridge/1")), "ok");
});

test("what MLflow only names comes by the source for that", async () => {
  const files = await startFileServer({ "/dir/model.onnx": Buffer.from("onnx") });
  const versions = [versionOf("1", { source: `${files.url}/dir/model.onnx` })];
  const { fetch, pin } = await serve({
    state: { versions, runs: { r1: `${files.url}/dir` }, authorization: "Bearer t0ken" },
    environment: { MLFLOW_TRACKING_TOKEN: "t0ken" },
    elsewhere: (uri) => (uri.startsWith("http:") ? httpSource : undefined),
  });
  for (const uri of ["models:/ridge/1", "runs:/r1/model.onnx"]) {
    const fetched = await fetch(uri);
    assert.is(told(fetched), "ok");
    assert.equal(fetched.ok && fetched.value.map(({ path, digest }) => [path, digest]), [
      ["model.onnx", digestOf("onnx")],
    ]);
  }
  assert.is(told(await pin("runs:/r1/model.onnx")), "ok");
});

test("pages are put together, and a list that changes between them is told", async () => {
  const { fetch, requests, known } = await serve({ state: { pageSize: 1 } });
  const fetched = await fetch("runs:/r1/ridge");
  assert.equal(fetched.ok && fetched.value.map(({ path }) => path), WHOLE);
  assert.ok(requests.some((request) => request.includes("page_token=2")));
  let size = 0;
  const moving = new Proxy(known.artifacts, {
    ownKeys: (target) => {
      size += 1;
      target[`${FOLDER}/new-${size}.bin`] = Buffer.from("x");
      return Reflect.ownKeys(target);
    },
  });
  const { pin } = await serve({ state: { pageSize: 2, artifacts: { ...known.artifacts } } });
  assert.is(told(await pin("runs:/r1/ridge")), "ok");
  const other = await serve({ state: { pageSize: 3, artifacts: moving } });
  assert.match(told(await other.pin("runs:/r1/ridge")), /^source\/changed: .*while they were listed/);
});

test("an artifact of another size than listed is refused", async () => {
  const { pin, source, context, known } = await serve({ state: { artifacts: { ...artifacts } } });
  const reference = makeReference("mlflow:models:/ridge/10");
  const pinned = await pin("models:/ridge/10");
  assert.ok(pinned.ok);
  known.artifacts[`${FOLDER}/model.pkl`] = Buffer.from("weight");
  assert.match(told(await source.fetch(reference, pinned.value, context)), /^source\/wrong-size/);
  const other = createMlflowSource(() => undefined);
  assert.match(told(await other.fetch(reference, pinned.value, context)), /^source\/changed/);
});

const lockedAt = (version: string, more: object = {}): LockedModel => ({
  source: "mlflow:models:/ridge@champion",
  revision: { version, run_id: "r1", location: `mlflow-artifacts:/${FOLDER}`, ...more },
  files: { "model.pkl": { digest: digestOf("weights"), size: 7 } },
});

test("what is locked is brought, although the alias has moved on", async () => {
  const { fetch, requests } = await serve({ state: { aliases: { "ridge@champion": "11" } } });
  const locked = lockedAt("10");
  assert.is(told(await fetch("models:/ridge@champion", { locked, include: ["*.pkl"] })), "ok");
  assert.not(requests.some((request) => request.includes("alias")));
});

test("a version that has another model by now is told", async () => {
  const locked = lockedAt("10", { location: "mlflow-artifacts:/0/other" });
  const result = await (await serve()).fetch("models:/ridge@champion", { locked });
  assert.match(told(result), /^source\/changed: .*\(.*lock --upgrade models/);
});

test("a model of a run stays that one, although a later one has its name", async () => {
  const later = { model_id: "m-3", name: "tree", artifact_uri: "mlflow-artifacts:/1/x", source_run_id: "r1" };
  const { fetch } = await serve({ state: { loggedModels: [later, ...(state.loggedModels ?? [])] } });
  const locked: LockedModel = {
    source: "mlflow:runs:/r1/tree",
    revision: { run_id: "r1", model_id: "m-1", location: "mlflow-artifacts:/1/models/m-1/artifacts" },
    files: { MLmodel: { digest: digestOf("logged"), size: 6 } },
  };
  assert.is(told(await fetch("runs:/r1/tree", { locked })), "ok");
});

const settings: readonly (readonly [environment: Readonly<Record<string, string>>, told: RegExp])[] = [
  [{ MLFLOW_TRACKING_URI: "" }, /the address of MLflow is not set \(type `export MLFLOW_TRACKING_URI=https/],
  [{ MLFLOW_TRACKING_URI: "databricks" }, /`MLFLOW_TRACKING_URI` is not the address of a server/],
  [{ MLFLOW_TRACKING_URI: "file:///mlruns" }, /write its path as the `source`/],
  [{ MLFLOW_REGISTRY_URI: "sqlite:///x.db" }, /`MLFLOW_REGISTRY_URI` is not the address/],
  [{ MLFLOW_TRACKING_INSECURE_TLS: "true" }, /NODE_EXTRA_CA_CERTS/],
  [{ MLFLOW_TRACKING_SERVER_CERT_PATH: "/ca.pem" }, /set `NODE_EXTRA_CA_CERTS` to the same file/],
  [{ MLFLOW_TRACKING_CLIENT_CERT_PATH: "/me.pem" }, /MLFLOW_TRACKING_TOKEN/],
  [{ MLFLOW_TRACKING_AWS_SIGV4: "true" }, /is not supported/],
  [{ MLFLOW_TRACKING_AUTH: "custom" }, /is not supported/],
];

for (const [environment, expected] of settings) {
  test(`with ${JSON.stringify(environment)} nobody is asked`, async () => {
    const { pin, requests } = await serve({ environment });
    const result = told(await pin("models:/ridge/10"));
    assert.match(result, /^source\/mlflow-setting/);
    assert.match(result, expected);
    assert.equal(requests, []);
  });
}

test("a switch that is off, and a certificate that Node trusts, are no obstacle", async () => {
  const environment = {
    MLFLOW_TRACKING_INSECURE_TLS: "false",
    MLFLOW_TRACKING_SERVER_CERT_PATH: "/ca.pem",
    NODE_EXTRA_CA_CERTS: "/ca.pem",
  };
  assert.is(told(await (await serve({ environment })).pin("models:/ridge/10")), "ok");
});

test("folders without an end are refused", async () => {
  const endless = await startEndless();
  const { pin } = await serve({ environment: { MLFLOW_TRACKING_URI: endless } });
  assert.match(told(await pin("runs:/r1/ridge")), /^source\/unexpected-answer: .*has no end/);
});

async function startEndless(): Promise<string> {
  const { startService } = await import("../rig/servers/service.ts");
  const { url } = await startService((request, response) => {
    const isRun = request.url?.includes("runs/get");
    const json = isRun
      ? { run: { info: { artifact_uri: "mlflow-artifacts:/0/r1" } } }
      : { files: [], next_page_token: "same" };
    response.setHeader("content-type", "application/json").end(JSON.stringify(json));
  });
  return url;
}

test.run();
