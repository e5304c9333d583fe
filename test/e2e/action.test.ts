// The step of the GitHub action that calls mlpackage, run as a runner does, with the mlpackage of the folder.
import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import path from "node:path";
import * as assert from "uvu/assert";
import { type Names, runStep } from "../action-steps.ts";
import { findTag } from "./registry-api.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, ECHO_SCRIPT, openWorkspace, type PackageFolder } from "./workspace.ts";

const test = timedSuite("action");
const workspace = openWorkspace("action");
const program = new URL("../../dist/mlpackage.js", import.meta.url).pathname;
const registry = demandVariable("RIG_REGISTRY");

const INFERENCE = "inference: score.py\n";

async function makePackage(word: string, yaml: string): Promise<PackageFolder> {
  const made = await workspace.makePackage(word, yaml, { "score.py": ECHO_SCRIPT });
  await mkdir(made.at("node_modules/.bin"), { recursive: true });
  await symlink(program, made.at("node_modules/.bin/mlpackage"));
  return made;
}

function apply(made: PackageFolder, names: Names = {}) {
  return runStep(
    "apply",
    {
      "inputs.directory": made.path,
      "inputs.version": "",
      "steps.prepare.outputs.cache-directory": workspace.cacheDirectory,
      ...names,
    },
    // The machine's own CI has nothing to do with it.
    { CI: "", NO_COLOR: "1" },
  );
}

test("gives the image that it pushed, by its digest, and writes the page of the run", async () => {
  const made = await makePackage("pushed", INFERENCE);
  const name = `${registry}/${made.name}`;
  await made.configure(`${INFERENCE}outputs:
  - {type: image, tags: ["${name}:1"], push: true, load: false}
`);
  const { exitCode, stderr, outputs } = await apply(made, { "inputs.report": "mlpackage-report.html" });
  assert.is(exitCode, 0, stderr);
  const digest = await findTag(registry, made.name, "1");
  assert.equal(outputs, {
    report: made.at("mlpackage-report.html"),
    image: `${name}@${digest}`,
    digest,
  });
  assert.ok(existsSync(made.at("mlpackage-report.html")));
});

test("without a push, gives what the engine calls the image", async () => {
  const made = await makePackage("built", INFERENCE);
  const { exitCode, stderr, outputs } = await apply(made, { "inputs.args": "  --jobs 2\n  --no-test " });
  assert.is(exitCode, 0, stderr);
  assert.match(outputs.image ?? "", /^sha256:[0-9a-f]{64}$/);
  assert.match(outputs.digest ?? "", /^sha256:[0-9a-f]{64}$/);
});

test("fails as mlpackage does, and gives no image", async () => {
  const made = await makePackage("failing", `${INFERENCE}tests: [{request: {body: a}, expect: {json: b}}]\n`);
  const { exitCode, stderr, outputs } = await apply(made);
  assert.is(exitCode, 3, stderr);
  assert.equal(outputs, {});
  assert.match(stderr, "error[test/");
  const wrong = await apply(made, { "inputs.file": "mlpackage.yaml\nmissing.yaml" });
  assert.is(wrong.exitCode, 64);
  assert.match(wrong.stderr, "missing.yaml");
});

test("arguments are words, whatever they hold", async () => {
  const made = await makePackage("words", INFERENCE);
  const { exitCode } = await apply(made, { "inputs.args": "--only $(touch pwned) ; touch pwned *" });
  assert.is.not(exitCode, 0);
  assert.not.ok(existsSync(path.join(made.path, "pwned")));
});

test.run();
