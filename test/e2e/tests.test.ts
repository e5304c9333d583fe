// What `tests` can say of an image: each kind passing and failing, with all that is told of it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { findContainers, inspectImage } from "./engine.ts";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace } from "./workspace.ts";

const workspace = openWorkspace("kinds");
const test = timedSuite("kinds of tests");

/** Answers by what it is sent, counts, is slow, and tells the type and the digest of any other bytes. */
const SCRIPT = `import hashlib, time
from azureml.contrib.services.aml_request import rawhttp
from azureml.contrib.services.aml_response import AMLResponse

count = 0

def init():
    pass

@rawhttp
def run(request):
    global count
    body = request.get_data()
    if body == b"count":
        count += 1
        return AMLResponse({"count": count}, 200, json_str=True)
    if body == b"slow":
        time.sleep(0.3)
        return AMLResponse("slow", 200, json_str=True)
    if body == b"hostile":
        return AMLResponse("]]></system-out><x>\\x1b[31m\\x00", 200)
    if body == b"rows":
        rows = [{"id": 1, "score": 0.5}, {"id": 2, "score": 0.75}, {"id": 3, "score": None}]
        return AMLResponse({"rows": rows, "model": "ridge"}, 200, json_str=True)
    kind = request.headers.get("content-type")
    return AMLResponse({"type": kind, "sha256": hashlib.sha256(body).hexdigest()}, 200, json_str=True)
`;

const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0xff, 0xfe]);
const PNG_DIGEST = createHash("sha256").update(PNG).digest("hex");

const schemaOf = (...types: readonly string[]) =>
  JSON.stringify({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    required: ["rows", "model"],
    properties: { rows: { items: { $ref: "#/$defs/row" } } },
    $defs: { row: { properties: { score: { type: types } } } },
  });

const passing = `tests:
  - name: places with a tolerance of their own
    request: {body: rows}
    expect:
      json: {rows: [{id: 1, score: 0.501}, {id: 2, score: 0.75}, {id: 3, score: null}], model: ridge}
      tolerance: {"$.rows[*].score": 0.01}
  - name: a schema in a file
    request: {body: rows}
    expect: {schema: answer.schema.json}
  - name: a value that is picked
    request: {body: rows}
    expect: {select: "$.rows[1]", json: {id: 2, score: 0.75}, schema: {required: [id]}}
  - name: a list that is picked
    request: {body: rows}
    expect: {select: "$.rows[?@.score > 0.6].id", json: [2]}
  - name: an image
    request: {body_file: picture.PNG}
    expect: {json: {type: image/png, sha256: ${PNG_DIGEST}}}
  - name: an array of a type of its own
    request: {body_file: array.npy, headers: {Content-Type: application/x-npy}}
    expect: {select: $.type, json: application/x-npy}
  - name: latency
    request: {body: rows}
    repeat: 20
    expect: {max_latency: {p50: 5s, p95: 5s, max: 10s}}
  - name: counts
    requests:
      - {body: count, expect: {json: {count: 1}}}
      - {body: count, repeat: 3, expect: {select: $.count, schema: {minimum: 2, maximum: 4}}}
      - {body: count, expect: {json: {count: 5}}}
`;

const FILES = { "picture.PNG": PNG, "array.npy": PNG, "answer.schema.json": schemaOf("number", "null") };
const good = await workspace.makePackage("good", passing, { "score.py": SCRIPT, ...FILES });

const NAMES = [...passing.matchAll(/- name: (.*)/g)].map(([, name]) => name);

type ReportedTest = {
  readonly name: string;
  readonly status: string;
  readonly cached?: boolean;
  readonly requests?: readonly { readonly latencies: { readonly count: number; readonly p95: number } }[];
};
type Report = {
  readonly steps: readonly { readonly id: string; readonly status: string }[];
  readonly tests: readonly ReportedTest[];
};

const reportOf = (stdout: string): Report => JSON.parse(stdout);

