import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { validateAction, validateWorkflow } from "@action-validator/core";
import { load } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ActionStep, action, actionText, type Names, runStep } from "./action-steps.ts";
import { makeFolder, writeInto } from "./fakes/temporary-folder.ts";

/** The action for GitHub: as its schema wants it, and what it does before it calls mlpackage. */
const test = suite("action.yml");

const guide = readFileSync(new URL("../schemas/guide/work.md", import.meta.url), "utf8");
const RUNNER = { "runner.os": "Linux", "runner.arch": "X64" };

function prepare(directory: string, names: Names = {}, environment: Names = {}) {
  return runStep("prepare", { ...RUNNER, "inputs.directory": directory, ...names }, environment);
}

test("is right by the schema of actions", () => {
  assert.equal(validateAction(actionText).errors, []);
  const wrong = validateAction(actionText.replace("using: composite", "using: composed"));
  assert.ok(wrong.errors.length > 0, "the validator finds what is wrong");
});

test("the workflow in the guide is right by the schema of workflows, and names inputs and outputs that there are", () => {
  const [, workflow = ""] = /```yaml\n(# \.github\/workflows\/.*?)```/s.exec(guide) ?? [];
  assert.equal(validateWorkflow(workflow).errors, []);
  const { jobs } = load(workflow) as { jobs: { package: { steps: ActionStep[] } } };
  const [, called] = jobs.package.steps;
  assert.match(called?.uses ?? "", "mlpackage/mlpackage@");
  for (const name of Object.keys(called?.with ?? {})) assert.ok(name in action.inputs, name);
  const outputs = [...workflow.matchAll(/steps\.package\.outputs\.([\w-]+)/g)].map(([, name = ""]) => name);
  assert.equal(outputs, ["image"]);
  for (const name of outputs) assert.ok(name in action.outputs, name);
});

test("no text of others becomes part of a shell's program", () => {
  const shells = action.runs.steps.flatMap(({ run }) => run ?? []);
  assert.is(shells.length, 2);
  for (const run of shells) assert.not.match(run, "${{");
});

test("every input is used, and described", () => {
  for (const [name, { description }] of Object.entries(action.inputs)) {
    assert.match(actionText, `inputs.${name} `);
    assert.ok(description.length > 10, name);
  }
});

test("the key of the cache is that of the lock, wherever the file lies", async () => {
  const folder = makeFolder({ "mlpackage.lock": "{}", "sub/x.yaml": "name: x", "sub/x.lock": "{}\n" });
  const keyOf = async (names: Names = {}) => {
    const { exitCode, outputs, stderr } = await prepare(folder, names);
    assert.is(exitCode, 0, stderr);
    assert.match(outputs["cache-key"] ?? "", /^mlpackage-Linux-X64-[0-9a-f]{16}$/);
    return outputs["cache-key"];
  };
  const first = await keyOf();
  const other = await keyOf({ "inputs.file": "\nsub/x.yaml\nprod.yaml\n" });
  assert.is.not(first, other);
  assert.is(await keyOf(), first);
  writeInto(folder, "mlpackage.lock", '{"version": 1}');
  assert.is.not(await keyOf(), first);
});

test("it goes without a lock, and says which Node it found and where the cache is", async () => {
  const folder = makeFolder();
  const { exitCode, outputs, stderr } = await prepare(folder, {}, { RUNNER_TEMP: folder });
  assert.is(exitCode, 0, stderr);
  assert.is(outputs["has-node"], "true");
  assert.is(outputs["cache-directory"], path.join(folder, "mlpackage-cache"));
  const chosen = await prepare(folder, {}, { MLPACKAGE_CACHE_DIR: "/srv/cache" });
  assert.is(chosen.outputs["cache-directory"], "/srv/cache");
});

test("a Node that is too old counts as none", async () => {
  const bin = makeFolder({ node: '#!/bin/sh\nexec "$REAL_NODE" -r "$OLD" "$@"\n', "old.cjs": OLD_NODE });
  const environment = {
    PATH: `${bin}:${process.env.PATH}`,
    REAL_NODE: process.execPath,
    OLD: path.join(bin, "old.cjs"),
  };
  assert.is((await prepare(makeFolder(), {}, environment)).outputs["has-node"], "false");
});

const OLD_NODE =
  'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.18.3" } });\n';

for (const text of [
  "$(touch pwned)",
  "`touch pwned`",
  "x'; touch pwned; '",
  '"; touch pwned; "',
  "-delete",
]) {
  test(`a file called ${text} is a file that is not there`, async () => {
    const folder = makeFolder({ "kept.lock": "{}" });
    const { exitCode, outputs } = await prepare(folder, { "inputs.file": text });
    assert.is(exitCode, 0);
    assert.match(outputs["cache-key"] ?? "", /^mlpackage-Linux-X64-/);
    assert.not.ok(existsSync(path.join(folder, "pwned")));
    assert.ok(existsSync(path.join(folder, "kept.lock")));
  });
}

test.run();
