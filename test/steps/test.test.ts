import { suite } from "uvu";
import * as assert from "uvu/assert";
import { identifyProcess } from "../../src/host/process-identity.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { Service } from "../../src/model/engine.ts";
import type { StepOutput } from "../../src/model/outcome.ts";
import { succeed } from "../../src/model/result.ts";
import type { Serializable } from "../../src/model/serializable.ts";
import { testKind } from "../../src/steps/test.ts";
import { type Handler, startServer } from "../fakes/http-server.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { only } from "../fakes/only.ts";
import { makeStepContext } from "../fakes/step-context.ts";
import { makeStep } from "../fakes/steps.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("test step");

const loaded: StepOutput = { digest: digestOf("loaded"), files: [], values: { image: "sha256:image" } };

type Options = {
  readonly readiness?: string;
  readonly state?: Service["state"];
  readonly log?: readonly string[];
  readonly clockRate?: number;
  readonly tests?: readonly Serializable[];
  readonly abandoned?: readonly Service[];
  readonly testFiles?: Readonly<Record<string, string>>;
};

const BODIES = { "body.json": '{"from": "a file"}', "body.bin": "\u0001" };
const BODY_DIGESTS = Object.fromEntries(Object.entries(BODIES).map(([name, text]) => [name, digestOf(text)]));

/** Runs the step against a container that is a server of ours. */
async function run(
  handler: Handler,
  {
    readiness = "/readyz",
    state,
    log = ["Traceback", "KeyError: 'data'"],
    clockRate,
    tests = [],
    abandoned = [],
    testFiles = BODY_DIGESTS,
  }: Options = {},
) {
  const { port, requests } = await startServer(handler);
  let removed = 0;
  const service = only<Service>({
    hostPort: port,
    state: state ?? (async () => ({ running: true, exitCode: 0 })),
    halt: async () => {},
    logTail: async () => log,
    remove: async () => {
      removed += 1;
    },
  });
  const asked: object[] = [];
  const context = makeStepContext(
    makeFolder(BODIES),
    {
      start: async (request) => {
        asked.push(request);
        return succeed(service);
      },
      findServices: async () => abandoned,
    },
    { "load:image": loaded },
  );
  const clock = createManualClock(clockRate);
  const step = makeStep("test", "load:image", {
    kind: "test",
    inputs: { port: 5001, readiness, tests, testFiles },
  });
  const result = await testKind.run(step, { ...context, host: { ...context.host, clock } });
  assert.is(removed, 1, "the container is removed once, however it went");
  const diagnostics = result.ok ? [] : result.diagnostics;
  return { result, requests, asked, clock, diagnostics, codes: diagnostics.map(({ code }) => code) };
}

function makeTest(name: string, request: object, expect: object): Serializable {
  return {
    name,
    exchanges: [makeExchange(request, expect)],
  };
}

function makeExchange(request: object, expect: object, repeat = 1) {
  return {
    request: { method: "POST", path: "/score", headers: {}, ...request },
    repeat,
    expect: { status: 200, tolerance: 1e-9, headers: {}, ...expect },
  };
}

const echo: Handler = (request, response) => {
  if (request.url === "/readyz") return void response.end("ready");
  let body = "";
  request.on("data", (chunk) => {
    body += chunk;
  });
  request.on("end", () => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ type: request.headers["content-type"] ?? null, body }));
  });
};

const bodies: readonly (readonly [what: string, request: object, answer: Serializable])[] = [
  ["data is sent as JSON", { body: { a: [1] } }, { type: "application/json", body: '{"a":[1]}' }],
  ["a text as it is", { body: "é" }, { type: "text/plain; charset=utf-8", body: "é" }],
  ["null is data", { body: null }, { type: "application/json", body: "null" }],
  ["nothing", {}, { type: null, body: "" }],
  ["a file", { bodyFile: "body.json" }, { type: "application/json", body: '{"from": "a file"}' }],
  ["another file", { bodyFile: "body.bin" }, { type: "application/octet-stream", body: "\u0001" }],
  [
    "the type that is asked for",
    { body: "<a/>", headers: { "Content-Type": "text/xml" } },
    { type: "text/xml", body: "<a/>" },
  ],
];

