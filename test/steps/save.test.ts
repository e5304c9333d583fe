import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { StepOutput } from "../../src/model/outcome.ts";
import { saveKind } from "../../src/steps/save.ts";
import { createTaggedImages, makeStepContext } from "../fakes/step-context.ts";
import { makeStep } from "../fakes/steps.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("save");

const built: StepOutput = { digest: digestOf("built"), files: [], values: { image: "new" } };

async function* archiveOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function* brokenArchive(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("half");
  throw new Error("the engine went away");
}

function prepareArchive(tags: Readonly<Record<string, string>>, stream = archiveOf) {
  const { engine, done, byTag } = createTaggedImages(tags);
  const directory = makeFolder();
  const context = makeStepContext(
    directory,
    {
      ...engine,
      export: (references) => stream(`tar of ${references.map((one) => byTag.get(one))}`),
    },
    { build: built },
  );
  const inputs = { type: "oci-archive", path: "dist/a.tar", tag: "a:1" };
  const step = makeStep("save:dist/a.tar", "build", { kind: "save", inputs });
  return { context, done, step, directory, run: () => saveKind.run(step, context) };
}

test("an archive has the name of its image, which is lent it", async () => {
  const { run, done, directory } = prepareArchive({});
  const saved = await run();
  assert.is(readFileSync(`${directory}/dist/a.tar`, "utf8"), "tar of new");
  assert.equal(saved.ok && saved.value.files, [
    { path: "a.tar", digest: digestOf("tar of new"), size: 10, mode: 0o644, origin: "dist/a.tar" },
  ]);
  assert.equal(done, ["tag new a:1", "untag a:1"]);
});

test("a name that another image has goes back to it", async () => {
  const { run, done } = prepareArchive({ "a:1": "old" });
  assert.ok((await run()).ok);
  assert.equal(done, ["tag new a:1", "tag old a:1"]);
});

test("a name that the image has already stays", async () => {
  const { run, done } = prepareArchive({ "a:1": "new" });
  assert.ok((await run()).ok);
  assert.equal(done, []);
});

test("an export that breaks leaves no archive, and no name", async () => {
  const { run, done, directory } = prepareArchive({}, brokenArchive);
  assert.match(String(await run().catch(String)), "went away");
  assert.equal(readdirSync(`${directory}/dist`), []);
  assert.equal(done, ["tag new a:1", "untag a:1"]);
});

test("an archive that is gone, or other bytes, is missing", async () => {
  const { run, step, context, directory } = prepareArchive({});
  const saved = await run();
  assert.ok(saved.ok);
  assert.is(await saveKind.findMissing(step, saved.value, context), undefined);
  writeFileSync(`${directory}/dist/a.tar`, "tar of old");
  assert.is(await saveKind.findMissing(step, saved.value, context), "dist/a.tar");
  rmSync(`${directory}/dist/a.tar`);
  assert.is(await saveKind.findMissing(step, saved.value, context), "dist/a.tar");
});

function prepareTag(tags: Readonly<Record<string, string>>) {
  const { engine, done } = createTaggedImages(tags);
  const context = makeStepContext(makeFolder(), engine, { build: built });
  const step = makeStep("save:a:1", "build", { kind: "save", inputs: { type: "image", tag: "a:1" } });
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
    const output: StepOutput = { ...built, values: { tag: "a:1", image: "new" } };
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
  const { run, directory } = prepareArchive({});
  const others = ["a.tar.partial", "b.tar.1.abc.partial", "a.tar.1.abc.partial.txt"];
  mkdirSync(`${directory}/dist`);
  for (const name of ["a.tar.4242.k3x9aa.partial", ...others]) writeFileSync(`${directory}/dist/${name}`, "");
  assert.ok((await run()).ok);
  assert.equal(readdirSync(`${directory}/dist`).toSorted(), [...others, "a.tar"].toSorted());
});

test.run();
