import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { StepOutput } from "../../src/model/outcome.ts";
import { succeed } from "../../src/model/result.ts";
import type { Step } from "../../src/model/step.ts";
import type { StepContext } from "../../src/model/step-kind.ts";
import { buildGraph } from "../../src/plan/build-graph.ts";
import { pinReferences } from "../../src/plan/pin-references.ts";
import { sourceOf } from "../../src/sources/index.ts";
import { STEP_KINDS } from "../../src/steps/index.ts";
import { InputChanged, outputOfFiles } from "../../src/steps/output-files.ts";
import { stageContexts } from "../../src/steps/stage-contexts.ts";
import { readText } from "../config/read-fixture.ts";
import { only } from "../fakes/only.ts";
import { makeStepContext } from "../fakes/step-context.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

/** The steps before a build, on real files: what they leave for buildx, and in a saved folder. */
const test = suite("fetch, render and what is laid out of them");

const yaml = `name: demo
models: [{name: ridge, source: models/ridge.pkl}, {name: bert, source: models/bert}]
environment: {python: {requirements: r.txt, find_links: [wheels]}}
inference: {entry_script: score.py, source_directory: src}
outputs: [{type: dockerfile, path: imagefiles}]
`;
const FILES = {
  "models/ridge.pkl": "ridge",
  "models/bert/config.json": "{}",
  "models/bert/deep/weights.bin": "weights",
  "src/score.py": "score",
  "src/run.sh": "#!/bin/sh",
  "r.txt": "numpy",
  "wheels/a.whl": "wheel",
};

const engine = {
  probe: async () =>
    succeed({ endpoint: "", engineVersion: "", containerdStore: true, platform: "linux/amd64" }),
  describe: async () => ({ id: "sha256:base", tags: [], repositoryDigests: [], sizeBytes: 1 }),
};

/** A package whose steps are run one by one, up to the build. */
async function openPackage(files: Readonly<Record<string, string>> = FILES, more = "") {
  const directory = makeFolder(files);
  const config = readText(`${yaml}${more}`, { directory });
  if (!config.ok) throw new Error(config.diagnostics.map(({ message }) => message).join("; "));
  const outputs: Record<string, ReturnType<StepContext["outputOf"]>> = {};
  const context = makeStepContext(directory, engine, outputs);
  const pins = await pinReferences(config.value, {
    files: context.host.files,
    engine: context.engine,
    sourceOf: (reference) => sourceOf(reference) ?? only({}),
    sourceContext: { ...context, onProgress: () => {} },
    runtimeDirectory: context.runtimeDirectory,
    cacheDirectory: "/elsewhere",
    configFile: "mlpackage.yaml",
  });
  if (!pins.ok) throw new Error(pins.diagnostics.map(({ message }) => message).join("; "));
  const locate = () => ({ file: { path: "", text: "" }, range: { start: 0, end: 0 } });
  const { steps } = buildGraph(config.value, pins.value, locate);
  const run = async (id: string) => {
    const step = steps.find((one) => one.id === id);
    if (step === undefined) throw new Error(`there is no step ${id}`);
    const result = await STEP_KINDS[step.kind].run(step, context);
    if (result.ok) outputs[id] = result.value;
    return result;
  };
  const prepare = async () => {
    for (const id of ["fetch:ridge", "fetch:bert", "render"]) assert.ok((await run(id)).ok);
  };
  const findMissing = (id: string, output: StepOutput) => {
    const step = steps.find((one) => one.id === id) ?? only<Step>({});
    return STEP_KINDS[step.kind].findMissing(step, output, context);
  };
  return { directory, context, outputs, run, prepare, findMissing };
}

/** Every file and folder below one, with mode and, for those that go into a layer, time. */
function look(folder: string, isTimed = true): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => {
      const status = statSync(path.join(folder, name));
      const time = isTimed ? ` ${status.mtimeMs / 1000}` : "";
      return `${(status.mode & 0o777).toString(8)} ${name.replace(/^[0-9a-f]{64}/, "DIGEST")}${time}`;
    })
    .sort();
}

test("contexts hold what belongs into the image, as it shall be there", async () => {
  const { context, prepare, directory } = await openPackage();
  await prepare();
  utimesSync(path.join(directory, "models/bert/config.json"), 7, 7);
  const staged = await stageContexts(context, makeFolder());
  assert.equal(Object.keys(staged).sort(), [
    "mlpackage-app",
    "mlpackage-model-bert",
    "mlpackage-model-ridge",
    "mlpackage-requirements",
    "mlpackage-runtime",
    "mlpackage-wheels-1",
  ]);
  assert.equal(look(staged["mlpackage-app"] ?? ""), [
    "644 DIGEST/var/azureml-app/src/score.py 0",
    "755 DIGEST 0",
    "755 DIGEST/var 0",
    "755 DIGEST/var/azureml-app 0",
    "755 DIGEST/var/azureml-app/src 0",
    "755 DIGEST/var/azureml-app/src/run.sh 0",
  ]);
  assert.equal(look(staged["mlpackage-requirements"] ?? "", false), ["644 r.txt"]);
  assert.equal(look(staged["mlpackage-wheels-1"] ?? "", false), ["644 a.whl"]);
});

