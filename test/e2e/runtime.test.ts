// The Python of src/runtime, in real containers (runtime-image.ts).
import { readFile } from "node:fs/promises";
import net from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type Case,
  type Context,
  check,
  confined,
  docker,
  internalError,
  json,
  logsOf,
  message,
  notAllowed,
  notFound,
  page,
  repository,
  type Service,
  type Start,
  score,
  scriptFailed,
  send,
  setUp,
  start,
  statusOf,
  suiteWith,
} from "./runtime-image.ts";

const timedOut = message(500, "Scoring timeout after 500 ms", "True");
const idTooLong = message(431, "x-request-id must not exceed 100 characters");
const otherIdTooLong = message(
  431,
  "x-ms-request-id and x-ms-client-request-id must not exceed 100 characters",
);
const longest = "i".repeat(100);
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const routes: readonly Case[] = [
  ["GET /", { path: "/", method: "GET" }, page("Healthy")],
  ["GET / with a query", { path: "/?probe", method: "GET" }, page("Healthy")],
  ["HEAD /", { path: "/", method: "HEAD" }, { ...page(""), headers: { "content-length": "7" } }],
  [
    "OPTIONS /",
    { path: "/", method: "OPTIONS" },
    { status: 200, headers: { allow: "HEAD, OPTIONS, GET" }, body: "" },
  ],
  ["DELETE /", { path: "/", method: "DELETE" }, notAllowed],
  ["GET /livez", { path: "/livez", method: "GET" }, page("Alive", "text/plain; charset=utf-8")],
  ["GET /readyz", { path: "/readyz", method: "GET" }, page("Ready", "text/plain; charset=utf-8")],
  ["OPTIONS /score", { method: "OPTIONS" }, { status: 200, headers: { "content-length": "0" }, body: "" }],
  ["PUT /score", { method: "PUT", body: "x" }, { ...notAllowed, headers: { allow: "GET, POST, OPTIONS" } }],
  ["DELETE /score", { method: "DELETE" }, notAllowed],
  ["PATCH /score", { method: "PATCH", body: "x" }, notAllowed],
  ["HEAD /score does not score", { method: "HEAD" }, { status: 405, body: "" }],
  ["/score/", { path: "/score/", body: "x" }, notFound],
  ["/anything", { path: "/anything", method: "GET" }, notFound],
  ["a body that nobody reads", { path: "/anything", body: "x".repeat(1_000_000) }, notFound],
];

const inputs: readonly Case[] = [
  ["the body, as it is", score(' {"data": [1]}\n'), json(JSON.stringify(' {"data": [1]}\n'))],
  ["whatever the content type", { headers: { "Content-Type": "image/png" }, body: "x" }, json('"x"')],
  ["UTF-8", score("Zürich"), json('"Z\\u00fcrich"')],
  ["an empty body", score(""), json('""')],
  ["no body", { method: "POST" }, json('""')],
  ["a chunked body", { headers: { "Transfer-Encoding": "chunked" }, body: "in chunks" }, json('"in chunks"')],
  ["a large body", score("x".repeat(3_000_000)), { status: 200, headers: { "content-length": "3000002" } }],
  ["Expect: 100-continue", { headers: { Expect: "100-continue" }, body: "x" }, json('"x"')],
  [
    "not UTF-8",
    { body: Buffer.from([0xff]) },
    message(
      400,
      "Input cannot be decoded as UTF-8: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
    ),
  ],
  [
    "GET gives the query as JSON",
    { method: "GET", path: "/score?a=1&b=[1,2]&c=a&d=null&foo=x&foo=2" },
    json(JSON.stringify('{"a": 1, "b": [1, 2], "c": "a", "d": null, "foo": ["x", 2]}')),
  ],
  [
    "GET with an encoded query",
    { method: "GET", path: "/score?a=%7B%22b%22%3A+true%7D&%C3%BC=&flag" },
    json(JSON.stringify('{"a": {"b": true}, "\\u00fc": "", "flag": ""}')),
  ],
  ["GET without a query", { method: "GET" }, json('"{}"')],
  ["GET with deep nonsense", { method: "GET", path: `/score?a=${"[".repeat(3500)}` }, { status: 200 }],
];

