import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Digest } from "../../src/model/digest.ts";
import type { Engine } from "../../src/model/engine.ts";
import { NetworkError } from "../../src/model/host.ts";
import type { Image } from "../../src/model/image.ts";
import { RegistryError, type Repository } from "../../src/model/registry.ts";
import { imageOf } from "../../src/steps/build-image.ts";
import { layersOf } from "../../src/steps/layer.ts";
import { BaseFault } from "../../src/steps/registry-faults.ts";
import { layoutFiles, makeBase } from "../fakes/base-image.ts";
import { AN_ENGINE, openPackage } from "../fakes/package.ts";
import { createMemoryRepository, type MemoryRepository } from "../fakes/repository.ts";

const test = suite("upload and push");

const [a, b, c] = ["r.example/team/a", "r.example/team/b", "other.example/c"];
const yaml = `name: demo
models: [{name: ridge, source: ridge.pkl}, {name: bert, source: bert}]
base_image: {oci_layout: base}
inference: {command: [serve], source_directory: src}
outputs: [{type: image, tags: ["${a}:1", "${b}:1", "${c}:1"], load: false, push: true}]
`;
const FILES = {
  ...layoutFiles([makeBase(), makeBase("linux/arm64", "for others")], "base/"),
  "ridge.pkl": "ridge",
  "bert/weights.bin": "weights",
  "src/serve": "#!/bin/sh",
};

type Options = {
  /** What the repositories do instead of their duty. */
  readonly replaced?: Partial<Repository>;
  /** More lines of the configuration, and more files. */
  readonly more?: string;
  readonly files?: Readonly<Record<string, string>>;
};

async function open({ replaced = {}, more = "", files }: Options = {}) {
  const repositories = new Map<string, MemoryRepository>();
  for (const name of [a, b, c]) repositories.set(name, createMemoryRepository(name, replaced));
  const repositoryOf = (reference: string) => repositoryIn(repositories, reference);
  const opened = await openPackage(`${yaml}${more}`, { ...FILES, ...files }, { repositoryOf });
  return { ...opened, repositoryOf };
}

function repositoryIn(
  repositories: ReadonlyMap<string, MemoryRepository>,
  reference: string,
): MemoryRepository {
  const found = repositories.get(reference.replace(/:[^/:]*$/, ""));
  if (found === undefined) throw new Error(`nobody has a repository ${reference}`);
  return found;
}

function blobsOf({ images }: Image): readonly Digest[] {
  return images.flatMap(({ layers, config }) => [...layers, config].map(({ digest }) => digest));
}

test("the models' layers are sent ahead, and no manifest", async () => {
  const { make, repositoryOf } = await open();
  const output = await make(`upload:${a}`);
  assert.equal(
    repositoryOf(a).done.toSorted(),
    (output.values.layers as readonly Digest[]).map((digest) => `write ${digest}`).toSorted(),
  );
});

test("a push sends what is missing, and the manifest last", async () => {
  const { make, repositoryOf, outputs } = await open();
  const sent = (await make(`upload:${a}`)).values.layers as readonly Digest[];
  const { done } = repositoryOf(a);
  const uploaded = done.length;
  const output = await make(`push:${a}:1`);
  const image = imageOf(outputs["build:image"] ?? output);
  const rest = blobsOf(image).filter((digest) => !sent.includes(digest));
  assert.equal(done.slice(uploaded, -1).toSorted(), rest.map((digest) => `write ${digest}`).toSorted());
  assert.is(done.at(-1), "manifest 1");
  assert.equal(output.values, { tag: `${a}:1`, digest: image.root.digest });
});

test("what is there already is not sent again", async () => {
  const { make, repositoryOf } = await open();
  await make(`push:${a}:1`);
  const { done } = repositoryOf(a);
  const before = done.length;
  await make(`push:${a}:1`);
  assert.equal(done.slice(before), ["manifest 1"]);
});

test("an index comes after the manifests that it names", async () => {
  const { make, repositoryOf, outputs } = await open({
    more: "build: {platforms: [linux/amd64, linux/arm64]}\n",
  });
  const output = await make(`push:${a}:1`);
  const { images } = imageOf(outputs["build:image"] ?? output);
  assert.equal(repositoryOf(a).done.slice(-3), [
    ...images.map(({ manifest }) => `manifest ${manifest.digest}`),
    "manifest 1",
  ]);
});

test("a neighbour's blobs are taken over, those of another registry are not asked for", async () => {
  const asked: string[] = [];
  const taken: Digest[] = [];
  const { make, repositoryOf, outputs } = await open();
  repositoryOf(b).mountBlob = async (digest, from) => {
    asked.push(from);
    const bytes = from === "team/a" ? repositoryOf(a).blobs.get(digest) : undefined;
    if (bytes === undefined) return false;
    taken.push(digest);
    repositoryOf(b).blobs.set(digest, bytes);
    return true;
  };
  await make(`upload:${a}`);
  await make(`push:${b}:1`);
  const image = imageOf(outputs["build:image"] ?? (await make("build:image")));
  assert.equal([...new Set(asked)], ["team/a"]);
  assert.equal(taken.toSorted(), [...repositoryOf(a).blobs.keys()].toSorted());
  const writes = repositoryOf(b).done.filter((one) => one.startsWith("write"));
  assert.is(writes.length, blobsOf(image).length - taken.length);
});