for (const [what, request, answer] of bodies) {
  test(`request: ${what}`, async () => {
    const { result, diagnostics } = await run(echo, { tests: [makeTest("one", request, { json: answer })] });
    assert.ok(result.ok, JSON.stringify(diagnostics));
    assert.equal(result.value.values.passed, ["one"]);
  });
}

test("the image is started on a port the kernel chooses", async () => {
  const { asked } = await run(echo);
  const { image, port, hostPort } = asked[0] as { image: string; port: number; hostPort: number };
  assert.equal([image, port, hostPort], ["sha256:image", 5001, 0]);
});

test("without tests it has to become ready", async () => {
  const { result, requests } = await run(echo);
  assert.ok(result.ok);
  assert.equal(requests, ["GET /readyz"]);
});

test("it is asked until it is ready", async () => {
  let polls = 0;
  const { result, clock } = await run((_request, response) => {
    polls += 1;
    response.writeHead(polls < 4 ? 503 : 200).end();
  });
  assert.ok(result.ok);
  assert.is(clock.sleeps.length, 3);
});

test("of a foreign server any answer will do", async () => {
  const { result, requests } = await run((_request, response) => response.writeHead(404).end(), {
    readiness: "",
  });
  assert.ok(result.ok);
  assert.equal(requests, ["GET /"]);
});

for (const [exitCode, line, hint] of [
  [3, "ModuleNotFoundError: No module named 'pandas'", /^add the package that has `pandas` to /],
  [
    3,
    "FileNotFoundError: [Errno 2] No such file or directory: 'model.pkl'",
    /AZUREML_MODEL_DIR.*"model\.pkl"/,
  ],
  [3, "FileNotFoundError: [Errno 2] No such file or directory: '/etc/a'", /^correct the entry script/],
  [137, "loading", /lack of memory/],
] as const) {
  test(`of a container that ends with ${exitCode} and ${line}, the hint says what to do`, async () => {
    const { diagnostics } = await run((_request, response) => response.writeHead(503).end(), {
      state: async () => ({ running: false, exitCode }),
      log: ["Traceback", line, "mlpackage: score.py cannot be imported"],
    });
    assert.match(diagnostics[0]?.hint ?? "", hint);
  });
}

test("a container that ends tells why, once", async () => {
  const { codes, diagnostics } = await run((_request, response) => response.writeHead(503).end(), {
    state: async () => ({ running: false, exitCode: 3 }),
  });
  assert.equal(codes, ["service/exited"]);
  assert.equal(diagnostics[0]?.details, { exitCode: 3 });
  assert.equal(diagnostics[0]?.excerpt, ["the container's log:", "Traceback", "KeyError: 'data'"]);
});

test("one that never gets ready is given up", async () => {
  const { codes, clock } = await run((_request, response) => response.writeHead(503).end(), {
    clockRate: 1000,
  });
  assert.equal(codes, ["service/not-ready"]);
  assert.ok(clock.monotonic() >= 600_000);
});

test("every test is asked, and all that is wrong is told, the log last", async () => {
  const tests = [
    makeTest("first", { body: "x" }, { status: 500, contains: "nothing" }),
    makeTest("second", { body: "x" }, {}),
    makeTest("third", { body: "x" }, { json: 1 }),
  ];
  const { codes, diagnostics, requests } = await run(echo, { tests });
  assert.equal(codes, ["test/failed", "test/failed", "test/failed"]);
  assert.equal(
    diagnostics.map(({ details }) => details?.test),
    ["first", "first", "third"],
  );
  assert.equal(
    diagnostics.map(({ excerpt = [] }) => excerpt.includes("Traceback")),
    [false, false, true],
  );
  assert.is(requests.filter((request) => request === "POST /score").length, 3);
});

