// Two runs at once, and a registry that is not well: each step is done once, and what may pass is tried again.
import * as assert from "uvu/assert";
import { startFaultyRegistry } from "./faulty-registry.ts";
import { findTag } from "./registry-api.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, openWorkspace, PYTHON_IMAGE } from "./workspace.ts";

const workspace = openWorkspace("together");
const test = timedSuite("together");
const REGISTRY = demandVariable("RIG_REGISTRY");

/** A package whose build takes so many seconds. */
async function makeSlowPackage(word: string, seconds: number, outputs = "[]") {
  return workspace.makePackage(word, `base_image: {dockerfile: base/Dockerfile}\noutputs: ${outputs}\n`, {
    "base/Dockerfile": `FROM ${PYTHON_IMAGE}\nRUN echo ${workspace.prefix}-${word} && sleep ${seconds}\n`,
  });
}

/** The steps that a run says it did itself. */
function done(stderr: string): readonly string[] {
  return [...stderr.matchAll(/✔ (\w+) [^:]*: succeeded/g)].map(([, kind = ""]) => kind);
}

test("two runs of a package do each step once, and who waits says for whom", async () => {
  const made = await makeSlowPackage("twins", 4);
  const runs = [made.start(["apply"]), made.start(["apply"])];
  const ended = await Promise.all(runs.map(({ ended: end }) => end));
  const all = ended.map(({ stderr }) => stderr).join("\n");
  assert.equal(
    ended.map(({ exitCode }) => exitCode),
    [0, 0],
    all,
  );
  assert.equal(done(all).toSorted(), ["build", "build", "load", "lock", "render", "test"]);
  const [first, second] = runs.map(({ child }) => child.pid);
  assert.match(all, new RegExp(`waits for process (${first}|${second}) on .+ \\(apply in .*twins\\)`));
});

test("a run that shall not wait long ends with 75, and says who holds it up", async () => {
  const made = await makeSlowPackage("impatient", 20);
  const holder = made.start(["apply"]);
  await new Promise<void>((resolve) =>
    holder.child.stderr.on("data", (chunk) => String(chunk).includes("▸ lock packages") && resolve()),
  );
  const { exitCode, stderr } = await made.call(["apply", "--lock-timeout", "1s"]);
  assert.is(exitCode, 75, stderr);
  assert.match(stderr, "error[lock/timed-out]");
  assert.match(stderr, `kill ${holder.child.pid}`);
  holder.child.kill("SIGTERM");
  assert.is((await holder.ended).exitCode, 143);
});

test("a run whose owner was killed holds nobody up", async () => {
  const made = await makeSlowPackage("orphaned", 3);
  const holder = made.start(["apply"]);
  await new Promise<void>((resolve) =>
    holder.child.stderr.on("data", (chunk) => String(chunk).includes("▸ build environment") && resolve()),
  );
  holder.child.kill("SIGKILL");
  await holder.ended;
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.not.match(stderr, "waits for");
});

test("a registry that answers 503 for a while gets the image in the end", async () => {
  let refusals = 6;
  const faulty = await startFaultyRegistry(REGISTRY, (request, response) => {
    if (request.method === "GET" || request.method === "HEAD" || refusals === 0) return "passed";
    refusals -= 1;
    response.writeHead(503).end();
    return "answered";
  });
  const made = await workspace.makePackage(
    "unwell",
    `outputs: [{type: image, tags: ["${faulty.address}/\${name}:1"], push: true}]\n`,
  );
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.is(refusals, 0);
  assert.ok(await findTag(REGISTRY, made.name, "1"));
  assert.match(stderr, /warning\[registry\/tried-again\]: .*; trying again in [0-9.]+ s \(attempt 2\)/);
});

test("one that stays unwell is given up, with one error", async () => {
  const faulty = await startFaultyRegistry(REGISTRY, (request, response) => {
    if (request.method === "GET" || request.method === "HEAD") return "passed";
    response.writeHead(503).end();
    return "answered";
  });
  const made = await workspace.makePackage(
    "hopeless",
    `outputs: [{type: image, tags: ["${faulty.address}/\${name}:1"], push: true}]\n`,
  );
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 1, stderr);
  assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
  assert.match(stderr, "error[registry/failed]");
});

test.run();
