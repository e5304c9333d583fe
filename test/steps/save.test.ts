import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { StepOutput } from "../../src/model/outcome.ts";
import type { Part } from "../../src/model/part.ts";
import { imageOf } from "../../src/steps/build-image.ts";
import { InputChanged } from "../../src/steps/output-files.ts";
import { saveKind } from "../../src/steps/save.ts";
import { layoutFiles, makeBase } from "../fakes/base-image.ts";
import { openPackage } from "../fakes/package.ts";
import { createTaggedImages, makeStepContext } from "../fakes/step-context.ts";
import { makeStep } from "../fakes/steps.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("save");

const loaded: StepOutput = { digest: digestOf("loaded"), files: [], values: { image: "new" } };

const ARCHIVE = "save:dist/a.tar";
const bases = [makeBase(), makeBase("linux/arm64", "for others")];
const FILES = { ...layoutFiles(bases, "base/"), "ridge.pkl": "ridge" };
const yaml = (more = "", type = "oci-archive") => `name: demo
models: [ridge.pkl]
base_image: {oci_layout: base}
inference: {command: [serve]}
outputs: [{type: ${type}, path: dist/a.tar}]
${more}`;

const openArchive = (more = "", type = "oci-archive", files: Readonly<Record<string, string>> = {}) =>
  openPackage(yaml(more, type), { ...FILES, ...files });

async function unpack(directory: string): Promise<string> {
  const folder = makeFolder();
  await execa("tar", ["--extract", "--file", `${directory}/dist/a.tar`, "--directory", folder]);
  return folder;
}

function readJson(folder: string, name: string) {
  return JSON.parse(readFileSync(path.join(folder, name), "utf8"));
}

for (const type of ["oci-archive", "docker-archive"]) {
  test(`an archive is a layout with a name, and docker's own form: ${type}`, async () => {
    const { make, directory, outputs } = await openArchive("", type);
    const { files } = await make(ARCHIVE);
    const { root, images } = imageOf(outputs["build:image"] ?? loaded);
    const bytes = readFileSync(`${directory}/dist/a.tar`);
    assert.equal(files, [
      { path: "a.tar", digest: digestOf(bytes), size: bytes.length, mode: 0o644, origin: "dist/a.tar" },
    ]);
    const folder = await unpack(directory);
    const [{ digest, annotations }] = readJson(folder, "index.json").manifests;
    assert.is(digest, root.digest);
    assert.is(annotations["io.containerd.image.name"], "docker.io/library/demo:latest");
    const [{ RepoTags, Layers }] = readJson(folder, "manifest.json");
    assert.equal(RepoTags, ["demo:latest"]);
    assert.is(Layers.length, images[0]?.layers.length);
    for (const name of readdirSync(path.join(folder, "blobs/sha256"))) {
      assert.is(digestOf(readFileSync(path.join(folder, "blobs/sha256", name))), `sha256:${name}`);
    }
  });
}

test("the same package gives the same archive", async () => {
  const [one, other] = [await openArchive(), await openArchive()];
  assert.equal(await one.make(ARCHIVE), await other.make(ARCHIVE));
});

const platforms = "build: {platforms: [linux/amd64, linux/arm64]}\n";

test("an archive for several platforms", async () => {
  const { make, directory } = await openArchive(platforms);
  await make(ARCHIVE);
  const folder = await unpack(directory);
  const [{ digest }] = readJson(folder, "index.json").manifests;
  assert.is(readJson(folder, `blobs/${digest.replace(":", "/")}`).manifests.length, 2);
});

for (const [what, code, more, type, files] of [
  ["docker's form for several platforms", "save/one-platform", platforms, "docker-archive", {}],
  ["a folder in the way", "save/folder-in-the-way", "", "oci-archive", { "dist/a.tar/notes.txt": "mine" }],
] as const) {
  test(`no archive: ${what}`, async () => {
    const { make, run } = await openArchive(more, type, files);
    await make("build:image");
    const result = await run(ARCHIVE);
    assert.equal(!result.ok && result.diagnostics.map(({ code: told }) => told), [code]);
  });
}

test("a disk without room is told before anything is written", async () => {
  const { make, context, stepOf, directory } = await openArchive("", "oci-archive", { "dist/a.tar": "old" });
  await make("build:image");
  const files = { ...context.host.files, freeBytes: async () => 1000 };
  const result = await saveKind.run(stepOf(ARCHIVE), { ...context, host: { ...context.host, files } });
  assert.equal(!result.ok && result.diagnostics.map(({ code }) => code), ["save/no-room"]);
  assert.is(readFileSync(`${directory}/dist/a.tar`, "utf8"), "old");
});

