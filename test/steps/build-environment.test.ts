import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseManifest } from "../../src/images/manifest.ts";
import { tarParts } from "../../src/images/tar.ts";
import { bytesOf } from "../../src/model/chunks.ts";
import { errorDiagnostic } from "../../src/model/diagnostic.ts";
import { digestOf, isDigest } from "../../src/model/digest.ts";
import type { Engine } from "../../src/model/engine.ts";
import type { StepOutput } from "../../src/model/outcome.ts";
import { fail, type Result, succeed } from "../../src/model/result.ts";
import { InputChanged } from "../../src/steps/output-files.ts";
import { environmentOf } from "../../src/steps/take-images.ts";
import { layoutFiles, makeBase } from "../fakes/base-image.ts";
import { createBuilder, filesBelow, type SeenBuild } from "../fakes/builder.ts";
import { only } from "../fakes/only.ts";
import { AN_ENGINE, NUMPY_LOCKED, openPackage } from "../fakes/package.ts";
import { createMemoryRepository } from "../fakes/repository.ts";
import { writeInto } from "../fakes/temporary-folder.ts";

const test = suite("the environment");

const ENVIRONMENT = "build:environment";
const LOCK = "lock:packages";
const base = makeBase();
const [layer] = base.layers;

/** Nothing of this needs a RUN. */
const foreign = "name: demo\ninference: {command: [serve]}\noutputs: [{type: oci-archive, path: a.tar}]\n";
const inLayout = `${foreign}base_image: {oci_layout: base}\n`;

/** And all of this does. */
const managed = `name: demo
models: [m.pkl]
environment: {python: {requirements: r.txt, find_links: [wheels]}}
inference: {entry_script: score.py, source_directory: src}
`;
const FILES = { "m.pkl": "weights", "src/score.py": "score", "r.txt": "numpy", "wheels/deep/a.whl": "wheel" };

async function* tarOf(files: Readonly<Record<string, string>>): AsyncGenerator<Uint8Array> {
  const parts = tarParts(
    Object.entries(files).map(([name, text]) => {
      const bytes = Buffer.from(text);
      return { type: "file" as const, path: name, mode: 0o644, size: bytes.length, content: [{ bytes }] };
    }),
  );
  for (const part of parts) if ("bytes" in part) yield part.bytes;
}

/** All that is asked for is in the base. */
const NOTHING = { "linux/amd64": { systemPackages: {}, python: [] } };

/** It is known already what is to be installed. */
async function openManaged(
  engine: Partial<Engine>,
  more = "",
  files: Readonly<Record<string, string | Uint8Array>> = {},
) {
  const opened = await openPackage(
    `${managed}${more}`,
    { ...FILES, ...files },
    { engine, packages: NUMPY_LOCKED },
  );
  await opened.make(LOCK);
  return opened;
}

/** The environment is the base itself, layer by layer. */
function assertBase(output: StepOutput, hasLayers = true): void {
  const { images } = environmentOf(output);
  const { blobs: _blobs, ...described } = base;
  assert.equal(images, [described]);
  const stored = output.files.map(({ digest }) => digest);
  for (const { digest } of [base.manifest, base.config]) assert.ok(stored.includes(digest));
  assert.is(layer !== undefined && stored.includes(layer.digest), hasLayers);
}

function codesOf(result: Result<unknown>): readonly string[] {
  return result.ok ? [] : result.diagnostics.map(({ code, path: place }) => `${code} ${place}`);
}

test("only what pip reads is laid out for buildx, at its path", async () => {
  const { engine, seen } = createBuilder();
  const { make } = await openManaged(engine);
  assertBase(await make(ENVIRONMENT));
  const [{ request, contexts, dockerfile } = only<SeenBuild>({}), ...others] = seen;
  assert.equal(others, []);
  assert.equal(contexts, {
    "mlpackage-locked": ["requirements.txt"],
    "mlpackage-wheels-1": ["deep/a.whl"],
  });
  assert.equal(filesBelow(request.context), []);
  assert.is(request.target, "environment");
  assert.is(request.noCache, false);
  assert.match(dockerfile, "--mount=type=bind,from=mlpackage-locked,");
});

test("what is locked is installed, and nothing else", async () => {
  const { engine, seen } = createBuilder();
  const { make } = await openManaged(engine);
  await make(ENVIRONMENT);
  const folder = seen[0]?.request.namedContexts["mlpackage-locked"] ?? "";
  assert.is(
    readFileSync(path.join(folder, "requirements.txt"), "utf8"),
    `numpy==2.1.0 --hash=${digestOf("numpy")}\n`,
  );
});

