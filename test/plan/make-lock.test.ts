import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { LockFile } from "../../src/model/lock-file.ts";
import type { Pin } from "../../src/model/source.ts";
import { askedOf } from "../../src/plan/compare-lock.ts";
import { makeLock, type Resolved, UPGRADABLE, withoutUpgraded } from "../../src/plan/make-lock.ts";
import { configOf, modelPin, pinsOf, TOOL } from "../fakes/pins.ts";

const test = suite("making a lock");

const [inFile, fromWeb] = ["ridge.pkl", "https://example.com/bert.bin"];
const base = "base_image: a:1\n";
const installing = "environment: {system_packages: [curl]}\ninference: {command: [serve]}\n";
const config = configOf(
  `models: [{name: ridge, source: ${inFile}}, {name: bert, source: "${fromWeb}"}]\n${base}${installing}`,
);

const contentOf = (text: string) => ({ digest: digestOf(text), size: text.length });
const packages = { "linux/amd64": { systemPackages: { curl: "1" }, python: [] } };
const resolved: Resolved = { tool: TOOL, models: { bert: { "bert.bin": contentOf("bert") } }, packages };
const NOTHING: Resolved = { tool: TOOL, models: {} };

const full = makeLock(config, pinsOf(config), resolved, undefined);

test("everything that is pinned or was found out is in it", () => {
  assert.equal(full, {
    mlpackage: TOOL,
    baseImage: { image: "a:1", digest: digestOf("the base") },
    models: {
      ridge: { source: inFile, files: { ridge: contentOf("ridge") } },
      bert: { source: fromWeb, files: { "bert.bin": contentOf("bert") } },
    },
    environment: { asked: askedOf(config, pinsOf(config)), platforms: packages },
  });
});

test("what nobody has found out is absent, and no lock says that there is nothing", () => {
  const { baseImage, models, environment } = makeLock(config, pinsOf(config), NOTHING, undefined);
  assert.ok(baseImage);
  assert.equal(Object.keys(models), ["ridge"]);
  assert.is(environment, undefined);
});

test("what was not resolved now stays as it was", () => {
  assert.equal(makeLock(config, pinsOf(config, {}, full), NOTHING, full), full);
  const changed = configOf(
    `models: [{name: bert, source: "${fromWeb}"}]\n${base}${installing.replace("curl", "tar")}`,
  );
  const made = makeLock(changed, pinsOf(changed, {}, full), NOTHING, full);
  assert.equal(made, { ...full, models: { bert: full.models.bert } });
});

test("what was resolved now counts, whatever there was", () => {
  const newer = { "linux/amd64": { systemPackages: { curl: "2" }, python: [] } };
  const found: Resolved = {
    tool: TOOL,
    models: { bert: { "bert.bin": contentOf("newer") } },
    packages: newer,
  };
  const { models, environment } = makeLock(config, pinsOf(config), found, full);
  assert.equal(models.bert?.files, { "bert.bin": contentOf("newer") });
  assert.equal(environment?.platforms, newer);
});

test("what somebody has locked for another platform stays, as long as it answers the same", () => {
  const arm = { "linux/arm64": { systemPackages: { curl: "3" }, python: [] } };
  const before = full.environment && { ...full, environment: { ...full.environment, platforms: arm } };
  const made = makeLock(config, pinsOf(config, {}, before), resolved, before);
  assert.equal(made.environment?.platforms, { ...arm, ...packages });
  const changed = configOf(`${base}${installing.replace("curl", "tar")}`);
  const other = makeLock(changed, pinsOf(changed, {}, before), resolved, before);
  assert.equal(other.environment?.platforms, packages);
});

test("what an address is signed with comes into no lock", () => {
  const signed = configOf(
    `models: [{name: bert, source: "${fromWeb}?sig=secret#part"}]\n${base}${installing}`,
  );
  const made = makeLock(signed, pinsOf(signed), resolved, undefined);
  assert.is(made.models.bert?.source, fromWeb);
  assert.equal(makeLock(signed, pinsOf(signed, {}, made), NOTHING, made), made);
});

test("a model's own files count, whatever there was", () => {
  const models = [modelPin("ridge", inFile, "trained anew"), modelPin("bert", fromWeb)];
  const made = makeLock(config, pinsOf(config, { models }), NOTHING, full);
  assert.equal(made.models.ridge?.files, { ridge: contentOf("trained anew") });
  assert.equal(made.models.bert, full.models.bert);
});

