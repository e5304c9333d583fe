import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesOf } from "../../src/model/chunks.ts";
import { type Diagnostic, errorDiagnostic } from "../../src/model/diagnostic.ts";
import type { Engine } from "../../src/model/engine.ts";
import { fail, succeed } from "../../src/model/result.ts";
import { imageOf } from "../../src/steps/build-image.ts";
import { layersOf } from "../../src/steps/layer.ts";
import { loadedImageOf } from "../../src/steps/load.ts";
import { layoutFiles, makeBase } from "../fakes/base-image.ts";
import { AN_ENGINE, openPackage } from "../fakes/package.ts";

const test = suite("load");

const base = makeBase();
const yaml = `name: demo
models: [ridge.pkl]
base_image: {oci_layout: base}
inference: {command: [serve]}
build: {compression: none}
outputs: [{type: image, tags: ["a:1"]}]
`;
const FILES = { ...layoutFiles([base], "base/"), "ridge.pkl": "ridge" };

/** An engine that has some images by id, and takes what it is given; `given` is the blobs of each archive. */
async function open(
  present: readonly string[] = [],
  fault?: Diagnostic,
  files: Readonly<Record<string, string>> = {},
) {
  const images = new Set(present);
  const given: (readonly string[])[] = [];
  const engine: Partial<Engine> = {
    ...AN_ENGINE,
    identify: async (reference) => (images.has(reference) ? { id: reference, tags: [] } : undefined),
    async load(archive, ids) {
      const text = (await bytesOf(archive)).toString("latin1");
      given.push([...text.matchAll(/blobs\/sha256\/([0-9a-f]{64})\0/g)].map(([, hex]) => `sha256:${hex}`));
      if (fault !== undefined && given.length === 1) return fail(fault);
      images.add(ids[0] ?? "");
      return succeed(ids[0] ?? "");
    },
  };
  const opened = await openPackage(yaml, { ...FILES, ...files }, { engine });
  return { ...opened, given, images };
}

const layerOfBase = base.layers[0]?.digest ?? "";

test("the whole image, where the engine has nothing of it", async () => {
  const { make, given, outputs } = await open();
  const output = await make("load:image");
  const { root, images } = imageOf(outputs["build:image"] ?? output);
  const all = images.flatMap(({ layers, config, manifest }) => [...layers, config, manifest]);
  assert.equal(
    given.map((blobs) => blobs.toSorted()),
    [all.map(({ digest }) => digest).toSorted()],
  );
  assert.is(loadedImageOf(output), root.digest);
});

test("without the layers of an environment that the engine has", async () => {
  const { make, given } = await open([base.manifest.digest]);
  await make("load:image");
  assert.is(given.length, 1);
  assert.not(given[0]?.includes(layerOfBase));
});

test("and with them after all, where the engine has lost one", async () => {
  const { make, given } = await open([base.manifest.digest], errorDiagnostic("engine/load-failed", "no"));
  await make("load:image");
  assert.equal(
    given.map((blobs) => blobs.includes(layerOfBase)),
    [false, true],
  );
});

/** As large as a layer that is worth a note. */
const LARGE = "r".repeat(17e6);

test("without what it was given by a load that was killed; with it, where it has lost that", async () => {
  for (const fault of [undefined, errorDiagnostic("engine/load-failed", "no")]) {
    const { make, context, given } = await open([], fault, { "ridge.pkl": LARGE });
    const [layer] = layersOf(await make("layer:ridge")).layers;
    assert.ok(layer);
    await context.given.note("", layer.digest);
    await make("load:image");
    assert.equal(
      given.map((blobs) => blobs.includes(layer.digest)),
      fault === undefined ? [false] : [false, true],
    );
    assert.equal(await context.given.find("", [layer.digest]), [], "the image has it now");
  }
});

test("nothing, where it has the image", async () => {
  const { make, given } = await open();
  const first = await make("load:image");
  assert.equal(await make("load:image"), first);
  assert.is(given.length, 1);
});

test("what the engine refuses as a whole it is not given again", async () => {
  const { make, run, given } = await open([], errorDiagnostic("engine/load-failed", "no"));
  await make("build:image");
  const result = await run("load:image");
  assert.equal(!result.ok && result.diagnostics.map(({ code }) => code), ["engine/load-failed"]);
  assert.is(given.length, 1);
});

test("an image that the engine lost is missing", async () => {
  const { make, findMissing, images } = await open();
  const output = await make("load:image");
  assert.is(await findMissing("load:image", output), undefined);
  images.clear();
  assert.is(await findMissing("load:image", output), "the image in the engine");
});

test.run();
