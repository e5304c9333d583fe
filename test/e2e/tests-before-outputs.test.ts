// Nothing is tagged, written or pushed before the package's own tests have passed.
import { existsSync } from "node:fs";
import * as assert from "uvu/assert";
import { demandImage, docker, findContainers } from "./engine.ts";
import { findTag } from "./registry-api.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, ECHO_SCRIPT, openWorkspace } from "./workspace.ts";

const REGISTRY = demandVariable("RIG_REGISTRY");
const workspace = openWorkspace("order");
const configuration = (expected: string) => `tests:
  - name: says hello
    request: {body: hello}
    expect: {json: ${expected}}
  - name: has a header
    request: {path: /, method: GET}
    expect: {contains: Healthy, headers: {X-None: "1"}}
outputs:
  - {type: image, tags: ["\${name}:latest", "${REGISTRY}/\${name}:1"], push: false}
  - {type: image, tags: ["${REGISTRY}/\${name}:pushed"], push: true}
  - {type: docker-archive, path: dist/image.tar}
`;
const greeting = await workspace.makePackage("greeting", configuration("good morning"));
const test = timedSuite("tests before outputs");

test("a failing test: exit 3, the difference, the log; nothing moves", async () => {
  await docker(["tag", demandVariable("RIG_PYTHON_IMAGE"), `${greeting.name}:latest`]);
  const before = await demandImage(`${greeting.name}:latest`);
  const { exitCode, stderr } = await greeting.call(["apply"]);
  assert.is(exitCode, 3, stderr);
  assert.match(stderr, 'error[test/failed]: test `says hello`: $: expected "good morning", got "hello"');
  assert.match(stderr, "error[test/failed]: test `has a header`: expected header `X-None: 1`, got none");
  assert.match(stderr, /mlpackage\.yaml:5:5/);
  assert.match(stderr, "the container's log:");
  assert.match(stderr, "init was called");
  assert.is((await demandImage(`${greeting.name}:latest`)).Id, before.Id);
  assert.is(await findTag(REGISTRY, greeting.name, "pushed"), undefined);
  assert.not.ok(existsSync(greeting.at("dist")));
  assert.equal(await findContainers(workspace.prefix, "test"), []);
});

test("a test that failed runs again, although nothing changed", async () => {
  const { exitCode, stderr } = await greeting.call(["apply"]);
  assert.is(exitCode, 3, stderr);
  assert.match(stderr, "▸ test image");
  assert.not.match(stderr, "▸ build");
});

test("--keep-going does not push what failed its tests", async () => {
  const { exitCode, stderr } = await greeting.call(["apply", "--keep-going"]);
  assert.is(exitCode, 3, stderr);
  assert.is(await findTag(REGISTRY, greeting.name, "pushed"), undefined);
});

test("--only push runs the tests first", async () => {
  const { exitCode, stderr } = await greeting.call(["apply", "--only", "push"]);
  assert.is(exitCode, 3, stderr);
  assert.is(await findTag(REGISTRY, greeting.name, "pushed"), undefined);
});

test("run refuses nothing that was built, tested or not", async () => {
  // The image is there for looking into why its tests fail.
  const { exitCode, stderr } = await greeting.call(["run", "-d"]);
  assert.is(exitCode, 0, stderr);
  assert.is((await greeting.call(["score", "--data", "hello"])).stdout, '"hello"');
  await greeting.call(["stop"]);
});

test("once they pass, everything moves to the same image", async () => {
  await greeting.configure(
    configuration("hello").replace('X-None: "1"', 'Content-Type: "text/html; charset=utf-8"'),
  );
  const { exitCode, stderr } = await greeting.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  const { Id } = await demandImage(`${greeting.name}:latest`);
  assert.is((await demandImage(`${REGISTRY}/${greeting.name}:1`)).Id, Id);
  assert.is(await findTag(REGISTRY, greeting.name, "1"), undefined);
  assert.is(await findTag(REGISTRY, greeting.name, "pushed"), Id);
  assert.ok(existsSync(greeting.at("dist/image.tar")));
});

test("a change that breaks a test leaves the good image under its tags", async () => {
  const good = await demandImage(`${greeting.name}:latest`);
  await greeting.write({ "score.py": ECHO_SCRIPT.replace("return data", 'return "broken"') });
  const { exitCode, stderr } = await greeting.call(["apply"]);
  assert.is(exitCode, 3, stderr);
  assert.is((await demandImage(`${greeting.name}:latest`)).Id, good.Id);
  assert.is(await findTag(REGISTRY, greeting.name, "pushed"), good.Id);
});

test.run();
