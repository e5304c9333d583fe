import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import { RegistryError } from "../../src/model/registry.ts";
import { openPackage } from "../fakes/package.ts";
import { createMemoryRepository } from "../fakes/repository.ts";

const test = suite("push of models");

const FILES = {
  "ridge.pkl": "ridge",
  "bert/weights.bin": "weights",
  "bert/config.json": "{}",
  "src/serve": "",
};

async function open(output: string, replaced = {}) {
  const repository = createMemoryRepository("r.example/team/model", replaced);
  const opened = await openPackage(
    `name: demo
models: [{name: ridge, version: "3", source: ridge.pkl}, {name: bert, source: bert}]
inference: {command: [serve], source_directory: src}
outputs: [${output}]
`,
    FILES,
    { repositoryOf: () => repository },
  );
  return { ...opened, repository };
}

const ALL = '{type: modelpack, reference: "r.example/team/model:1"}';
const ONE = '{type: modelpack, reference: "r.example/team/model:1", models: [bert]}';

type Layers = { readonly layers: readonly { readonly annotations: Readonly<Record<string, string>> }[] };

const pathsIn = (manifest: string | undefined) =>
  (JSON.parse(manifest ?? "{}") as Layers).layers.map(
    ({ annotations }) => annotations["org.cncf.model.filepath"],
  );

test("all models are one artifact, each in a folder, and the manifest goes last", async () => {
  const { make, repository } = await open(ALL);
  const output = await make("push:r.example/team/model:1");
  const manifest = repository.manifests.get("1") ?? "";
  assert.equal(pathsIn(manifest), ["bert/bert/config.json", "bert/bert/weights.bin", "ridge/ridge.pkl"]);
  assert.equal(output.values, { tag: "r.example/team/model:1", digest: digestOf(manifest) });
  assert.is(repository.done.at(-1), "manifest 1");
  assert.equal(Buffer.from(repository.blobs.get(digestOf("weights")) ?? []).toString(), "weights");
});

test("one model is an artifact of its own files, under its own name", async () => {
  const { make, repository } = await open(ONE);
  await make("push:r.example/team/model:1");
  assert.equal(pathsIn(repository.manifests.get("1")), ["bert/config.json", "bert/weights.bin"]);
  assert.not.ok(repository.blobs.has(digestOf("ridge")));
});

test("the same models in another folder have the same digest, and nothing is sent again", async () => {
  const [first, second] = [await open(ALL), await open(ALL)];
  await first.make("push:r.example/team/model:1");
  await first.make("push:r.example/team/model:1");
  await second.make("push:r.example/team/model:1");
  assert.is(second.repository.manifests.get("1"), first.repository.manifests.get("1"));
  const sent = first.repository.done.filter((one) => one.startsWith("write"));
  assert.is(sent.length, 4);
});

test("what the registry refuses is told", async () => {
  const refuse = () => Promise.reject(new RegistryError(403, "it answers 403: denied"));
  const { run, make } = await open(ALL, { writeManifest: refuse });
  for (const id of ["fetch:ridge", "fetch:bert"]) await make(id);
  const made = await run("push:r.example/team/model:1");
  assert.ok(!made.ok);
  assert.equal(
    made.diagnostics.map(({ code }) => code),
    ["registry/refused"],
  );
});

test("a push of models needs the models alone", async () => {
  const { stepOf } = await open(ALL);
  const { needs, pool, exclusive } = stepOf("push:r.example/team/model:1");
  assert.equal([needs, pool, exclusive], [["fetch:ridge", "fetch:bert"], "network", "r.example/team/model"]);
});

test.run();
