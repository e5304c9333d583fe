import { symlinkSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Diagnostic, errorDiagnostic } from "../../src/model/diagnostic.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { Capabilities, Engine, EngineImage } from "../../src/model/engine.ts";
import type { LockedEnvironment, LockFile } from "../../src/model/lock-file.ts";
import { fail, type Result, succeed } from "../../src/model/result.ts";
import type { Source, SourceContext } from "../../src/model/source.ts";
import { askedOf } from "../../src/plan/compare-lock.ts";
import { pinReferences } from "../../src/plan/pin-references.ts";
import type { ImagePin, Pins } from "../../src/plan/pins.ts";
import { readText } from "../config/read-fixture.ts";
import { makeHost } from "../fakes/host.ts";
import { only } from "../fakes/only.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("pinReferences");

const host = makeHost();
const runtimeDirectory = makeFolder({
  "serve.py": "serve",
  "__pycache__/serve.pyc": "x",
  "package/main.pyc": "x",
});
const digest = digestOf("image");

const capabilities = { endpoint: "", engineVersion: "", containerdStore: true, platform: "linux/arm64" };
const anEngine: Partial<Engine> = {
  probe: async () => succeed(capabilities as Capabilities),
  describe: async () => undefined,
  resolve: async () => succeed(digest),
};

/** A source whose references say what becomes of them. */
const source = only<Source>({
  parse: (reference) =>
    reference.source.includes("unreadable") ? fail(errorDiagnostic("source/bad", "bad")) : succeed(reference),
  pin: async (reference) =>
    reference.source.includes("missing")
      ? fail(errorDiagnostic("source/missing", "missing"))
      : succeed({
          scheme: "test",
          identity: {
            of: reference.source,
            ...(reference.sha256 !== undefined && { sha256: reference.sha256 }),
            ...(reference.locked !== undefined && { locked: reference.locked.source }),
          },
          paths: ["a"],
        }),
});

type PinOptions = {
  readonly cache?: string;
  readonly lastBase?: ImagePin;
  readonly resolve?: (reference: string) => Promise<Result<string | undefined>>;
  readonly lock?: LockFile;
  readonly isAnew?: boolean;
};

const nobody = () => Promise.reject(new Error("the registry was asked without the engine"));

async function pin(
  yaml: string,
  files: Readonly<Record<string, string>> = {},
  engine: Partial<Engine> = {},
  { cache = "/elsewhere", resolve = nobody, ...options }: PinOptions = {},
): Promise<Result<Pins>> {
  const directory = makeFolder({ "mlpackage.yaml": yaml, ...files });
  const config = readText(`name: demo\n${yaml}`, { directory });
  if (!config.ok) throw new Error(config.diagnostics.map(({ message }) => message).join("; "));
  return pinReferences(config.value, {
    ...options,
    files: host.files,
    engine: only<Engine>({ ...anEngine, ...engine }),
    resolve,
    hostPlatform: "linux/riscv64",
    sourceOf: () => source,
    sourceContext: only<SourceContext>({}),
    runtimeDirectory,
    cacheDirectory: path.resolve(directory, cache),
    ownFiles: { configFiles: ["mlpackage.yaml"], lockFile: "mlpackage.lock" },
  });
}

async function pinsOf(...args: Parameters<typeof pin>): Promise<Pins> {
  const result = await pin(...args);
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join("; "));
  return result.value;
}

async function placesOf(...args: Parameters<typeof pin>): Promise<readonly string[]> {
  const result = await pin(...args);
  const told: readonly Diagnostic[] = result.ok ? [] : result.diagnostics;
  return told.map(({ code, path }) => `${code} ${path}`);
}

const script = "inference: score.py\n";
const image = (change: Partial<EngineImage>) => ({
  describe: async () => ({ id: "sha256:id", tags: [], repositoryDigests: [], sizeBytes: 1, ...change }),
});

type Base = readonly [
  what: string,
  written: string,
  engine: Partial<Engine>,
  reference: string,
  digest: string,
];

