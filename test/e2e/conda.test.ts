// Packages of conda: resolved, locked, laid out without anything being run, and running in the image.
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { startChannel } from "../fakes/conda-channel.ts";
import { makeCondaPackage } from "../fakes/conda-package.ts";
import { PLACEHOLDER, packDebianPython } from "./conda-python.ts";
import { docker } from "./engine.ts";
import { startIndex } from "./python-index.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, openWorkspace, type PackageFolder, PYTHON_IMAGE } from "./workspace.ts";

const workspace = openWorkspace("conda");
const test = timedSuite("conda");

const channel = await startChannel();
const made = await packDebianPython(PYTHON_IMAGE, path.join(workspace.folder, "debian"));
const greeter = (version: string, hello: string) =>
  makeCondaPackage({
    ...{ name: "greeter", version, noarch: "python", depends: ["python", "told >=1"] },
    entryPoints: ["greet = greeter.main:greet"],
    files: {
      "site-packages/greeter/__init__.py": `HELLO = '${hello}'\n`,
      "site-packages/greeter/main.py": "def greet():\n    print('greeted')\n",
    },
  });
const told = await makeCondaPackage({
  name: "told",
  files: {
    "bin/tell": {
      content: `#!${PLACEHOLDER}/bin/python\nimport sys\nprint(sys.prefix)\n`,
      isExecutable: true,
      placeholder: PLACEHOLDER,
    },
    "lib/libtold.so.1": {
      content: `\x7fELF\0${PLACEHOLDER}/share/told\0:${PLACEHOLDER}/a:${PLACEHOLDER}/b\0end`,
      placeholder: PLACEHOLDER,
      isBinary: true,
    },
    "lib/libtold.so": { link: "libtold.so.1" },
    "share/other.so": { same: "lib/libtold.so.1" },
    "etc/conda/env_vars.d/told.json": '{"TOLD_BY": "told"}',
    "etc/conda/activate.d/told.sh": "export TOLD=1\n",
    "bin/.told-post-link.sh": "exit 1\n",
  },
});
const first = await greeter("1.0", "hello");
channel.offer(...made, first, told);

const SCRIPT = `import os
import subprocess
import sys

import greeter


def init():
    pass


def run(data):
    text = lambda *command: subprocess.run(command, capture_output=True, text=True).stdout.strip()
    with open("/opt/conda/share/other.so", "rb") as file:
        binary = file.read()
    return {
        "hello": greeter.HELLO,
        "executable": sys.executable,
        "prefix": sys.prefix,
        "stale": os.path.exists("/opt/conda/lib/stale"),
        "environment": [os.environ["CONDA_PREFIX"], os.environ["TOLD_BY"]],
        "entry": text("greet"),
        "script": text("tell"),
        "size": len(binary),
        "texts": [part.decode() for part in binary.split(b"\\0") if part][1:],
        "link": os.readlink("/opt/conda/lib/libtold.so"),
    }
`;

const CONDA = `channels: [${channel.address}, nodefaults]\ndependencies: [python=3.11, greeter, gunicorn]\n`;
const BASE = `${demandVariable("RIG_REGISTRY")}/${workspace.prefix}/base:1`;
// An environment of its own, of which nothing may be left.
const STALE = "mkdir -p /opt/conda/lib && touch /opt/conda/lib/stale";
const before = `${workspace.prefix}-before`;
await docker(["run", "--name", before, "--entrypoint", "sh", PYTHON_IMAGE, "-c", STALE]);
await docker(["commit", before, BASE]);
await docker(["rm", before]);
await docker(["push", "--quiet", BASE]);
await docker(["image", "rm", BASE]);

const answer = (hello: string) => ({
  hello,
  executable: "/opt/conda/bin/python3",
  prefix: "/opt/conda",
  stale: false,
  environment: ["/opt/conda", "told"],
  entry: "greeted",
  script: "/opt/conda",
  size: Buffer.byteLength(`\x7fELF\0${PLACEHOLDER}/share/told\0:${PLACEHOLDER}/a:${PLACEHOLDER}/b\0end`),
  texts: ["/opt/conda/share/told", ":/opt/conda/a:/opt/conda/b", "end"],
  link: "libtold.so.1",
});

const packageOf = (hello: string, base = BASE) => `base_image: ${base}
inference: {entry_script: score.py, source_directory: src}
environment: {conda: conda.yaml}
tests: [{request: {body: you}, expect: {json: ${JSON.stringify(answer(hello))}}}]
outputs: [{type: oci-archive, path: image.tar}]
`;

const FILES = { "src/score.py": SCRIPT, "conda.yaml": CONDA };
const all = await workspace.makePackage("all", packageOf("hello"), FILES);

const cacheOf = (name: string) => ({
  environment: { MLPACKAGE_CACHE_DIR: path.join(workspace.folder, name) },
});

async function digestOfImage(folder: PackageFolder): Promise<string> {
  const { stdout } = await execa("tar", ["-xOf", folder.at("image.tar"), "index.json"]);
  return JSON.parse(stdout).manifests[0].digest;
}