test("a service that hangs up fails the test it hangs up on", async () => {
  const handler: Handler = (request, response) =>
    request.url === "/readyz" ? response.end() : request.socket.destroy();
  const { codes } = await run(handler, { tests: [makeTest("one", {}, {})] });
  assert.equal(codes, ["test/no-answer"]);
});

test("a body that changed since the plan was made is not sent", async () => {
  const one = makeTest("from a file", { bodyFile: "body.json" }, {});
  await run(echo, { tests: [one], testFiles: { "body.json": digestOf("another") } }).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, "`body.json` changed"),
  );
});

const described = {
  openapi: "3.1.0",
  info: { title: "a", version: "1" },
  paths: {
    "/score": {
      post: {
        requestBody: { content: { "application/json": { schema: { type: "object" } } } },
        responses: {
          default: { description: "a", content: { "application/json": { schema: { required: ["type"] } } } },
        },
      },
    },
  },
};

const describing =
  (answer: string, status = 200): Handler =>
  (request, response) =>
    request.url === "/swagger.json?version=3.1"
      ? response.writeHead(status).end(answer)
      : echo(request, response);

test("what the service says of itself is asked for once, and by who wants it", async () => {
  const tests = [1, 2].map((number) => makeTest(`test ${number}`, { body: {} }, { swagger: true }));
  const { result, requests } = await run(describing(JSON.stringify(described)), { tests });
  assert.ok(result.ok);
  assert.is(requests.filter((request) => request === "GET /swagger.json?version=3.1").length, 1);
  assert.not.ok((await run(echo, { tests: [makeTest("one", {}, {})] })).requests.join().includes("swagger"));
});

const WHERE = "`/swagger.json?version=3.1`";

const undescribed: readonly (readonly [what: string, handler: Handler, message: string])[] = [
  ["none", describing("none of it", 404), `${WHERE} is not there: the service answers 404`],
  ["no JSON", describing("<html>"), `${WHERE} is no JSON`],
  ["too deep", describing(`${"[".repeat(600)}${"]".repeat(600)}`), `${WHERE} has more than 500 levels`],
  ["too long", describing("x".repeat(5 << 20)), `${WHERE} has more than 4194304 bytes`],
  [
    "Swagger",
    describing('{"swagger": "2.0"}'),
    `${WHERE} is written in Swagger 2.0, and only OpenAPI 3.1 can be`,
  ],
  [
    "OpenAPI 3.0",
    describing('{"openapi": "3.0.3"}'),
    `${WHERE} is written in OpenAPI 3.0.3, and only OpenAPI 3.1`,
  ],
  ["null", describing("null"), `${WHERE} is no valid OpenAPI 3.1: $: must be object, got null`],
  [
    "two mistakes",
    describing(JSON.stringify({ ...described, openapi: 3.1, info: { title: "a" } })),
    `${WHERE} is no valid OpenAPI 3.1: $.info.version: is missing; 2 places differ`,
  ],
];

for (const [what, handler, message] of undescribed) {
  test(`a service that says of itself: ${what}`, async () => {
    const { codes, diagnostics } = await run(handler, { tests: [makeTest("one", {}, { swagger: true })] });
    assert.equal(codes, ["test/failed"]);
    assert.ok(diagnostics[0]?.message.startsWith(`test \`one\`: ${message}`), diagnostics[0]?.message);
  });
}

test("containers of runs that were killed are removed, those of others are let be", async () => {
  const removed: string[] = [];
  const left = (name: string, labels: Service["labels"]) =>
    only<Service>({ labels, remove: async () => void removed.push(name) });
  const alive = identifyProcess().id;
  const dead = alive.replace(/-\d+$/, "-1");
  const owner = (id: string) => ({ "org.mlpackage.owner": id });
  const abandoned = [left("dead", owner(dead)), left("alive", owner(alive)), left("nobody's", {})];
  await run(echo, { abandoned });
  assert.equal(removed, ["dead"]);
});

test.run();
