// Packages of other tools, converted, built and asked: each with a model of scikit-learn.
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { makeForkyModelsImage } from "./forky-image.ts";
import { docker, type Service, send, startReady } from "./runtime-image.ts";
import { timedSuite } from "./timed-suite.ts";
import { type FileContents, openWorkspace } from "./workspace.ts";

const workspace = openWorkspace("init-from");
const test = timedSuite("init --from", 600_000);

const MAKE_MODEL = `import pickle
import numpy
from sklearn.linear_model import LinearRegression

with open("/models/digits.pkl", "wb") as file:
    pickle.dump(LinearRegression(fit_intercept=False).fit(numpy.eye(4), [1, 10, 100, 1000]), file)
`;

/** As it would be written for the server of Azure ML. */
const SCORE = `import json
import os
import pickle


def init():
    global model
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "digits.pkl"), "rb") as file:
        model = pickle.load(file)


def run(data):
    return [round(value) for value in model.predict(json.loads(data)["data"])]
`;

let base = "";
let model = new Uint8Array();

test.before(async () => {
  base = await makeForkyModelsImage();
  const models = join(workspace.folder, "models");
  await mkdir(models);
  await chmod(models, 0o777);
  await writeFile(join(workspace.folder, "make.py"), MAKE_MODEL);
  const mounts = [`${models}:/models`, `${workspace.folder}/make.py:/make.py:ro`];
  const volumes = mounts.flatMap((mount) => ["--volume", mount]);
  await docker("run", "--rm", ...volumes, base, "python3", "/make.py");
  model = await readFile(join(models, "digits.pkl"));
});

/** A folder with these files and no configuration, converted, applied and started. */
async function convert(word: string, from: string, files: FileContents, set: readonly string[] = []) {
  const made = await workspace.makePackage(word, "", files);
  await rm(made.at("mlpackage.yaml"));
  if (files["score.py"] === undefined) await rm(made.at("score.py"));
  const init = await made.call(["init", "--from", from]);
  assert.is(init.exitCode, 0, init.all);
  const yaml = await readFile(made.at("mlpackage.yaml"), "utf8");
  const apply = await made.call(["apply", ...[`name=${made.name}`, ...set].flatMap((one) => ["--set", one])]);
  assert.is(apply.exitCode, 0, `${yaml}\n${apply.all}`);
  return { init: init.stderr, yaml, made };
}

async function startImage(image: string, options: readonly string[] = []): Promise<Service> {
  const entry = await docker("inspect", "--format", "{{range .Config.Env}}{{println .}}{{end}}", image);
  const script = /^AZUREML_ENTRY_SCRIPT=(.*)$/m.exec(entry)?.[1] ?? "";
  return startReady({ image, script, options });
}

const ask = async (service: Service, body: unknown): Promise<readonly [number, unknown]> => {
  const answer = await send(service, { body: typeof body === "string" ? body : JSON.stringify(body) });
  return [answer.status, JSON.parse(answer.body)];
};

const ROWS = [
  [4, 3, 2, 1],
  [1, 2, 3, 4],
];

test("a folder of MLflow's", async () => {
  const mlmodel = `artifact_path: model
flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl, predict_fn: predict, python_version: 3.12.3}
  sklearn: {code: null, pickled_model: model.pkl, serialization_format: pickle, sklearn_version: 1.5.2}
mlflow_version: 2.16.0
run_id: 4c1f
`;
  const files = {
    "digits/MLmodel": mlmodel,
    "digits/model.pkl": model,
    "digits/requirements.txt": "mlflow==2.16.0\nscikit-learn==1.5.2\n",
  };
  // No index of packages is here: the base has them.
  const set = [`base_image=${base}`, 'environment={"python":{"managed":false}}'];
  const { init, yaml, made } = await convert("mlflow", "digits", files, set);
  assert.match(yaml, "models: [digits]\nbase_image: python:3.12.3-slim\n");
  assert.match(yaml, "requirements: [scikit-learn==1.5.2]");
  assert.match(init, "not carried over: digits/requirements.txt:1: `mlflow`");
  const service = await startImage(`${made.name}:latest`);
  assert.equal(await ask(service, { dataframe_split: { columns: ["a", "b", "c", "d"], data: ROWS } }), [
    200,
    [1234, 4321],
  ]);
});

