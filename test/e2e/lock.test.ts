// mlpackage.lock: what it holds still, who may change it, and what is refused.
import { existsSync, readFileSync } from "node:fs";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { startServer } from "../fakes/http-server.ts";
import { docker, runIn } from "./engine.ts";
import { startIndex } from "./python-index.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, openWorkspace, type PackageFolder, PYTHON_IMAGE } from "./workspace.ts";

const workspace = openWorkspace("lock");
const test = timedSuite("lock");

const REGISTRY = demandVariable("RIG_REGISTRY");
const OUTPUT = "outputs: [{type: oci-archive, path: image.tar}]\n";
const NOTHING_RUN = "environment: {python: {managed: false}}\n";

const lockOf = (made: PackageFolder): string => readFileSync(made.at("mlpackage.lock"), "utf8");

async function applied(made: PackageFolder, ...args: string[]): Promise<string> {
  const { exitCode, stderr } = await made.call(["apply", "--no-test", ...args]);
  assert.is(exitCode, 0, stderr);
  return stderr;
}

test("the first apply writes it, with a line a pin, and the next has nothing to do", async () => {
  const made = await workspace.makePackage("first", `models: [m.bin]\n${NOTHING_RUN}${OUTPUT}`, {
    "m.bin": "abc",
  });
  assert.match(await applied(made), "wrote: mlpackage.lock");
  const lock = lockOf(made);
  assert.match(
    lock,
    /^mlpackage:\n {2}image_format: \d+\n {2}server: \d\S+ sha256:[0-9a-f]{64}\nbase_image:$/m,
  );
  assert.match(lock, /^base_image:\n {2}image: .+\n {2}digest: sha256:[0-9a-f]{64}$/m);
  assert.match(lock, /^ {6}m.bin: sha256:ba7816bf[0-9a-f]{56} 3$/m);
  assert.match(await applied(made), "nothing to do");
  assert.is(lockOf(made), lock);
});

test("in CI a lock that is not there, or does not answer the file, is refused, and the place is told", async () => {
  const made = await workspace.makePackage("frozen", `models: [m.bin]\n${NOTHING_RUN}${OUTPUT}`, {
    "m.bin": "abc",
  });
  const inCI = { environment: { CI: "true" } };
  const missing = await made.call(["apply", "--no-test"], inCI);
  assert.is(missing.exitCode, 64, missing.stderr);
  assert.match(missing.stderr, "error[cli/stale-lock]: there is no `mlpackage.lock`");
  assert.not(existsSync(made.at("image.tar")));
  assert.is((await made.call(["apply", "--no-test", "--no-frozen"], inCI)).exitCode, 0);
  const lock = lockOf(made);
  assert.is((await made.call(["apply", "--no-test"], inCI)).exitCode, 0);
  await made.write({ "m.bin": "abcd" });
  for (const options of [inCI, {}]) {
    const flags = options === inCI ? [] : ["--frozen"];
    const changed = await made.call(["apply", "--no-test", ...flags], options);
    assert.is(changed.exitCode, 64, changed.stderr);
    assert.match(changed.stderr, "the files of `m` are not those in the lock");
    assert.match(changed.stderr, /mlpackage\.yaml:\d:10/);
  }
  assert.is(lockOf(made), lock);
  assert.match(await applied(made), "brought up to date: mlpackage.lock");
});

for (const [what, damage, code, place] of [
  [
    "a merge conflict",
    (text: string) => text.replace(/^models:$/m, "<<<<<<< HEAD\nmodels:\n=======\nmodels:\n>>>>>>> other"),
    "lock-conflict",
    "mlpackage.lock:10:1",
  ],
  ["no YAML", () => "{", "", "mlpackage.lock:1"],
  ["nothing of ours", () => "version: 1\nmodels: [a]\n", "not-a-lock", "mlpackage.lock:2:9"],
  ["a newer one", () => "version: 2\n", "not-a-lock", "mlpackage.lock:1:10"],
] as const) {
  test(`${what} in the lock: one message at its place, and nothing is touched`, async () => {
    const made = await workspace.makePackage(
      what.toLowerCase().replaceAll(" ", "-"),
      `models: [m.bin]\n${NOTHING_RUN}${OUTPUT}`,
      {
        "m.bin": "abc",
      },
    );
    await applied(made);
    const damaged = damage(lockOf(made));
    await made.write({ "mlpackage.lock": damaged });
    const { exitCode, stderr } = await made.call(["apply", "--no-test"]);
    assert.is(exitCode, 64, stderr);
    assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
    assert.match(stderr, code);
    assert.match(stderr, place);
    assert.is(lockOf(made), damaged);
  });
}

