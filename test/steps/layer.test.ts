import { randomBytes } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesOf } from "../../src/model/chunks.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { Step } from "../../src/model/step.ts";
import { contentsFor } from "../../src/steps/image-contents.ts";
import { layersOf } from "../../src/steps/layer.ts";
import { InputChanged } from "../../src/steps/output-files.ts";
import { openPackage } from "../fakes/package.ts";
import { writeInto } from "../fakes/temporary-folder.ts";

const test = suite("layers of a model");

const FILES = { "bert/config.json": "{}", "bert/deep/weights.bin": "weights" };
const yaml = (compression = "auto") =>
  `name: demo
models: [{name: bert, source: bert}]
inference: {command: [serve]}
build: {compression: ${compression}}
`;

test("one that is not compressed lies nowhere, and can be read all the same", async () => {
  const { make, context, stepOf } = await openPackage(yaml("none"), FILES);
  const output = await make("layer:bert");
  assert.equal(output.files, []);
  const { layers, target } = layersOf(output);
  assert.is(target, "/var/azureml-app/azureml-models/bert/0");
  const [layer] = layers;
  assert.ok(layer && layers.length === 1);
  assert.is(layer.digest, layer.diffId);
  const contents = contentsFor(readerOf(stepOf("layer:bert")), context);
  const bytes = await bytesOf(context.host.files.readParts(await contents.partsOf(layer)));
  assert.is(digestOf(bytes), layer.digest);
  assert.is(bytes.length, layer.size);
  assert.match(bytes.toString("latin1"), "var/azureml-app/azureml-models/bert/0/bert/deep/weights.bin");
});

/** Whoever reads the layers needs the files they are of. */
function readerOf(step: Step): Step {
  return { ...step, needs: [...step.needs, step.id] };
}

for (const kind of ["gzip", "zstd"] as const) {
  test(`one that is compressed with ${kind} is in the store`, async () => {
    const [plain, packed] = [await openPackage(yaml("none"), FILES), await openPackage(yaml(kind), FILES)];
    const raw = layersOf(await plain.make("layer:bert")).layers[0];
    const output = await packed.make("layer:bert");
    const [layer] = layersOf(output).layers;
    assert.ok(layer && raw);
    assert.is(layer.mediaType, `application/vnd.oci.image.layer.v1.tar+${kind}`);
    assert.is(layer.diffId, raw.digest);
    assert.ok(layer.size < raw.size);
    assert.equal(
      output.files.map(({ path, digest, size }) => [path, digest, size]),
      [[`blobs/${layer.digest.replace(":", "/")}`, layer.digest, layer.size]],
    );
    assert.is(await packed.findMissing("layer:bert", output), undefined);
  });
}

const MEGABYTES = 2 << 20;
const decisions: readonly (readonly [what: string, largest: string | Uint8Array, suffix: string])[] = [
  ["text", "the same words again, ".repeat(MEGABYTES / 20), "+zstd"],
  ["chance", randomBytes(MEGABYTES), ""],
  ["little", "the same words again, ".repeat(1000), ""],
];

for (const [what, largest, suffix] of decisions) {
  test(`left to us, ${what} becomes a layer${suffix}`, async () => {
    const { make } = await openPackage(yaml(), { ...FILES, "bert/largest": largest });
    const [layer] = layersOf(await make("layer:bert")).layers;
    assert.is(layer?.mediaType, `application/vnd.oci.image.layer.v1.tar${suffix}`);
  });
}

test("the same files are the same layers, wherever they lie and whatever their times", async () => {
  const [one, other] = [await openPackage(yaml(), FILES), await openPackage(yaml(), FILES)];
  assert.equal(await one.make("layer:bert"), await other.make("layer:bert"));
});

test("a file that changed since it was fetched is noticed", async () => {
  const { make, run, directory } = await openPackage(yaml(), FILES);
  await make("fetch:bert");
  writeInto(directory, "bert/config.json", "[]");
  const error = await run("layer:bert").catch((thrown: unknown) => thrown);
  assert.ok(error instanceof InputChanged);
  assert.is(error.path, "bert/config.json");
});

test("and one that changes before its layer is read", async () => {
  const { make, directory, context, stepOf } = await openPackage(yaml("none"), FILES);
  const [layer] = layersOf(await make("layer:bert")).layers;
  assert.ok(layer);
  writeInto(directory, "bert/config.json", "[]");
  const error = await contentsFor(readerOf(stepOf("layer:bert")), context)
    .partsOf(layer)
    .catch((thrown: unknown) => thrown);
  assert.ok(error instanceof InputChanged);
});

test.run();
