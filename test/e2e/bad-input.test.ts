// What is wrong with the machine, the file or the service: one message that says so, and nothing half done.
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { findContainers, inspectImage } from "./engine.ts";
import { timedSuite } from "./timed-suite.ts";
import { ECHO_SCRIPT, openWorkspace, type PackageFolder } from "./workspace.ts";

const workspace = openWorkspace("bad");
const test = timedSuite("bad input");

function errorsIn(stderr: string): readonly string[] {
  return stderr.match(/^error\[[^\]]+\]/gm) ?? [];
}

test("no engine: exit 69 at once, and how to get one", async () => {
  const made = await workspace.makePackage("no-engine", "");
  for (const [args, host] of [
    [["apply"], "unix:///nonexistent.sock"],
    [["plan"], "tcp://127.0.0.1:1"],
    [["run"], "unix:///nonexistent.sock"],
    [["stop"], "unix:///nonexistent.sock"],
    [["apply"], "ssh://nobody@nowhere.invalid"],
  ] as const) {
    const { exitCode, stderr, durationMs } = await made.call(args, { environment: { DOCKER_HOST: host } });
    assert.is(exitCode, 69, stderr);
    assert.is(errorsIn(stderr).length, 1, stderr);
    assert.match(stderr, "hint: ");
    assert.match(stderr, host);
    assert.ok(durationMs < 5000, `${durationMs} ms`);
  }
});

for (const [word, yaml, files, code, place] of [
  ["no-model", "models: [missing.pkl]\n", {}, /(config|source)\/[a-z-]+/, "mlpackage.yaml:4:10"],
  ["no-script", "inference: other.py\n", {}, /config\/[a-z-]+/, "mlpackage.yaml:3:12"],
  ["no-run", "", { "score.py": "def init():\n    pass\n" }, /config\/[a-z-]+/, ":"],
  [
    "no-requirements",
    "environment: {python: {requirements: r.txt}}\n",
    {},
    /config\/[a-z-]+/,
    "mlpackage.yaml:4:",
  ],
] as const) {
  test(`${word}: exit 64, with its place`, async () => {
    const made = await workspace.makePackage(word, yaml, files);
    for (const command of ["validate", "apply"]) {
      const { exitCode, stderr } = await made.call([command]);
      assert.is(exitCode, 64, `${command}: ${stderr}`);
      assert.is(errorsIn(stderr).length, 1, stderr);
      assert.match(errorsIn(stderr)[0] ?? "", code);
      assert.match(stderr, place);
    }
  });
}

test("no file at all, a folder that does not exist, a command that does not exist", async () => {
  const made = await workspace.makePackage("no-file", "");
  for (const [args, words] of [
    [["-f", "other.yaml", "apply"], "other.yaml"],
    [["-C", "nowhere", "apply"], "nowhere"],
    [["aply"], "apply"],
    [["apply", "--nope"], "nope"],
    [["apply", "--only", "nope"], "nope"],
    [["apply", "--set", "no.such=1"], "no"],
  ] as const) {
    const { exitCode, stderr } = await made.call(args);
    assert.is(exitCode, 64, `${args.join(" ")}: ${stderr}`);
    assert.match(stderr, words);
  }
});

const FAILING_SERVICES = {
  "init raises": [
    'def init():\n    raise ValueError("no such weights")\n\n\ndef run(data):\n    return data\n',
    /ValueError: no such weights/,
  ],
  "an import fails": [
    "import nowhere\n\n\ndef init():\n    pass\n\n\ndef run(data):\n    return data\n",
    /No module named 'nowhere'/,
  ],
  "the server exits": [
    "import os\n\n\ndef init():\n    os._exit(7)\n\n\ndef run(data):\n    return data\n",
    /exit code/,
  ],
} as const;

for (const [index, [title, [script, words]]] of Object.entries(FAILING_SERVICES).entries()) {
  test(`${title}: exit 3, with the log`, async () => {
    const made = await workspace.makePackage(`service-${index}`, "", { "score.py": script });
    const { exitCode, stderr } = await made.call(["apply"]);
    assert.is(exitCode, 3, stderr);
    assert.is(errorsIn(stderr).length, 1, stderr);
    assert.match(stderr, "error[service/exited]");
    assert.match(stderr, words);
    assert.is(await inspectImage(`${made.name}:latest`), undefined);
    assert.equal(await findContainers(workspace.prefix, "test"), []);
  });
}

test("a command that exits at once: exit 3", async () => {
  const made = await workspace.makePackage(
    "command",
    `inference: {command: [sh, -c, "echo goodbye; exit 4"], port: 8000}
tests: [{request: {path: /}, expect: {status: 200}}]
`,
  );
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 3, stderr);
  assert.match(stderr, "exit code 4");
  assert.match(stderr, "goodbye");
});