test("Python packages stay what they were locked to, whatever the index offers since", async () => {
  const index = await startIndex("greeter");
  index.offer("1.0", "VERSION = 'one'\n");
  const yaml = `environment: {python: {requirements: r.txt}}\noutputs: [{type: image, tags: ["lock-index:1"]}]\n`;
  const made = await workspace.makePackage("index", yaml.replace("lock-index", `${workspace.prefix}-index`), {
    "r.txt": `${index.options}greeter\n`,
  });
  const image = `${workspace.prefix}-index:1`;
  const version = () => runIn(image, ["python3", "-c", "import greeter; print(greeter.VERSION)"]);
  await applied(made);
  assert.match(lockOf(made), /^ {8}greeter: 1.0 sha256:[0-9a-f]{64}$/m);
  assert.is(await version(), "one");

  index.offer("1.1", "VERSION = 'two'\n");
  await docker(["builder", "prune", "--all", "--force"]);
  assert.match(await applied(made, "--no-cache"), "build environment");
  assert.is(await version(), "one");

  const diff = await made.call(["lock", "--diff", "--upgrade", "python"]);
  assert.match(diff.stdout, /~ environment.platforms.linux\/amd64.python.greeter: 1.0 \S+ → 1.1 \S+/);
  assert.is(await version(), "one");
  assert.is((await made.call(["lock", "--upgrade", "python"])).exitCode, 0);
  await applied(made);
  assert.is(await version(), "two");

  index.offer("1.1", "VERSION = 'evil'\n");
  const replaced = await made.call(["apply", "--no-test", "--no-cache"]);
  assert.is(replaced.exitCode, 1, replaced.stderr);
  assert.match(replaced.stderr, "error[build/digest-mismatch]: `greeter` has changed since it was locked");
  assert.match(replaced.stderr, "mlpackage lock --upgrade python");
  index.close();
});

test("a base image stays what it was locked to, wherever its tag goes", async () => {
  const base = `${REGISTRY}/${workspace.prefix}/base:1`;
  const push = async (from: string) => {
    await docker(["tag", from, base]);
    await docker(["push", "--quiet", base]);
    await docker(["image", "rm", base]);
  };
  await push(PYTHON_IMAGE);
  const made = await workspace.makePackage("base", `base_image: ${base}\n${NOTHING_RUN}${OUTPUT}`);
  await applied(made);
  const lock = lockOf(made);
  await push("debian:bookworm-slim");
  assert.match(await applied(made), "nothing to do");
  const upgraded = await made.call(["lock", "--upgrade", "base_image"]);
  assert.is(upgraded.exitCode, 0, upgraded.stderr);
  assert.is.not(lockOf(made), lock);
  assert.match(await applied(made), "build image");
});

test("a file from the web stays what it was locked to", async () => {
  let content = "one";
  const server = await startServer((_request, response) => {
    response.setHeader("etag", `"${content}"`);
    response.end(content);
  });
  const made = await workspace.makePackage("web", `models: ["${server.url}/m.bin"]\n${NOTHING_RUN}${OUTPUT}`);
  await applied(made);
  content = "two";
  assert.match(await applied(made), "nothing to do");
  const elsewhere = { environment: { MLPACKAGE_CACHE_DIR: `${workspace.folder}/other-cache` } };
  const refused = await made.call(["apply", "--no-test"], elsewhere);
  assert.is(refused.exitCode, 1, refused.stderr);
  assert.match(refused.stderr, "source/digest-mismatch");
  assert.is((await made.call(["lock", "--upgrade", "models"])).exitCode, 0);
  await applied(made);
});

test("the lock is no part of the code", async () => {
  const made = await workspace.makePackage("code", `${NOTHING_RUN}${OUTPUT}`);
  await applied(made);
  const { stdout } = await execa("tar", ["--list", "--file", made.at("image.tar")]);
  assert.not.match(stdout, "mlpackage.lock");
  assert.match(await applied(made), "nothing to do");
});

test("what there is nothing of cannot be upgraded", async () => {
  const made = await workspace.makePackage("unknown", `${NOTHING_RUN}${OUTPUT}`);
  const { exitCode, stderr } = await made.call(["lock", "--upgrade", "pyhton"]);
  assert.is(exitCode, 64);
  assert.match(stderr, "error[cli/unknown-upgrade]");
});

test.run();
