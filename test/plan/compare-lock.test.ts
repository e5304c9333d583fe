import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Config } from "../../src/model/config.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { LockFile } from "../../src/model/lock-file.ts";
import type { Pin } from "../../src/model/source.ts";
import {
  askedOf,
  findUnlocked,
  isInstalling,
  packagesIn,
  publicSource,
} from "../../src/plan/compare-lock.ts";
import { makeLock } from "../../src/plan/make-lock.ts";
import type { BasePin, Pins } from "../../src/plan/pins.ts";
import { configOf, modelPin, pinsOf, TOOL } from "../fakes/pins.ts";

const test = suite("what a lock answers");

const packages = (...platforms: readonly string[]) =>
  Object.fromEntries(platforms.map((one) => [one, { systemPackages: { curl: "1" }, python: [] }]));

const resolved = {
  tool: TOOL,
  models: { remote: { "remote.bin": { digest: digestOf("remote"), size: 6 } } },
  packages: packages("linux/amd64"),
};

const yaml = `models: [{name: ridge, source: ridge.pkl}, {name: remote, source: "https://example.com/remote.bin"}]
base_image: a:1
environment: {system_packages: [curl, wget], python: {requirements: [numpy, scipy]}}
inference: score.py
`;
const config = configOf(yaml);
const lock = makeLock(config, pinsOf(config), resolved, undefined);

/** What a lock does not answer any more when the file and the world have changed. */
function unlockedAfter(changed: Config, world: Partial<Pins> = {}, known: LockFile | undefined = lock) {
  return findUnlocked(changed, pinsOf(changed, world, known), known, "mlpackage.lock");
}

const pointersAfter = (...args: Parameters<typeof unlockedAfter>) =>
  unlockedAfter(...args).map(({ pointer }) => pointer);

test("what was made for a file answers it", () => assert.equal(unlockedAfter(config), []));

test("where there is no lock, one thing is said of all", () => {
  assert.equal(findUnlocked(config, pinsOf(config), undefined, "other.lock"), [
    { pointer: "", message: "there is no `other.lock`" },
  ]);
});

const written = (from: string | RegExp, to: string) => {
  const changed = yaml.replace(from, to);
  if (changed === yaml) throw new Error(`there is no ${from}`);
  return configOf(changed);
};

for (const [what, changed] of [
  ["a comment", written(/$/, "# why\n")],
  ["the order of the system packages", written("curl, wget", "wget, curl")],
  ["the code and the labels", configOf(`${yaml}build: {labels: {a: b}}\n`)],
  ["a test", configOf(`${yaml}tests: [{request: {body: 1}}]\n`)],
  ["an output", configOf(`${yaml}outputs: [{type: oci-archive, path: a.tar}]\n`)],
  ["a variable", written("environment: {", "environment: {variables: {A: b}, ")],
  ["the platform that it has, written out", configOf(`${yaml}build: {platforms: [linux/amd64]}\n`)],
] as const) {
  test(`${what} may change`, () => assert.equal(unlockedAfter(changed), []));
}

const PACKAGES = "/environment/system_packages";
const PYTHON = "/environment/python";

for (const [what, changed, pointers] of [
  ["another base image", written("a:1", "a:2"), ["/base_image", PACKAGES]],
  ["a base of the user's own", written("a:1", "{dockerfile: Dockerfile}"), ["/base_image", PACKAGES]],
  ["a layout for a base", written("a:1", "{oci_layout: base}"), ["/base_image", PACKAGES]],
  ["another source of a model", written("ridge.pkl", "other.pkl"), ["/models/0/source"]],
  ["another address", written("remote.bin", "other.bin"), ["/models/1/source"]],
  [
    "another digest that is asked for",
    written('remote.bin"', `remote.bin", sha256: "${"0".repeat(64)}"`),
    ["/models/1/sha256"],
  ],
  ["a new model", written("models: [", "models: [{name: new, source: new.pkl}, "), ["/models/0"]],
  [
    "a model that is called `constructor`",
    written("name: ridge", "name: constructor"),
    ["/models/0", "/models"],
  ],
  ["a model that is gone", written("{name: ridge, source: ridge.pkl}, ", ""), ["/models"]],
  ["another system package", written("wget", "tar"), [PACKAGES]],
  ["one less", written(", wget", ""), [PACKAGES]],
  ["another requirement", written("scipy", "pandas"), [PYTHON]],
  ["another index", written("python: {", 'python: {index_url: "https://example.com", '), [PYTHON]],
  ["another interpreter", written("python: {", "python: {interpreter: python3.13, "), [PYTHON]],
  ["no server any more", written("score.py", "{command: [serve]}"), [PYTHON]],
  [
    "nothing to install",
    written(/^environment.*$/m, "environment: {python: {managed: false}}"),
    ["/environment"],
  ],
  ["another platform", configOf(`${yaml}build: {platforms: [linux/arm64]}\n`), ["/build/platforms"]],
  ["one more", configOf(`${yaml}build: {platforms: [linux/amd64, linux/arm64]}\n`), ["/build/platforms"]],
] as const) {
  test(`${what} is not in the lock`, () => {
    const unlocked = unlockedAfter(changed);
    assert.equal(
      unlocked.map(({ pointer }) => pointer),
      pointers,
    );
    for (const { message } of unlocked) assert.not.match(message, /undefined|sha256:/);
  });
}

