import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesOf } from "../../src/model/chunks.ts";
import { type Digest, digestOf } from "../../src/model/digest.ts";
import type { Descriptor, Image } from "../../src/model/image.ts";
import { imageOf } from "../../src/steps/build-image.ts";
import { contentsFor } from "../../src/steps/image-contents.ts";
import { layoutFiles, makeBase } from "../fakes/base-image.ts";
import { openPackage } from "../fakes/package.ts";

const test = suite("the image, put together");

const bases = [makeBase(), makeBase("linux/arm64", "the base, for others")];
const yaml = `name: demo
models: [{name: ridge, source: ridge.pkl}, {name: bert, source: bert}]
base_image: {oci_layout: base}
environment: {python: {managed: false}}
inference: {entry_script: score.py, source_directory: src}
outputs: [{type: oci-archive, path: a.tar}]
`;
const FILES = {
  ...layoutFiles(bases, "base/"),
  "ridge.pkl": "ridge",
  "bert/weights.bin": "weights",
  "src/score.py": "score",
  "src/run.sh": "#!/bin/sh",
};

const IMAGE = "build:image";

async function build(files: Readonly<Record<string, string>> = FILES, more = "") {
  const opened = await openPackage(`${yaml}${more}`, files);
  const output = await opened.make(IMAGE);
  return { ...opened, output, image: imageOf(output) };
}

type Built = Awaited<ReturnType<typeof build>>;

async function textOf(blob: Descriptor, { stepOf, context }: Built): Promise<string> {
  const contents = contentsFor(stepOf("save:a.tar"), context);
  const bytes = await bytesOf(context.host.files.readParts(await contents.partsOf(blob)));
  assert.is(digestOf(bytes), blob.digest);
  assert.is(bytes.length, blob.size);
  return bytes.toString("latin1");
}

function layersIn({ images }: Image): readonly Digest[] {
  return (images[0]?.layers ?? []).map(({ digest }) => digest);
}

test("from what changes seldom to what changes often, each a layer of its own", async () => {
  const built = await build();
  const [image] = built.image.images;
  assert.ok(image);
  const [base, ...ours] = image.layers;
  assert.is(base?.digest, bases[0]?.layers[0]?.digest);
  const held = await Promise.all(ours.map(async (layer) => filesIn(await textOf(layer, built))));
  assert.equal(held, [
    ["var/azureml-app/azureml-models/ridge/0/ridge.pkl"],
    ["var/azureml-app/azureml-models/bert/0/bert/weights.bin"],
    ["opt/mlpackage/runtime/serve.py"],
    ["var/azureml-app/src/run.sh", "var/azureml-app/src/score.py"],
  ]);
});

/** The names of the files in a tar, read from its headers. */
function filesIn(tar: string): readonly string[] {
  const blocks = Array.from({ length: tar.length / 512 }, (_, index) =>
    tar.slice(index * 512, (index + 1) * 512),
  );
  const headers = blocks.filter((block) => block.slice(257, 262) === "ustar" && block[156] === "0");
  return headers.map((header) => header.slice(0, 100).replace(/\0.*$/s, ""));
}

test("its configuration is the base's, with ours on top", async () => {
  const built = await build();
  const [image] = built.image.images;
  assert.ok(image);
  const { config, rootfs } = JSON.parse(await textOf(image.config, built));
  assert.equal(
    rootfs.diff_ids,
    image.layers.map(({ diffId }) => diffId),
  );
  assert.is(config.Entrypoint, undefined);
  assert.equal(config.Cmd, ["python3", "/opt/mlpackage/runtime/serve.py"]);
  assert.is(config.WorkingDir, "/var/azureml-app");
  assert.ok(config.Env.includes("PATH=/bin"));
  assert.ok(config.Env.includes("AZUREML_ENTRY_SCRIPT=src/score.py"));
  const { layers, config: described } = JSON.parse(await textOf(image.manifest, built));
  assert.equal([described.digest, layers.length], [image.config.digest, image.layers.length]);
});

test("two packages of the same content are one image", async () => {
  const [one, other] = [await build(), await build()];
  assert.equal(one.output, other.output);
  assert.is(one.output.digest, one.image.root.digest);
});

for (const [what, changed, index] of [
  ["line of code", { "src/score.py": "SCORE" }, 4],
  ["model", { "bert/weights.bin": "WEIGHTS" }, 2],
] as const) {
  test(`a changed ${what} changes one layer`, async () => {
    const [before, after] = [
      layersIn((await build()).image),
      layersIn((await build({ ...FILES, ...changed })).image),
    ];
    assert.is(before.length, after.length);
    const different = before.flatMap((digest, place) => (digest === after[place] ? [] : [place]));
    assert.equal(different, [index]);
  });
}

test("for several platforms there is an index, and our layers are the same in all", async () => {
  const built = await build(FILES, "build: {platforms: [linux/amd64, linux/arm64]}\n");
  const { root, images } = built.image;
  assert.equal(
    images.map(({ platform }) => platform),
    ["linux/amd64", "linux/arm64"],
  );
  const { manifests } = JSON.parse(await textOf(root, built));
  assert.equal(
    manifests.map(({ digest }: Descriptor) => digest),
    images.map(({ manifest }) => manifest.digest),
  );
  const [one = [], other = []] = images.map(({ layers }) => layers.map(({ digest }) => digest));
  assert.is.not(one[0], other[0]);
  assert.equal(one.slice(1), other.slice(1));
});

test("a package without models and code has the folder of the service all the same", async () => {
  const bare = `name: demo
base_image: {oci_layout: base}
inference: {command: [serve]}
outputs: [{type: oci-archive, path: a.tar}]
`;
  const opened = await openPackage(bare, FILES);
  const output = await opened.make(IMAGE);
  const built = { ...opened, output, image: imageOf(output) };
  const [, layer] = built.image.images[0]?.layers ?? [];
  assert.ok(layer);
  assert.match(await textOf(layer, built), /^var\/azureml-app\/\0/s);
});

for (const compression of ["gzip", "zstd"]) {
  test(`our layers are compressed with ${compression} where that is wanted, the base's stay as they are`, async () => {
    const { image, findMissing, output } = await build(FILES, `build: {compression: ${compression}}\n`);
    const [base, ...ours] = image.images[0]?.layers ?? [];
    assert.is(base?.mediaType, "application/vnd.oci.image.layer.v1.tar");
    for (const { mediaType } of ours) assert.match(mediaType, new RegExp(`\\+${compression}$`));
    assert.is(await findMissing(IMAGE, output), undefined);
  });
}

test("a layer of the code that is gone from the store is missing", async () => {
  const { output, context, findMissing } = await build();
  const [file] = output.files;
  assert.ok(file);
  await context.host.files.remove((await context.store.find(file.digest)) ?? "");
  assert.is(await findMissing(IMAGE, output), file.path);
});

test.run();
