// Models that come without a script, made and served by the libraries themselves: scikit-learn and ONNX Runtime.
import { chmod, copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import * as assert from "uvu/assert";
import { makeForkyModelsImage } from "./forky-image.ts";
import { docker, repository, type Service, send, startReady } from "./runtime-image.ts";
import { timedSuite } from "./timed-suite.ts";
import { type FileContents, openWorkspace } from "./workspace.ts";

const workspace = openWorkspace("built-in");
const test = timedSuite("built-in scripts", 300_000);

const MAKE_MODELS = `import json
import os
import pickle
import shutil
import sys
import joblib
import numpy
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

try:
    import cloudpickle
except ImportError:
    from joblib.externals import cloudpickle

rows = numpy.arange(40.0).reshape(10, 4) ** 2 % 17
sums = rows.sum(axis=1)
with open("/models/sums.pkl", "wb") as file:
    pickle.dump(LinearRegression().fit(rows, sums), file)
with open("/models/both.pickle", "wb") as file:
    pickle.dump(LinearRegression().fit(rows, numpy.c_[sums, -sums]), file, protocol=2)
words = ["large" if value > numpy.median(sums) else "small" for value in sums]
joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, words), "/models/words.joblib")
joblib.dump(RandomForestClassifier(3, random_state=0).fit(rows, sums > 20), "/models/forest.joblib", compress=3)
with open("/models/other.pkl", "wb") as file:
    pickle.dump({"a": 1}, file)


def save(name, model, pickler, predict, signature, code="null"):
    """As MLflow does, whose YAML has its keys sorted and long texts folded."""
    os.makedirs(f"/models/{name}/code")
    with open(f"/models/{name}/model.pkl", "wb") as file:
        pickler.dump(model, file)
    with open(f"/models/{name}/MLmodel", "w") as file:
        file.write(f"""artifact_path: model
flavors:
  python_function:
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.sklearn
    model_path: model.pkl
    predict_fn: {predict}
    python_version: 3.13.0
  sklearn:
    code: {code}
    pickled_model: model.pkl
    serialization_format: {pickler.__name__.split('.')[-1]}
    sklearn_version: 1.7.2
mlflow_version: 3.6.0
model_uuid: 1b117ece479c47aca912feb75bc55b0a
signature:
  inputs: '{signature}'
  outputs: '[{{"type": "tensor", "tensor-spec": {{"dtype": "float64", "shape": [-1]}}}}]'
  params: null
""")


columns = json.dumps([{"type": "double", "name": name, "required": True} for name in ("a", "b", "c", "it's d")])
digits = numpy.eye(4)
save(
    "digits",
    LinearRegression(fit_intercept=False).fit(digits, [1, 10, 100, 1000]),
    pickle, "predict", columns.replace("'", "''").replace('}, {"type": "double", "name": "c"', '}, {"type": "double",\\n    "name": "c"'),
)
os.makedirs("/tmp/own")
with open("/tmp/own/halving.py", "w") as file:
    file.write("def halve(rows):\\n    import numpy\\n    return numpy.asarray(rows) / 2\\n")
sys.path.insert(0, "/tmp/own")
import halving
halved = make_pipeline(FunctionTransformer(halving.halve), StandardScaler(), LogisticRegression()).fit(rows, words)
tensor = json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 4]}}])
save("halved", halved, cloudpickle, "predict_proba", tensor, "code")
shutil.move("/tmp/own/halving.py", "/models/halved/code/halving.py")
`;

/** A loader of the model's own, in the folder's code: what MLflow calls, and nothing of MLflow. */
const LOADER = `import json
import pandas


class Shop:
    def __init__(self, prices, rate):
        self.prices, self.rate = prices, rate

    def bill(self, frame, params=None):
        assert list(map(str, frame.dtypes)) in (["object", "int64"], ["str", "int64"]), frame.dtypes
        if (frame["count"] < 0).any():
            raise ValueError("fewer than none")
        rate = self.rate * (params or {}).get("factor", 1)
        return pandas.DataFrame({"fruit": frame["fruit"], "cost": frame["fruit"].map(self.prices) * frame["count"] * rate})


class Added:
    def predict(self, tensors):
        return tensors["left"] + tensors["right"]


def _load_pyfunc(path, model_config=None):
    if model_config is None:
        return Added()
    with open(path) as file:
        return Shop(json.load(file), model_config["rate"])
`;

const SHOP = {
  "shop/MLmodel": `flavors:
  python_function:
    code: code
    config: {rate: 2}
    data: data/prices.json
    loader_module: shop_loader
    predict_fn: bill
signature:
  inputs: '[{"type": "string", "name": "fruit", "required": true}, {"type": "long", "name": "count", "required": true}]'
`,
  "shop/data/prices.json": '{"apple": 3, "plum": 5}',
  "shop/code/shop_loader.py": LOADER,
};

const ADDER = {
  "adder/MLmodel": `flavors:
  python_function: {code: code, loader_module: shop_loader}
signature:
  inputs: '[{"name": "left", "type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1, 2]}},
    {"name": "right", "type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1, 2]}}]'
`,
  "adder/code/shop_loader.py": LOADER,
};

const MLFLOW_FOLDERS = ["digits", "halved"];

let base = "";
const models = join(workspace.folder, "models");

test.before(async () => {
  base = await makeForkyModelsImage();
  await mkdir(models);
  await chmod(models, 0o777);
  await writeFile(join(workspace.folder, "make.py"), MAKE_MODELS);
  const mounts = [`${models}:/models`, `${workspace.folder}/make.py:/make.py:ro`];
  await docker(
    "run",
    "--rm",
    ...mounts.flatMap((mount) => ["--volume", mount]),
    ...[base, "python3", "/make.py"],
  );
  for (const name of ["linear.onnx", "classes.onnx", "kinds.onnx"])
    await copyFile(join(repository, "fixtures/models", name), join(models, name));
});

/** Of a model, which may be a folder. */
async function filesOf(file: string): Promise<FileContents> {
  if (file === "shop") return SHOP;
  if (file === "adder") return ADDER;
  if (!MLFLOW_FOLDERS.includes(file)) return { [file]: await readFile(join(models, file)) };
  const entries = await readdir(join(models, file), { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [relative(models, path), await readFile(path)])),
  );
}

