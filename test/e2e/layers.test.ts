// Layers: a model each, the code last; what did not change is neither sent nor pushed again, and never mixed up.
import { chmod, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { demandImage, docker, runIn } from "./engine.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, ECHO_SCRIPT, openWorkspace, PYTHON_IMAGE } from "./workspace.ts";

const REGISTRY = demandVariable("RIG_REGISTRY");
const MODEL_BYTES = 200_000_000;
const workspace = openWorkspace("layers");
const test = timedSuite("layers");

const heavy = await workspace.makePackage(
  "heavy",
  `models: [big.bin, {source: small, name: other}]
inference: {entry_script: score.py, source_directory: src}
outputs:
  - {type: image, tags: ["\${name}:latest"]}
  - {type: image, tags: ["${REGISTRY}/\${name}:1"], push: true}
`,
  { "src/score.py": ECHO_SCRIPT, "small/a.txt": "a", "small/deep/b.txt": "b" },
);

/** Bytes that no compression makes less of. */
function noise(size: number, seed: number): Buffer {
  const words = new Uint32Array(size / 4);
  let state = seed;
  for (let index = 0; index < words.length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[index] = state;
  }
  return Buffer.from(words.buffer);
}

async function layersOf(reference: string): Promise<readonly string[]> {
  return (await demandImage(reference)).RootFS.Layers;
}

/** The size of the largest file below a folder. */
async function largestIn(folder: string): Promise<number> {
  const { stdout } = await execa("find", [folder, "-type", "f", "-printf", "%s\\n"]);
  return Math.max(...stdout.split("\n").map(Number));
}

/** The layers of files, of the package's image as it is now: two models, the runtime, the code. */
async function fileLayers(): Promise<readonly string[]> {
  return (await layersOf(`${heavy.name}:latest`)).slice(-4);
}

/** Which of them are others than before. */
async function changedLayers(before: readonly string[]): Promise<readonly number[]> {
  const after = await fileLayers();
  return after.flatMap((layer, index) => (layer === before[index] ? [] : [index]));
}

test("two models, the runtime and the code are a layer each", async () => {
  await writeFile(heavy.at("big.bin"), noise(MODEL_BYTES, 1));
  const { exitCode, stderr } = await heavy.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  const history = await docker(["history", "--format", "{{.CreatedBy}}", `${heavy.name}:latest`]);
  assert.equal(history.split("\n").slice(0, 5), [
    "mlpackage: settings",
    "mlpackage: code",
    "mlpackage: server",
    "mlpackage: model other",
    "mlpackage: model big",
  ]);
  const found = await runIn(`${heavy.name}:latest`, ["find", "/var/azureml-app", "-type", "f"]);
  assert.equal(found.split("\n").sort(), [
    "/var/azureml-app/azureml-models/big/0/big.bin",
    "/var/azureml-app/azureml-models/other/0/small/a.txt",
    "/var/azureml-app/azureml-models/other/0/small/deep/b.txt",
    "/var/azureml-app/src/score.py",
  ]);
});

test("no model is copied into the cache", async () => {
  assert.ok((await largestIn(workspace.cacheDirectory)) < MODEL_BYTES);
  // Nor is a name of it left anywhere, and it is what it was.
  const { nlink, mtimeMs, mode } = await stat(heavy.at("big.bin"));
  assert.is(nlink, 1);
  assert.ok(Date.now() - mtimeMs < 600_000);
  assert.is(mode & 0o777, 0o644);
});

test("after a changed line of code, all layers but the last are the same, and no model is sent", async () => {
  const before = await fileLayers();
  await heavy.write({ "src/score.py": `${ECHO_SCRIPT}\n# changed\n` });
  const { exitCode, stderr, durationMs } = await heavy.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.equal(await changedLayers(before), [3]);
  assert.not.match(stderr, /▸ (fetch|layer|upload|build environment)/);
  assert.ok(durationMs < 20_000, `${durationMs} ms`);
});

test("a push sends what the registry does not have", async () => {
  const pushed = await execa("docker", ["push", `${REGISTRY}/${heavy.name}:1`], { all: true });
  const before = pushed.all.match(/Layer already exists/g)?.length ?? 0;
  assert.is(before, new Set(await layersOf(`${heavy.name}:latest`)).size, pushed.all);
  await heavy.write({ "src/score.py": `${ECHO_SCRIPT}\n# changed again in ${workspace.prefix}\n` });
  const built = await heavy.call(["apply", "--only", `save:${heavy.name}:latest`]);
  assert.is(built.exitCode, 0, built.stderr);
  const tag = `${REGISTRY}/${heavy.name}:2`;
  await docker(["tag", `${heavy.name}:latest`, tag]);
  const again = await execa("docker", ["push", tag], { all: true });
  assert.is(again.all.match(/Pushed/g)?.length, 1, again.all);
  assert.is(again.all.match(/Layer already exists/g)?.length, before - 1, again.all);
});

test("a model of the same size and time with other bytes is another model", async () => {
  const { atime, mtime } = await stat(heavy.at("big.bin"));
  const before = await fileLayers();
  await writeFile(heavy.at("big.bin"), noise(MODEL_BYTES, 2));
  await utimes(heavy.at("big.bin"), atime, mtime);
  const { exitCode, stderr } = await heavy.call(["apply", "--only", "save"]);
  assert.is(exitCode, 0, stderr);
  assert.equal(await changedLayers(before), [0]);
});

test("another base or another environment keeps the layers of models and code", async () => {
  const before = await fileLayers();
  const configuration = await readFile(heavy.at("mlpackage.yaml"), "utf8");
  await heavy.write({
    "mlpackage.yaml": configuration.replace(/^base_image:.*$/m, "base_image: {dockerfile: base/Dockerfile}"),
    "base/Dockerfile": `FROM ${PYTHON_IMAGE}\nRUN echo more >/more\n`,
  });
  const { exitCode, stderr } = await heavy.call(["apply", "--only", "save"]);
  assert.is(exitCode, 0, stderr);
  assert.equal(await changedLayers(before), []);
  assert.not.match(stderr, /▸ layer/);
});

test("files that only their owner may read can be read by the service", async () => {
  const closed = await workspace.makePackage(
    "closed",
    `models: [model.txt]
inference: {entry_script: score.py, source_directory: src}
tests:
  - request: {body: x}
    expect: {json: mine}
`,
    {
      "model.txt": "mine",
      "src/score.py": `import os


def init():
    global model
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.txt")) as file:
        model = file.read()


def run(data):
    return model
`,
    },
  );
  for (const file of ["model.txt", "src/score.py"]) await chmod(closed.at(file), 0o600);
  const { exitCode, stderr } = await closed.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.is((await stat(closed.at("model.txt"))).mode & 0o777, 0o600);
});

test("packages whose files have the same names, sizes and times each get their own bytes", async () => {
  const time = new Date("2020-01-01T00:00:00Z");
  for (const word of ["first", "other"]) {
    const twin = await workspace.makePackage(
      word,
      `models: [model.txt]
inference: {entry_script: score.py, source_directory: src}
environment: {python: {requirements: requirements.txt, find_links: [wheels]}}
`,
      {
        "model.txt": word,
        "src/score.py": ECHO_SCRIPT,
        "src/word.txt": word,
        // pip's own word for what it was given: it is kept by the RUN below.
        "requirements.txt": `# ${word}\n`,
        "wheels/readme.txt": word,
      },
    );
    for (const file of ["model.txt", "src/score.py", "src/word.txt", "requirements.txt", "wheels/readme.txt"])
      await utimes(twin.at(file), time, time);
    const { exitCode, stderr } = await twin.call(["apply"]);
    assert.is(exitCode, 0, stderr);
    const files = ["azureml-models/model/0/model.txt", "src/word.txt"].map(
      (file) => `/var/azureml-app/${file}`,
    );
    assert.is(await runIn(`${twin.name}:latest`, ["cat", ...files]), word + word);
  }
});

test("the same package in another folder, with another cache and nothing of BuildKit's, is the same image", async () => {
  const name = `${workspace.prefix}-same`;
  const configuration = `name: ${name}
base_image: ${PYTHON_IMAGE}
models: [model.txt]
inference: {entry_script: score.py, source_directory: src}
`;
  const ids: string[] = [];
  for (const word of ["here", "there"]) {
    const files = { "mlpackage.yaml": configuration, "model.txt": "m", "src/score.py": ECHO_SCRIPT };
    const made = await workspace.makePackage(word, "", files);
    // Nothing of a file but its name, its bytes and whether it can be run is in the image.
    await utimes(made.at("model.txt"), ids.length, ids.length);
    await chmod(made.at("model.txt"), ids.length === 0 ? 0o600 : 0o664);
    const environment = { MLPACKAGE_CACHE_DIR: `${made.path}-cache` };
    const { exitCode, stderr } = await made.call(["apply", "--no-cache"], { environment });
    assert.is(exitCode, 0, stderr);
    ids.push((await demandImage(`${name}:latest`)).Id);
  }
  assert.is(ids[0], ids[1]);
});

test.run();
