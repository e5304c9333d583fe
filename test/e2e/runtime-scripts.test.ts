// What scripts of Azure ML's own kinds are given and may return: raw requests, schemas, the SDK's modules; and what is
// told of them in swagger.json, and to pages of other origins.
import type http from "node:http";
import * as assert from "uvu/assert";
import {
  type Case,
  check,
  docker,
  type Expected,
  internalError,
  json,
  logsOf,
  message,
  notAllowed,
  type Request,
  type Service,
  score,
  scriptFailed,
  send,
  setUp,
  suiteWith,
} from "./runtime-image.ts";

await setUp();

const raw = (action: string, request: Request = {}): Request => ({ ...request, path: `/score?do=${action}` });
const answer = (status: number, body: string | RegExp, headers: Expected["headers"] = {}): Expected => ({
  status,
  body,
  headers: { "x-ms-run-function-failed": "False", "x-ms-run-fn-exec-ms": /^\d+\.\d{3}$/, ...headers },
});
const HTML = "text/html; charset=utf-8";
const BOUNDARY = "--b\r\n";
const FORM = Buffer.concat([
  Buffer.from(`${BOUNDARY}Content-Disposition: form-data; name="note"\r\n\r\nZürich\r\n`),
  Buffer.from(
    `${BOUNDARY}Content-Disposition: form-data; name="image"; filename="ü.png"\r\nContent-Type: image/png\r\n\r\n`,
  ),
  Buffer.from([0, 255, 13, 10, 45, 45]),
  Buffer.from(
    `\r\n${BOUNDARY}Content-Disposition: form-data; name="image"; filename="empty.bin"\r\n\r\n\r\n--b--\r\n`,
  ),
]);

const requests: readonly Case[] = [
  [
    "POST, as it is",
    {
      path: "/score?n=7&n=8&a=%C3%BC",
      headers: { Host: "h:1", "x-my-header": "1", "Content-Type": "text/x", Cookie: "a=1; b=2" },
      body: "Zürich",
    },
    json(
      '{"method": "POST", "path": "/score", "full_path": "/score?n=7&n=8&a=%C3%BC", "url": "http://h:1/score?n=7&n=8&a=%C3%BC", ' +
        '"args": {"n": ["7", "8"], "a": ["\\u00fc"]}, "number": 7, "header": "1", "content_type": "text/x", "length": 7, ' +
        '"text": "Z\\u00fcrich", "json": null, "cookie": "1", "form": {}, "files": {}}',
    ),
  ],
  [
    "JSON",
    { headers: { "Content-Type": "application/json; charset=utf-8" }, body: '{"a": 1}' },
    { status: 200, body: /"json": \{"a": 1\}/ },
  ],
  [
    "a form",
    {
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: "a=1&a=2&b=%C3%BC&c=",
    },
    { status: 200, body: /"form": \{"a": \["1", "2"\], "b": \["\\u00fc"\], "c": \[""\]\}, "files": \{\}/ },
  ],
  [
    "uploaded files, to the byte",
    { headers: { "Content-Type": 'multipart/form-data; boundary="b"' }, body: FORM },
    {
      status: 200,
      body: /"form": \{"note": \["Z\\u00fcrich"\]\}, "files": \{"image": \[\["\\u00fc\.png", "image\/png", \[0, 255, 13, 10, 45, 45\]\], \["empty\.bin", "application\/octet-stream", \[\]\]\]\}/,
    },
  ],
  [
    "a form that is none",
    { headers: { "Content-Type": "multipart/form-data; boundary=other" }, body: FORM },
    { status: 200, body: /"form": \{\}, "files": \{\}/ },
  ],
  [
    "a chunked body",
    { headers: { "Transfer-Encoding": "chunked" }, body: "in chunks" },
    { status: 200, body: /"length": 9, "text": "in chunks"/ },
  ],
  ["not UTF-8", { body: Buffer.from([0xff]) }, { status: 200, body: /"length": 1, "text": "\\ufffd"/ }],
  ["GET", raw("reverse", { method: "GET" }), answer(200, "/score?do=reverse", { "content-type": HTML })],
  ["HEAD comes to run", raw("tell", { method: "HEAD" }), answer(200, "")],
  ["OPTIONS comes to run", raw("flask", { method: "OPTIONS" }), { status: 418, body: /^OPTIONS/ }],
  ["PUT does not", raw("tell", { method: "PUT", body: "x" }), notAllowed],
  [
    "binary data",
    raw("reverse", { body: "abc" }),
    answer(200, "cba", { "content-type": HTML, "content-length": "3" }),
  ],
];