test("each kind passes, and the reports say how", async () => {
  const { exitCode, stderr, stdout } = await good.call([
    "apply",
    "--json",
    "--junit",
    ".mlpackage-junit.xml",
  ]);
  assert.is(exitCode, 0, stderr);
  const { tests } = reportOf(stdout);
  assert.equal(
    tests.map(({ name, status, cached }) => [name, status, cached]),
    NAMES.map((name) => [name, "passed", false]),
  );
  assert.equal(
    tests.map(({ requests = [] }) => requests.map(({ latencies }) => latencies.count)),
    [[1], [1], [1], [1], [1], [1], [20], [1, 3, 1]],
  );
  const xml = readXml(good.at(".mlpackage-junit.xml"));
  assert.equal(
    xml.cases,
    NAMES.map((name) => [name, ""]),
  );
});

test("nothing runs again, and the report says that it passed before", async () => {
  const { exitCode, stdout } = await good.call(["apply", "--json"]);
  const { steps, tests } = reportOf(stdout);
  assert.is(exitCode, 0);
  assert.is(steps.find(({ id }) => id === "test")?.status, "fresh");
  assert.ok(tests.every(({ status, cached }) => status === "passed" && cached === true));
  assert.ok((tests[6]?.requests?.[0]?.latencies.p95 ?? 0) > 0);
});

test("`test` runs them all the same, and nothing else", async () => {
  const { exitCode, stderr } = await good.call(["test"]);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, "▸ test image: asked for");
  assert.not.match(stderr, "▸ build");
  assert.not.match(stderr, "push");
  assert.equal(await findContainers(workspace.prefix, "test"), []);
});

test("`test` runs those that are wanted", async () => {
  const { exitCode, stdout } = await good.call(["test", "picked", "--filter", "IMAGE", "--json"]);
  assert.is(exitCode, 0);
  assert.equal(
    reportOf(stdout).tests.map(({ name }) => name),
    ["a value that is picked", "a list that is picked", "an image"],
  );
  const { exitCode: unknown, stderr } = await good.call(["test", "imege"]);
  assert.is(unknown, 64);
  assert.match(stderr, "error[cli/unknown-test]: no test's name contains `imege`");
  assert.match(stderr, "hint: the tests are `places with a tolerance of their own`, `a schema in a file`,");
  // What ran of them is no record of all of them.
  assert.match((await good.call(["plan"])).stdout, /fresh/);
});

test("a file that a test reads is in its key", async () => {
  await good.write({ "answer.schema.json": schemaOf("number") });
  const { exitCode, stderr } = await good.call(["apply"]);
  assert.is(exitCode, 3, stderr);
  assert.match(stderr, "▸ test image: answer.schema.json changed");
  assert.not.match(stderr, "▸ build");
  assert.match(
    stderr,
    "error[test/failed]: test `a schema in a file`: $.rows[2].score: must be number, got null\n",
  );
  await good.write({ "answer.schema.json": schemaOf("number", "null") });
  assert.is((await good.call(["apply"])).exitCode, 0);
});

const failing = `tests:
  - name: one place
    request: {body: rows}
    expect: {select: "$.rows[0]", json: {id: 1, score: 0.6}, tolerance: {$.score: 0.01}}
  - name: several places
    request: {body: rows}
    expect: {json: {rows: [{id: 1, score: 1}, {id: 2, score: 2}, {id: 3}], name: ridge}}
  - name: inline schema
    request: {body: rows}
    expect: {select: $..score, schema: {items: {type: number, exclusiveMinimum: 0.5}}}
  - name: picks nothing
    request: {body: rows}
    expect: {select: "$.rows[9].score", json: 1}
  - name: bytes
    request: {body_file: picture.PNG}
    expect: {json: {type: image/jpeg}}
  - name: slow
    request: {body: slow}
    repeat: 3
    expect: {max_latency: {p50: 10ms}}
  - name: always the same
    request: {body: count}
    repeat: 5
    expect: {json: {count: 1}}
  - name: sequence
    requests:
      - {body: count, expect: {json: {count: 3}}}
      - {body: count, expect: {json: {count: 3}}}
      - {body: slow, expect: {json: never asked}}
  - name: hostile
    request: {body: hostile}
    expect: {contains: nothing}
`;

