// The contract of the scoring service, line by line: what is asked for, and what an image that `apply` made answers.
// The table is printed, for whoever wants to read it.
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { type Ask, asks, type Row } from "./contract-row.ts";
import { makeForkyImage } from "./forky-image.ts";
import { docsRows, protocolRows } from "./protocol-rows.ts";
import {
  confined,
  docker,
  logsOf,
  type Request,
  repository,
  type Service,
  score,
  startReady,
} from "./runtime-image.ts";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace, PYTHON_IMAGE } from "./workspace.ts";

type Packaged = { readonly name: string; readonly image: string };

const workspace = openWorkspace("conformance");
const test = timedSuite("conformance", 300_000);

/** Python 3.11 with gunicorn 20.1, and the newest of both. */
const BASES = { bookworm: PYTHON_IMAGE, forky: makeForkyImage };

async function applyPackage(word: string, base: string): Promise<Packaged> {
  const yaml = `base_image: ${base}
models:
  - ridge.pkl
  - {name: bert, version: "2", source: weights/bert/}
inference: {entry_script: contract/score.py, source_directory: scripts}
environment: {variables: {AML_CORS_ORIGINS: "https://a.example"}}
`;
  const made = await workspace.makePackage(word, yaml, {
    "ridge.pkl": "r",
    "weights/bert/config.json": "{}",
    "scripts/where.py": WHERE,
  });
  await cp(join(repository, "fixtures/runtime"), made.at("scripts"), { recursive: true });
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  return { name: made.name, image: `${made.name}:latest` };
}

/** Says where it finds itself. */
const WHERE = `import os
import sys

import at_app_root
from azureml.core.model import Model


def init():
    pass


def run(data):
    names = ["AML_APP_ROOT", "AZUREML_ENTRY_SCRIPT", "AZUREML_MODEL_DIR"]
    told = {name: os.environ[name] for name in names}
    told["directory"] = os.getcwd()
    told["path"] = [os.environ["AML_APP_ROOT"] in sys.path, os.path.dirname(__file__) in sys.path]
    told["sibling"] = at_app_root.PLACE
    told["models"] = [Model.get_model_path("ridge"), Model.get_model_path("bert", version=2)]
    return told
`;

const told = (text: string): string => `{"message": "${text}"}`;
const RAISED = told("An unexpected error occurred in scoring script. Check the logs for more info.");
const INTERNAL = told("An unexpected internal error occurred. Check the logs for more info.");
const NOT_ALLOWED = told("The method is not allowed for the requested URL.");
const LONG = "i".repeat(101);
const FAILED = "x-ms-run-function-failed";
const TYPE = "content-type";

