import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { apply, plan, validate } from "../../src/library/library.ts";
import type { ApplyEvent } from "../../src/model/api.ts";
import { layoutFiles, makeBase } from "../fakes/base-image.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("library");
const FILES = {
  "mlpackage.yaml": "name: demo\nmodels: [model.bin]\ninference: score.py\nbase_image: {oci_layout: base}\n",
  "score.py": "def init(): pass\ndef run(data): return data\n",
  "model.bin": "one",
  ...layoutFiles([makeBase(`linux/${process.arch === "x64" ? "amd64" : process.arch}`)], "base/"),
};

/** A package that no engine knows of, with a cache of its own. */
function makePackage(files: Readonly<Record<string, string>> = {}) {
  const directory = makeFolder({ ...FILES, ...files });
  const environment = {
    MLPACKAGE_CACHE_DIR: path.join(directory, "cache"),
    DOCKER_HOST: "unix:///no/engine.sock",
    PATH: "",
  };
  return { directory, environment };
}

test("validate: all that is wrong, as data", async () => {
  assert.equal(await validate(makePackage()), { ok: true, warnings: [] });
  const checked = await validate(makePackage({ "mlpackage.yaml": `${FILES["mlpackage.yaml"]}port: 1\n` }));
  assert.is(checked.ok, false);
  if (checked.ok) return;
  const [{ code, file, line, column } = { code: "" }] = checked.diagnostics;
  assert.equal({ code, line, column }, { code: "config/unknown-key", line: 5, column: 1 });
  assert.match(file ?? "", "mlpackage.yaml");
  assert.is(checked.cancelled, false);
});

test("plan and apply know steps that need no engine, and say so of those that do", async () => {
  const made = makePackage();
  const planned = await plan({ ...made, only: ["layer"] });
  if (!planned.ok) throw new Error(JSON.stringify(planned));
  assert.equal(
    planned.plan.steps.map(({ id, verdict }) => [id, verdict]),
    [
      ["fetch:model", "run"],
      ["scan:model", "run"],
      ["layer:model", "run"],
    ],
  );
  const refused = await plan(made);
  if (refused.ok) throw new Error("nobody asked for an engine");
  assert.is(refused.diagnostics[0]?.code, "engine/unreachable");
});

test("apply: events in order, plain data throughout", async () => {
  const made = makePackage();
  const events: ApplyEvent[] = [];
  const first = await apply({ ...made, only: ["layer"], onEvent: (event) => events.push(event) });
  assert.is(first.ok, true, JSON.stringify(first));
  assert.equal(
    first.steps.map(({ id, status }) => [id, status]),
    [
      ["fetch:model", "succeeded"],
      ["scan:model", "succeeded"],
      ["layer:model", "succeeded"],
    ],
  );
  const types = events.map(({ type }) => type);
  assert.is(types[0], "plan-ready");
  assert.is(types.at(-1), "run-finished");
  assert.is(types.filter((type) => type === "step-finished").length, 3);
  assert.equal(JSON.parse(JSON.stringify({ first, events })), { first, events });
  const second = await apply({ ...made, only: ["layer"] });
  assert.equal(new Set(second.steps.map(({ status }) => status)), new Set(["fresh"]));
});

test("a step that fails is in the steps, and its reason among the diagnostics", async () => {
  const made = makePackage({
    "mlpackage.yaml": `name: demo\nmodels: [{source: model.bin, sha256: ${"a".repeat(64)}}]\ninference: score.py\nbase_image: {oci_layout: base}\n`,
  });
  const applied = await apply({ ...made, only: ["layer"] });
  if (applied.ok) throw new Error("a wrong digest was taken");
  assert.equal(
    applied.diagnostics.map(({ code }) => code),
    ["source/digest-mismatch"],
  );
});

test("several at once in one process do each step once", async () => {
  const made = makePackage();
  const results = await Promise.all([1, 2, 3].map(() => apply({ ...made, only: ["layer"] })));
  assert.ok(results.every(({ ok }) => ok));
  const succeeded = results.flatMap(({ steps }) => steps.filter(({ status }) => status === "succeeded"));
  assert.equal(succeeded.map(({ id }) => id).sort(), ["fetch:model", "layer:model", "scan:model"]);
});

test("what is aborted before it begins is cancelled, and prints nothing", async () => {
  const written: unknown[] = [];
  const { stdout, stderr } = process;
  const writes = [stdout.write, stderr.write];
  const record = (chunk: unknown) => written.push(chunk) > 0;
  Object.assign(stdout, { write: record });
  Object.assign(stderr, { write: record });
  const applied = await apply({ ...makePackage(), only: ["layer"], signal: AbortSignal.abort() });
  await validate({ ...makePackage(), file: "none.yaml" });
  Object.assign(stdout, { write: writes[0] });
  Object.assign(stderr, { write: writes[1] });
  assert.equal([applied.ok, "cancelled" in applied && applied.cancelled], [false, true]);
  assert.equal(written, []);
});

test.run();