test("a model that changes while it is written leaves the archive as it was", async () => {
  const { make, context, stepOf, directory } = await openArchive("", "oci-archive", { "dist/a.tar": "old" });
  await make("build:image");
  async function* changing(parts: readonly Part[]): AsyncGenerator<Uint8Array> {
    yield* context.host.files.readParts(parts);
    writeInto(directory, "ridge.pkl", "RIDGE");
  }
  const files = { ...context.host.files, readParts: changing };
  const error = await saveKind
    .run(stepOf(ARCHIVE), { ...context, host: { ...context.host, files } })
    .catch((thrown: unknown) => thrown);
  assert.ok(error instanceof InputChanged);
  assert.is(readFileSync(`${directory}/dist/a.tar`, "utf8"), "old");
  assert.equal(readdirSync(`${directory}/dist`), ["a.tar"]);
});

test("a signal in the middle leaves the archive as it was, and no half of another", async () => {
  const { make, context, stepOf, directory } = await openArchive("", "oci-archive", { "dist/a.tar": "old" });
  await make("build:image");
  const stop = new AbortController();
  let read = 0;
  async function* stopping(parts: readonly Part[]): AsyncGenerator<Uint8Array> {
    for await (const chunk of context.host.files.readParts(parts)) {
      const middle = Math.floor(chunk.length / 2);
      yield chunk.subarray(0, middle);
      read += 1;
      assert.is(readdirSync(`${directory}/dist`).length, 2, "it is being written");
      stop.abort(new Error("SIGTERM"));
      yield chunk.subarray(middle);
    }
  }
  const files = { ...context.host.files, readParts: stopping };
  const error = await saveKind
    .run(stepOf(ARCHIVE), { ...context, signal: stop.signal, host: { ...context.host, files } })
    .catch((thrown: unknown) => thrown);
  assert.equal([error, read], [stop.signal.reason, 1]);
  assert.is(readFileSync(`${directory}/dist/a.tar`, "utf8"), "old");
  assert.equal(readdirSync(`${directory}/dist`), ["a.tar"]);
  await make(ARCHIVE);
  assert.equal(readdirSync(`${directory}/dist`), ["a.tar"]);
});

test("an archive that is gone, or other bytes, is missing", async () => {
  const { make, findMissing, directory } = await openArchive();
  const saved = await make(ARCHIVE);
  assert.is(await findMissing(ARCHIVE, saved), undefined);
  writeFileSync(`${directory}/dist/a.tar`, "tar of old");
  assert.is(await findMissing(ARCHIVE, saved), "dist/a.tar");
  rmSync(`${directory}/dist/a.tar`);
  assert.is(await findMissing(ARCHIVE, saved), "dist/a.tar");
});

function prepareTag(tags: Readonly<Record<string, string>>) {
  const { engine, done } = createTaggedImages(tags);
  const context = makeStepContext(makeFolder(), engine, { "load:image": loaded });
  const step = makeStep("save:a:1", "load:image", { kind: "save", inputs: { type: "image", tag: "a:1" } });
  return { context, done, step };
}

test("a tag is put on the image", async () => {
  const { step, context, done } = prepareTag({});
  const saved = await saveKind.run(step, context);
  assert.equal(saved.ok && saved.value.values, { tag: "a:1", image: "new" });
  assert.equal(done, ["tag new a:1"]);
});

for (const [what, tags, missing] of [
  ["is in its place", { "a:1": "new" }, undefined],
  ["was moved to another image", { "a:1": "old" }, "the tag a:1"],
  ["is gone", {}, "the tag a:1"],
] as const) {
  test(`a tag that ${what}`, async () => {
    const { step, context } = prepareTag(tags);
    const output: StepOutput = { ...loaded, values: { tag: "a:1", image: "new" } };
    assert.is(await saveKind.findMissing(step, output, context), missing);
  });
}

for (const [what, files] of [
  ["is a file", { imagefiles: "x" }],
  ["holds files of others", { "imagefiles/notes.txt": "x" }],
  ["holds a Dockerfile of others", { "imagefiles/Dockerfile": "FROM debian" }],
] as const) {
  test(`a folder that ${what} is left alone`, async () => {
    const directory = makeFolder(files);
    const step = makeStep("save:x", "", { kind: "save", inputs: { type: "dockerfile", path: "imagefiles" } });
    const saved = await saveKind.run(step, makeStepContext(directory));
    assert.equal(!saved.ok && saved.diagnostics.map(({ code }) => code), ["save/folder-not-ours"]);
    for (const [name, text] of Object.entries(files)) {
      assert.is(readFileSync(path.join(directory, name), "utf8"), text);
    }
    assert.ok(existsSync(path.join(directory, "imagefiles")));
  });
}

test("what a killed run left beside an archive goes, and nothing else", async () => {
  const others = ["a.tar.partial", "b.tar.1.abc.partial", "a.tar.1.abc.partial.txt"];
  const left = ["a.tar.4242.k3x9aa.partial", ...others].map((name) => [`dist/${name}`, ""]);
  const { make, directory } = await openArchive("", "oci-archive", Object.fromEntries(left));
  await make(ARCHIVE);
  assert.equal(readdirSync(`${directory}/dist`).toSorted(), [...others, "a.tar"].toSorted());
});

test.run();
