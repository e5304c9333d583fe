import { suite } from "uvu";
import * as assert from "uvu/assert";
import { listInputs } from "../../src/plan/list-inputs.ts";

const test = suite("listInputs");

test("every single input has the name that reasons use", () => {
  const inputs = {
    name: "a",
    models: [{ name: "m", version: "1" }],
    code: { "src/score.py": "644 sha256:1" },
    labels: {},
    builder: null,
  };
  assert.equal(listInputs(inputs), [
    { input: "name", value: '"a"' },
    { input: "models.0.name", value: '"m"' },
    { input: "models.0.version", value: '"1"' },
    { input: "code.src/score.py", value: '"644 sha256:1"' },
    { input: "labels", value: "{}" },
    { input: "builder", value: "null" },
  ]);
});

test("what may be a secret has no value, unless it is empty", () => {
  const inputs = {
    environment: { variables: { KEY: "hunter2" }, python: { indexUrl: "https://me:hunt/er@2@a.example/x" } },
    baseImage: { buildArgs: {} },
    tests: [{ request: { body: ["hunter2"] } }],
  };
  assert.equal(listInputs(inputs), [
    { input: "environment.variables.KEY" },
    { input: "environment.python.indexUrl", value: '"https://…@a.example/x"' },
    { input: "baseImage.buildArgs", value: "{}" },
    { input: "tests.0.request.body.0" },
  ]);
});

test.run();