const otherBase = digestOf("another base");

for (const [what, world, pointers] of [
  [
    "the base image",
    { base: { kind: "image", reference: `a:1@${otherBase}`, digest: otherBase } },
    ["/base_image", PACKAGES],
  ],
  ["a model's file", { models: [modelPin("ridge", "ridge.pkl", "new")] }, ["/models/0"]],
  ["a wheel", { findLinks: { wheels: { "a.whl": "644 sha256:1" } } }, [PYTHON]],
  ["a requirements file, be it a comment", { requirements: { "r.txt": "644 sha256:1" } }, [PYTHON]],
] as const) {
  test(`${what} has changed`, () => assert.equal(pointersAfter(config, world), pointers));
}

test("what cannot be known before it is fetched is not held against the lock", () => {
  const remote: Pin = { scheme: "http", identity: { etag: "other" }, paths: ["remote.bin"] };
  assert.equal(pointersAfter(config, { models: [modelPin("ridge", "ridge.pkl"), remote] }), []);
});

for (const part of ["baseImage", "environment"] as const) {
  test(`a lock without its ${part}`, () => {
    const { [part]: _gone, ...rest } = lock;
    assert.equal(pointersAfter(config, {}, rest), [part === "baseImage" ? "/base_image" : "/environment"]);
  });
}

test("an image that was built here has no digest to be locked to", () => {
  const base: BasePin = { kind: "image", reference: "a:1", digest: digestOf("its configuration") };
  const made = makeLock(config, pinsOf(config, { base }), resolved, undefined);
  assert.is(made.baseImage, undefined);
  assert.equal(pointersAfter(config, { base }, made), []);
  assert.equal(pointersAfter(config, { base }), ["/base_image", PACKAGES]);
});

const platforms = packages("linux/amd64", "linux/arm64");
const asked = askedOf(config, pinsOf(config));
const other = digestOf("other");

for (const [what, locked, wanted, expected] of [
  ["there is no lock", undefined, ["linux/amd64"], {}],
  ["it answers", asked, ["linux/amd64"], { all: packages("linux/amd64") }],
  ["it answers for several", asked, ["linux/arm64", "linux/amd64"], { all: platforms }],
  [
    "it knows only some of the platforms",
    asked,
    ["linux/amd64", "linux/s390x"],
    { some: packages("linux/amd64") },
  ],
  ["a platform is called as nobody would", asked, ["constructor"], {}],
  [
    "other Python packages are asked for",
    { ...asked, python: other },
    ["linux/amd64"],
    { system: packages("linux/amd64") },
  ],
  ["all is asked for otherwise", { systemPackages: other, python: other }, ["linux/amd64"], {}],
] as const) {
  test(`the packages of a lock: ${what}`, () => {
    assert.equal(packagesIn(locked && { asked: locked, platforms }, asked, wanted), expected);
  });
}

test("other system packages ask for all anew", () => {
  const changed = written("wget", "tar");
  const now = askedOf(changed, pinsOf(changed));
  assert.is.not(now.systemPackages, asked.systemPackages);
  assert.is.not(now.python, asked.python);
});

for (const [more, installs] of [
  ["inference: score.py", true],
  ["inference: {command: [serve]}", false],
  ["inference: {command: [serve]}\nenvironment: {system_packages: [curl]}", true],
  ["inference: {command: [serve]}\nenvironment: {python: {requirements: [numpy]}}", true],
  ["inference: {command: [serve]}\nenvironment: {python: {requirements: r.txt}}", true],
  ["inference: score.py\nenvironment: {python: {managed: false, requirements: r.txt}}", false],
  ["inference: score.py\nenvironment: {python: {managed: false}, system_packages: [curl]}", true],
] as const) {
  test(`${JSON.stringify(more)} ${installs ? "may install something" : "installs nothing"}`, () => {
    assert.is(isInstalling(configOf(more)), installs);
  });
}

for (const [source, told] of [
  ["models/a.bin?x=1", "models/a.bin?x=1"],
  ["https://example.com/a.bin", "https://example.com/a.bin"],
  ["https://example.com/a.bin?version=3", "https://example.com/a.bin?version=3"],
  ["https://example.com/a.bin?version=3&sig=abc&se=2027", "https://example.com/a.bin?version=3"],
  ["https://example.com/a.bin?X-Amz-Signature=abc&X-Amz-Date=1", "https://example.com/a.bin"],
  ["https://example.com/a.bin?access_token=abc", "https://example.com/a.bin"],
] as const) {
  test(`a lock says what ${source} is, and lets nobody in`, () => assert.is(publicSource(source), told));
}

test.run();