test("all of it comes from the channel, and the service runs in conda's Python", async () => {
  const { exitCode, stderr } = await all.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  const lock = readFileSync(all.at("mlpackage.lock"), "utf8");
  assert.match(
    lock,
    `${channel.address}/noarch/greeter-1.0-0.conda sha256:${first.record.sha256} ${first.bytes.length}`,
  );
  assert.not.match(lock, "__glibc");
  assert.match(stderr, "warning[conda/script-not-run]");
  assert.match(stderr, "told: bin/.told-post-link.sh");
  assert.match(stderr, "warning[conda/activation-not-run]");
});

test("the same again from nothing is the same image, and nothing is resolved", async () => {
  const digest = await digestOfImage(all);
  await rm(all.at("image.tar"));
  const before = channel.requests.filter((one) => one.includes("repodata")).length;
  const { exitCode, stderr } = await all.call(["apply", "--frozen"], cacheOf("second"));
  assert.is(exitCode, 0, stderr);
  assert.is(await digestOfImage(all), digest);
  assert.is(channel.requests.filter((one) => one.includes("repodata")).length, before);
  assert.match((await all.call(["apply", "--frozen"], cacheOf("second"))).stderr, "nothing to do");
});

test("no engine is asked for what conda alone brings", async () => {
  const digest = await digestOfImage(all);
  await rm(all.at("image.tar"));
  const { exitCode, stderr } = await all.call(["apply", "--no-test", "--only", "save:image.tar"], {
    environment: { ...cacheOf("third").environment, DOCKER_HOST: "unix:///nowhere.sock" },
  });
  assert.is(exitCode, 0, stderr);
  assert.is(await digestOfImage(all), digest);
});

test("a newer version comes when it is asked for", async () => {
  const newer = await greeter("1.1", "good day");
  channel.offer(newer);
  assert.match((await all.call(["apply", "--frozen"])).stderr, "nothing to do");
  const diff = await all.call(["lock", "--upgrade", "conda", "--diff"]);
  assert.is(diff.exitCode, 0, diff.stderr);
  assert.match(
    diff.stdout,
    /^~ conda\.platforms\.linux\/amd64\.greeter: .*greeter-1\.0-0\.conda .* → .*greeter-1\.1-0\.conda /m,
  );
  assert.is((await all.call(["lock", "--upgrade", "conda"])).exitCode, 0);
  await all.configure(packageOf("good day"));
  const { exitCode, stderr } = await all.call(["apply", "--frozen"]);
  assert.is(exitCode, 0, stderr);
});

test("a package that was replaced under its name is refused", async () => {
  const replaced = await makeCondaPackage({ name: "told", files: { "bin/tell": "other" } });
  channel.offer(replaced);
  const { exitCode, stderr } = await all.call(["apply", "--frozen"], cacheOf("replaced"));
  channel.offer(told);
  assert.is(exitCode, 1, stderr);
  assert.match(
    stderr,
    "error[conda/replaced]: `told-1.0-0.conda` has changed in the channel since it was locked",
  );
});

test("a file that asks for something else is refused with a frozen lock, and resolved without", async () => {
  await all.write({ "conda.yaml": CONDA.replace("greeter", "greeter=1.0") });
  const frozen = await all.call(["apply", "--frozen"]);
  assert.is(frozen.exitCode, 64, frozen.stderr);
  assert.match(frozen.stderr, "the packages that conda is asked for have changed");
  await all.write({ "conda.yaml": CONDA.replace("greeter", "greeter=2") });
  const none = await all.call(["lock"]);
  assert.is(none.exitCode, 1, none.stderr);
  assert.match(none.stderr, "error[conda/unsolvable]");
  assert.match(none.stderr, "greeter");
});

test("what pip brings comes on top, installed with conda's Python", async () => {
  const index = await startIndex("wording");
  index.offer("1.0", "WORD = 'a word'\n");
  const base = `${workspace.prefix}/trusting:1`;
  await execa("docker", ["build", "--quiet", "--tag", base, "-"], {
    input: `FROM ${PYTHON_IMAGE}\nENV PIP_TRUSTED_HOST=${index.host}\n`,
  });
  const conda = `channels: [${channel.address}]
dependencies: [greeter=1.0, gunicorn, {pip: ["--index-url ${index.address}", wording]}]
`;
  const script = SCRIPT.replace("import greeter\n", "import greeter\nimport wording\n").replace(
    '"hello": greeter.HELLO',
    '"hello": greeter.HELLO + wording.WORD + wording.__file__',
  );
  const word = "helloa word/opt/conda/lib/python3.11/site-packages/wording.py";
  const piped = await workspace.makePackage("pip", packageOf(word, base), {
    "src/score.py": script,
    "conda.yaml": conda,
  });
  const { exitCode, stderr } = await piped.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  const digest = await digestOfImage(piped);
  await rm(piped.at("image.tar"));
  const again = await piped.call(["apply", "--frozen", "--no-cache"], cacheOf("fourth"));
  assert.is(again.exitCode, 0, again.stderr);
  assert.is(await digestOfImage(piped), digest);
});

test.run();