const outputs: readonly Case[] = [
  ["str", score("a str"), json('"text"')],
  ["a JSON str is encoded twice", score("a JSON str"), json('"{\\"a\\": 1}"')],
  ["a non-ASCII str", score("a non-ASCII str"), json('"Z\\u00fcrich"')],
  ["int", score("an int"), json("42")],
  ["float", score("a float"), json("1.5")],
  ["bool", score("a bool"), json("true")],
  ["list", score("a list"), json('[1, "two", null]')],
  ["tuple", score("a tuple"), json("[1, 2]")],
  ["dict", score("a dict"), json('{"a": {"b": [1.0]}}')],
  ["None", score("None"), json("{}")],
  ["bytes", score("bytes"), internalError],
  ["a set", score("a set"), internalError],
  ["a circular list", score("a circle"), internalError],
  ["numpy is not imported for a script that does not", score("is numpy imported?"), json("false")],
];

const failures: readonly Case[] = [
  ["an exception", score("raise"), scriptFailed],
  ["an exception that is no Exception", score("raise a BaseException"), scriptFailed],
  ["endless recursion", score("recurse"), scriptFailed],
  ["too slow", score("sleep"), timedOut],
  ["too slow, with an `except Exception`", score("sleep through errors"), timedOut],
  ["the worker serves on", score("on"), json('"on"')],
  ["sys.exit", score("exit"), scriptFailed],
  ["the worker is replaced", score("again"), json('"again"')],
];

const identifiers: readonly Case[] = [
  [
    "none are given",
    {},
    {
      status: 200,
      headers: {
        "x-request-id": uuid,
        "x-ms-request-id": uuid,
        "x-ms-client-request-id": undefined,
        traceid: undefined,
      },
    },
  ],
  [
    "x-request-id",
    { headers: { "x-request-id": longest } },
    {
      status: 200,
      headers: { "x-request-id": longest, "x-ms-request-id": longest, "x-ms-client-request-id": undefined },
    },
  ],
  [
    "x-ms-request-id",
    { headers: { "x-ms-request-id": "legacy" } },
    {
      status: 200,
      headers: { "x-request-id": uuid, "x-ms-request-id": "legacy", "x-ms-client-request-id": "legacy" },
    },
  ],
  [
    "x-ms-client-request-id",
    { headers: { "x-ms-client-request-id": "client" } },
    {
      status: 200,
      headers: { "x-request-id": uuid, "x-ms-request-id": "client", "x-ms-client-request-id": "client" },
    },
  ],
  [
    "all three",
    { headers: { "x-request-id": "a", "x-ms-request-id": "b", "x-ms-client-request-id": "c" } },
    { status: 200, headers: { "x-request-id": "a", "x-ms-request-id": "b", "x-ms-client-request-id": "c" } },
  ],
  ["TraceId", { headers: { TraceId: "trace" } }, { status: 200, headers: { traceid: "trace" } }],
  [
    "on an error",
    { path: "/x", headers: { "x-request-id": "a" } },
    { status: 404, headers: { "x-request-id": "a" } },
  ],
  [
    "x-request-id too long",
    { headers: { "x-request-id": `${longest}i` } },
    { ...idTooLong, headers: { "x-request-id": undefined, "x-ms-request-id": undefined } },
  ],
  [
    "x-ms-request-id too long",
    { headers: { "x-request-id": "a", "x-ms-request-id": `${longest}i` } },
    { ...otherIdTooLong, headers: { "x-request-id": "a", "x-ms-request-id": undefined } },
  ],
  [
    "x-ms-client-request-id too long",
    { headers: { "x-ms-client-request-id": `${longest}i` } },
    otherIdTooLong,
  ],
];

const givenHeaders: readonly Case[] = [
  [
    "names in title case, and every parameter by its name",
    { headers: { "x-my-HEADER": "1", "Content-Type": "text/csv", Host: "host" }, body: "a,b" },
    json(
      '{"data": "a,b", "request_headers": {"X-My-Header": "1", "Host": "host", "Connection": "close", ' +
        '"Content-Type": "text/csv", "Content-Length": "3"}, "optional": null}',
    ),
  ],
];

const imports: readonly Case[] = [
  ["a module next to the script", score("sibling"), json('"next to the script"')],
  ["the same from the app root", score("sibling by its folder"), json('"next to the script"')],
  ["a module in the app root", score("app root"), json('"the app root"')],
  [
    "a module with the name of one of ours",
    score("sibling named as the server"),
    json('"next to the script"'),
  ],
  ["the script's own name", score("module name"), json('"score"')],
  ["a pickle of a class of the script", score("class in a pickle"), json("2")],
  ["the app root is the working directory", score("working directory"), json('"/var/azureml-app"')],
  ["AZUREML_MODEL_DIR is left alone", score("model folder"), json('"/var/azureml-app/azureml-models/m/0"')],
  ["nothing of ours is on the path", score("server on the path"), json("[]")],
];