const bases: readonly Base[] = [
  ["a digest is taken as it is", `a:1@${digest}`, {}, `a:1@${digest}`, digest],
  ["an image the engine does not have is asked of the registry", "a:1", {}, `a:1@${digest}`, digest],
  [
    "an image the engine has is named by the digest it was pulled under",
    "a/b:1",
    image({ repositoryDigests: ["other/b@sha256:0", "a/b@sha256:1"] }),
    "a/b:1@sha256:1",
    "sha256:1",
  ],
  ["an image that was built here is known by its id", "a:1", image({}), "a:1", "sha256:id"],
];

for (const [what, written, engine, reference, expected] of bases) {
  test(`base image: ${what}`, async () => {
    const { base } = await pinsOf(`${script}base_image: ${JSON.stringify(written)}`, {}, engine);
    assert.equal(base, { kind: "image", reference, digest: expected });
  });
}

const lastBase: ImagePin = { kind: "image", reference: "a:1@sha256:1", digest: "sha256:1" };
const moved = image({ repositoryDigests: ["a@sha256:2"] });
const looksAgain: readonly (readonly [what: string, written: string, id: string])[] = [
  ["a name that was moved", "a:1", "sha256:2"],
  ["another name", "a:2", "sha256:1"],
  ["an image that is known by its configuration", "a:1", "sha256:of-its-configuration"],
];

test("base image: a name that stands for what it was pinned to is not looked at any further", async () => {
  const engine = { identify: async () => ({ id: "sha256:1", tags: [] }) };
  const named = { ...engine, describe: undefined as never };
  const { base } = await pinsOf(`${script}base_image: a:1`, {}, named, { lastBase });
  assert.equal(base, lastBase);
});

for (const [what, written, id] of looksAgain) {
  test(`base image: pinned anew is ${what}`, async () => {
    const engine = { ...moved, identify: async () => ({ id, tags: [] }) };
    const { base } = await pinsOf(`${script}base_image: ${written}`, {}, engine, { lastBase });
    assert.equal(base, { kind: "image", reference: `${written}@sha256:2`, digest: "sha256:2" });
  });
}

test("base image: one that nobody has", async () => {
  const engine = { resolve: async () => succeed(undefined) };
  assert.equal(await placesOf(script, {}, engine), ["plan/base-image-not-found /base_image"]);
});

test("base image: a registry that does not say", async () => {
  const engine = { resolve: async () => fail(errorDiagnostic("registry/refused", "no")) };
  assert.equal(await placesOf(script, {}, engine), ["registry/refused /base_image"]);
});

test("base image: a Dockerfile's whole context counts", async () => {
  const { base } = await pinsOf(`${script}base_image: {dockerfile: docker/Dockerfile}`, {
    "docker/Dockerfile": "FROM scratch",
    "docker/entry.sh": "#!/bin/sh",
    "docker/requirements.txt": "x",
  });
  assert.equal(base, {
    kind: "dockerfile",
    dockerfile: { "docker/Dockerfile": `644 ${digestOf("FROM scratch")}` },
    context: {
      Dockerfile: `644 ${digestOf("FROM scratch")}`,
      "entry.sh": `755 ${digestOf("#!/bin/sh")}`,
      "requirements.txt": `644 ${digestOf("x")}`,
    },
  });
});

const absent: Partial<Engine> = {
  probe: async () => fail(errorDiagnostic("engine/unreachable", "no")),
  describe: undefined as never,
  resolve: undefined as never,
};

test("without an engine the registry is asked, and the platform is this machine's", async () => {
  const resolve = async () => succeed(digest);
  const { base, platform } = await pinsOf(`${script}base_image: a:1`, {}, absent, { resolve, lastBase });
  assert.equal(base, { kind: "image", reference: `a:1@${digest}`, digest });
  assert.is(platform, "linux/riscv64");
});

test("without an engine and with a registry that has nothing all is told that is wrong", async () => {
  const resolve = async () => succeed(undefined);
  assert.equal(await placesOf(`${script}models: [missing]`, {}, absent, { resolve }), [
    "source/missing /models/0",
    "plan/base-image-not-found /base_image",
  ]);
});

for (const [what, written, named] of [
  ["folder", "base", "base/index.json"],
  ["tar", "base.tar", "base.tar"],
] as const) {
  test(`base image: an OCI layout in a ${what} is asked of nobody`, async () => {
    const yaml = `${script}base_image: {oci_layout: ${written}}`;
    const { base } = await pinsOf(yaml, { [named]: "{}" }, absent);
    assert.equal(base, { kind: "oci-layout", path: written, digest: digestOf("{}") });
  });
}

