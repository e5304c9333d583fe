import { readFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { errorDiagnostic } from "../../src/model/diagnostic.ts";
import { digestOf } from "../../src/model/digest.ts";
import { fail } from "../../src/model/result.ts";
import type { SerializableRecord } from "../../src/model/serializable.ts";
import { lockKind, packagesOfLock } from "../../src/steps/lock.ts";
import { InputChanged } from "../../src/steps/output-files.ts";
import { type BuilderOptions, createBuilder, type SeenBuild } from "../fakes/builder.ts";
import { only } from "../fakes/only.ts";
import { AN_ENGINE, NUMPY_LOCKED, openPackage } from "../fakes/package.ts";
import { writeInto } from "../fakes/temporary-folder.ts";

const test = suite("what is to be installed");

const LOCK = "lock:packages";

const yaml = `name: demo
base_image: a@${digestOf("base")}
environment: {python: {requirements: r.txt, find_links: [wheels]}, system_packages: [curl]}
inference: {entry_script: score.py, source_directory: src}
`;
const FILES = {
  "src/score.py": "score",
  "r.txt": "-r deep/more.txt\nnumpy",
  "deep/more.txt": "scipy",
  "wheels/a.whl": "wheel",
};

const EMPTY_REPORT = JSON.stringify({ install: [] });

function reportOf(name: string, version: string): string {
  const hashes = { sha256: digestOf(name).slice("sha256:".length) };
  const download = { url: `https://example.com/${name}.whl`, archive_info: { hashes } };
  return JSON.stringify({
    install: [{ metadata: { name, version }, is_direct: false, download_info: download }],
  });
}

/** What the last stage of the build holds, below a folder. */
function answersOf(architecture: string, version: string, folder = ""): Readonly<Record<string, string>> {
  return {
    [`${folder}architecture`]: `${architecture}\n`,
    [`${folder}system-packages`]: `curl ${architecture} ${version}-1\nlibc-data all 2.36\n`,
    [`${folder}python.json`]: reportOf("numpy", version),
  };
}

const packagesOf = (version: string) => ({
  systemPackages: { curl: `${version}-1`, "libc-data": "2.36" },
  python: [{ name: "numpy", version, digest: digestOf("numpy") }],
});

async function openUnlocked(options: BuilderOptions = {}, more = "", files = {}) {
  const { engine, seen } = createBuilder({ answers: answersOf("amd64", "2.1.0"), ...options });
  return { ...(await openPackage(`${yaml}${more}`, { ...FILES, ...files }, { engine })), seen };
}

test("what the lock has is taken from it, and nothing is built", async () => {
  const { make, findMissing, stepOf, context } = await openPackage(yaml, FILES, { packages: NUMPY_LOCKED });
  const output = await make(LOCK);
  assert.equal(packagesOfLock(output), NUMPY_LOCKED);
  assert.equal(output.files, []);
  assert.is(stepOf(LOCK).pool, "cpu");
  assert.equal(await lockKind.foresee?.(stepOf(LOCK), context), output);
  assert.is(await findMissing(LOCK, output), undefined);
});

test("what it does not have is asked of apt and pip, as if nobody had ever asked", async () => {
  const { make, seen } = await openUnlocked();
  assert.equal(packagesOfLock(await make(LOCK)), { "linux/amd64": packagesOf("2.1.0") });
  const [system, { request, contexts, dockerfile } = only<SeenBuild>({}), ...others] = seen;
  assert.equal(others, []);
  assert.match(system?.dockerfile ?? "", "apt-get install --simulate --no-install-recommends curl ");
  assert.equal(system?.request.freshStages, ["environment", "mlpackage-lock"]);
  assert.equal(contexts, {
    "mlpackage-requirements": ["deep/more.txt", "r.txt"],
    "mlpackage-wheels-1": ["a.whl"],
  });
  assert.equal(request.freshStages, ["mlpackage-asking", "mlpackage-lock"]);
  assert.match(dockerfile, /\bcurl=2\.1\.0-1 \\\n {6}libc-data=2\.36\b/);
  assert.is(request.target, "mlpackage-lock");
  assert.match(dockerfile, `FROM a@${digestOf("base")} AS environment`);
  assert.match(dockerfile, "--requirement /tmp/mlpackage/requirements/r.txt");
});

test("requirements that are listed in the configuration are asked for from a file of ours", async () => {
  const { engine, seen } = createBuilder({ answers: answersOf("amd64", "2.1.0") });
  const { make } = await openPackage(yaml.replace("r.txt", "[numpy, scipy]"), FILES, { engine });
  await make(LOCK);
  const folder = seen.at(-1)?.request.namedContexts["mlpackage-requirements"] ?? "";
  assert.is(readFileSync(path.join(folder, "requirements.txt"), "utf8"), "numpy\nscipy\n");
});

test("what was found out is what is installed, and in a folder that is saved, too", async () => {
  const { make, seen, directory } = await openUnlocked(
    {},
    "outputs: [{type: dockerfile, path: imagefiles}]\n",
  );
  await make("build:environment");
  await make("save:imagefiles");
  const environment = seen.at(-1);
  const folders = [environment?.request.namedContexts["mlpackage-locked"], `${directory}/imagefiles/locked`];
  for (const folder of folders)
    assert.is(
      readFileSync(path.join(folder ?? "", "requirements.txt"), "utf8"),
      `numpy==2.1.0 --hash=${digestOf("numpy")}\n`,
    );
  const dockerfiles = [environment?.dockerfile, readFileSync(`${directory}/imagefiles/Dockerfile`, "utf8")];
  for (const text of dockerfiles) assert.match(text ?? "", /\bcurl=2\.1\.0-1 \\\n {6}libc-data=2\.36\b/);
});

test("each platform has an answer of its own", async () => {
  const answers = {
    ...answersOf("amd64", "2.1.0", "linux_amd64/"),
    ...answersOf("armhf", "1.9.0", "linux_arm_v7/"),
  };
  const { make } = await openUnlocked({ answers }, "build: {platforms: [linux/amd64, linux/arm/v7]}\n");
  assert.equal(packagesOfLock(await make(LOCK)), {
    "linux/amd64": packagesOf("2.1.0"),
    "linux/arm/v7": packagesOf("1.9.0"),
  });
});

test("and so has one that is written with its usual variant", async () => {
  const answers = {
    ...answersOf("amd64", "2.1.0", "linux_amd64/"),
    ...answersOf("arm64", "1", "linux_arm64/"),
  };
  const { make } = await openUnlocked({ answers }, "build: {platforms: [linux/amd64, linux/arm64/v8]}\n");
  assert.equal(packagesOfLock(await make(LOCK))["linux/arm64/v8"], packagesOf("1"));
});

for (const absent of ["system-packages", "python.json"]) {
  test(`a builder that does not answer has not said that there is nothing: ${absent}`, async () => {
    const { [absent]: _absent, ...answers } = answersOf("amd64", "2.1.0");
    const { run } = await openUnlocked({ answers });
    const error = await run(LOCK).catch((thrown: unknown) => thrown);
    assert.instance(error, Error);
  });
}

test("what apt has been locked to is installed again, and stays", async () => {
  const known = { "linux/amd64": { systemPackages: { curl: "1", libc: "2" }, python: [] } };
  const { stepOf, context, seen } = await openUnlocked();
  const step = stepOf(LOCK);
  const inputs = { asked: { ...(step.inputs.asked as SerializableRecord), system: known } };
  const made = await lockKind.run({ ...step, inputs }, context);
  assert.ok(made.ok);
  assert.equal(packagesOfLock(made.value), {
    "linux/amd64": { ...packagesOf("2.1.0"), systemPackages: { curl: "1", libc: "2" } },
  });
  assert.match(seen.at(-1)?.dockerfile ?? "", /\bcurl=1 \\\n {6}libc=2\b/);
});

test("platforms that are known are not asked", async () => {
  const known = { "linux/amd64": packagesOf("1.0") };
  const { stepOf, context, seen } = await openUnlocked({ answers: answersOf("armhf", "2.1.0") });
  const step = stepOf(LOCK);
  const inputs = {
    asked: { ...(step.inputs.asked as SerializableRecord), platforms: ["linux/arm/v7"], known },
  };
  const made = await lockKind.run({ ...step, inputs }, context);
  assert.equal(made.ok && packagesOfLock(made.value), { ...known, "linux/arm/v7": packagesOf("2.1.0") });
  assert.equal(seen[0]?.request.platforms, ["linux/arm/v7"]);
});

test("where the base has everything there is nothing to install", async () => {
  const answers = { architecture: "amd64\n", "system-packages": "", "python.json": EMPTY_REPORT };
  const { make, stepOf } = await openUnlocked({ answers });
  assert.equal(packagesOfLock(await make(LOCK)), { "linux/amd64": { systemPackages: {}, python: [] } });
  assert.equal(stepOf("build:environment").needs, [LOCK]);
});

test("the server that is asked for by itself is among the packages", async () => {
  const answers = { ...answersOf("amd64", "2.1.0"), "server.json": reportOf("gunicorn", "23.0.0") };
  const { make } = await openUnlocked({ answers });
  const { python = [] } = packagesOfLock(await make(LOCK))["linux/amd64"] ?? {};
  assert.equal(
    python.map(({ name }) => name),
    ["gunicorn", "numpy"],
  );
});

for (const [text, isApart] of [
  ["numpy\n", false],
  ["numpy==2.1.0 --hash=sha256:0\n", true],
  ["numpy==2.1.0 \\\n    --hash=sha256:0\n", true],
  ["--require-hashes\nnumpy==2.1.0\n", true],
  ["numpy  # --hash=sha256:0\n", false],
] as const) {
  test(`the server is asked for ${isApart ? "by itself" : "together"} with ${JSON.stringify(text)}`, async () => {
    const { make, seen } = await openUnlocked({}, "", { "deep/more.txt": text });
    await make(LOCK);
    assert.is(/server\.json/.test(seen.at(-1)?.dockerfile ?? ""), isApart);
  });
}

test("and so with a list of requirements that name digests", async () => {
  const { engine, seen } = createBuilder({
    answers: { ...answersOf("amd64", "2.1.0"), "server.json": EMPTY_REPORT },
  });
  const list = `["numpy==2.1.0 --hash=${digestOf("numpy")}"]`;
  const { make } = await openPackage(yaml.replace("r.txt", list), FILES, { engine });
  await make(LOCK);
  assert.match(seen.at(-1)?.dockerfile ?? "", "server.json");
});

test("what buildx says goes to the user", async () => {
  const build = async () => fail(errorDiagnostic("build/failed", "no"));
  const { run } = await openUnlocked({ replaced: { build } });
  const result = await run(LOCK);
  assert.equal(!result.ok && result.diagnostics.map(({ code }) => code), ["build/failed"]);
});

test("and so does what cannot be locked", async () => {
  const report = { url: "https://example.com/a.git", vcs_info: { vcs: "git" } };
  const installs = [{ metadata: { name: "a", version: "1" }, is_direct: true, download_info: report }];
  const answers = { ...answersOf("amd64", "2.1.0"), "python.json": JSON.stringify({ install: installs }) };
  const { run } = await openUnlocked({ answers });
  const result = await run(LOCK);
  assert.equal(!result.ok && result.diagnostics.map(({ code }) => code), ["packages/no-digest"]);
});

test("an answer of today is none of tomorrow", async () => {
  const { make, findMissing, stepOf, context } = await openUnlocked();
  assert.is(await lockKind.foresee?.(stepOf(LOCK), context), undefined);
  assert.ok(await findMissing(LOCK, await make(LOCK)));
  assert.is(stepOf(LOCK).pool, "engine");
});

for (const changed of ["r.txt", "deep/more.txt", "wheels/a.whl"]) {
  test(`a change of ${changed} between plan and run is noticed`, async () => {
    const { run, directory } = await openUnlocked();
    writeInto(directory, changed, "changed");
    const error = await run(LOCK).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof InputChanged);
    assert.is(error.path, changed);
  });
}

test("what is asked for is what the answer goes by, not what lies beside it", async () => {
  const inputsOf = async (files: Readonly<Record<string, string>>) => {
    const { stepOf } = await openPackage(yaml, { ...FILES, ...files }, { engine: AN_ENGINE });
    return JSON.stringify(stepOf(LOCK).inputs);
  };
  const before = await inputsOf({});
  assert.is(await inputsOf({ "src/score.py": "SCORE", "notes.txt": "x" }), before);
  for (const asked of ["r.txt", "deep/more.txt", "wheels/a.whl"]) {
    assert.is.not(await inputsOf({ [asked]: "other" }), before, asked);
  }
});

test.run();