test("what does not come into it does not change it", async () => {
  const keyOf = async (files: Readonly<Record<string, string>>) => {
    const { stepOf, outputs } = await openManaged(AN_ENGINE, "", files);
    return JSON.stringify([stepOf(ENVIRONMENT).inputs, stepOf(ENVIRONMENT).needs, outputs[LOCK]?.digest]);
  };
  const before = await keyOf({});
  assert.is(
    await keyOf({ "src/score.py": "SCORE", "m.pkl": "WEIGHTS", "r.txt": "numpy # for score" }),
    before,
  );
  assert.is.not(await keyOf({ "wheels/deep/a.whl": "WHEEL" }), before);
  assert.is.not(await keyOf({ "r.txt": "--index-url https://example.com/simple\nnumpy" }), before);
});

test("a change of wheels/deep/a.whl between plan and run is noticed", async () => {
  const { run, directory } = await openManaged(createBuilder().engine);
  writeInto(directory, "wheels/deep/a.whl", "changed");
  await assertChanged(run(ENVIRONMENT), "wheels/deep/a.whl");
});

test("and one of the user's own context while buildx reads it", async () => {
  const files = { "base/Dockerfile": "FROM a AS b\n", "base/data.txt": "data" };
  const { engine } = createBuilder();
  const { run } = await openManaged(
    {
      ...engine,
      build: async (request) => {
        writeInto(request.context, "data.txt", "other");
        return engine.build(request);
      },
    },
    "base_image: {dockerfile: base/Dockerfile}\n",
    files,
  );
  await assertChanged(run(ENVIRONMENT), "base/data.txt");
});

test("what buildx says goes to the user", async () => {
  const build = async () => fail(errorDiagnostic("build/failed", "no"));
  const { run } = await openManaged({ ...AN_ENGINE, build });
  assert.equal(codesOf(await run(ENVIRONMENT)), ["build/failed undefined"]);
});

test("where the engine cannot write layouts, the image is exported from it", async () => {
  const asked: (readonly string[])[] = [];
  const { make } = await openManaged({
    ...AN_ENGINE,
    build: async () => succeed<string | undefined>("sha256:id"),
    export: (references) => {
      asked.push(references);
      return tarOf(layoutFiles([base]));
    },
  });
  assertBase(await make(ENVIRONMENT));
  assert.equal(asked, [["sha256:id"]]);
});

for (const [what, more] of [
  ["there is nothing to install", "inference: {command: [serve]}\n"],
  [
    "the base has all that is asked for",
    "inference: score.py\nenvironment: {python: {requirements: [numpy]}}\n",
  ],
] as const) {
  test(`where ${what} the base is taken as it is`, async () => {
    const { make, stepOf } = await openPackage(
      `name: demo\n${more}base_image: {oci_layout: base}\n`,
      { ...layoutFiles([base], "base/"), "score.py": "score" },
      { engine: { probe: AN_ENGINE.probe } as Engine, packages: NOTHING },
    );
    assertBase(await make(ENVIRONMENT));
    assert.is(stepOf(ENVIRONMENT).pool, "network");
  });
}

test("a base of the user's own is built, although nothing is installed in it", async () => {
  const { engine, seen } = createBuilder();
  const files = { "score.py": "score", Dockerfile: "FROM a AS b\n" };
  const { make } = await openPackage(
    "name: demo\ninference: score.py\nbase_image: {dockerfile: Dockerfile}\n",
    files,
    {
      engine,
      packages: NOTHING,
    },
  );
  assertBase(await make(ENVIRONMENT));
  assert.not.match(seen[0]?.dockerfile ?? "", /^RUN/m);
});

test("a layout is taken as it is, and no engine is asked", async () => {
  const { make } = await openPackage(inLayout, layoutFiles([base], "base/"), {
    engine: { probe: AN_ENGINE.probe } as Engine,
  });
  assertBase(await make(ENVIRONMENT));
});

test("and so is one in a tar", async () => {
  const tar = await bytesOf(tarOf(layoutFiles([base])));
  const { make } = await openPackage(inLayout, { base: tar }, {});
  assertBase(await make(ENVIRONMENT));
});

for (const isArchive of [false, true]) {
  test(`a layout ${isArchive ? "in a tar " : ""}that something is run in is handed to buildx`, async () => {
    const { engine, seen } = createBuilder();
    const files = isArchive
      ? { base: await bytesOf(tarOf(layoutFiles([base]))) }
      : layoutFiles([base], "base/");
    const { make, directory } = await openManaged(engine, "base_image: {oci_layout: base}\n", files);
    await make(ENVIRONMENT);
    const [{ request, dockerfile } = only<SeenBuild>({})] = seen;
    const [, place = "", digest] =
      /^oci-layout:\/\/(.*)@(.*)$/.exec(request.namedContexts["mlpackage-base"] ?? "") ?? [];
    // A layout of its own, that buildx may write into: links to what is needed, and an index of it.
    assert.ok(isDigest(digest));
    assert.not.match(place, directory);
    const index = parseManifest(readFileSync(path.join(place, "blobs", digest.replace(":", "/")), "utf8"));
    assert.equal(index?.kind === "index" && index.manifests.map((one) => one.digest), [base.manifest.digest]);
    for (const name of Object.keys(layoutFiles([base]))) assert.ok(existsSync(path.join(place, name)), name);
    assert.match(dockerfile, "FROM mlpackage-base AS environment");
  });
}