test("a command that does not exist: one message", async () => {
  const made = await workspace.makePackage(
    "no-command",
    "inference: {command: [no-such-program]}\ntests: [{request: {path: /}}]\n",
  );
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 1, stderr);
  assert.is(errorsIn(stderr).length, 1, stderr);
  assert.match(stderr, "no-such-program");
  assert.equal(await findContainers(workspace.prefix, "test"), []);
});

test("a run that raises in a test: the difference, and the traceback", async () => {
  const made = await workspace.makePackage("raises", "tests: [{request: {body: x}, expect: {json: x}}]\n", {
    "score.py": ECHO_SCRIPT.replace("return data", 'raise KeyError("a column")'),
  });
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 3, stderr);
  assert.match(stderr, "expected status 200, got 500");
  assert.match(stderr, "KeyError: 'a column'");
});

test("run: a port that is taken", async () => {
  const [first, second] = [
    await workspace.makePackage("port-a", ""),
    await workspace.makePackage("port-b", ""),
  ];
  for (const made of [first, second]) assert.is((await made.call(["apply"])).exitCode, 0);
  const started = await first.call(["run", "-d", "--json"]);
  const { port } = new URL(JSON.parse(started.stdout).address);
  const { exitCode, stderr } = await second.call(["run", "-d", "-p", port]);
  assert.is(exitCode, 1, stderr);
  assert.match(stderr, `error[engine/port-taken]: port ${port}`);
  await first.call(["stop"]);
  assert.equal(await findContainers(workspace.prefix, "service"), []);
});

test("an engine that takes calls and never answers: told in two seconds, and the program ends", async () => {
  const socket = path.join(workspace.folder, "hung.sock");
  const hung = createServer(() => {})
    .listen(socket)
    .unref();
  const made = await workspace.makePackage("hung", "");
  const began = performance.now();
  const { exitCode, stderr } = await made.call(["apply"], {
    environment: { DOCKER_HOST: `unix://${socket}` },
  });
  hung.close();
  assert.is(exitCode, 69, stderr);
  assert.is(errorsIn(stderr).length, 1, stderr);
  assert.ok(performance.now() - began < 4000, `${performance.now() - began} ms`);
});

/** A small file system of its own; undefined where this user may not mount one. */
async function mountSmallDisk(folder: string, size: string): Promise<(() => Promise<unknown>) | undefined> {
  await mkdir(folder);
  const mounted = await execa("mount", ["-t", "tmpfs", "-o", `size=${size}`, "mlpackage-e2e", folder], {
    reject: false,
  });
  if (mounted.exitCode !== 0) {
    process.stdout.write(`not run, for want of a small disk: ${mounted.stderr}\n`);
    return undefined;
  }
  return () => execa("umount", ["--lazy", folder]);
}

async function applyToFullDisk(
  made: PackageFolder,
  folder: string,
  size: string,
  environment = {},
): Promise<string> {
  const unmount = await mountSmallDisk(folder, size);
  if (unmount === undefined) return "";
  try {
    const { exitCode, stderr } = await made.call(["apply"], { environment });
    assert.is(exitCode, 1, stderr);
    // Steps that run at once find the same disk full.
    assert.is(new Set(errorsIn(stderr)).size, 1, stderr);
    assert.match(stderr, /the disk is full|the disk has [\d.]+ MB free/);
    assert.equal(await filesOf(folder), []);
    return stderr;
  } finally {
    await unmount();
  }
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return (
    entries
      .filter((entry) => entry.isFile() && !/steps|packages|documents|blobs|compiled/.test(entry.parentPath))
      .map(({ name }) => name)
      // When garbage was last collected.
      .filter((name) => name !== "collected")
  );
}

test("a full disk under the cache", async () => {
  const made = await workspace.makePackage("full-cache", "", { "weights.txt": "x".repeat(300_000) });
  const folder = made.at("../small-cache");
  const stderr = await applyToFullDisk(made, folder, "64k", { MLPACKAGE_CACHE_DIR: folder });
  if (stderr !== "") assert.match(stderr, "MLPACKAGE_CACHE_DIR");
});

test("a full disk under an archive and under a saved folder", async () => {
  for (const [word, output] of [
    ["full-archive", "{type: oci-archive, path: out/image.tar}"],
    ["full-folder", "{type: dockerfile, path: out/imagefiles}"],
  ]) {
    const made = await workspace.makePackage(`${word}`, `outputs: [${output}]\n`, {
      "data.txt": "x".repeat(300_000),
    });
    await applyToFullDisk(made, made.at("out"), "128k");
    assert.not.ok(existsSync(made.at("out/image.tar")));
  }
});

test("a cache that may not be written to", async () => {
  const made = await workspace.makePackage("closed-cache", "", { "a-file": "" });
  const environment = { MLPACKAGE_CACHE_DIR: made.at("a-file") };
  const { exitCode, stderr } = await made.call(["apply"], { environment });
  assert.is(exitCode, 1, stderr);
  assert.is(errorsIn(stderr).length, 1, stderr);
  assert.not.match(stderr, "error[bug]");
});

test.run();
