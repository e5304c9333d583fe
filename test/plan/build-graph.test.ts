import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Config } from "../../src/model/config.ts";
import type { Graph } from "../../src/model/graph.ts";
import { buildGraph, type Locate } from "../../src/plan/build-graph.ts";
import { type Pins, UNPINNED } from "../../src/plan/pins.ts";
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

test("there are cases", () => assert.ok(cases.length >= 10, `only ${cases.length}`));

test("where the package lies is in no step", () => {
  for (const name of cases) {
    const config = { ...readCase(name), directory: "/home/somebody/package" };
    const text = JSON.stringify(buildGraph(config, pinsOf(config), locate));
    assert.not.match(text, "/home/somebody");
  }
});

test("nothing is pushed or saved under a name before the tests have passed", () => {
  const { steps } = buildGraph(readCase("everything"), UNPINNED, locate);
  const named = steps.filter(({ kind, needs }) => ["push", "save"].includes(kind) && needs.includes("build"));
  assert.ok(named.length > 0);
  for (const { id, after } of named) assert.equal(after, ["test"], id);
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
  const bodyFiles = tests.flatMap(({ request }) => request.bodyFile ?? []);
  return {
    models: models.map(({ name, source }) => ({
      scheme: source.includes("://") ? "https" : "file",
      identity: { content: `of ${name}` },
      paths: [`${name}.bin`],
    })),
    base:
      baseImage.kind === "image"
        ? { kind: "image", reference: `${baseImage.image}@sha256:base`, digest: "sha256:base" }
        : {
            kind: "dockerfile",
            dockerfile: { [baseImage.dockerfile]: "644 sha256:base" },
            context: { Dockerfile: "644 sha256:base" },
          },
    code: inference.sourceDirectory === undefined ? {} : { "score.py": "644 sha256:code" },
    runtime: { "serve.py": "644 sha256:runtime" },
    requirements: "file" in requirements ? { [requirements.file]: "644 sha256:requirements" } : {},
    findLinks: Object.fromEntries(
      findLinks
        .filter((link) => !link.includes("://"))
        .map((folder) => [folder, { "a.whl": "644 sha256:wheel" }]),
    ),
    bodyFiles: Object.fromEntries(bodyFiles.map((file) => [file, "sha256:body"])),
    platform: "linux/amd64",
  };
}

function shapeOf({ steps }: Graph) {
  return steps.map(({ id, kind, name, needs, after }) => ({ id, kind, name, needs, after }));
}

test.run();
