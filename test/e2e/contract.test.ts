// What a scoring script, or a server of the user's own, finds around it in the image.
import * as assert from "uvu/assert";
import { runIn } from "./engine.ts";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace } from "./workspace.ts";

const workspace = openWorkspace("contract");
const test = timedSuite("contract");

/** Answers with all files of the models, by their path below AZUREML_MODEL_DIR, and where that is. */
const LISTS_MODELS = `import os


def init():
    pass


def run(data):
    root = os.environ["AZUREML_MODEL_DIR"]
    found = [os.path.relpath(os.path.join(at, name), root) for at, _, names in os.walk(root) for name in names]
    return {"root": root, "files": sorted(found)}
`;

const MODELS = {
  "several-models": {
    yaml: `models:
  - ridge.pkl
  - {name: Words.v2, version: "7", source: lists/words.txt}
`,
    root: "/var/azureml-app/azureml-models",
    files: ["Words.v2/7/words.txt", "ridge/0/ridge.pkl"],
  },
  "a-folder": {
    yaml: "models: [{name: bert, source: weights/bert/}]\n",
    root: "/var/azureml-app/azureml-models/bert/0",
    files: ["bert/config.json", "bert/deep/a.bin", "bert/deep/b.txt"],
  },
  "include-and-exclude": {
    yaml: `models: [{name: bert, source: weights/bert, include: ["**/*.bin", "*.json"], exclude: [config.json]}]\n`,
    root: "/var/azureml-app/azureml-models/bert/0",
    files: ["bert/deep/a.bin"],
  },
  "a-glob": {
    yaml: `models: [{name: globbed, source: "weights/bert/**/*.bin"}]\n`,
    root: "/var/azureml-app/azureml-models/globbed/0",
    files: ["deep/a.bin"],
  },
  "a-name-with-spaces": {
    yaml: `models: [{name: odd, source: "odd name's $file.bin"}]\n`.replace("$", "$$$$"),
    root: "/var/azureml-app/azureml-models/odd/0",
    files: ["odd name's $file.bin"],
  },
} as const;

for (const [word, { yaml, root, files }] of Object.entries(MODELS)) {
  test(`models: ${word}`, async () => {
    const made = await workspace.makePackage(
      word,
      `${yaml}inference: {entry_script: score.py, source_directory: src}
tests: [{request: {body: x}, expect: {json: ${JSON.stringify({ root, files }).replaceAll("$", "$$$$")}}}]
`,
      {
        "ridge.pkl": "r",
        "lists/words.txt": "w",
        "odd name's $file.bin": "o",
        "weights/bert/config.json": "{}",
        "weights/bert/deep/a.bin": "a",
        "weights/bert/deep/b.txt": "b",
        "src/score.py": LISTS_MODELS,
      },
    );
    const { exitCode, stderr } = await made.call(["apply"]);
    assert.is(exitCode, 0, stderr);
  });
}

test("a script in a folder with spaces, with siblings, packages and data, on a port of its own, with two workers", async () => {
  const made = await workspace.makePackage(
    "siblings",
    `inference:
  entry_script: service/score.py
  source_directory: the code
  port: 8123
  workers: 2
tests:
  - request: {body: x}
    expect: {json: [sibling, packaged, data, "8123", /var/azureml-app], headers: {Content-Type: application/json}}
  - {name: ready, request: {path: /readyz}, expect: {contains: Ready}}
  - {name: form, request: {method: PUT, path: /score, body: x}, expect: {status: 405}}
  - {name: file, request: {body_file: request.bin}, expect: {status: 200}}
`,
    {
      "request.bin": "bytes",
      "the code/service/score.py": `import os

import sibling
from package.part import PART


def init():
    global data
    with open(os.path.join(os.path.dirname(__file__), "..", "data.txt")) as file:
        data = file.read()


def run(body):
    return [sibling.NAME, PART, data, os.environ["MLPACKAGE_PORT"], os.environ["AML_APP_ROOT"]]
`,
      "the code/service/sibling.py": 'NAME = "sibling"\n',
      "the code/service/package/part.py": 'PART = "packaged"\n',
      "the code/data.txt": "data",
      "the code/__pycache__/old.pyc": "old",
      "the code/.git/config": "mine",
    },
  );
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  const found = await runIn(`${made.name}:latest`, [
    "find",
    "/var/azureml-app/the code",
    "-name",
    "*.pyc",
    "-o",
    "-name",
    ".git",
  ]);
  assert.is(found, "");

  const started = await made.call(["run", "-d"]);
  assert.is(started.exitCode, 0, started.stderr);
  assert.is(
    (await made.call(["score", "--data", "x"])).stdout,
    '["sibling", "packaged", "data", "8123", "/var/azureml-app"]',
  );
  await made.call(["stop"]);
});

test("a command instead of a script: any server, taken as it is", async () => {
  const made = await workspace.makePackage(
    "command",
    `models: [model.txt]
inference:
  command: [python3, -m, http.server, "8000", --directory, /var/azureml-app]
  source_directory: site
  port: 8000
environment: {python: {managed: false}}
tests:
  - {request: {path: /site/index.html}, expect: {contains: hello}}
  - {name: model, request: {path: /azureml-models/model/0/model.txt}, expect: {contains: weights}}
  - {name: gone, request: {path: /nothing}, expect: {status: 404}}
`,
    { "site/index.html": "<p>hello</p>", "model.txt": "weights" },
  );
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  const started = await made.call(["run", "-d"]);
  assert.is(started.exitCode, 0, started.stderr);
  assert.is((await made.call(["stop"])).exitCode, 0);
});

test("no model at all", async () => {
  const made = await workspace.makePackage(
    "no-models",
    "tests: [{request: {body: x}, expect: {json: none}}]\n",
    {
      "score.py": `import os


def init():
    pass


def run(data):
    return os.environ.get("AZUREML_MODEL_DIR", "none")
`,
    },
  );
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 0, stderr);
});

test.run();
