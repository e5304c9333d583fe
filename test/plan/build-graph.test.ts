import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Config } from "../../src/model/config.ts";
import type { Graph } from "../../src/model/graph.ts";
import type { LockedPlatforms } from "../../src/model/lock-file.ts";
import type { SerializableRecord } from "../../src/model/serializable.ts";
import type { Step } from "../../src/model/step.ts";
import { buildGraph } from "../../src/plan/build-graph.ts";
import type { Locate } from "../../src/plan/locate.ts";
import { type BasePin, type PinnedPackages, type Pins, UNPINNED } from "../../src/plan/pins.ts";
import { assertGolden } from "../assert-golden.ts";

const test = suite("buildGraph");

const fixtures = fileURLToPath(new URL("../../fixtures/valid", import.meta.url));
const cases = readdirSync(fixtures).filter((name) => existsSync(`${fixtures}/${name}/expected-config.json`));

/** A place that tells which pointer was looked up. */
const locate: Locate = (pointer) => ({ file: { path: pointer, text: "" }, range: { start: 0, end: 0 } });

for (const name of cases) {
  test(`graph of ${name}`, () => {
    const config = readCase(name);
    const graph = buildGraph(config, pinsOf(config), locate);
    const steps = graph.steps.map(({ location, ...step }) => ({ ...step, pointer: location?.file.path }));
    assertGolden(`${fixtures}/${name}/expected-graph.json`, `${JSON.stringify({ steps }, undefined, 2)}\n`);
  });

  test(`graph of ${name} without pins has the same shape`, () => {
    const config = readCase(name);
    assert.equal(
      shapeOf(buildGraph(config, UNPINNED, locate)),
      shapeOf(buildGraph(config, pinsOf(config), locate)),
    );
  });
}

test("what a container is given where it runs changes no step", () => {
  const { resources, ...config } = readCase("everything");
  assert.ok(resources);
  const graphOf = (one: Config) => JSON.stringify(buildGraph(one, pinsOf(config), locate));
  assert.is(graphOf({ ...config, resources: { cpuMillis: 1 } }), graphOf(config));
  assert.is(graphOf({ ...config, resources }), graphOf(config));
});

test("there are cases", () => assert.ok(cases.length >= 10, `only ${cases.length}`));

test("where the package lies is in no step", () => {
  for (const name of cases) {
    const config = { ...readCase(name), directory: "/home/somebody/package" };
    const text = JSON.stringify(buildGraph(config, pinsOf(config), locate));
    assert.not.match(text, "/home/somebody");
  }
});

/** All that must have succeeded before a step starts. */
function before(id: string, { steps }: Graph): ReadonlySet<string> {
  const { needs = [], after = [] } = steps.find((step) => step.id === id) ?? {};
  return new Set([...needs, ...after].flatMap((one) => [one, ...before(one, { steps })]));
}

function idsOfKind(kind: Step["kind"], { steps }: Graph): readonly string[] {
  return steps.flatMap((step) => (step.kind === kind ? [step.id] : []));
}

test("nothing is pushed or saved under a name before the tests have passed", () => {
  const graph = buildGraph(readCase("everything"), UNPINNED, locate);
  const named = [...idsOfKind("push", graph), ...idsOfKind("save", graph)];
  assert.ok(named.length >= 4);
  for (const id of named) assert.ok(before(id, graph).has("test"), id);
});

test("models are sent to a registry without waiting for the environment and the tests", () => {
  const graph = buildGraph(readCase("everything"), UNPINNED, locate);
  const uploads = idsOfKind("upload", graph);
  assert.ok(uploads.length > 0);
  for (const id of uploads) {
    assert.equal(
      [...before(id, graph)].filter((one) => !/^(fetch|scan|layer|upload):/.test(one)),
      [],
      id,
    );
  }
  for (const { id, name } of graph.steps.filter(
    ({ kind, inputs }) => kind === "push" && !("type" in inputs),
  )) {
    assert.ok(before(id, graph).has(`upload:${name.replace(/:[^:/]*$/, "")}`), id);
  }
});

test("repositories of one registry are sent to one after the other, those of another at once", () => {
  const tags = ["a.example/x:1", "a.example/x:2", "a.example/y:1", "b.example/x:1"];
  const outputs = [{ pointer: "", type: "image", tags, load: false, push: true, attest: false }] as const;
  const { steps } = buildGraph({ ...readCase("smallest"), outputs }, UNPINNED, locate);
  const uploads = steps.filter(({ kind }) => kind === "upload");
  assert.equal(
    uploads.map(({ id, after, inputs }) => [id, after, inputs.others]),
    [
      ["upload:a.example/x", [], []],
      ["upload:a.example/y", ["upload:a.example/x"], ["a.example/x"]],
      ["upload:b.example/x", [], []],
    ],
  );
});

test("without tests and without a tag nothing needs an engine but what runs in the base", () => {
  const poolsOf = (config: Config, packages: PinnedPackages = {}) =>
    buildGraph(config, { ...UNPINNED, packages }, locate, { noTest: true })
      .steps.filter(({ pool }) => pool === "engine" || pool === "tags")
      .map(({ id }) => id);
  const config = readCase("oci-layout");
  const { python } = config.environment;
  const more = (environment: Partial<Config["environment"]>) => ({
    ...config,
    environment: { ...config.environment, ...environment },
  });
  assert.equal(poolsOf(config), []);
  const [installing, asked] = [["build:environment"], ["lock:packages", "build:environment"]];
  for (const environment of [
    { systemPackages: ["curl"] },
    { python: { ...python, requirements: { list: ["numpy"] } } },
  ]) {
    assert.equal(poolsOf(more(environment)), asked);
    assert.equal(poolsOf(more(environment), { system: CURL }), asked);
    assert.equal(poolsOf(more(environment), { all: CURL }), installing);
    assert.equal(poolsOf(more(environment), { all: NOTHING }), []);
  }
  assert.equal(
    poolsOf(
      { ...more({ systemPackages: ["curl"] }), baseImage: readCase("everything").baseImage },
      { all: NOTHING },
    ),
    installing,
  );
  assert.equal(poolsOf(more({ python: { ...python, managed: false, requirements: { file: "r.txt" } } })), []);
});

