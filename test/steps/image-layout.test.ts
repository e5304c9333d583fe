import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type EnvironmentLayout,
  type ImageLayout,
  layOutEnvironment,
  layOutImage,
} from "../../src/steps/image-layout.ts";
import { readText } from "../config/read-fixture.ts";

const test = suite("layOutImage");

/** All that is laid out for the image, and for what is asked before there is one. */
function layOut(yaml: string): ImageLayout & EnvironmentLayout {
  const read = readText(`name: demo\n${yaml}`);
  if (!read.ok) throw new Error(read.diagnostics.map(({ message }) => message).join("; "));
  return { ...layOutEnvironment(read.value), ...layOutImage(read.value) };
}

const APP = "/var/azureml-app";

type Row = readonly [what: string, yaml: string, part: Partial<ImageLayout & EnvironmentLayout>];

const rows: readonly Row[] = [
  ["no model", "inference: score.py", { models: [] }],
  [
    "the only model's folder is that of all models",
    'models: [{name: A.b, version: "2", source: a}]\ninference: score.py',
    {
      modelDirectory: `${APP}/azureml-models/A.b/2`,
      models: [
        {
          model: "A.b",
          context: "model-a-b",
          folder: "models/A.b/2",
          target: `${APP}/azureml-models/A.b/2/`,
        },
      ],
    },
  ],
  [
    "several models have a folder above",
    "models: [a, b]\ninference: score.py",
    { modelDirectory: `${APP}/azureml-models` },
  ],
  [
    "code in the package's own folder is called as the package",
    "inference: score.py",
    {
      code: [{ context: "app", folder: "app", target: `${APP}/demo/` }],
      entryScript: "demo/score.py",
      runtime: [{ context: "runtime", folder: "runtime", target: "/opt/mlpackage/runtime/" }],
    },
  ],
  [
    "other code keeps its folder's name",
    "inference: {entry_script: app/score.py, source_directory: deep/src}",
    { code: [{ context: "app", folder: "app", target: `${APP}/src/` }], entryScript: "src/app/score.py" },
  ],
  ["a foreign command without code", "inference: {command: [serve]}", { code: [], runtime: [] }],
  ["no requirements", "inference: score.py", { requirements: [] }],
  [
    "a requirements file keeps its path",
    "environment: {python: {requirements: ./deep/r.txt}}\ninference: score.py",
    {
      requirements: [
        { context: "requirements", folder: "requirements", target: "/tmp/mlpackage/requirements" },
      ],
      requirementsFile: "/tmp/mlpackage/requirements/deep/r.txt",
    },
  ],
  [
    "a list becomes one",
    "environment: {python: {requirements: [numpy]}}\ninference: score.py",
    { requirementsFile: "/tmp/mlpackage/requirements/requirements.txt" },
  ],
  [
    "a base that holds everything needs none",
    "environment: {python: {requirements: r.txt, managed: false}}\ninference: score.py",
    { requirements: [], locked: [] },
  ],
  [
    "what is locked has a place wherever something may be installed",
    "inference: score.py",
    { locked: [{ context: "locked", folder: "locked", target: "/tmp/mlpackage/locked" }] },
  ],
  [
    "folders of wheels, not addresses",
    "environment: {python: {find_links: [a, 'https://example.com/', b/c]}}\ninference: score.py",
    {
      wheels: [
        { source: "a", context: "wheels-1", folder: "wheels-1", target: "/tmp/mlpackage/wheels-1" },
        { source: "b/c", context: "wheels-2", folder: "wheels-2", target: "/tmp/mlpackage/wheels-2" },
      ],
    },
  ],
  [
    "beside a base of the user's own all of ours is in one folder",
    "base_image: {dockerfile: Dockerfile}\ninference: score.py",
    { code: [{ context: "app", folder: "mlpackage/app", target: `${APP}/demo/` }] },
  ],
];

for (const [what, yaml, part] of rows) {
  test(what, () => {
    const layout = layOut(yaml);
    assert.equal(
      Object.fromEntries(Object.keys(part).map((name) => [name, layout[name as keyof typeof layout]])),
      part,
    );
  });
}

test("every context has a name of its own", () => {
  const models = ["a", "A", "a-2", "A-2", "a.2"].map((name) => `{name: ${name}, source: x}`);
  const { models: placed } = layOut(`models: [${models.join(", ")}]\ninference: score.py`);
  const contexts = placed.map(({ context }) => context);
  assert.is(new Set(contexts).size, contexts.length, contexts.join(" "));
  for (const context of contexts) assert.match(context, /^model-[a-z0-9-]+$/);
});

test("a layout is data", () => {
  const layout = layOut("models: [a]\ninference: score.py");
  assert.equal(JSON.parse(JSON.stringify(layout)), layout);
});

test.run();