/** The package of one model and nothing else, applied and started; and what its plan said before. */
async function serve(file: string) {
  const [word = ""] = file.split(".");
  const yaml = `base_image: ${base}\nmodels: [${file}]\nenvironment: {python: {managed: false}}\n`;
  const made = await workspace.makePackage(word, yaml, await filesOf(file));
  await writeFile(made.at("mlpackage.yaml"), `name: ${made.name}\n${yaml}`);
  const plan = await made.call(["plan"]);
  assert.is(plan.exitCode, 0, plan.all);
  const { exitCode, all } = await made.call(["apply"]);
  assert.is(exitCode, 0, all);
  const image = `${made.name}:latest`;
  const entry = await docker("inspect", "--format", "{{range .Config.Env}}{{println .}}{{end}}", image);
  const script = /^AZUREML_ENTRY_SCRIPT=(.*)$/m.exec(entry)?.[1] ?? "";
  return { plan: plan.all, name: made.name, script, service: await startReady({ image, script }) };
}

const ask = async (service: Service, body: unknown): Promise<readonly [number, unknown]> => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await send(service, { body: text });
  return [answer.status, JSON.parse(answer.body)];
};

const infer = async (service: Service, name: string, rows: readonly (readonly number[])[]) => {
  const { name: input, datatype } = (await metadata(service, name)).inputs[0] ?? {};
  const tensor = { name: input, datatype, shape: [rows.length, rows[0]?.length], data: rows };
  const body = JSON.stringify({ inputs: [tensor] });
  const answer = await send(service, { path: `/v2/models/${name}/infer`, body });
  assert.is(answer.status, 200, answer.body);
  return JSON.parse(answer.body).outputs;
};

const metadata = async (service: Service, name: string) =>
  JSON.parse((await send(service, { method: "GET", path: `/v2/models/${name}` })).body) as {
    readonly inputs: readonly { readonly name: string; readonly datatype: string }[];
    readonly outputs: unknown;
  };

const near = (found: unknown, wanted: readonly number[]): void => {
  const flat = (found as readonly unknown[]).flat() as readonly number[];
  assert.is(flat.length, wanted.length);
  wanted.forEach((number, index) => {
    assert.ok(Math.abs((flat[index] ?? Number.NaN) - number) < 1e-5, `${flat[index]} is not ${number}`);
  });
};

const ROW = [1, 2, 3, 4];

