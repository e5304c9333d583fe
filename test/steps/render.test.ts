import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import { InputChanged, outputOfFiles } from "../../src/steps/output-files.ts";
import { NUMPY_LOCKED, openPackage } from "../fakes/package.ts";
import { writeInto } from "../fakes/temporary-folder.ts";

/** What is written for a saved folder, and the folder itself, on real files. */
const test = suite("render and the saved folder");

const yaml = `name: demo
models: [{name: ridge, source: models/ridge.pkl}, {name: bert, source: models/bert}]
environment: {python: {requirements: r.txt, find_links: [wheels]}}
inference: {entry_script: score.py, source_directory: src}
outputs: [{type: dockerfile, path: imagefiles}]
`;
const FILES = {
  "models/ridge.pkl": "ridge",
  "models/bert/config.json": "{}",
  "models/bert/deep/weights.bin": "weights",
  "src/score.py": "score",
  "src/run.sh": "#!/bin/sh",
  "r.txt": "numpy",
  "wheels/a.whl": "wheel",
};

/** It is known already what is to be installed. */
async function open(files: Readonly<Record<string, string>> = FILES, more = "", packages = NUMPY_LOCKED) {
  const opened = await openPackage(`${yaml}${more}`, files, { packages });
  await opened.make("lock:packages");
  return opened;
}

/** Every file and folder below one, with its mode. */
function look(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => `${(statSync(path.join(folder, name)).mode & 0o777).toString(8)} ${name}`)
    .sort();
}

test("the output is the same wherever the package lies", async () => {
  const made = async () => {
    const { make, outputs } = await open();
    await make("save:imagefiles");
    return outputs;
  };
  assert.equal(await made(), await made());
});

test("a saved folder is complete, and each of its own folders replaced as a whole", async () => {
  const { make, directory } = await open();
  await make("save:imagefiles");
  const folder = path.join(directory, "imagefiles");
  const files = look(folder).filter((entry) => /\.\w+$|Dockerfile$/.test(entry));
  assert.equal(files, [
    "644 Dockerfile",
    "644 app/score.py",
    "644 locked/requirements.txt",
    "644 models/bert/0/bert/config.json",
    "644 models/bert/0/bert/deep/weights.bin",
    "644 models/ridge/0/ridge.pkl",
    "644 runtime/serve.py",
    "644 wheels-1/a.whl",
    "755 app/run.sh",
  ]);
  writeInto(folder, "app/left-over.py", "x");
  await make("save:imagefiles");
  assert.not(existsSync(path.join(folder, "app/left-over.py")));
  assert.match(readFileSync(path.join(folder, "Dockerfile"), "utf8"), "COPY --chmod=u=rwX,go=rX app/ ");
  assert.equal(
    readdirSync(directory).filter((name) => name.startsWith(".")),
    [],
  );
});

test("a saved folder installs what is locked, whatever was asked for", async () => {
  const { make, directory } = await open({ ...FILES, "r.txt": "--no-index\nnumpy>=2" });
  await make("save:imagefiles");
  const text = readFileSync(path.join(directory, "imagefiles/locked/requirements.txt"), "utf8");
  assert.equal(text.split("\n"), ["--no-index", `numpy==2.1.0 --hash=${digestOf("numpy")}`, ""]);
});

test("each platform has a file of its own, be it empty", async () => {
  const nothing = { systemPackages: {}, python: [] };
  const { make } = await open(FILES, "", { ...NUMPY_LOCKED, "linux/arm/v7": nothing });
  const { files } = await make("render");
  assert.equal(
    files.flatMap(({ path: name, size }) => (name.startsWith("contexts/locked/") ? [[name, size > 0]] : [])),
    [
      ["contexts/locked/requirements-amd64.txt", true],
      ["contexts/locked/requirements-armv7.txt", false],
    ],
  );
});

test("where nothing is installed there is nothing to mount", async () => {
  const { make } = await open(FILES, "", { "linux/amd64": { systemPackages: {}, python: [] } });
  const { files } = await make("render");
  assert.equal(
    files.filter(({ path: name }) => name.startsWith("contexts/locked/")),
    [],
  );
});

for (const changed of ["src/score.py", "wheels/a.whl"]) {
  test(`a change of ${changed} between plan and run is noticed`, async () => {
    const { run, directory } = await open();
    writeInto(directory, changed, "changed");
    const error = await run("render").catch((thrown: unknown) => thrown);
    assert.ok(error instanceof InputChanged);
    assert.is(error.path, changed);
  });
}

for (const changed of ["base/Dockerfile", "base/.dockerignore"]) {
  test(`a change of ${changed} between plan and run is noticed`, async () => {
    const base = { "base/Dockerfile": "FROM debian:bookworm-slim\n", "base/.dockerignore": "*.log\n" };
    const { run, directory } = await open(
      { ...FILES, ...base },
      "base_image: {dockerfile: base/Dockerfile}\n",
    );
    writeInto(directory, changed, "FROM debian:sid\n");
    const error = await run("render").catch((thrown: unknown) => thrown);
    assert.ok(error instanceof InputChanged);
    assert.is(error.path, changed);
  });
}

test("an output that another machine made up is not taken for ours", async () => {
  const { make, findMissing } = await open();
  const render = await make("render");
  assert.is(await findMissing("render", render), undefined);
  const text = JSON.stringify(render.values);
  for (const values of [{}, JSON.parse(text.replaceAll("/var/azureml-app", "/../../../escaped"))]) {
    const { digest } = outputOfFiles(render.files, values);
    assert.is(await findMissing("render", { ...render, values, digest }), "what it made");
  }
  const other = outputOfFiles(render.files.slice(1), render.values);
  assert.is(await findMissing("render", { ...other, digest: render.digest }), "what it made");
});

test.run();