test("a base image that the engine has is exported from it", async () => {
  const engine: Partial<Engine> = {
    ...AN_ENGINE,
    identify: async (reference) => (reference === "a:1" ? { id: "sha256:base", tags: [] } : undefined),
    export: () => tarOf(layoutFiles([base])),
  };
  const { make } = await openPackage(`${foreign}base_image: a:1\n`, {}, { engine });
  assertBase(await make(ENVIRONMENT));
});

test("one that it does not have is described by the registry, where its layers stay", async () => {
  const repository = createMemoryRepository("registry.example.com/base");
  for (const [digest, text] of base.blobs) {
    repository.manifests.set(digest, text);
    repository.blobs.set(digest, Buffer.from(text));
  }
  const engine: Partial<Engine> = { ...AN_ENGINE, identify: async () => undefined };
  const { make } = await openPackage(
    `${foreign}base_image: registry.example.com/base@${base.manifest.digest}\n`,
    {},
    { engine, repositoryOf: () => repository },
  );
  const output = await make(ENVIRONMENT);
  const { repository: name, images } = environmentOf(output);
  assert.equal([name, images.length], ["registry.example.com/base", 1]);
  assert.is(layer !== undefined && output.files.some(({ digest }) => digest === layer.digest), false);
});

async function assertChanged(act: Promise<unknown>, place: string): Promise<void> {
  const error = await act.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  assert.instance(error, InputChanged);
  assert.is((error as InputChanged).path, place);
}

const elsewhere = makeBase("linux/s390x");
const layerPlace = `base/blobs/${layer?.digest.replace(":", "/")}`;

for (const [what, files, words] of [
  ["is no layout", { "base/index.json": "[]" }, "its manifest is not valid"],
  [
    "is for another platform",
    layoutFiles([elsewhere], "base/"),
    "it is not made for linux/amd64, but for linux/s390x",
  ],
  [
    "has a layer with other bytes",
    { ...layoutFiles([base], "base/"), [layerPlace]: "other" },
    "has other bytes",
  ],
  [
    "says of a layer that it is shorter than it is",
    layoutFiles([makeBase("linux/amd64", "the base", { layerSize: 5 })], "base/"),
    "has other bytes",
  ],
  [
    "wants something run in it",
    layoutFiles([makeBase("linux/amd64", "the base", { settings: { OnBuild: ["RUN true"] } })], "base/"),
    "it has `ONBUILD` instructions",
  ],
  [
    "has a history that is none",
    layoutFiles([makeBase("linux/amd64", "the base", { more: { history: 5 } })], "base/"),
    "it is no image",
  ],
  [
    "has an index without an end",
    { ...layoutFiles([base], "base/"), "base/index.json": " ".repeat(9 << 20) },
    "is too long",
  ],
] as const) {
  test(`a base that ${what}`, async () => {
    const { run } = await openPackage(inLayout, files);
    const result = await run(ENVIRONMENT);
    assert.equal(codesOf(result), ["build/base-unreadable /base_image"]);
    assert.match(result.ok ? "" : (result.diagnostics[0]?.message ?? ""), words);
  });
}

test("a layout that has changed since it was pinned, and its key made of it", async () => {
  const { run, directory } = await openPackage(inLayout, layoutFiles([base], "base/"));
  const changed = layoutFiles([makeBase("linux/amd64", "another base")], "base/");
  for (const [name, text] of Object.entries(changed)) writeInto(directory, name, text);
  await assertChanged(run(ENVIRONMENT), "base");
});

test("a base whose layer is missing", async () => {
  const { [layerPlace]: _gone, ...files } = layoutFiles([base], "base/");
  const { run } = await openPackage(inLayout, files);
  assert.equal(codesOf(await run(ENVIRONMENT)), ["build/base-unreadable /base_image"]);
});

test("the same base in another place is the same environment", async () => {
  const one = await openPackage(inLayout, layoutFiles([base], "base/"));
  const other = await openPackage(inLayout, layoutFiles([base, makeBase("linux/arm64")], "base/"));
  const [first, second] = [await one.make(ENVIRONMENT), await other.make(ENVIRONMENT)];
  assert.is(first.digest, second.digest);
  assert.is.not(first.digest, digestOf(""));
});

test.run();