test("base image: a folder that is no layout", async () => {
  const yaml = `${script}base_image: {oci_layout: base}`;
  assert.equal(await placesOf(yaml, { "base/notes.txt": "" }), ["plan/no-layout /base_image/oci_layout"]);
});

test("every reference that names nothing is told, each at its place", async () => {
  const yaml = `${script}models: [missing1, fine, unreadable]
environment: {python: {requirements: no.txt}}
base_image: a:1`;
  assert.equal(await placesOf(yaml, {}, { resolve: async () => succeed(undefined) }), [
    "source/missing /models/0",
    "source/bad /models/2",
    "plan/base-image-not-found /base_image",
    "plan/requirements-file-missing /environment/python/requirements",
  ]);
});

test("everything there is to pin", async () => {
  const yaml = `models: [m1, m2]
inference: {entry_script: score.py, source_directory: src}
environment: {python: {requirements: r.txt, find_links: [wheels, "https://example.com/"]}}
tests: [{request: {body_file: body.json}}]`;
  const pins = await pinsOf(yaml, {
    "src/score.py": "score",
    "src/run.sh": "#!/bin/sh",
    "src/deep/er.py": "er",
    "src/__pycache__/score.pyc": "x",
    "r.txt": "-r more/r.txt",
    "more/r.txt": "--index-url https://example.com/simple # ours\nnumpy",
    "wheels/a.whl": "wheel",
    "body.json": "{}",
  });
  assert.equal(pins, {
    models: [
      { scheme: "test", identity: { of: "m1" }, paths: ["a"] },
      { scheme: "test", identity: { of: "m2" }, paths: ["a"] },
    ],
    base: { kind: "image", reference: `python:3.12-slim@${digest}`, digest },
    code: {
      "deep/er.py": `644 ${digestOf("er")}`,
      "run.sh": `755 ${digestOf("#!/bin/sh")}`,
      "score.py": `644 ${digestOf("score")}`,
    },
    runtime: { "serve.py": `644 ${digestOf("serve")}` },
    requirements: {
      "r.txt": `644 ${digestOf("-r more/r.txt")}`,
      "more/r.txt": `644 ${digestOf("--index-url https://example.com/simple # ours\nnumpy")}`,
    },
    pipOptions: ["--index-url https://example.com/simple"],
    findLinks: { wheels: { "a.whl": `644 ${digestOf("wheel")}` } },
    testFiles: { "body.json": digestOf("{}") },
    platform: "linux/arm64",
    packages: {},
    conda: {},
  });
});

const lockedBase: LockFile = { baseImage: { image: "a:1", digest: "sha256:locked" }, models: {} };
const nothingKnown: Partial<Engine> = { identify: undefined as never, describe: undefined as never };

test("base image: one that is locked is asked of nobody", async () => {
  const options = { lock: lockedBase, lastBase };
  const { base } = await pinsOf(`${script}base_image: a:1`, {}, nothingKnown, options);
  assert.equal(base, { kind: "image", reference: "a:1@sha256:locked", digest: "sha256:locked" });
});

test("base image: another one than is locked is asked about", async () => {
  const { base } = await pinsOf(`${script}base_image: a:2`, {}, {}, { lock: lockedBase });
  assert.equal(base, { kind: "image", reference: `a:2@${digest}`, digest });
});

test("base image: a digest that is written counts for more than one that is locked", async () => {
  const { base } = await pinsOf(`${script}base_image: a:1@${digest}`, {}, {}, { lock: lockedBase });
  assert.equal(base, { kind: "image", reference: `a:1@${digest}`, digest });
});

for (const [what, latest, expected] of [
  ["is what the registry says, although the engine has one", succeed("sha256:3"), "sha256:3"],
  ["that no registry has is the engine's", succeed(undefined), "sha256:2"],
] as const) {
  test(`base image: one that is resolved anew ${what}`, async () => {
    const options = { isAnew: true, lastBase, resolve: async () => latest };
    const { base } = await pinsOf(
      `${script}base_image: a:1`,
      {},
      { ...moved, identify: async () => undefined },
      options,
    );
    assert.equal(base, { kind: "image", reference: `a:1@${expected}`, digest: expected });
  });
}