/** In the order of the file; a line that begins with spaces is a part of the one before. */
const TOLD = [
  "test `one place`: $.rows[0].score: expected 0.6, got 0.5",
  "test `several places`: $.rows[0].score: expected 1, got 0.5; 5 places differ",
  "    $.rows[1].score: expected 2, got 0.75",
  "    $.rows[2].score: not expected, got null",
  '    $.name: expected "ridge", got nothing',
  '    $.model: not expected, got "ridge"',
  "test `inline schema`: $.rows[0].score: must be > 0.5, got 0.5; 2 places differ",
  "    $.rows[2].score: must be number, got null",
  "test `picks nothing`: `$.rows[9].score` picks nothing of the answer",
  'test `bytes`: $.type: expected "image/jpeg", got "image/png"; 2 places differ',
  "test `always the same`: answer 2 of 5: $.count: expected 1, got 2",
  "test `sequence`: request 2 (`POST /score`): $.count: expected 3, got 4",
  "test `hostile`: the answer does not contain `nothing`",
];

test("each kind fails with what is wrong, where, and exit code 3", async () => {
  const bad = await workspace.makePackage("bad", failing, { "score.py": SCRIPT, ...FILES });
  const { exitCode, stderr } = await bad.call(["test", "--junit", ".mlpackage-junit.xml"]);
  assert.is(exitCode, 3, stderr);
  let rest = stderr;
  for (const line of TOLD) {
    const at = rest.indexOf(line.trim());
    assert.ok(at >= 0, `\`${line}\` is not told, or too early:\n${stderr}`);
    rest = rest.slice(at);
  }
  assert.match(stderr, /test `slow`: expected p50 of 3 answers in 10 ms, it took 3\d\d ms/);
  assert.not.match(stderr, "request 3");
  // A request of several has a place of its own: line 31 is the second one.
  assert.match(stderr, /test `sequence`: .*\n +--> mlpackage\.yaml:31:9/);
  assert.is(await inspectImage(`${bad.name}:latest`), undefined, "`test` writes no output");
  const { cases } = readXml(bad.at(".mlpackage-junit.xml"));
  assert.is(cases.length, 9);
  assert.ok(cases.every(([, failure]) => failure !== ""));
  assert.is(cases[0]?.[1], "$.rows[0].score: expected 0.6, got 0.5");
  await bad.write({ ".mlpackage-mine.xml": "<mine/>" });
  const taken = await bad.call(["test", "--junit", ".mlpackage-mine.xml"]);
  assert.is(taken.exitCode, 64, taken.stderr);
  assert.match(taken.stderr, "error[cli/place-taken]: `.mlpackage-mine.xml` exists, and is something else");
  assert.is(readFileSync(bad.at(".mlpackage-mine.xml"), "utf8"), "<mine/>");
});

test("what passed once, and failed when it was called for, is tested again", async () => {
  const ends = Date.now() / 1000 + 15;
  const flaky = await workspace.makePackage("flaky", "tests: [{name: in time, expect: {json: true}}]\n", {
    "score.py": `import time\n\ndef init():\n    pass\n\ndef run(data):\n    return time.time() < ${ends}\n`,
  });
  const first = await flaky.call(["apply"]);
  assert.is(first.exitCode, 0, first.stderr);
  assert.match((await flaky.call(["apply"])).stderr, "nothing to do");
  await new Promise((resolve) => setTimeout(resolve, ends * 1000 - Date.now()));
  assert.match((await flaky.call(["apply"])).stderr, "nothing to do");
  assert.is((await flaky.call(["test"])).exitCode, 3);
  const { exitCode, stderr } = await flaky.call(["apply"]);
  assert.is(exitCode, 3, stderr);
  assert.match(stderr, "▸ test image: it failed the last time");
});

/** What a script of our own server says of itself where it says it in a file. */
const swaggerOf = (item: object) => {
  const json = (schema: object) => ({ content: { "application/json": { schema } } });
  return JSON.stringify({
    openapi: "3.1.0",
    info: { title: "scores", version: "1" },
    paths: {
      "/score": {
        post: {
          requestBody: { required: true, ...json({ type: "object", required: ["rows"] }) },
          responses: {
            200: { description: "a score of each row", ...json({ type: "array", items: item }) },
            default: { description: "why not", ...json({ required: ["message"] }) },
          },
        },
      },
    },
  });
};

const DESCRIBED_SCRIPT = `import json

def init():
    pass

def run(data):
    return [len(row) for row in json.loads(data)["rows"]]
`;

