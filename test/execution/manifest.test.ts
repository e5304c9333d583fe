import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Manifest, readManifest, updateManifest } from "../../src/execution/manifest.ts";
import { digestOf } from "../../src/model/digest.ts";
import { fingerprint } from "../../src/plan/fingerprint.ts";
import { makeHost } from "../fakes/host.ts";
import { makeOutput, makeStep } from "../fakes/steps.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("manifest");

const { files } = makeHost();
const entryOf = (id: string, text = id) => ({
  key: digestOf(text),
  fingerprint: fingerprint(makeStep(id), 1, {}),
  output: makeOutput(text),
  durationMs: 5,
});
const NOTHING: Manifest = { steps: {}, failed: {} };
const manifest: Manifest = { steps: { a: entryOf("a") }, failed: { b: digestOf("b") } };

function makeFile(text?: string): string {
  const folder = makeFolder();
  if (text !== undefined) writeInto(folder, "manifest.json", text);
  return path.join(folder, "manifest.json");
}

test("what was written is read", async () => {
  const file = path.join(makeFolder(), "deep", "manifest.json");
  await updateManifest(file, manifest, files);
  assert.equal(await readManifest(file, files), manifest);
});

test("none is empty", async () => {
  assert.equal(await readManifest(makeFile(), files), NOTHING);
});

test("a run adds to what others have written meanwhile", async () => {
  const file = makeFile();
  await updateManifest(file, { steps: { a: entryOf("a"), b: entryOf("b") }, failed: {} }, files);
  await updateManifest(file, { steps: { b: entryOf("b", "newer"), c: entryOf("c") }, failed: {} }, files);
  assert.equal(await readManifest(file, files), {
    steps: { a: entryOf("a"), b: entryOf("b", "newer"), c: entryOf("c") },
    failed: {},
  });
});

test("a failure is remembered until the step succeeds, and beside its last success", async () => {
  const file = makeFile();
  await updateManifest(file, { steps: { a: entryOf("a") }, failed: { b: digestOf("b") } }, files);
  await updateManifest(file, { steps: {}, failed: { a: digestOf("newer") } }, files);
  assert.equal(await readManifest(file, files), {
    steps: { a: entryOf("a") },
    failed: { a: digestOf("newer"), b: digestOf("b") },
  });
  await updateManifest(file, { steps: { b: entryOf("b") }, failed: {} }, files);
  assert.equal((await readManifest(file, files)).failed, { a: digestOf("newer") });
});

test("a failure is remembered while another key succeeds", async () => {
  const file = makeFile();
  await updateManifest(file, { steps: {}, failed: { a: digestOf("a") } }, files);
  await updateManifest(file, { steps: { a: entryOf("a", "newer") }, failed: {} }, files);
  assert.equal((await readManifest(file, files)).failed, { a: digestOf("a") });
});

const damaged = ["", "{", "null", "[]", '"text"', JSON.stringify(manifest).slice(0, -20), "\0\0\0\0"];
const shapeless = ['{"steps":[],"failed":null}', '{"steps":"x","failed":7}', '{"a":{}}'];

for (const text of [...damaged, ...shapeless]) {
  test(`one that is damaged is as none: ${JSON.stringify(text.slice(0, 26))}`, async () => {
    const file = makeFile(text);
    assert.equal(await readManifest(file, files), NOTHING);
    await updateManifest(file, manifest, files);
    assert.equal(await readManifest(file, files), manifest);
  });
}

test("entries that are damaged are left out", async () => {
  const text = JSON.stringify({
    steps: { ...manifest.steps, b: {}, c: null, d: { key: "x" } },
    failed: { ...manifest.failed, e: "x", f: null },
  });
  assert.equal(await readManifest(makeFile(text), files), manifest);
});

test.run();