for (const [what, models, names] of [
  ["that is gone is forgotten", `[{name: ridge, source: ${inFile}}]`, ["ridge"]],
  ["that comes from elsewhere now", `[{name: bert, source: "https://example.com/other.bin"}]`, []],
  ["that has another name now", `[{name: other, source: "${fromWeb}"}]`, []],
  [
    "that has to have another digest",
    `[{name: bert, source: "${fromWeb}", sha256: "${"0".repeat(64)}"}]`,
    [],
  ],
  ["that is called as nobody would", `[{name: constructor, source: "${fromWeb}"}]`, []],
] as const) {
  test(`a model ${what}`, () => {
    const changed = configOf(`models: ${models}\n${base}${installing}`);
    assert.equal(Object.keys(makeLock(changed, pinsOf(changed), NOTHING, full).models), names);
  });
}

test("a model that is called as nobody would, and stays", () => {
  const named = configOf(`models: [{name: constructor, source: "${fromWeb}"}]\n${base}${installing}`);
  const found = { tool: TOOL, models: { constructor: { "bert.bin": contentOf("bert") } } };
  const made = makeLock(named, pinsOf(named), found, undefined);
  assert.is(JSON.stringify(makeLock(named, pinsOf(named), NOTHING, made)), JSON.stringify(made));
});

test("a file's time and mode are in no lock", () => {
  const pin: Pin = modelPin("ridge", inFile);
  assert.match(JSON.stringify(pin), "mode");
  const { models } = makeLock(config, pinsOf(config, { models: [pin] }), NOTHING, undefined);
  assert.equal(Object.keys(models.ridge?.files.ridge ?? {}), ["digest", "size"]);
});

for (const [what, more, gone] of [
  [
    "a base of the user's own is locked by nothing",
    `base_image: {dockerfile: Dockerfile}\n${installing}`,
    "baseImage",
  ],
  ["nor is a layout, which is in the package", `base_image: {oci_layout: base}\n${installing}`, "baseImage"],
  [
    "packages are forgotten where nothing is installed any more",
    `${base}inference: {command: [serve]}\n`,
    "environment",
  ],
] as const) {
  test(what, () => {
    const changed = configOf(more);
    const made = makeLock(changed, pinsOf(changed), resolved, full);
    assert.is(made[gone], undefined);
    assert.equal(made.models, {});
  });
}

const NEVER = `sha256:${"0".repeat(64)}`;
const { mlpackage, baseImage, models, environment } = full;
const { ridge, bert } = models;
const asked = environment && { ...environment.asked, python: NEVER };

for (const [names, kept, unknown] of [
  [[], full, []],
  [["all"], { models: {} }, []],
  [["mlpackage"], { baseImage, models, environment }, []],
  [["base_image"], { mlpackage, models, environment }, []],
  [["models"], { mlpackage, baseImage, models: {}, environment }, []],
  [["bert"], { mlpackage, baseImage, models: { ridge }, environment }, []],
  [["ridge", "bert"], { mlpackage, baseImage, models: {}, environment }, []],
  [["system_packages"], { mlpackage, baseImage, models }, []],
  [["python"], { mlpackage, baseImage, models, environment: { ...environment, asked } }, []],
  [["python", "system_packages"], { mlpackage, baseImage, models }, []],
  [
    ["base_image", "ridge", "python"],
    { mlpackage, models: { bert }, environment: { ...environment, asked } },
    [],
  ],
  [
    ["pyhton", "bert", "constructor"],
    { mlpackage, baseImage, models: { ridge }, environment },
    ["pyhton", "constructor"],
  ],
] as const) {
  test(`resolved anew: ${names.join(", ") || "nothing"}`, () => {
    assert.equal(withoutUpgraded(full, names), { lock: kept, unknown });
  });
}

test("an empty lock knows what may be resolved anew all the same", () => {
  const empty: LockFile = { models: {} };
  assert.equal(withoutUpgraded(empty, ["all", ...UPGRADABLE]), { lock: empty, unknown: [] });
});

test("of Python alone resolved anew, the system packages still answer", () => {
  const { lock } = withoutUpgraded(full, ["python"]);
  assert.equal(pinsOf(config, {}, lock).packages, { system: packages });
  assert.equal(pinsOf(config, {}, full).packages, { all: packages });
});

test.run();