test("an inference config of Azure ML v1", async () => {
  const environment = {
    name: "digits-env",
    environmentVariables: { LEVEL: "debug" },
    python: { userManagedDependencies: true, interpreterPath: "python3", condaDependencies: null },
    docker: { baseImage: base, arguments: ["--ipc=host"] },
    inferencingStackVersion: "latest",
  };
  const config = { entryScript: "score.py", sourceDirectory: "./src", environment };
  const { init, yaml, made } = await convert("v1", "inferenceconfig.json", {
    "inferenceconfig.json": JSON.stringify(config, undefined, 2),
    "src/score.py": SCORE,
    "digits.pkl": model,
  });
  assert.match(yaml, "models: [digits.pkl]");
  assert.match(
    init,
    /not carried over: inferenceconfig\.json:16: `environment\.docker\.arguments\[0\]`|arguments`/,
  );
  assert.match(init, "`environment.inferencingStackVersion`");
  const service = await startImage(`${made.name}:latest`);
  assert.equal(await ask(service, { data: ROWS }), [200, [1234, 4321]]);
  assert.match(await docker("inspect", "--format", "{{.Config.Env}}", `${made.name}:latest`), "LEVEL=debug");
});

test("a package of Azure ML v2, with its environment beside it", async () => {
  const { yaml, made } = await convert("v2", ".", {
    "package.yml": `$schema: http://azureml/sdk-2-0/ModelVersionPackage.json
base_environment_source: {type: environment_asset, resource_id: "azureml:digits-env:1"}
target_environment: digits-package
inferencing_server:
  type: azureml_online
  code_configuration: {code: src, scoring_script: score.py}
tags: {team: risk}
`,
    "environment.yml": `$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json\nname: digits-env\nimage: ${base}\n`,
    "src/score.py": SCORE,
    "digits.pkl": model,
  });
  assert.match(yaml, `base_image: ${base}`);
  const service = await startImage(`${made.name}:latest`);
  assert.equal(await ask(service, { data: ROWS }), [200, [1234, 4321]]);
  const labels = await docker("inspect", "--format", "{{json .Config.Labels}}", `${made.name}:latest`);
  assert.is(JSON.parse(labels).team, "risk");
});

const PREDICT = `import pickle
from typing import Iterator, List, Optional

from cog import BaseModel, BasePredictor, ConcatenateIterator, File, Input, Path, Secret


class Output(BaseModel):
    sums: List[int]
    note: Optional[str]


class Predictor(BasePredictor):
    def setup(self, weights: Optional[Path] = None) -> None:
        # As in Cog, a path is relative to the folder of cog.yaml.
        with open("weights/digits.pkl", "rb") as file:
            self.model = pickle.load(file)

    def predict(
        self,
        rows: List[list] = Input(description="rows of four"),
        times: int = Input(default=1, ge=1, le=3),
        unit: str = Input(default="points", choices=["points", "grams"]),
        note: Optional[Path] = Input(default=None),
        token: Secret = None,
    ) -> Output:
        sums = [round(value) * times for value in self.model.predict(rows)]
        return Output(sums=sums, note=None if note is None else note.read_text() + unit)


class Words(BasePredictor):
    async def predict(self, count: int) -> ConcatenateIterator[str]:
        for index in range(count):
            yield f"word {index}"


def picture(size: float, sure: bool) -> Path:
    place = "/tmp/picture.txt"
    with open(place, "w") as file:
        file.write("x" * int(size))
    return Path(place)
`;

const cog = (predict: string): FileContents => ({
  "cog.yaml": `build: {gpu: false, python_version: "3.13"}\npredict: "serving/predict.py:${predict}"\nenvironment: [LEVEL=debug]\n`,
  "serving/predict.py": PREDICT,
  "weights/digits.pkl": model,
});

const onBase = () => [`base_image=${base}`, 'environment={"python":{"managed":false}}'];

test("a predictor of Cog", async () => {
  const { init, yaml, made } = await convert("cog", "cog.yaml", cog("Predictor"), onBase());
  assert.match(yaml, "base_image: python:3.13-slim");
  assert.match(yaml, "inference: score.py");
  assert.match(init, "not carried over: cog.yaml:2: the routes of Cog");
  const service = await startImage(`${made.name}:latest`, ["--tmpfs", "/tmp"]);
  const output = (sums: readonly number[], note: string | null = null) => [
    200,
    { status: "succeeded", output: { sums, note } },
  ];
  assert.equal(await ask(service, { input: { rows: ROWS } }), output([1234, 4321]));
  assert.equal(await ask(service, { input: { rows: ROWS, times: 2 } }), output([2468, 8642]));
  const note = `data:text/plain;base64,${Buffer.from("in ").toString("base64")}`;
  const input = { rows: ROWS, note, unit: "grams", token: "hidden" };
  assert.equal(await ask(service, { input }), output([1234, 4321], "in grams"));
  const refusals: readonly (readonly [body: unknown, detail: string])[] = [
    ["{", 'the body must be {"input": {...}}'],
    ["[]", 'the body must be {"input": {...}}'],
    [{ input: 7 }, 'the body must be {"input": {...}}'],
    [{ input: {} }, "the input rows is missing"],
    [{ input: { rows: ROWS, row: 1 } }, "no such input: row"],
    [{ input: { rows: 7 } }, "the input rows must be a list"],
    [{ input: { rows: ROWS, times: "many" } }, "the input times must be of the type int"],
    [{ input: { rows: ROWS, times: 4 } }, "the input times must be at most 3"],
    [{ input: { rows: ROWS, unit: "stones" } }, "the input unit must be one of ['points', 'grams']"],
    [
      { input: { rows: ROWS, note: "/etc/passwd" } },
      "the input note is a file: send it as data:TYPE;base64,...",
    ],
    [{ input: { rows: ROWS, note: "data:text/plain;base64,%" } }, "the input note is not in base64"],
  ];
  for (const [body, detail] of refusals) assert.equal(await ask(service, body), [400, { detail }]);
});

test("a predictor of Cog that gives its words one by one", async () => {
  const { made } = await convert("words", "cog.yaml", cog("Words"), onBase());
  const service = await startImage(`${made.name}:latest`);
  const output = ["word 0", "word 1"];
  assert.equal(await ask(service, { input: { count: 2 } }), [200, { status: "succeeded", output }]);
});

test("a function of Cog that gives a file", async () => {
  const { made } = await convert("picture", "cog.yaml", cog("picture"), onBase());
  const service = await startImage(`${made.name}:latest`, ["--tmpfs", "/tmp"]);
  const answer = await ask(service, { input: { size: 2, sure: true } });
  assert.equal(answer, [200, { status: "succeeded", output: "data:text/plain;base64,eHg=" }]);
  assert.equal(await ask(service, { input: { size: 2, sure: 1 } }), [
    400,
    { detail: "the input sure must be true or false" },
  ]);
});

test("what is refused writes nothing", async () => {
  const files = { "cog.yaml": "build: 7\npredict: ../p.py:P\n", "bento.txt": "service" };
  const made = await workspace.makePackage("refused", "", files);
  await rm(made.at("mlpackage.yaml"));
  const wrong = await made.call(["init", "--from", "cog.yaml"]);
  assert.is(wrong.exitCode, 64, wrong.all);
  assert.match(wrong.stderr, /error\[import\/wrong-type\]: `build` must be a mapping\n --> cog\.yaml:1:8/);
  assert.match(wrong.stderr, /error\[import\/no-predictor\].*\n --> cog\.yaml:2:/);
  const unknown = await made.call(["init", "--from", "bento.txt"]);
  assert.is(unknown.exitCode, 64, unknown.all);
  assert.match(
    unknown.stderr,
    /error\[import\/unknown-format\].*\nhint: write one of `cog\.yaml`, `bentofile\.yaml`/,
  );
  const plan = await made.call(["validate"]);
  assert.match(plan.stderr, "there is no `mlpackage.yaml`");
});

test.run();