const responses: readonly Case[] = [
  ["a plain value", raw("plain"), json('{"plain": true}')],
  ["None", raw("none"), json("{}")],
  ["bytes", raw("bytes"), internalError],
  ["text", raw("text"), answer(200, "Zürich", { "content-type": HTML })],
  ["text as JSON", raw("json%20text"), answer(201, '"text"', { "content-type": "application/json" })],
  ["JSON", raw("json"), answer(200, '{"a": [1]}', { "content-type": "application/json" })],
  [
    "a content type of its own",
    raw("dumped"),
    answer(200, '{"a": 1}', { "content-type": "application/json" }),
  ],
  ["nothing", raw("nothing"), answer(333, "{}", { "content-type": "application/json" })],
  ["no content", raw("no%20content"), answer(204, "", { "content-length": undefined })],
  ["headers", raw("headers"), answer(200, "", { a: "1", b: "1, 2" })],
  ["404", raw("404"), answer(404, "no such thing")],
  ["555 counts as failed", raw("555"), answer(555, "no luck", { "x-ms-run-function-failed": "True" })],
  ["failed, it says", raw("failed"), answer(200, "no luck", { "x-ms-run-function-failed": "True" })],
  [
    "changed after it was made",
    raw("change", { headers: { "x-request-id": "the client's" } }),
    answer(202, "x", { "x-request-id": "the client's", "x-mine": "5" }),
  ],
  [
    "Flask's",
    raw("flask", { method: "POST" }),
    { status: 418, headers: { "content-length": "5", "x-ms-run-function-failed": "False" }, body: "POST!" },
  ],
  [
    "streamed",
    raw("stream"),
    answer(200, "first\nsecond\nZürich\n", {
      "content-type": "text/event-stream",
      "transfer-encoding": "chunked",
      "content-length": undefined,
    }),
  ],
  ["a header that cannot be sent", raw("bad%20header"), internalError],
  ["a status that is none", raw("bad%20status"), internalError],
  ["a number", raw("a%20number"), scriptFailed],
  ["raised", raw("fail"), scriptFailed],
];

const rawHttp = suiteWith("@rawhttp", { script: "raw/score.py" });
rawHttp.cases([...requests, ...responses]);
rawHttp.test("a stream that breaks ends the connection, and the log says why", async ({ service }) => {
  const broken = send(service, raw("break", { headers: { "x-request-id": "find-me" } }));
  assert.match(await broken.then(String, (error: Error) => error.message), /aborted/);
  const { stderr } = await logsOf(service);
  assert.match(stderr, /the answer of run\(\) broke off, request find-me: ValueError/);
  check(await send(service, raw("plain")), json('{"plain": true}'));
});
rawHttp.test("a stream that ends the process ends no more than its connection", async ({ service }) => {
  const broken = send(service, raw("exit"));
  assert.match(await broken.then(String, (error: Error) => error.message), /aborted/);
  check(await send(service, raw("plain")), json('{"plain": true}'));
});
rawHttp.test.run();