test("models are linked, not copied", async () => {
  const { context, prepare, directory } = await openPackage();
  await prepare();
  const staged = await stageContexts(context, makeFolder());
  const root = staged["mlpackage-model-bert"] ?? "";
  const found = readdirSync(root, { recursive: true, encoding: "utf8" }).find((name) =>
    name.endsWith("weights.bin"),
  );
  const ours = statSync(path.join(directory, "models/bert/deep/weights.bin"));
  assert.is(statSync(path.join(root, found ?? "")).ino, ours.ino);
});

test("other content is another path, the same content the same", async () => {
  const digestOfApp = async (files: Readonly<Record<string, string>>) => {
    const { context, prepare } = await openPackage(files);
    await prepare();
    return readdirSync((await stageContexts(context, makeFolder()))["mlpackage-app"] ?? "");
  };
  const [one, same, other] = [
    await digestOfApp(FILES),
    await digestOfApp({ ...FILES }),
    await digestOfApp({ ...FILES, "src/score.py": "SCORE" }),
  ];
  assert.equal(one, same);
  assert.not.equal(one, other);
});

test("the output is the same wherever the package lies", async () => {
  const [one, other] = [await openPackage(), await openPackage()];
  await one.prepare();
  await other.prepare();
  assert.equal(one.outputs, other.outputs);
});

test("a saved folder is complete, and each of its own folders replaced as a whole", async () => {
  const { run, prepare, directory } = await openPackage();
  await prepare();
  assert.ok((await run("save:imagefiles")).ok);
  const folder = path.join(directory, "imagefiles");
  const files = look(folder, false).filter((entry) => /\.\w+$|Dockerfile$/.test(entry));
  assert.equal(files, [
    "644 Dockerfile",
    "644 app/score.py",
    "644 models/bert/0/bert/config.json",
    "644 models/bert/0/bert/deep/weights.bin",
    "644 models/ridge/0/ridge.pkl",
    "644 requirements/r.txt",
    "644 runtime/serve.py",
    "644 wheels-1/a.whl",
    "755 app/run.sh",
  ]);
  writeInto(folder, "app/left-over.py", "x");
  assert.ok((await run("save:imagefiles")).ok);
  assert.not(existsSync(path.join(folder, "app/left-over.py")));
  assert.match(readFileSync(path.join(folder, "Dockerfile"), "utf8"), "COPY --chmod=u=rwX,go=rX app/ ");
  assert.equal(
    readdirSync(directory).filter((name) => name.startsWith(".")),
    [],
  );
});

for (const changed of ["src/score.py", "r.txt", "wheels/a.whl"]) {
  test(`a change of ${changed} between plan and run is noticed`, async () => {
    const { run, directory } = await openPackage();
    writeInto(directory, changed, "changed");
    const error = await run("render").catch((thrown: unknown) => thrown);
    assert.ok(error instanceof InputChanged);
    assert.is(error.path, changed);
  });
}

test("and one of a model when it is laid out", async () => {
  const { context, prepare, directory } = await openPackage();
  await prepare();
  writeInto(directory, "models/ridge.pkl", "RIDGE");
  const error = await stageContexts(context, makeFolder()).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof InputChanged);
  assert.is(error.path, "models/ridge.pkl");
});

for (const changed of ["base/Dockerfile", "base/.dockerignore"]) {
  test(`a change of ${changed} between plan and run is noticed`, async () => {
    const base = { "base/Dockerfile": "FROM debian:bookworm-slim\n", "base/.dockerignore": "*.log\n" };
    const { run, directory } = await openPackage(
      { ...FILES, ...base },
      "base_image: {dockerfile: base/Dockerfile}\n",
    );
    writeInto(directory, changed, "FROM debian:sid\n");
    const error = await run("render").catch((thrown: unknown) => thrown);
    assert.ok(error instanceof InputChanged);
    assert.is(error.path, changed);
  });
}

test("an output that another machine made up is not taken for ours", async () => {
  const { prepare, outputs, findMissing } = await openPackage();
  await prepare();
  const { render } = outputs;
  assert.ok(render);
  assert.is(await findMissing("render", render), undefined);
  const text = JSON.stringify(render.values);
  for (const values of [{}, JSON.parse(text.replaceAll("/var/azureml-app", "/../../../escaped"))]) {
    const { digest } = outputOfFiles(render.files, values);
    assert.is(await findMissing("render", { ...render, values, digest }), "what it made");
  }
  const other = outputOfFiles(render.files.slice(1), render.values);
  assert.is(await findMissing("render", { ...other, digest: render.digest }), "what it made");
});

test.run();