test("a pickle of scikit-learn", async () => {
  const { plan, name, script, service } = await serve("sums.pkl");
  assert.match(
    plan,
    "`sums` is taken for a model of scikit-learn: `serve_sklearn.py` of mlpackage serves it",
  );
  assert.is(script, "/opt/mlpackage/runtime/built_in/serve_sklearn.py");
  near((await ask(service, { data: [ROW, [0, 0, 0, 1]] }))[1], [10, 1]);
  near((await ask(service, { input_data: [ROW] }))[1], [10]);
  near(
    (await ask(service, { input_data: { columns: ["a", "b", "c", "d"], index: [0], data: [ROW] } }))[1],
    [10],
  );
  const [output] = await infer(service, name, [ROW]);
  near(output.data, [10]);
  assert.equal({ ...output, data: [] }, { name: "predict", shape: [1], datatype: "FP64", data: [] });
  assert.equal((await metadata(service, name)).outputs, [{ name: "predict", datatype: "FP64", shape: [-1] }]);
});

test("what its clients do wrong", async () => {
  const { service } = await serve("both.pickle");
  near((await ask(service, { data: [ROW] }))[1], [10, -10]);
  const refusals: readonly (readonly [body: unknown, reason: RegExp])[] = [
    ["{", /^The body is no JSON: /],
    ["[]", /must be a JSON object with the rows in "data"/],
    [{ rows: [ROW] }, /must be a JSON object with the rows in "data"/],
    [{ data: ROW[0] }, /^"data" must be a list of rows\.$/],
    [{ data: [] }, /^"data" must be a list of rows\.$/],
    [{ data: [[1, 2]] }, /^Each row must be a list of 4 values\.$/],
    [{ data: [["a", "b", "c", "d"]] }, /^The model cannot take these rows: /],
    [{ data: [ROW], method: "fit" }, /^"method" may be "predict"\.$/],
    [{ input_data: { columns: ["a"], data: [ROW] } }, /^Each row must have 1 values/],
  ];
  for (const [body, reason] of refusals) {
    const [status, told] = await ask(service, body);
    assert.is(status, 400, JSON.stringify(told));
    assert.match((told as { readonly message: string }).message, reason);
  }
});

test("a pipeline of joblib, whose classes are words", async () => {
  const { name, service } = await serve("words.joblib");
  const [status, predicted] = await ask(service, { data: [ROW, [16, 16, 16, 16]] });
  assert.equal([status, predicted], [200, ["small", "large"]]);
  const [, chances] = await ask(service, { data: [ROW], method: "predict_proba" });
  const [large = 0, small = 0] = (chances as readonly (readonly number[])[])[0] ?? [];
  assert.ok(small > large && Math.abs(small + large - 1) < 1e-9, `${large} and ${small}`);
  assert.equal(await infer(service, name, [ROW]), [
    { name: "predict", shape: [1], datatype: "BYTES", data: ["small"] },
  ]);
});

test("a compressed file of joblib, whose classes are booleans", async () => {
  const { name, service } = await serve("forest.joblib");
  const [output] = await infer(service, name, [ROW]);
  assert.is(output.datatype, "BOOL");
  assert.equal((await ask(service, { data: [ROW] }))[1], output.data);
});

test("a folder of MLflow's, by its signature and in the forms of its server", async () => {
  const { plan, name, script, service } = await serve("digits");
  assert.match(
    plan,
    "`digits` is taken for a model of scikit-learn in MLflow's format: `serve_sklearn.py` of mlpackage serves it",
  );
  assert.match(plan, 'requirements: ["scikit-learn==1.7.2"]');
  assert.is(script, "/opt/mlpackage/runtime/built_in/serve_sklearn.py");
  const columns = ["it's d", "c", "a", "b"];
  const data = [[4, 3, 1, 2]];
  const record = { "it's d": 4, c: 3, a: 1, b: 2 };
  const bodies: readonly unknown[] = [
    { data: [ROW] },
    { input_data: { columns, index: [0], data } },
    { dataframe_split: { columns, data } },
    { dataframe_split: { columns, index: [7], data } },
    { dataframe_records: [record] },
    { inputs: { "it's d": [4], c: [3], a: [1], b: [2] } },
    { inputs: [ROW] },
    { instances: [ROW] },
    { instances: [{ ...record, other: "left out" }] },
  ];
  for (const body of bodies) near((await ask(service, body))[1], [4321]);
  near((await ask(service, { dataframe_records: [record, { ...record, a: 2 }] }))[1], [4321, 4322]);
  const [output] = await infer(service, name, [ROW]);
  near(output.data, [4321]);
  const refusals: readonly (readonly [body: unknown, reason: RegExp])[] = [
    [{ rows: [ROW] }, /must be a JSON object with the rows in "data"/],
    [{ data: [ROW], instances: [ROW] }, /must be a JSON object with the rows in "data"/],
    [{ dataframe_split: { data } }, /^"dataframe_split" must have its "columns" and its "data"/],
    [{ dataframe_records: [] }, /^"dataframe_records" must be a list of rows\.$/],
    [
      { dataframe_records: [record, { a: 1 }] },
      /^All rows of "dataframe_records" must have the same columns\.$/,
    ],
    [{ dataframe_records: [{ a: 1, b: 2 }] }, /^The column 'c' is missing\.$/],
    [{ inputs: { a: [1, 2], b: [1] } }, /^"inputs" must be a list of rows, or have a list for each column/],
    [{ inputs: {} }, /^"inputs" must be a list of rows, or have a list for each column/],
    [{ inputs: "text" }, /^"inputs" must be a list of rows\.$/],
    [{ instances: [[1, 2]] }, /^Each row must be a list of 4 values\.$/],
  ];
  for (const [body, reason] of refusals) {
    const [status, told] = await ask(service, body);
    assert.is(status, 400, JSON.stringify([body, told]));
    assert.match((told as { readonly message: string }).message, reason);
  }
});

