// The example of the README through every command, on a real engine.
import { cp, readFile, rename, writeFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { docker, findContainers, inspectImage } from "./engine.ts";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace, type PackageFolder } from "./workspace.ts";

const NO_ENGINE = { DOCKER_HOST: "unix:///nonexistent.sock" };
const ROWS = JSON.stringify({
  data: [
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    [10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
  ],
});
/** The numbers of the Azure ML documentation; see the example's own test. */
const ANSWER = [5215.1981315798685, 3726.995485938578];

const workspace = openWorkspace("example");
const example = await makeExample();
// The first apply installs scikit-learn: minutes, where the engine has no layer of it yet.
const test = timedSuite("example", 400_000);

async function makeExample(): Promise<PackageFolder> {
  const made = await workspace.makePackage("diabetes", "");
  await cp(new URL("../../fixtures/examples/diabetes", import.meta.url), made.path, { recursive: true });
  const text = await readFile(made.at("mlpackage.yaml"), "utf8");
  await writeFile(made.at("mlpackage.yaml"), text.replace(/^name: .*$/m, `name: ${made.name}`));
  return made;
}

/** The answer of the service, near the documented one. */
function assertScores(text: string): void {
  const scores = JSON.parse(text) as number[];
  assert.is(scores.length, ANSWER.length);
  for (const [index, expected] of ANSWER.entries()) {
    assert.ok(Math.abs((scores[index] ?? 0) / expected - 1) < 1e-5, text);
  }
}

for (const [format, beginning] of [
  ["mermaid", "flowchart"],
  ["dot", "digraph"],
  ["json", "{"],
] as const) {
  test(`graph --format ${format} needs no engine`, async () => {
    const { exitCode, stdout, stderr } = await example.call(["graph", "--format", format], {
      environment: NO_ENGINE,
    });
    assert.is(exitCode, 0, stderr);
    assert.ok(stdout.startsWith(beginning), stdout);
    for (const step of ["fetch", "layer", "render", "build", "load", "test", "save"])
      assert.match(stdout, step);
  });
}

test("validate needs no engine", async () => {
  const { exitCode, stderr } = await example.call(["validate"], { environment: NO_ENGINE });
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, "is valid");
});

test("schema is the published one", async () => {
  const { exitCode, stdout } = await example.call(["schema"], { environment: NO_ENGINE });
  assert.is(exitCode, 0);
  const published = await readFile(new URL("../../mlpackage.schema.json", import.meta.url), "utf8");
  assert.equal(JSON.parse(stdout), JSON.parse(published));
});

test("registry: nothing is pushed", async () => {
  const { exitCode, all } = await example.call(["registry"]);
  assert.is(exitCode, 0, all);
  assert.match(all, "no output in the file is pushed");
});

test("run before apply says what to do", async () => {
  const { exitCode, stderr } = await example.call(["run", "-d"]);
  assert.is(exitCode, 64);
  assert.match(stderr, /error\[cli\/not-applied\](.*\n)+.*mlpackage apply/);
});

test("apply builds, tests and tags", async () => {
  const { exitCode, stdout, stderr } = await example.call(["apply"], { limitMs: 390_000 });
  assert.is(exitCode, 0, stderr);
  assert.is(stdout, "");
  assert.match(stderr, "9 succeeded, 1 fresh");
  assert.ok(await inspectImage(`${example.name}:latest`));
  assert.equal(await findContainers(workspace.prefix, "test"), []);
});

test("a second apply runs nothing, and says so", async () => {
  const { exitCode, stderr } = await example.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, "nothing to do: 10 steps fresh");
  assert.not.match(stderr, "▸");
});

test("plan: nothing to do", async () => {
  const { exitCode, stdout } = await example.call(["plan", "--detailed-exitcode"]);
  assert.is(exitCode, 0, stdout);
  assert.match(stdout, "nothing to do");
});

test("a checkout that moved has nothing to do", async () => {
  const moved = `${example.path}-moved`;
  await rename(example.path, moved);
  try {
    const { exitCode, stdout } = await workspaceCall(moved, ["plan", "--detailed-exitcode"]);
    assert.is(exitCode, 0, stdout);
  } finally {
    await rename(moved, example.path);
  }
});

