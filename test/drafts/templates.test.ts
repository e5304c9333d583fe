import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { OtherKind } from "../../src/config/recognized.ts";
import { frameworkOf } from "../../src/drafts/frameworks.ts";
import type { Facts } from "../../src/drafts/read-facts.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("script templates");
const folder = path.join(import.meta.dirname, "../../src/drafts/templates");
const templates = readdirSync(folder).filter((name) => name.endsWith(".py"));

const KINDS: readonly (readonly [OtherKind, Facts])[] = [
  ["gguf", {}],
  ["keras", {}],
  ["lightgbm", {}],
  ["pickle", {}],
  ["safetensors", {}],
  ["tensorflow", {}],
  ["torch", { torch: "script" }],
  ["torch", { torch: "module" }],
  ["torch", { torch: "weights" }],
  ["transformers", {}],
  ["xgboost", {}],
];

test("each is of a framework, or of several models", () => {
  const named = KINDS.map(([kind, facts]) => frameworkOf(kind, facts).template);
  assert.equal([...named, "blank.py", "pickles.py"].sort(), templates.sort());
});

test("Python compiles them", async () => {
  assert.ok(templates.length > 10);
  const places = templates.map((name) => path.join(folder, name));
  const { exitCode, stderr } = await execa("python3", ["-m", "py_compile", ...places], {
    env: { PYTHONPYCACHEPREFIX: makeFolder() },
    reject: false,
  });
  assert.is(exitCode, 0, stderr);
});

for (const name of templates) {
  test(`${name} has what is filled in, and what a server calls`, () => {
    const text = readFileSync(path.join(folder, name), "utf8");
    assert.match(text, /^"""Serves |^"""Answers /);
    assert.match(text, /^MODELS? = /m);
    assert.match(text, /^def init\(\):$/m);
    assert.match(text, /^def run\(data\):$/m);
  });
}

test.run();