test("a folder of MLflow's with modules of its own, that is asked for chances", async () => {
  const { plan, service } = await serve("halved");
  assert.match(plan, "`cloudpickle`, by which the model was pickled, is not among the required packages");
  const [status, chances] = await ask(service, { instances: [ROW, [16, 16, 16, 16]] });
  const [[large = 0, small = 0] = [], [second = 0] = []] = chances as readonly (readonly number[])[];
  assert.is(status, 200, JSON.stringify(chances));
  assert.ok(small > large && second > 0.5 && Math.abs(small + large - 1) < 1e-9, JSON.stringify(chances));
  const named = await ask(service, { instances: [ROW], method: "predict" });
  assert.equal(named, [200, ["small"]]);
  assert.match(
    JSON.stringify(await ask(service, { data: [ROW], method: "fit" })),
    '"method\\" may be \\"predict_proba\\" or \\"predict\\"',
  );
  assert.equal((await ask(service, { input_data: [ROW] }))[1], [[large, small]]);
});

test("a folder of MLflow's that a module of its own loads", async () => {
  const { plan, script, service } = await serve("shop");
  assert.match(plan, "`shop` is taken for a Python function in MLflow's format");
  assert.match(plan, "`pandas`, by which the model is given its rows, is not among the required packages");
  assert.is(script, "/opt/mlpackage/runtime/built_in/serve_python_function.py");
  const bill = [
    { fruit: "apple", cost: 24 },
    { fruit: "plum", cost: 10 },
  ];
  const rows = [
    ["apple", 4],
    ["plum", 1],
  ];
  const records = [
    { count: 4, fruit: "apple" },
    { count: 1, fruit: "plum" },
  ];
  const bodies = [
    { data: rows },
    { dataframe_split: { columns: ["fruit", "count"], data: rows } },
    { dataframe_records: records },
    { inputs: { count: [4, 1], fruit: ["apple", "plum"] } },
  ];
  for (const body of bodies) assert.equal(await ask(service, body), [200, bill]);
  assert.equal(await ask(service, { data: [["plum", 1]], params: { factor: 3 } }), [
    200,
    [{ fruit: "plum", cost: 30 }],
  ]);
  const refusals: readonly (readonly [body: unknown, reason: RegExp])[] = [
    [{ data: [["apple"]] }, /^Each row must be a list of 2 values\.$/],
    [{ dataframe_records: [{ fruit: "apple" }] }, /^The column 'count' is missing\.$/],
    [
      { data: [["apple", 1.5]] },
      /^The column 'count' cannot be of int64: a value would become another one\.$/,
    ],
    [{ data: [["apple", "4"]] }, /^The column 'count' cannot be of int64: a value is of another type\.$/],
    [{ data: [["apple", null]] }, /^The column 'count' cannot be of int64: /],
    [{ data: [["apple", -1]] }, /^The model cannot take these rows: fewer than none$/],
    [{ data: rows, params: 2 }, /^"params" must be an object\.$/],
  ];
  for (const [body, reason] of refusals) {
    const [status, told] = await ask(service, body);
    assert.is(status, 400, JSON.stringify([body, told]));
    assert.match((told as { readonly message: string }).message, reason);
  }
});

