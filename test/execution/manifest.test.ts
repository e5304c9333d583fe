import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Manifest, readManifest, writeManifest } from "../../src/execution/manifest.ts";
import { digestOf } from "../../src/model/digest.ts";
import { fingerprint } from "../../src/plan/fingerprint.ts";
import { makeHost } from "../fakes/host.ts";
import { makeOutput, makeStep } from "../fakes/steps.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("manifest");

const { files } = makeHost();
const manifest: Manifest = {
  a: { key: digestOf("a"), fingerprint: fingerprint(makeStep("a"), 1, {}), output: makeOutput("a") },
};

test("what was written is read", async () => {
  const file = path.join(makeFolder(), "deep", "manifest.json");
  await writeManifest(file, manifest, files);
  assert.equal(await readManifest(file, files), manifest);
});

test("none is empty", async () => {
  assert.equal(await readManifest(path.join(makeFolder(), "manifest.json"), files), {});
});

const damaged = ["", "{", "null", "[]", '"text"', JSON.stringify(manifest).slice(0, -20), "\0\0\0\0"];

for (const text of damaged) {
  test(`one that is damaged is as none: ${JSON.stringify(text.slice(0, 10))}`, async () => {
    const folder = makeFolder();
    writeInto(folder, "manifest.json", text);
    assert.equal(await readManifest(path.join(folder, "manifest.json"), files), {});
  });
}

test("entries that are damaged are left out", async () => {
  const folder = makeFolder();
  writeInto(folder, "manifest.json", JSON.stringify({ ...manifest, b: {}, c: null, d: { key: "x" } }));
  assert.equal(await readManifest(path.join(folder, "manifest.json"), files), manifest);
});

test.run();