const asJson = (body: string, contentType = "application/json"): Request => ({
  headers: { "Content-Type": contentType },
  body,
});
const schemas: readonly Case[] = [
  ["values by name", asJson('{"data": [[1, 2]], "options": {"scale": 3}}'), json("[9.0]")],
  [
    "a default, and more than is asked for",
    asJson('{"data": [[1, 2], [3, 4]], "more": 1}'),
    json("[3.0, 7.0]"),
  ],
  ["any JSON type", asJson('{"data": [[1, 2]]}', "application/vnd.x+json;a=b"), json("[3.0]")],
  ["GET", { method: "GET", path: "/score?data=[[1,2]]&options={%22scale%22:2}" }, json("[6.0]")],
  ["no JSON type", asJson("{}", "text/plain"), message(415, "Expects Content-Type to be application/json")],
  ["no type", { body: "{}" }, message(415, "Expects Content-Type to be application/json")],
  ["empty", asJson(""), message(400, "POST body is empty. Expecting a JSON dictionary.")],
  [
    "bad JSON",
    asJson("{"),
    message(
      400,
      "POST body could not be decoded as JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ),
  ],
  [
    "not UTF-8",
    { ...asJson(""), body: Buffer.from([0x22, 0xff, 0x22]) },
    { status: 400, body: /^\{"message": "POST body could not/ },
  ],
  ["nested too deep", asJson("[".repeat(100_000)), { status: 400 }],
  ["no object", asJson("[1]"), message(400, "POST body should be a JSON dictionary.")],
  ["a value is missing", asJson("{}"), message(400, "A value is not provided for the 'data' parameter.")],
  ["missing on GET", { method: "GET" }, message(400, "A value is not provided for the 'data' parameter.")],
  [
    "another shape",
    asJson('{"data": [[1]]}'),
    message(400, "The input does not fit the schema of run(): a row has 1 numbers, not 2"),
  ],
  [
    "another type",
    asJson('{"data": [[1, 2]], "options": 5}'),
    message(400, "The input does not fit the schema of run(): expected a dict, got a int"),
  ],
  [
    "another type below",
    asJson('{"data": [[1, "a"]]}'),
    message(400, "The input does not fit the schema of run(): could not convert string to float: 'a'"),
  ],
  ["raised by the script itself", asJson('{"data": [], "options": {"fail": 1}}'), scriptFailed],
  ["OPTIONS", { method: "OPTIONS" }, { status: 200, body: "" }],
];

type Described = Readonly<Record<string, unknown>> & {
  readonly info: unknown;
  readonly paths: object;
  readonly definitions?: Readonly<Record<string, unknown>>;
  readonly components?: { readonly schemas: Readonly<Record<string, unknown>> };
};
async function swagger(service: Service, query: string): Promise<Described> {
  const response = await send(service, { method: "GET", path: `/swagger.json${query}` });
  check(response, {
    status: 200,
    headers: { "content-type": "application/json", "x-ms-run-function-failed": "False" },
  });
  return JSON.parse(response.body);
}
const ERROR_RESPONSE = { type: "object", properties: { message: { type: "string" } } };

const schema = suiteWith("inference_schema", {
  script: "schema/score.py",
  environment: { SERVICE_NAME: "rows", SERVICE_VERSION: "7" },
});
schema.cases(schemas);
schema.test("samples fill the definitions", async ({ service }) => {
  const definitions = {
    ServiceInput: {
      type: "object",
      properties: { data: { type: "array" }, options: { type: "object" } },
      example: { data: [[1.5, 2.5]], options: { scale: 2 } },
    },
    ServiceOutput: { type: "array", example: [3] },
    ErrorResponse: ERROR_RESPONSE,
  };
  const two = await swagger(service, "");
  assert.equal(two.definitions, definitions);
  assert.equal(two.info, { title: "rows", description: "The scoring service rows.", version: "7" });
  assert.equal((await swagger(service, "?version=3")).components?.schemas, definitions);
});
schema.cases([
  [
    "a version that a sample has no form in",
    { method: "GET", path: "/swagger.json?version=3.1" },
    message(
      404,
      "Swagger version [3.1] is not supported for the scoring script. Supported swagger versions: [2, 3].",
    ),
  ],
]);
schema.test.run();

const shims = suiteWith("modules of the SDK", { script: "shims/score.py" });
const models = "/var/azureml-app/azureml-models";
shims.cases([
  ["a model of one file", score("one file"), json(`"${models}/one/3/model.pkl"`)],
  ["the newest version, by number", score("newest"), json(`"${models}/many/10/b.pkl"`)],
  ["a version", score("version"), json(`"${models}/many/9/a.pkl"`)],
  ["a version as text", score("version as text"), json(`"${models}/many/9/a.pkl"`)],
  ["a version with a name", score("named version"), json(`"${models}/many/beta/c.pkl"`)],
  ["a model of several files", score("several files"), json(`"${models}/several/1"`)],
  ["below the working directory", score("below the working directory"), json('"at_app_root.py"')],
  [
    "no such model",
    score("none"),
    json(
      `"FileNotFoundError: there is no model no-such in ${models}, nor in /var/azureml-app: ` +
        'found many/10, many/9, many/beta, one/3, several/1"',
    ),
  ],
  [
    "what is not offered",
    score("what nobody has"),
    { status: 200, body: /^"ImportError: cannot import name 'Run'/ },
  ],
  ["AMLResponse of a plain run", score("a response"), answer(201, '{"from": "text input"}')],
  ["one class by both names", score("one class by both names"), json("true")],
]);
shims.test.run();

const partly = suiteWith("modules of the SDK, installed in part", {
  script: "shims/score.py",
  environment: { WITH_REAL: "1" },
});
partly.cases([
  ["what is installed wins", score("one file"), json('"the real one\'s"')],
  ["in the package as well", score("version as text"), json('"the real one\'s"')],
  ["what is not is ours", score("a response"), answer(201, '{"from": "text input"}')],
]);
partly.test.run();

const origins = suiteWith("swagger and CORS", {
  environment: { AML_CORS_ORIGINS: "https://a.example, https://B.example" },
});
const page = (origin: string, more: http.OutgoingHttpHeaders = {}): http.OutgoingHttpHeaders => ({
  Origin: origin,
  ...more,
});
const NOT_SHARED = { "access-control-allow-origin": undefined, "access-control-allow-methods": undefined };
const SHARED = { "access-control-allow-origin": "https://b.example", vary: "Origin" };
const PREFLIGHT = {
  "Access-Control-Request-Method": "POST",
  "Access-Control-Request-Headers": "x-a, content-type",
};
origins.cases([
  ["an allowed origin", { headers: page("https://b.example"), body: "x" }, answer(200, '"x"', SHARED)],
  [
    "on a page",
    { method: "GET", path: "/", headers: page("https://b.example") },
    { status: 200, headers: SHARED },
  ],
  ["on an error", { path: "/x", headers: page("https://b.example") }, { status: 404, headers: SHARED }],
  ["another origin", { headers: page("https://c.example"), body: "x" }, answer(200, '"x"', NOT_SHARED)],
  ["no origin", { body: "x" }, answer(200, '"x"', { ...NOT_SHARED, vary: undefined })],
  [
    "a preflight",
    { method: "OPTIONS", headers: page("https://b.example", PREFLIGHT) },
    {
      status: 200,
      headers: {
        ...SHARED,
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "x-a, content-type",
      },
      body: "",
    },
  ],
  [
    "a preflight for another method",
    { method: "OPTIONS", headers: page("https://b.example", { "Access-Control-Request-Method": "PUT" }) },
    { status: 200, headers: { ...SHARED, "access-control-allow-methods": undefined } },
  ],
  [
    "a preflight of another origin",
    { method: "OPTIONS", headers: page("https://c.example", PREFLIGHT) },
    { status: 200, headers: NOT_SHARED },
  ],
  [
    "a version that is none",
    { method: "GET", path: "/swagger.json?version=4" },
    message(404, "Swagger version [4] is not valid. Supported versions: [2, 3, 3.1]."),
  ],
  ["POST /swagger.json", { path: "/swagger.json", body: "x" }, notAllowed],
  ["HEAD /swagger.json", { method: "HEAD", path: "/swagger.json" }, { status: 200, body: "" }],
]);
const FORMS = {
  "": ["2.0"],
  "?version=2": ["2.0"],
  "?version=2.0": ["2.0"],
  "?version=3": [undefined, "3.0.0"],
  "?version=3.0": [undefined, "3.0.0"],
  "?version=3.1": [undefined, "3.1.0"],
};
for (const [query, [two, three]] of Object.entries(FORMS)) {
  origins.test(`/swagger.json${query}`, async ({ service }) => {
    const described = await swagger(service, query);
    assert.is(described.swagger, two);
    assert.is(described.openapi, three);
    assert.equal(described.info, {
      title: "ML service",
      description: "The scoring service ML service.",
      version: "1.0",
    });
    assert.equal(Object.keys(described.paths), ["/", "/score", "/swagger.json"]);
    const anything = { type: "object", example: {} };
    assert.equal(described.definitions ?? described.components?.schemas, {
      ServiceInput: anything,
      ServiceOutput: anything,
      ErrorResponse: ERROR_RESPONSE,
    });
  });
}
origins.test.run();

const described = suiteWith("a swagger.json of the user's", {
  script: "swagger/score.py",
  environment: { AML_CORS_ORIGINS: "*" },
});
described.test("takes our place, version by version", async ({ service }) => {
  assert.equal((await swagger(service, "")).info, { title: "the user's own" });
  assert.equal((await swagger(service, "?version=3.1")).info, { title: "the user's newest" });
  assert.is((await swagger(service, "?version=3")).openapi, "3.0.0");
});
described.cases([
  [
    "any origin",
    { headers: page("null"), body: "x" },
    answer(200, '"x"', { "access-control-allow-origin": "null" }),
  ],
]);
described.test("SIGTERM: exit 0", async ({ service }) => {
  await docker("stop", "--time", "10", service.id);
  assert.is(await docker("wait", service.id), "0");
});
described.test.run();