const CURL: LockedPlatforms = { "linux/amd64": { systemPackages: { curl: "1" }, python: [] } };
const NOTHING: LockedPlatforms = { "linux/amd64": { systemPackages: {}, python: [] } };

test("what is locked is all that is known of the packages, whatever was asked for", () => {
  const config = readCase("everything");
  const { requirements } = config.environment.python;
  const inputsOf = (change: Partial<Config["environment"]>, packages: PinnedPackages) => {
    const changed = { ...config, environment: { ...config.environment, ...change } };
    const { steps } = buildGraph(changed, { ...pinsOf(changed), packages }, locate);
    const found = steps.filter(({ id }) => /^(lock:packages|build:environment|render)$/.test(id));
    return JSON.stringify(found.map(({ inputs }) => inputs));
  };
  const change = {
    systemPackages: ["wget"],
    python: { ...config.environment.python, requirements: { list: [] } },
  };
  assert.equal(inputsOf(change, { all: CURL }), inputsOf({}, { all: CURL }));
  assert.is.not(inputsOf(change, {}), inputsOf({}, {}));
  assert.not.match(inputsOf({}, { all: CURL }), JSON.stringify(requirements));
});

test("where the lock has some of the platforms, the others alone are asked", () => {
  const config = readCase("everything");
  const step = (packages: PinnedPackages) =>
    buildGraph(config, { ...pinsOf(config), packages }, locate).steps.find(({ kind }) => kind === "lock");
  const { platforms, known } = (step({ some: CURL })?.inputs.asked ?? {}) as SerializableRecord;
  assert.equal([platforms, known], [["linux/arm/v7"], CURL]);
  assert.is(step({ some: CURL })?.pool, "engine");
});

test("`--no-test` leaves out the test, and the engine where nobody else needs it", () => {
  const idsOf = (change: Partial<Config>) => {
    const config = { ...readCase("everything"), ...change };
    return buildGraph(config, UNPINNED, locate, { noTest: true }).steps.map(({ id }) => id);
  };
  const tagged = [
    { pointer: "", type: "image", tags: ["a:1"], load: true, push: false, attest: false },
  ] as const;
  assert.equal(
    idsOf({}).filter((id) => /^(test|load)/.test(id)),
    [],
  );
  assert.equal(
    idsOf({ outputs: tagged }).filter((id) => /^(test|load|save)/.test(id)),
    ["load:image", "save:a:1"],
  );
});

test("the layers of all models together are few enough for an image", () => {
  const models = Array.from({ length: 30 }, (_, index) => ({
    ...{ pointer: `/models/${index}`, name: `m${index}`, version: "1", source: `m${index}` },
    ...{ include: [], exclude: [], unpack: false },
  }));
  const { steps } = buildGraph({ ...readCase("smallest"), models }, UNPINNED, locate);
  const most = steps.map(({ inputs }) => Number(inputs.mostLayers ?? 0));
  assert.is(
    most.reduce((sum, one) => sum + one, 0),
    90,
  );
});

test("steps cannot be changed", () => {
  const [step] = buildGraph(readCase("smallest"), UNPINNED, locate).steps;
  assert.throws(() => Object.assign(step ?? {}, { id: "other" }), TypeError);
});

function readCase(name: string): Config {
  return JSON.parse(readFileSync(`${fixtures}/${name}/expected-config.json`, "utf8")) as Config;
}

/** What the world might have said. */
function pinsOf({ models, baseImage, inference, environment, tests }: Config): Pins {
  const { requirements, findLinks } = environment.python;
  const bodyFiles = tests.flatMap(({ exchanges }) =>
    exchanges.flatMap(({ request }) => request.bodyFile ?? []),
  );
  return {
    models: models.map(({ name, source }) => ({
      scheme: source.includes("://") ? "https" : "file",
      identity: { content: `of ${name}` },
      paths: [`${name}.bin`],
    })),
    base: basePinOf(baseImage),
    code: inference.sourceDirectory === undefined ? {} : { "score.py": "644 sha256:code" },
    runtime: { "serve.py": "644 sha256:runtime" },
    requirements: "file" in requirements ? { [requirements.file]: "644 sha256:requirements" } : {},
    findLinks: Object.fromEntries(
      findLinks
        .filter((link) => !link.includes("://"))
        .map((folder) => [folder, { "a.whl": "644 sha256:wheel" }]),
    ),
    testFiles: Object.fromEntries(bodyFiles.map((file) => [file, "sha256:body"])),
    platform: "linux/amd64",
    pipOptions: [],
    packages: {},
    conda: {},
  };
}

function basePinOf(baseImage: Config["baseImage"]): BasePin {
  const digest = "sha256:base";
  switch (baseImage.kind) {
    case "image":
      return { kind: "image", reference: `${baseImage.image}@${digest}`, digest };
    case "oci-layout":
      return { kind: "oci-layout", path: baseImage.path, digest };
    case "dockerfile": {
      const dockerfile = { [baseImage.dockerfile]: `644 ${digest}` };
      return { kind: "dockerfile", dockerfile, context: { Dockerfile: `644 ${digest}` } };
    }
  }
}

function shapeOf({ steps }: Graph) {
  return steps.map(({ id, kind, name, needs, after }) => ({ id, kind, name, needs, after }));
}

test.run();