test("a folder of MLflow's that takes several tensors", async () => {
  const { service } = await serve("adder");
  const [left, right] = [[[1, 2]], [[10, 20]]];
  assert.equal(await ask(service, { inputs: { left, right } }), [200, [[11, 22]]]);
  assert.equal(await ask(service, { instances: [{ left: left[0], right: right[0] }] }), [200, [[11, 22]]]);
  const refusals: readonly (readonly [body: unknown, reason: RegExp])[] = [
    [{ inputs: { left } }, /^"inputs" must be \{"left": \.\.\., "right": \.\.\.\}\.$/],
    [{ inputs: { left, right: [["a"]] } }, /^The tensor 'right' cannot be of int64: a value is no number\.$/],
    [{ inputs: { left, right: [[0.5, 1]] } }, /^The tensor 'right' cannot be of int64: a value would become/],
    [{ inputs: { left, right }, params: {} }, /^The model takes no "params"\.$/],
    [{ rows: left }, /^The body must be a JSON object with the tensors in "inputs"\.$/],
  ];
  for (const [body, reason] of refusals) {
    const [status, told] = await ask(service, body);
    assert.is(status, 400, JSON.stringify([body, told]));
    assert.match((told as { readonly message: string }).message, reason);
  }
});

test("ONNX", async () => {
  const { plan, name, script, service } = await serve("linear.onnx");
  assert.match(plan, "`linear` is taken for ONNX: `serve_onnx.py` of mlpackage serves it");
  assert.is(script, "/opt/mlpackage/runtime/built_in/serve_onnx.py");
  near((await ask(service, { data: [[1, 2, 3]] }))[1], [14.5]);
  near(
    (
      await ask(service, {
        x: [
          [1, 2, 3],
          [0, 0, 0],
        ],
      })
    )[1],
    [14.5, 0.5],
  );
  assert.equal(await metadata(service, name).then(({ inputs, outputs }) => [inputs, outputs]), [
    [{ name: "x", datatype: "FP32", shape: [-1, 3] }],
    [{ name: "y", datatype: "FP32", shape: [-1, 1] }],
  ]);
  assert.equal(await infer(service, name, [[1, 2, 3]]), [
    { name: "y", shape: [1, 1], datatype: "FP32", data: [14.5] },
  ]);
  assert.is((await ask(service, { data: [[1, 2]] }))[0], 400);
  assert.is((await ask(service, { data: [1, 2, 3] }))[0], 400);
  assert.is((await ask(service, { data: [["a", 2, 3]] }))[0], 400);
});

test("ONNX: an output that is no tensor is left to `/score`", async () => {
  const { name, service } = await serve("classes.onnx");
  const [status, answer] = await ask(service, { data: [[1, 2]] });
  assert.is(status, 200);
  assert.equal(Object.keys(answer as object), ["output_label", "output_probability"]);
  assert.equal((await metadata(service, name)).outputs, [
    { name: "output_label", datatype: "INT64", shape: [-1] },
  ]);
  assert.equal(await infer(service, name, [[1, 2]]), [
    { name: "output_label", shape: [1], datatype: "INT64", data: [1] },
  ]);
});

test("ONNX: no value becomes another one on its way in", async () => {
  const { service } = await serve("kinds.onnx");
  const given = { n: [1], flag: [true], x: [1.5] };
  assert.equal(await ask(service, given), [200, { n_again: [1], flag_again: [true], x_again: [1.5] }]);
  const refusals: readonly (readonly [changed: object, reason: string])[] = [
    [{ n: [1.7] }, "The input 'n' cannot be of tensor(int64): a value is no whole number"],
    [{ n: [[1], [2, 3]] }, "The input 'n' cannot be of tensor(int64): a value is no whole number"],
    [{ flag: ["false"] }, "The input 'flag' cannot be of tensor(bool): a value is neither true nor false"],
    [{ x: [null] }, "The input 'x' cannot be of tensor(float): a value is no number"],
    [
      { x: [1e39] },
      "The input 'x' cannot be of tensor(float): a value is not from -3.40282e+38 to 3.40282e+38",
    ],
  ];
  for (const [changed, reason] of refusals)
    assert.equal(await ask(service, { ...given, ...changed }), [400, { message: reason }]);
});

test("a pickle of something else is refused, and not opened", async () => {
  const made = await workspace.makePackage("other", "models: [other.pkl]\n", {
    "other.pkl": await readFile(join(models, "other.pkl")),
  });
  await writeFile(made.at("mlpackage.yaml"), `name: ${made.name}\nmodels: [other.pkl]\n`);
  const { exitCode, all } = await made.call(["plan"]);
  assert.is(exitCode, 64, all);
  assert.match(all, "error[config/no-script]");
  assert.match(all, "mlpackage.yaml:2:10");
});

test.run();