const arrays: readonly Case[] = [
  ["a scalar with a fraction", score("float"), json("1.5")],
  ["a whole scalar", score("int"), json("3")],
  ["an array", score("array"), json("[[1, 2], [3, 4]]")],
  ["inside of others", score("inside"), json('{"rows": [[1.5, 2.5]], "of": [1]}')],
  ["as a key", score("key"), json('{"7": "seven"}')],
  ["next to what JSON refuses", score("bytes inside"), internalError],
];

/** What keeps the server from starting, and what it says. */
const broken: Readonly<Record<string, Start & { readonly log: RegExp }>> = {
  "a missing script": { script: "nowhere.py", log: /there is no file \/var\/azureml-app\/nowhere\.py/ },
  "no script named": { script: "", log: /AZUREML_ENTRY_SCRIPT is not set/ },
  "an import error": { script: "broken/import_error.py", log: /ModuleNotFoundError.*no_such_module/ },
  "a syntax error": { script: "broken/syntax_error.py", log: /line 1\n {4}def init\(:\n(.*\n)SyntaxError/ },
  "sys.exit at import": {
    script: "broken/exit_at_import.py",
    log: /SystemExit: 0\nmlpackage: .*cannot be imported/,
  },
  "no init": { script: "broken/no_init.py", log: /no_init\.py does not define init\(\)/ },
  "no run": { script: "broken/no_run.py", log: /no_run\.py does not define run\(\)/ },
  "init raises, and leaves a thread running": {
    script: "broken/init_raises.py",
    log: /^Traceback.*\n {2}File "\/var\/azureml-app\/broken\/init_raises\.py", line 7, in init\n(.*\n)+OSError: the model is damaged\nmlpackage: init\(\) of .* did not return\n$/,
  },
  "init raises in the first of several workers": {
    script: "broken/init_raises.py",
    environment: { WORKER_COUNT: "4" },
    log: /OSError: the model is damaged/,
  },
  "init raises in the main process": {
    script: "broken/init_raises.py",
    environment: { WORKER_PRELOAD: "true" },
    log: /OSError: the model is damaged/,
  },
  "init calls sys.exit": { script: "broken/init_exits.py", log: /SystemExit: 0\n/ },
  "init crashes": { script: "broken/init_crashes.py", log: /init_crashes\.py", line 6 in init\n/ },
  "init takes too long": {
    script: "broken/init_hangs.py",
    environment: { WORKER_TIMEOUT: "1" },
    log: /WORKER TIMEOUT(.*\n)+.*SystemExit: 1\n/,
  },
  "run(*args)": { script: "broken/run_args.py", log: /run\(\*data\) cannot be called by name/ },
  "run(**kwargs)": { script: "broken/run_kwargs.py", log: /run\(\*\*data\) cannot be called by name/ },
  "run(data, /)": { script: "broken/run_positional.py", log: /run\(data, \/\) cannot be called by name/ },
  "run()": { script: "broken/run_nothing.py", log: /run\(\) has no parameter for the input/ },
  "run(request_headers)": { script: "broken/run_headers_only.py", log: /has no parameter for the input/ },
  "run(data, more)": { script: "broken/run_two.py", log: /nothing gives `more` a value/ },
  "async run": { script: "broken/run_async.py", log: /run\(\) of .* is `async`/ },
  "@rawhttp and @input_schema": {
    script: "broken/raw_and_schema.py",
    log: /^mlpackage: run\(\) cannot be decorated with both @rawhttp and @input_schema\n$/,
  },
  "a swagger file that is no JSON": {
    script: "bad_swagger/score.py",
    log: /^mlpackage: \/var\/azureml-app\/bad_swagger\/swagger3\.json cannot be read as JSON: Expecting value/,
  },
  MLPACKAGE_LOG_FORMAT: {
    environment: { MLPACKAGE_LOG_FORMAT: "xml" },
    log: /MLPACKAGE_LOG_FORMAT is 'xml', but must be text or json/,
  },
  "MLPACKAGE_QUEUE_LIMIT, in the form of the log": {
    environment: { MLPACKAGE_LOG_FORMAT: "json", MLPACKAGE_QUEUE_LIMIT: "-1" },
    log: /^\{"time": "[^"]+\+00:00", "level": "ERROR", "message": "MLPACKAGE_QUEUE_LIMIT is -1, but must be from 0 to 1024"\}\n$/,
  },
  MLPACKAGE_BODY_LIMIT: {
    environment: { MLPACKAGE_BODY_LIMIT: "1MB" },
    log: /MLPACKAGE_BODY_LIMIT is '1MB', which is not a whole number/,
  },
  WORKER_COUNT: {
    environment: { WORKER_COUNT: "two" },
    log: /WORKER_COUNT is 'two', which is not a whole number/,
  },
  WORKER_TIMEOUT: { environment: { WORKER_TIMEOUT: "-1" }, log: /WORKER_TIMEOUT is -1, but must be/ },
  WORKER_PRELOAD: { environment: { WORKER_PRELOAD: "maybe" }, log: /WORKER_PRELOAD is 'maybe', but/ },
  SCORING_TIMEOUT_MS: { environment: { SCORING_TIMEOUT_MS: "1s" }, log: /SCORING_TIMEOUT_MS is '1s'/ },
  MLPACKAGE_PORT: { environment: { MLPACKAGE_PORT: "70000" }, log: /MLPACKAGE_PORT is 70000, but must be/ },
  "no folder for heartbeats": {
    options: ["--ipc", "none"],
    log: /neither \/dev\/shm nor a folder for temporary files can be written to/,
  },
  "no gunicorn": {
    environment: { PYTHONPATH: "/var/azureml-app/broken/no_gunicorn" },
    log: /^mlpackage: gunicorn cannot be imported by \/usr\/bin\/python3 .*Add `gunicorn/,
  },
};

await setUp();

const contract = suiteWith("contract", { environment: { SCORING_TIMEOUT_MS: "500" } });
contract.cases([...routes, ...inputs, ...outputs, ...failures, ...identifiers]);
contract.test("the server's version is the package's", async ({ service }) => {
  const { version } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
  check(await send(service, {}), { status: 200, headers: { "x-ms-server-version": `mlpackage/${version}` } });
});
/** What comes back for these very bytes. */
async function sendBytes({ port }: Service, bytes: string): Promise<string> {
  const socket = net.connect(port, "127.0.0.1");
  socket.end(bytes);
  let answer = "";
  for await (const chunk of socket.setEncoding("utf8")) answer += chunk;
  return answer;
}

contract.test("a client that goes away half-way is not scored", async ({ service }) => {
  const half = "POST /score HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf of it";
  assert.match(
    await sendBytes(service, half),
    /^HTTP\/1.1 400 .*The body is shorter than its Content-Length\."}$/s,
  );
});
contract.test("what is malformed is the client's fault, and not scored", async ({ service }) => {
  const before = (await logsOf(service)).stderr.length;
  const head = "POST /score HTTP/1.1\r\nHost: h\r\n";
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nno trailer\r\n\r\n`;
  assert.match(await sendBytes(service, chunked), /^HTTP\/1.1 400 .*The body cannot be read: /s);
  const controlled = `${head}TraceId: a\x01b\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx`;
  assert.match(await sendBytes(service, controlled), /^HTTP\/1.1 400 .*must not hold control characters"}$/s);
  assert.not.match((await logsOf(service)).stderr.slice(before), "Traceback");
});
contract.test("what the script prints is seen at once, on stdout alone", async ({ service }) => {
  await send(service, score("print"));
  const { stdout, stderr } = await logsOf(service);
  assert.is(stdout, "init was called\ninit was called\nprinted, line 1\nprinted, line 2");
  assert.not.match(stderr, /printed|init was called/);
});
contract.test("the log has what the client was not told", async ({ service }) => {
  await send(service, { headers: { "x-request-id": "find-me" }, body: "raise" });
  const { stderr } = await logsOf(service);
  assert.match(
    stderr,
    /Traceback.*\n {2}File "\/var\/azureml-app\/contract\/score\.py".*\n(.*\n)+ValueError: the reason, for the log only\nmlpackage: run\(\) raised, request find-me/,
  );
  assert.match(stderr, /run\(\) took longer than 500 ms/);
  assert.match(stderr, /cannot be sent, .*: Object of type bytes is not JSON serializable/);
});
contract.test("SIGTERM: the request in flight is answered, then exit 0", async ({ service }) => {
  const inFlight = send(service, score("sleep a little"));
  await sleep(100);
  await docker("stop", "--time", "10", service.id);
  check(await inFlight, json('"slept"'));
  assert.is(await docker("wait", service.id), "0");
});
contract.test.run();

const headers = suiteWith("request_headers, and no /dev/shm", {
  script: "headers/score.py",
  options: ["--ipc", "none", "--tmpfs", "/tmp"],
});
headers.cases(givenHeaders);
headers.test.run();

const modules = suiteWith("imports", {
  script: "imports/score.py",
  environment: { AZUREML_MODEL_DIR: "/var/azureml-app/azureml-models/m/0" },
});
modules.cases(imports);
modules.test("logging.info is shown, of the root logger and of others", async ({ service }) => {
  const { stderr } = await logsOf(service);
  assert.is(stderr, "INFO:root:root logger, at import\nINFO:named:named logger, in init");
});
modules.test.run();

const numpy = suiteWith("numpy", { script: "arrays/score.py" });
numpy.cases(arrays);
numpy.test.run();

const preloaded = suiteWith("preloaded", { environment: { WORKER_PRELOAD: "true", WORKER_COUNT: "2" } });
preloaded.cases([
  ["answers", score("preloaded"), json('"preloaded"')],
  ["a worker that leaves", score("exit"), scriptFailed],
  ["is replaced", score("again"), json('"again"')],
]);
preloaded.test("init is called once", async ({ service }) => {
  assert.is((await logsOf(service)).stdout, "init was called");
});
preloaded.test.run();

const starting = suite<Context>("starting");
starting.before(async (context) => {
  context.service = await start({ script: "readiness/score.py", environment: { WORKER_COUNT: "2" } });
});
starting("not ready until every worker is, and always alive", async ({ service }) => {
  const seen = new Map<string, number>();
  const deadline = Date.now() + 15_000;
  while (!seen.has("200 200 200") && Date.now() < deadline) {
    const live = await statusOf(service, "/livez");
    const ready = await statusOf(service, "/readyz");
    const state = `${live} ${ready} ${await statusOf(service, "/score")}`;
    if (live !== undefined) seen.set(state, (seen.get(state) ?? 0) + 1);
    await sleep(20);
  }
  assert.equal([...seen.keys()], ["200 503 503", "200 503 200", "200 200 200"]);
  // The second worker takes two seconds longer: not a chance meeting of two answers.
  assert.ok((seen.get("200 503 200") ?? 0) > 5);
});
starting.run();

const doorkeeper = suite<Context>("doorkeeper");
doorkeeper.before(async (context) => {
  context.service = await start({ script: "broken/init_hangs.py" });
  while ((await statusOf(context.service, "/livez")) === undefined) await sleep(20);
});
doorkeeper("says when to come again", async ({ service }) => {
  check(await send(service, score("x".repeat(1_000_000))), {
    status: 503,
    headers: { "retry-after": "1", "content-type": "application/json" },
    body: '{"message": "The service is starting."}',
  });
});
doorkeeper("SIGTERM while init runs: exit 0, at once", async ({ service }) => {
  const started = Date.now();
  await docker("stop", "--time", "10", service.id);
  assert.is(await docker("wait", service.id), "0");
  assert.ok(Date.now() - started < 3000);
});
doorkeeper.run();

const replacement = suiteWith("a replacement that fails", { script: "replacement/score.py" });
replacement.test("ends the server, and is not tried again", async ({ service }) => {
  check(await send(service, score("x")), scriptFailed);
  assert.is(await docker("wait", service.id), "3");
  const { stderr } = await logsOf(service);
  assert.is(stderr.match(/init\(\) of .* did not return/g)?.length, 1);
});
replacement.test.run();

const together = suite<Context>("workers that fail at the same moment");
together.before(async (context) => {
  context.service = await start({ script: "broken/init_raises_late.py", environment: { WORKER_COUNT: "4" } });
  while ((await logsOf(context.service)).stdout.split("loading").length < 5) await sleep(20);
});
together("exit 3: none is waited for that no signal told of", async ({ service }) => {
  // The main process hears of them all by one signal: it sleeps until the last has ended.
  await docker("kill", "--signal", "STOP", service.id);
  await sleep(3000);
  await docker("kill", "--signal", "CONT", service.id);
  assert.is(await docker("wait", service.id), "3");
});
together.run();

function runToItsEnd(how: Start) {
  const options = { reject: false, stripFinalNewline: false, timeout: 60_000 } as const;
  return execa("docker", ["run", "--rm", ...confined(how)], options);
}

const failing = suite<{ runs: Map<string, Promise<Awaited<ReturnType<typeof runToItsEnd>>>> }>("exit 3");
failing.before((context) => {
  context.runs = new Map();
  for (const [name, how] of Object.entries(broken)) {
    // Each waits for the one four before it: more at once only take longer, each of them.
    const before = [...context.runs.values()].at(-4);
    context.runs.set(
      name,
      Promise.resolve(before).then(() => runToItsEnd(how)),
    );
  }
});
for (const [name, { log }] of Object.entries(broken)) {
  failing(name, async ({ runs }) => {
    const ran = await runs.get(name);
    assert.is(ran?.exitCode, 3, ran?.stderr);
    assert.match(ran?.stderr ?? "", log);
    assert.is(ran?.stdout, "");
  });
}
failing.run();