/** A call in another folder, with the same cache. */
function workspaceCall(folder: string, args: readonly string[]) {
  return elsewhere.call(["-C", folder, ...args]);
}
const elsewhere = await workspace.makePackage("elsewhere", "");

test("run, score, logs, stop", async () => {
  const started = await example.call(["run", "-d", "-p", "0"]);
  assert.is(started.exitCode, 0, started.stderr);
  assert.match(started.stderr, /ready on http:\/\/127\.0\.0\.1:\d+/);

  const scored = await example.call(["score", "--data", ROWS]);
  assert.is(scored.exitCode, 0, scored.stderr);
  assertScores(scored.stdout);

  await example.write({ "rows.json": ROWS });
  assertScores((await example.call(["score", "--data", "@rows.json"])).stdout);
  assertScores((await example.call(["score"], { input: ROWS })).stdout);

  const refused = await example.call(["score", "--data", '{"data": "no rows"}']);
  assert.is(refused.exitCode, 1, refused.all);
  assert.match(refused.stderr, /answered 500.*mlpackage logs/);

  const missing = await example.call(["score", "--data", "@nothing.json"]);
  assert.is(missing.exitCode, 64, missing.all);
  assert.match(missing.stderr, "error[cli/no-data]");

  const again = await example.call(["run", "-d"]);
  assert.is(again.exitCode, 64, again.all);
  assert.match(again.stderr, "error[cli/already-running]");

  const logs = await example.call(["logs"]);
  assert.is(logs.exitCode, 0);
  assert.match(logs.stdout, "Traceback");

  const stopped = await example.call(["stop"]);
  assert.is(stopped.exitCode, 0, stopped.stderr);
  const gone = await example.call(["score", "--data", ROWS]);
  assert.match(gone.stderr, "error[cli/not-running]");
});

test("run in the foreground shows the log, and SIGINT removes the container", async () => {
  const { child, ended } = example.start(["run", "-p", "0"]);
  await new Promise<void>((resolve) =>
    child.stderr.on("data", (chunk) => String(chunk).includes("ready on") && resolve()),
  );
  child.kill("SIGINT");
  const { exitCode, all } = await ended;
  assert.is(exitCode, 130, all);
  assert.equal(await findContainers(workspace.prefix, "service"), []);
});

test("doctor finds nothing wrong", async () => {
  const { exitCode, stdout } = await example.call(["doctor"]);
  assert.is(exitCode, 0, stdout);
  for (const name of ["engine", "buildx", "disk"]) assert.match(stdout, name);
});

test("plan names the file that changed", async () => {
  const script = await readFile(example.at("src/score.py"), "utf8");
  await example.write({ "src/score.py": `${script}\n# changed\n` });
  const { exitCode, stdout } = await example.call(["plan", "--detailed-exitcode"]);
  assert.is(exitCode, 2, stdout);
  assert.match(stdout, /render Dockerfile: runs, score\.py changed \([0-9a-f]+ → [0-9a-f]+\)/);
  assert.match(stdout, "fetch diabetes-ridge: fresh");
  const json = await example.call(["plan", "--json"]);
  assert.is(json.exitCode, 0);
  assert.is(JSON.parse(json.stdout).steps.length, 10);
});

test("apply after the change makes another image of it", async () => {
  const before = await inspectImage(`${example.name}:latest`);
  const { exitCode, stderr } = await example.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.is.not((await inspectImage(`${example.name}:latest`))?.Id, before?.Id);
});

test("a tag that is gone is put back", async () => {
  const before = await inspectImage(`${example.name}:latest`);
  await docker(["tag", before?.Id ?? "", `${example.name}:kept`]);
  await docker(["rmi", `${example.name}:latest`]);
  const { exitCode, stderr } = await example.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, "1 succeeded, 9 fresh");
  assert.is((await inspectImage(`${example.name}:latest`))?.Id, before?.Id);
});

test.run();