function routeRows(plain: Service): readonly Row[] {
  const at = (method: string, path: string, ...headers: readonly string[]) =>
    asks(plain, { method, path }, ...headers);
  return [
    ["GET /", `200 ${TYPE}=text/html; charset=utf-8 Healthy`, at("GET", "/", TYPE)],
    ["HEAD /", "200 content-length=7", at("HEAD", "/", "content-length")],
    ["OPTIONS /", "200 allow=HEAD, OPTIONS, GET", at("OPTIONS", "/", "allow")],
    ["POST /score", '200 "x"', asks(plain, score("x"))],
    ["GET /score", '200 "{\\"a\\": 1}"', at("GET", "/score?a=1")],
    ["OPTIONS /score", "200", at("OPTIONS", "/score")],
    ["PUT /score", `405 ${NOT_ALLOWED}`, at("PUT", "/score")],
    ["DELETE /score", `405 ${NOT_ALLOWED}`, at("DELETE", "/score")],
    ["PATCH /score", `405 ${NOT_ALLOWED}`, at("PATCH", "/score")],
    [
      "/swagger.json",
      /^200 \{"swagger": "2\.0".*"title": "ML service".*"version": "1\.0"/,
      at("GET", "/swagger.json"),
    ],
    ["/swagger.json, 2.0", /^200 \{"swagger": "2\.0"/, at("GET", "/swagger.json?version=2.0")],
    ["/swagger.json, 3", /^200 \{"openapi": "3\.0\.0"/, at("GET", "/swagger.json?version=3")],
    ["/swagger.json, 3.0", /^200 \{"openapi": "3\.0\.0"/, at("GET", "/swagger.json?version=3.0")],
    ["/swagger.json, 3.1", /^200 \{"openapi": "3\.1\.0"/, at("GET", "/swagger.json?version=3.1")],
    [
      "/swagger.json, another",
      `404 ${told("Swagger version [4] is not valid. Supported versions: [2, 3, 3.1].")}`,
      at("GET", "/swagger.json?version=4"),
    ],
    [
      "anything else",
      /^404 \{"message": "The requested URL was not found on the server\. If/,
      at("GET", "/else"),
    ],
    ["/score/", /^404 /, at("POST", "/score/")],
    ["better: /livez", "200 Alive", at("GET", "/livez")],
    ["better: /readyz", "200 Ready", at("GET", "/readyz")],
    ["better: /metrics", /^200 # HELP mlpackage_requests_total/, at("GET", "/metrics")],
  ];
}

function inputRows(plain: Service, headers: Service, schema: Service, raw: Service): readonly Row[] {
  const asJson = (body: string, type = "application/json"): Ask =>
    asks(schema, { headers: { "Content-Type": type }, body });
  return [
    [
      "the body, unparsed",
      '200 " {\\"a\\"}"',
      asks(plain, { headers: { "Content-Type": "image/png" }, body: ' {"a"}' }),
    ],
    ["an empty body", '200 ""', asks(plain, score(""))],
    [
      "not UTF-8",
      `400 ${told("Input cannot be decoded as UTF-8: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte")}`,
      asks(plain, { body: Buffer.from([0xff]) }),
    ],
    [
      "GET: the query as JSON",
      '200 "{\\"a\\": 1, \\"b\\": [1, 2], \\"c\\": \\"a\\", \\"d\\": null, \\"foo\\": [\\"x\\", 2]}"',
      asks(plain, { method: "GET", path: "/score?a=1&b=[1,2]&c=a&d=null&foo=x&foo=2" }),
    ],
    ["request_headers", /"X-My-Header": "1"/, asks(headers, { headers: { "x-my-HEADER": "1" }, body: "x" })],
    [
      "schema: values by name",
      "200 [9.0]",
      asJson('{"data": [[1, 2]], "options": {"scale": 3}, "extra": 1}'),
    ],
    ["schema: application/*+json", "200 [3.0]", asJson('{"data": [[1, 2]]}', "application/a+json")],
    [
      "schema: another type",
      `415 ${told("Expects Content-Type to be application/json")}`,
      asJson("{}", "text/plain"),
    ],
    ["schema: bad JSON", /^400 \{"message": "POST body could not be decoded as JSON: Expecting/, asJson("{")],
    ["schema: empty", `400 ${told("POST body is empty. Expecting a JSON dictionary.")}`, asJson("")],
    ["schema: no object", `400 ${told("POST body should be a JSON dictionary.")}`, asJson("[]")],
    ["schema: missing", `400 ${told("A value is not provided for the 'data' parameter.")}`, asJson("{}")],
    [
      "schema, better: another shape",
      `400 ${told("The input does not fit the schema of run(): a row has 1 numbers, not 2")}`,
      asJson('{"data": [[1]]}'),
    ],
    [
      "@rawhttp: the request",
      /^200 \{"method": "POST", "path": "\/score".*"args": \{"n": \["7"\]\}/,
      asks(raw, { path: "/score?n=7", body: "x" }),
    ],
    ["@rawhttp: OPTIONS", "418 OPTIONS!", asks(raw, { method: "OPTIONS", path: "/score?do=flask" })],
  ];
}

function outputRows(plain: Service, raw: Service): readonly Row[] {
  const value = (name: string, ...headers: readonly string[]): Ask => asks(plain, score(name), ...headers);
  const made = (name: string, ...headers: readonly string[]): Ask =>
    asks(raw, { path: `/score?do=${encodeURIComponent(name)}` }, ...headers);
  return [
    ["str", `200 ${TYPE}=application/json "text"`, value("a str", TYPE)],
    ["a JSON str, encoded twice", '200 "{\\"a\\": 1}"', value("a JSON str")],
    ["int", "200 42", value("an int")],
    ["float", "200 1.5", value("a float")],
    ["bool", "200 true", value("a bool")],
    ["list", '200 [1, "two", null]', value("a list")],
    ["tuple", "200 [1, 2]", value("a tuple")],
    ["dict", '200 {"a": {"b": [1.0]}}', value("a dict")],
    ["None", "200 {}", value("None")],
    ["bytes", `500 ${INTERNAL}`, value("bytes")],
    ["what JSON refuses", `500 ${INTERNAL}`, value("a set")],
    ["AMLResponse", "200 content-type=text/html; charset=utf-8 Zürich", made("text", TYPE)],
    ["AMLResponse, json_str", '201 content-type=application/json "text"', made("json text", TYPE)],
    ["AMLResponse, headers", "200 a=1 b=1, 2", made("headers", "a", "b")],
    ["AMLResponse, run_function_failed", `200 ${FAILED}=True no luck`, made("failed", FAILED)],
    [
      "AMLResponse, a generator",
      "200 transfer-encoding=chunked first\nsecond\nZürich",
      made("stream", "transfer-encoding"),
    ],
    ["raises", `500 ${FAILED}=True ${RAISED}`, value("raise", FAILED)],
    ["too slow", `500 ${FAILED}=True ${told("Scoring timeout after 500 ms")}`, value("sleep", FAILED)],
    ["the worker serves on", '200 "on"', value("on")],
    ["sys.exit", `500 ${FAILED}=True ${RAISED}`, value("exit", FAILED)],
    ["the worker is replaced", '200 "again"', value("again")],
  ];
}

function headerRows(plain: Service, version: string): readonly Row[] {
  const sent = (headers: Request["headers"] & object, ...wanted: readonly string[]): Ask =>
    asks(plain, { headers, body: "x" }, ...wanted);
  const ids = ["x-request-id", "x-ms-request-id", "x-ms-client-request-id"];
  const page = { Origin: "https://a.example" };
  const preflight = {
    ...page,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "x-a",
  };
  return [
    [
      "x-request-id: echoed",
      '200 x-request-id=a x-ms-request-id=a x-ms-client-request-id=- "x"',
      sent({ "x-request-id": "a" }, ...ids),
    ],
    ["x-request-id: made", /^200 x-request-id=[0-9a-f-]{36} /, sent({}, "x-request-id")],
    [
      "x-ms-client-request-id",
      '200 x-request-id=a x-ms-request-id=c x-ms-client-request-id=c "x"',
      sent({ "x-request-id": "a", "x-ms-client-request-id": "c" }, ...ids),
    ],
    [
      "x-ms-request-id",
      '200 x-ms-request-id=b x-ms-client-request-id=b "x"',
      sent({ "x-ms-request-id": "b" }, ...ids.slice(1)),
    ],
    [
      "x-ms-server-version",
      `200 x-ms-server-version=mlpackage/${version} "x"`,
      sent({}, "x-ms-server-version"),
    ],
    [FAILED, `200 ${FAILED}=False "x"`, sent({}, FAILED)],
    ["x-ms-run-fn-exec-ms", /^200 x-ms-run-fn-exec-ms=\d+\.\d{3} /, sent({}, "x-ms-run-fn-exec-ms")],
    ["TraceId: echoed", '200 traceid=t "x"', sent({ TraceId: "t" }, "traceid")],
    [
      "x-request-id: too long",
      `431 ${told("x-request-id must not exceed 100 characters")}`,
      sent({ "x-request-id": LONG }),
    ],
    [
      "the others: too long",
      `431 ${told("x-ms-request-id and x-ms-client-request-id must not exceed 100 characters")}`,
      sent({ "x-ms-client-request-id": LONG }),
    ],
    [
      "CORS: allowed",
      '200 access-control-allow-origin=https://a.example vary=Origin "x"',
      sent(page, "access-control-allow-origin", "vary"),
    ],
    [
      "CORS: another origin",
      '200 access-control-allow-origin=- "x"',
      sent({ Origin: "https://b.example" }, "access-control-allow-origin"),
    ],
    [
      "CORS: preflight",
      "200 access-control-allow-methods=GET, POST access-control-allow-headers=x-a",
      asks(
        plain,
        { method: "OPTIONS", headers: preflight },
        "access-control-allow-methods",
        "access-control-allow-headers",
      ),
    ],
  ];
}

function processRows(image: string, where: Service, plain: Service): readonly Row[] {
  const root = "/var/azureml-app";
  const ends =
    (script: string): Ask =>
    async () => {
      const ran = await execa(
        "docker",
        ["run", "--rm", ...confined({ image, script: `scripts/${script}` })],
        {
          reject: false,
          timeout: 60_000,
        },
      );
      return `exit ${ran.exitCode}, ${ran.stderr.includes("Traceback") ? "a traceback" : "a message"}`;
    };
  return [
    [
      "the app root",
      /"AML_APP_ROOT": "\/var\/azureml-app".*"directory": "\/var\/azureml-app"/,
      asks(where, score("x")),
    ],
    [
      "both folders on sys.path",
      /"path": \[true, true\], "sibling": "the app root"/,
      asks(where, score("x")),
    ],
    [
      "AZUREML_MODEL_DIR of several models",
      new RegExp(`"AZUREML_MODEL_DIR": "${root}/azureml-models"`),
      asks(where, score("x")),
    ],
    [
      "models by NAME/VERSION; a folder keeps its name",
      new RegExp(
        `"models": \\["${root}/azureml-models/ridge/0/ridge\\.pkl", "${root}/azureml-models/bert/2/bert"\\]`,
      ),
      asks(where, score("x")),
    ],
    ["a missing script", "exit 3, a message", ends("nowhere.py")],
    ["an import error", "exit 3, a traceback", ends("broken/import_error.py")],
    ["no init", "exit 3, a message", ends("broken/no_init.py")],
    ["no run", "exit 3, a message", ends("broken/no_run.py")],
    ["init raises", "exit 3, a traceback", ends("broken/init_raises.py")],
    ["init exits", "exit 3, a traceback", ends("broken/init_exits.py")],
    ["run(*args)", "exit 3, a message", ends("broken/run_args.py")],
    ["run(**kwargs)", "exit 3, a message", ends("broken/run_kwargs.py")],
    ["run(data, /)", "exit 3, a message", ends("broken/run_positional.py")],
    ["run()", "exit 3, a message", ends("broken/run_nothing.py")],
    [
      "stdout: what the script prints",
      "init was called",
      async () => (await logsOf(plain)).stdout.split("\n")[0] ?? "",
    ],
    [
      "SIGTERM: the request in flight, then exit 0",
      '200 "slept", exit 0',
      async () => {
        const inFlight = asks(plain, score("sleep a little"))();
        await sleep(100);
        await docker("stop", "--time", "10", plain.id);
        return `${await inFlight}, exit ${await docker("wait", plain.id)}`;
      },
    ],
  ];
}

const shorten = (text: string): string => {
  const line = text.replaceAll("\n", "⏎");
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
};

async function checkContract(word: string, base: string): Promise<void> {
  const { name, image } = await applyPackage(word, base);
  const serve = (script: string) =>
    startReady({ image, script: `scripts/${script}`, environment: { SCORING_TIMEOUT_MS: "500" } });
  const [plain, headers, schema, raw, where, tensors, untold] = (await Promise.all(
    [
      ...["contract/score.py", "headers/score.py", "schema/score.py", "raw/score.py", "where.py"],
      ...["tensors/score.py", "untold/score.py"],
    ].map(serve),
  )) as [Service, Service, Service, Service, Service, Service, Service];
  const { version } = (await import("../../package.json", { with: { type: "json" } })).default;
  const parts = {
    Routes: routeRows(plain),
    "What run is given": inputRows(plain, headers, schema, raw),
    "What run returns": outputRows(plain, raw),
    "Headers and CORS": headerRows(plain, version),
    "The page for people": docsRows(plain),
    "Open Inference Protocol v2": protocolRows({ name, version, plain, schema, raw, tensors, untold }),
    Process: processRows(image, where, plain),
  };
  const failed: string[] = [];
  let count = 0;
  for (const [part, rows] of Object.entries(parts)) {
    process.stdout.write(`\n## ${part}\n\n| line | asked for | answered | |\n|---|---|---|---|\n`);
    for (const [line, asked, ask] of rows) {
      const answered = await ask();
      const isRight = asked instanceof RegExp ? asked.test(answered) : asked === answered;
      count += 1;
      if (!isRight) failed.push(`${line}: asked for ${asked}, answered ${answered}`);
      const mark = isRight ? "✔" : "✘";
      process.stdout.write(`| ${line} | ${shorten(String(asked))} | ${shorten(answered)} | ${mark} |\n`);
    }
  }
  process.stdout.write(`\n${count - failed.length} of ${count} lines\n`);
  assert.equal(failed, []);
  assert.ok(count > 150, `${count} lines`);
}

for (const [suite, base] of Object.entries(BASES)) {
  test(`every line of the contract on ${suite}`, async () => {
    process.stdout.write(`\n# ${suite}\n`);
    await checkContract(suite, typeof base === "string" ? base : await base());
  });
}

test.run();