test("a source is told what was locked, as long as the model comes from there", async () => {
  const lockedFrom = (source: string, files: readonly string[] = ["m.bin"]): LockFile => ({
    models: {
      m: {
        source,
        files: Object.fromEntries(files.map((name) => [name, { digest: digestOf("m"), size: 1 }])),
      },
    },
  });
  const sha256 = digestOf("m").slice("sha256:".length);
  const url = "https://example.com/m.bin";
  for (const [model, lock, expected] of [
    [`{name: m, source: "${url}"}`, lockedFrom(url), url],
    [`{name: m, source: "${url}"}`, lockedFrom("https://example.com/other.bin"), undefined],
    [`{name: m, source: "${url}"}`, lockedFrom(url, ["a", "b"]), url],
    [`{name: m, source: "${url}", include: ["*.bin"]}`, lockedFrom(url), undefined],
    [`{name: n, source: "${url}"}`, lockedFrom(url), undefined],
    [`{name: m, source: "${url}", sha256: "${sha256}"}`, lockedFrom(url), url],
    [`{name: m, source: "${url}", sha256: "${"0".repeat(64)}"}`, lockedFrom(url), undefined],
    [`{name: constructor, source: "${url}"}`, lockedFrom(url), undefined],
  ] as const) {
    const { models } = await pinsOf(`${script}models: [${model}]`, {}, {}, { lock });
    assert.is(models[0]?.identity.locked, expected, model);
  }
});

test("of the packages to install what the lock has is pinned, if it answers", async () => {
  const yaml = `${script}base_image: a:1@${digest}\nenvironment: {system_packages: [curl]}\n`;
  const directory = makeFolder();
  const config = readText(`name: demo\n${yaml}`, { directory });
  if (!config.ok) throw new Error("the text is right");
  const asked = askedOf(config.value, await pinsOf(yaml));
  const platforms = { "linux/arm64": { systemPackages: { curl: "1" }, python: [] } };
  const packagesOf = async (environment: LockedEnvironment, more = "") =>
    (await pinsOf(`${yaml}${more}`, {}, {}, { lock: { models: {}, environment } })).packages;
  assert.equal(await packagesOf({ asked, platforms }), { all: platforms });
  assert.equal(await packagesOf({ asked: { ...asked, python: digestOf("other") }, platforms }), {
    system: platforms,
  });
  assert.equal(await packagesOf({ asked, platforms }, "build: {platforms: [linux/amd64]}"), {});
});

test("code: links to folders are followed, and links out of the package are refused", async () => {
  const directory = makeFolder({ "src/score.py": "s", "shared/a.py": "a" });
  const config = readText("name: demo\ninference: {entry_script: score.py, source_directory: src}", {
    directory,
  });
  if (!config.ok) throw new Error("the text is right");
  const pinCode = () =>
    pinReferences(config.value, {
      files: host.files,
      engine: only<Engine>(anEngine),
      resolve: nobody,
      hostPlatform: "linux/riscv64",
      lastBase,
      sourceOf: () => source,
      sourceContext: only<SourceContext>({}),
      runtimeDirectory,
      cacheDirectory: "/elsewhere",
      ownFiles: { configFiles: ["mlpackage.yaml"], lockFile: "mlpackage.lock" },
    });
  symlinkSync("../shared", `${directory}/src/shared`);
  const pinned = await pinCode();
  assert.equal(pinned.ok && Object.keys(pinned.value.code), ["score.py", "shared/a.py"]);
  symlinkSync(makeFolder({ "b.py": "b" }), `${directory}/src/out`);
  const refused = await pinCode();
  assert.equal(!refused.ok && refused.diagnostics.map(({ code, message }) => [code, message]), [
    ["plan/link-outside", "`src/out` is a link to a place outside the package's folder"],
  ]);
});

test("the cache is no code, where CI keeps it inside the package", async () => {
  const files = { "score.py": "", "ci/cache/blobs/a": "a", "ci/note.txt": "b" };
  const { code } = await pinsOf(script, files, {}, { cache: "ci/cache" });
  assert.equal(Object.keys(code), ["ci/note.txt", "score.py"]);
});

test.run();