test("a blob that this machine saw elsewhere in the registry is taken over from there", async () => {
  const { make, context, repositoryOf } = await open();
  const [layer] = layersOf(await make("layer:bert")).layers;
  assert.ok(layer);
  await context.locations.note(layer.digest, "other.example/team/bert");
  await context.locations.note(layer.digest, "r.example/team/bert");
  const asked: string[] = [];
  repositoryOf(a).mountBlob = async (digest, from) => {
    asked.push(`${digest} ${from}`);
    return digest === layer.digest;
  };
  await make(`upload:${a}`);
  assert.equal(asked, [`${layer.digest} team/bert`]);
  assert.not(repositoryOf(a).done.includes(`write ${layer.digest}`));
});

test("and where a large one is now is remembered", async () => {
  const { make, context, repositoryOf } = await open({ files: { "bert/weights.bin": "w".repeat(1e6) } });
  await make(`upload:${a}`);
  const locations = [...repositoryOf(a).blobs].map(async ([digest, bytes]) => {
    assert.equal(await context.locations.find(digest), bytes.length > 1e6 ? [a] : []);
    return bytes.length;
  });
  assert.ok(Math.max(...(await Promise.all(locations))) > 1e6);
});

test("a blob that is refused stops the others, and nothing gets a name", async () => {
  let [count, ended] = [0, 0];
  const writeBlob: Repository["writeBlob"] = async (_content, signal) => {
    count += 1;
    if (count === 3) throw new RegistryError(403, "denied");
    // The others would go on for ever.
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    ended += 1;
    throw new NetworkError("ABORT_ERR", "aborted");
  };
  const { make, run, repositoryOf } = await open({ replaced: { writeBlob } });
  for (const id of ["build:environment", "build:image"]) await make(id);
  const { done } = repositoryOf(a);
  const result = await run(`push:${a}:1`);
  assert.equal(!result.ok && result.diagnostics.map(({ code }) => code), ["registry/refused"]);
  assert.equal(done, []);
  assert.equal([count, ended], [3, 2], "three are sent at once");
});

for (const [what, error, code] of [
  ["is refused", new RegistryError(401, "no"), "registry/refused"],
  ["fails", new RegistryError(500, "no"), "registry/failed"],
  ["finds nobody", new NetworkError("ECONNREFUSED", "no"), "registry/unreachable"],
] as const) {
  test(`a push that ${what}`, async () => {
    const { make, run } = await open({ replaced: { findBlob: () => Promise.reject(error) } });
    await make("build:image");
    const result = await run(`push:${a}:1`);
    assert.equal(!result.ok && result.diagnostics.map(({ code: told }) => told), [code]);
  });
}

/** A push whose base stays in a registry of its own, with what each of the two registries does instead of its duty. */
async function pushBetween(base: Partial<Repository>, target: Partial<Repository>) {
  const image = makeBase();
  const source = createMemoryRepository("base.example/python");
  for (const [digest, text] of image.blobs) {
    source.manifests.set(digest, text);
    source.blobs.set(digest, Buffer.from(text));
  }
  const repositories = new Map([
    ["base.example/python", source],
    [a, createMemoryRepository(a, target)],
  ]);
  const text = `name: demo
base_image: base.example/python@${image.manifest.digest}
inference: {command: [serve]}
outputs: [{type: image, tags: ["${a}:1"], load: false, push: true}]
`;
  const engine: Partial<Engine> = { ...AN_ENGINE, identify: async () => undefined };
  const repositoryOf = (reference: string) => repositoryIn(repositories, reference.replace(/@.*/, ""));
  const { make, run } = await openPackage(text, {}, { engine, repositoryOf });
  await make("build:image");
  // Its manifest and its configuration were needed before.
  Object.assign(source, base);
  const told = await run(`push:${a}:1`).catch((error: unknown) => {
    if (error instanceof BaseFault) return { ok: false, diagnostics: error.diagnostics } as const;
    throw error;
  });
  return told.ok ? [] : told.diagnostics.map(({ message }) => message);
}

for (const [words, error] of [
  ["refuses access to", new RegistryError(403, "no")],
  ["failed for", new RegistryError(500, "no")],
  ["does not answer", new NetworkError("ECONNREFUSED", "no")],
] as const) {
  test(`of two registries the one that ${words} something is named`, async () => {
    const fails = () => Promise.reject(error);
    const [ofBase = "", ...more] = await pushBetween({ readBlob: fails }, {});
    assert.match(ofBase, new RegExp(`^.*the registry base\\.example ${words}`));
    const [ofTarget = "", ...others] = await pushBetween({}, { writeBlob: fails });
    assert.match(ofTarget, new RegExp(`^.*the registry r\\.example ${words}`));
    assert.equal([...more, ...others], []);
  });
}

test("an interruption is told as such", async () => {
  const aborted = new NetworkError("ABORT_ERR", "aborted");
  const { make, run } = await open({ replaced: { findBlob: () => Promise.reject(aborted) } });
  await make("build:image");
  assert.is(await run(`push:${a}:1`).catch((thrown: unknown) => thrown), aborted);
});

test("a tag that is gone, or names another image, is missing", async () => {
  const { make, findMissing, repositoryOf } = await open();
  const output = await make(`push:${a}:1`);
  const { manifests } = repositoryOf(a);
  assert.is(await findMissing(`push:${a}:1`, output), undefined);
  manifests.set("1", "{}");
  assert.is(await findMissing(`push:${a}:1`, output), `${a}:1 in the registry`);
  manifests.delete("1");
  assert.is(await findMissing(`push:${a}:1`, output), `${a}:1 in the registry`);
});

test("a layer that the registry lost is missing", async () => {
  const { make, findMissing, repositoryOf } = await open();
  const output = await make(`upload:${a}`);
  assert.is(await findMissing(`upload:${a}`, output), undefined);
  const { blobs } = repositoryOf(a);
  blobs.delete([...blobs.keys()][0] as Digest);
  assert.is(await findMissing(`upload:${a}`, output), `a layer in ${a}`);
});

test.run();
