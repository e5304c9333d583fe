// SIGINT and SIGTERM, in a build, a test and an export: an exit code, nothing left behind, and the next run succeeds.
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { docker, findContainers } from "./engine.ts";
import { timedSuite } from "./timed-suite.ts";
import { ECHO_SCRIPT, openWorkspace, type PackageFolder, PYTHON_IMAGE } from "./workspace.ts";

const workspace = openWorkspace("stop");
const test = timedSuite("interruption");

/** Interrupts an apply once it has printed something; gives how it ended, and how long after the signal. */
async function interrupt(
  made: PackageFolder,
  sign: string,
  signal: NodeJS.Signals,
  args: readonly string[] = ["apply", "--progress", "json"],
) {
  const { child, ended } = made.start(args);
  await new Promise<void>((resolve) => {
    let seen = "";
    child.stderr.on("data", (chunk) => {
      seen += String(chunk);
      if (seen.includes(sign)) resolve();
    });
    void ended.then(() => resolve());
  });
  await sleep(500);
  const began = performance.now();
  child.kill(signal);
  return { ...(await ended), afterMs: performance.now() - began };
}

async function assertNothingIsLeft(): Promise<void> {
  assert.equal(await findContainers(workspace.prefix, "test"), []);
  const work = path.join(workspace.cacheDirectory, "work");
  assert.equal(existsSync(work) ? await readdir(work) : [], []);
  const { stdout } = await execa("ps", ["-eo", "args"]);
  assert.equal(
    stdout.split("\n").filter((line) => line.includes("buildx") && line.includes(workspace.folder)),
    [],
  );
}

for (const [signal, exitCode] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`${signal} during a build`, async () => {
    const made = await workspace.makePackage(
      `build-${exitCode}`,
      "base_image: {dockerfile: base/Dockerfile}\n",
      { "base/Dockerfile": `FROM ${PYTHON_IMAGE}\nRUN echo ${workspace.prefix}-${signal} && sleep 60\n` },
    );
    const ended = await interrupt(made, "sleep 60", signal);
    assert.is(ended.exitCode, exitCode, ended.stderr);
    assert.ok(ended.afterMs < 5000, `${ended.afterMs} ms`);
    assert.not.match(ended.stderr, "error[");
    await assertNothingIsLeft();
    await made.write({ "base/Dockerfile": `FROM ${PYTHON_IMAGE}\n` });
    const next = await made.call(["apply"]);
    assert.is(next.exitCode, 0, next.stderr);
  });

  test(`${signal} while the service starts`, async () => {
    const made = await workspace.makePackage(`start-${exitCode}`, "", {
      "score.py": `import time\n\n\n${ECHO_SCRIPT.replace('print("init was called")', "time.sleep(60)")}`,
    });
    const ended = await interrupt(made, "waiting until it is ready", signal);
    assert.is(ended.exitCode, exitCode, ended.stderr);
    // Docker waits ten seconds for a container that does not heed its signal; ours does.
    assert.ok(ended.afterMs < 8000, `${ended.afterMs} ms`);
    assert.not.match(ended.stderr, "error[");
    await assertNothingIsLeft();
    await made.write({ "score.py": ECHO_SCRIPT });
    const next = await made.call(["apply"]);
    assert.is(next.exitCode, 0, next.stderr);
  });
}

test("SIGINT during a request of a test", async () => {
  const made = await workspace.makePackage("request", "tests: [{name: slow, request: {body: x}}]\n", {
    "score.py": `import time\n\n\n${ECHO_SCRIPT.replace("return data", "time.sleep(60)")}`,
  });
  const ended = await interrupt(made, '"slow"', "SIGINT");
  assert.is(ended.exitCode, 130, ended.stderr);
  assert.ok(ended.afterMs < 15_000, `${ended.afterMs} ms`);
  await assertNothingIsLeft();
});

test("SIGINT while an archive is written leaves no half of one, and no tag", async () => {
  const made = await workspace.makePackage(
    "archive",
    "outputs: [{type: docker-archive, path: dist/image.tar}]\n",
  );
  const ended = await interrupt(made, '"save:dist/image.tar"', "SIGINT", ["apply", "--progress", "json"]);
  // It may have been quick enough to finish: then the archive is whole.
  const written = existsSync(made.at("dist")) ? await readdir(made.at("dist")) : [];
  if (ended.exitCode === 0) assert.equal(written, ["image.tar"]);
  else assert.equal([ended.exitCode, ...written.filter((name) => name !== "image.tar")], [130]);
  assert.is(await docker(["images", "--quiet", made.name]), "");
  const next = await made.call(["apply"]);
  assert.is(next.exitCode, 0, next.stderr);
  assert.equal(await readdir(made.at("dist")), ["image.tar"]);
});

test("killed at once, in a build: the next run succeeds", async () => {
  const made = await workspace.makePackage("killed", "base_image: {dockerfile: base/Dockerfile}\n", {
    "base/Dockerfile": `FROM ${PYTHON_IMAGE}\nRUN echo ${workspace.prefix}-killed && sleep 5\n`,
  });
  await interrupt(made, "sleep 5", "SIGKILL");
  const next = await made.call(["apply"]);
  assert.is(next.exitCode, 0, next.stderr);
});

test.run();