test("a service that is as it says of itself passes, and one that is not is told where", async () => {
  const asked = `tests:
  - name: described
    request: {body: {rows: [[1], [1, 2]]}}
    repeat: 3
    expect: {json: [1, 2], swagger: true}
`;
  const files = { "score.py": DESCRIBED_SCRIPT };
  const described = await workspace.makePackage("described", asked, {
    ...files,
    "swagger3.1.json": swaggerOf({ type: "integer" }),
  });
  const passed = await described.call(["test"]);
  assert.is(passed.exitCode, 0, passed.stderr);
  assert.match((await described.call(["apply"])).stderr, "test image");
  await described.write({ "swagger3.1.json": swaggerOf({ type: "string" }) });
  const failed = await described.call(["apply"]);
  assert.is(failed.exitCode, 3, failed.stderr);
  const message =
    "error[test/failed]: test `described`: answer 1 of 3: the answer does not fit what `/swagger.json` says of it: $[0]: must be string, got 1; 2 places differ\n";
  assert.match(failed.stderr, message);
  assert.match(failed.stderr, "| $[1]: must be string, got 2");
});

test("where a script says nothing of itself, our own description is valid, and a list is no object", async () => {
  const plain = await workspace.makePackage(
    "plain",
    `tests:
  - name: the description of the description
    request: {path: /swagger.json}
    expect: {swagger: true}
  - name: a list
    request: {body: {rows: [[1]]}}
    expect: {swagger: true}
  - name: elsewhere
    request: {path: /scores}
    expect: {status: 404, swagger: true}
`,
    { "score.py": DESCRIBED_SCRIPT, "swagger.json": '{"swagger": "2.0"}' },
  );
  const { exitCode, stderr, stdout } = await plain.call(["test", "--json"]);
  assert.is(exitCode, 3, stderr);
  assert.equal(
    reportOf(stdout).tests.map(({ status }) => status),
    ["passed", "failed", "failed"],
  );
  assert.match(stdout, "the answer does not fit what `/swagger.json` says of it: $: must be object, got [1]");
  assert.match(stdout, "`/swagger.json` says nothing of `GET /scores`");
});

test("tests that nothing was known of, because nothing started, are errors in the report", async () => {
  const broken = await workspace.makePackage("broken", failing, {
    "score.py": "def init():\n    raise ValueError('no model')\n\ndef run(data):\n    return data\n",
    ...FILES,
  });
  const { exitCode, stdout } = await broken.call(["test", "--json", "--junit", ".mlpackage-junit.xml"]);
  assert.is(exitCode, 3);
  assert.ok(reportOf(stdout).tests.every(({ status }) => status === "not-run"));
  const { cases } = readXml(broken.at(".mlpackage-junit.xml"));
  assert.equal(cases[0], ["one place", "the service ended with exit code 3 before it was ready"]);
});

test("what is wrong with an expectation is told before anything runs", async () => {
  const wrong = await workspace.makePackage("wrong", 'tests: [{expect: {select: "$.a[", json: 1}}]\n');
  const { exitCode, stderr } = await wrong.call(["test"]);
  assert.is(exitCode, 64, stderr);
  assert.match(stderr, "error[config/bad-json-path]: `$.a[` is not a JSONPath");
  assert.not.match(stderr, "▸");
  assert.not.ok(existsSync(wrong.at("mlpackage.lock")));
});

test("a package that has no tests is told so", async () => {
  const bare = await workspace.makePackage("bare", "inference: {command: [serve]}\n");
  const { exitCode, stderr } = await bare.call(["test"]);
  assert.is(exitCode, 64, stderr);
  assert.match(stderr, "error[cli/no-tests]: the package has no tests\n");
  assert.not.match(stderr, "▸");
});

/** The names of a report's test cases and what failed, read by a parser that takes nothing but XML. */
function readXml(file: string): { readonly cases: readonly (readonly [string, string])[] } {
  const program = `import json, sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
suite, = root.findall("testsuite")
cases = suite.findall("testcase")
failed = [(one.find("failure") if one.find("failure") is not None else one.find("error")) for one in cases]
assert root.tag == "testsuites" and int(suite.get("tests")) == len(cases)
assert int(suite.get("failures")) + int(suite.get("errors")) == len([one for one in failed if one is not None])
print(json.dumps([[one.get("name"), "" if why is None else why.get("message")] for one, why in zip(cases, failed)]))`;
  const { stdout, stderr, status } = spawnSync("python3", ["-c", program, file], { encoding: "utf8" });
  assert.is(status, 0, stderr);
  return { cases: JSON.parse(stdout) };
}

test.run();
