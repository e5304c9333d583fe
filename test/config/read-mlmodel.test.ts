import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readMlmodel } from "../../src/config/read-mlmodel.ts";
import { createFiles } from "../../src/host/files.ts";

const folder = mkdtempSync(join(tmpdir(), "mlpackage-mlmodels-"));
const files = createFiles(join(folder, "digests.json"));
const test = suite("read MLmodel");
test.after(() => rmSync(folder, { recursive: true }));

let count = 0;

const read = (mlmodel: string) => {
  count += 1;
  const place = join(folder, String(count), "forest");
  mkdirSync(join(place, "data"), { recursive: true });
  writeFileSync(join(place, "MLmodel"), mlmodel);
  for (const name of ["model.pkl", "data/a b.pkl"]) writeFileSync(join(place, name), "pickled");
  return readMlmodel("models/forest/", place, files);
};

const sklearn = (more: object, others: object = {}): string =>
  JSON.stringify({ flavors: { sklearn: { pickled_model: "model.pkl", ...more }, ...others } });

const served = { pickle: "forest/model.pkl", method: "predict", columns: [] };

test("an old one, with no more than the pickle", async () => {
  assert.equal(await read("flavors:\n  sklearn:\n    pickled_model: model.pkl\n"), {
    ...{ format: "mlflow", mlflow: served, isCloudpickled: false },
  });
});

test("the version, the folders and the format", async () => {
  const more = { sklearn_version: "1.5.2", serialization_format: "cloudpickle", code: "code" };
  assert.equal(await read(sklearn({ ...more, pickled_model: "data/a b.pkl" })), {
    format: "mlflow",
    mlflow: { pickle: "forest/data/a b.pkl", code: "forest/code", method: "predict", columns: [] },
    libraryVersion: "1.5.2",
    isCloudpickled: true,
  });
});

test("what is called counts where MLflow would load the same", async () => {
  const methodOf = async (pyfunc: object) => {
    const found = await read(sklearn({}, { python_function: pyfunc }));
    return "not" in found ? found.not : found.mlflow?.method;
  };
  assert.is(await methodOf({ loader_module: "mlflow.sklearn" }), "predict");
  assert.is(
    await methodOf({ loader_module: "mlflow.sklearn", predict_fn: "predict_log_proba" }),
    "predict_log_proba",
  );
  assert.is(await methodOf({ loader_module: "other", predict_fn: "predict_proba" }), "predict");
  for (const name of ["score", "__reduce__", "fit", "predict_proba; x"])
    assert.is(
      await methodOf({ loader_module: "mlflow.sklearn", predict_fn: name }),
      `it is a model of MLflow that predicts by \`${name}\`, which only MLflow does`,
    );
});

test("the columns of the signature", async () => {
  const columnsOf = async (inputs: unknown) => {
    const flavors = { sklearn: { pickled_model: "model.pkl" } };
    const found = await read(JSON.stringify({ flavors, signature: { inputs } }));
    return "not" in found ? found.not : found.mlflow?.columns;
  };
  const json = (...columns: readonly object[]) => columnsOf(JSON.stringify(columns));
  assert.equal(await json({ type: "double", name: "b" }, { type: "long", name: "a", required: true }), [
    "b",
    "a",
  ]);
  assert.equal(await json({ type: "double" }, { type: "double" }), []);
  assert.equal(await json({ type: "tensor", "tensor-spec": { dtype: "float64", shape: [-1, 4] } }), []);
  assert.equal(await json({ type: "tensor", name: "a", "tensor-spec": {} }), []);
  assert.equal(await columnsOf(null), []);
  const bad = "it is a model of MLflow whose `MLmodel` has a `signature` that is not written as MLflow does";
  for (const inputs of ["[{", "{}", "1", [], 3]) assert.is(await columnsOf(inputs), bad);
  const many = Array.from({ length: 20_000 }, (_, index) => ({ type: "double", name: `column ${index}` }));
  assert.match(String(await json(...many)), "too many columns");
});

const whose = "it is a model of MLflow whose `MLmodel` ";
const noPath = `${whose}has no \`pickled_model\` that is a path in the folder`;

const refused: readonly (readonly [mlmodel: string, reason: string])[] = [
  ["a: [", `${whose}cannot be read: `],
  ["flavors: {sklearn: &a {b: *a}}", whose],
  ["- 1", `${whose}names no flavor`],
  ["flavors: text", `${whose}names no flavor`],
  ["flavors: {sklearn: text}", noPath],
  [sklearn({ pickled_model: "../model.pkl" }), noPath],
  [sklearn({ pickled_model: "data/../../model.pkl" }), noPath],
  [sklearn({ pickled_model: "/etc/passwd" }), noPath],
  [sklearn({ pickled_model: "..\\model.pkl" }), noPath],
  [sklearn({ pickled_model: "model.pkl\n" }), noPath],
  [sklearn({ pickled_model: "" }), noPath],
  [sklearn({ pickled_model: ["model.pkl"] }), noPath],
  [sklearn({ pickled_model: "data" }), `${whose}names a \`pickled_model\` that is not in the folder`],
  [sklearn({ pickled_model: "none.pkl" }), `${whose}names a \`pickled_model\` that is not in the folder`],
  [sklearn({ code: "../code" }), `${whose}has a \`code\` that is no path in the folder`],
  [
    sklearn({ serialization_format: "skops" }),
    "it is a model of MLflow in the format `skops`, and no pickle",
  ],
  [`a: "${"x".repeat(1_000_000)}"`, `${whose}is larger than 1000000 bytes`],
];

for (const [index, [mlmodel, reason]] of refused.entries()) {
  test(`${mlmodel.slice(0, 60)} (${index})`, async () => {
    const found = await read(mlmodel);
    assert.ok("not" in found, JSON.stringify(found));
    assert.ok(found.not.startsWith(reason), found.not);
  });
}

test("other flavors are named, and how a script loads them", async () => {
  const found = await read(
    "flavors: {python_function: {loader_module: mlflow.xgboost}, xgboost: {data: model.xgb}}",
  );
  assert.ok("not" in found);
  assert.is(
    found.not,
    "it is a model of MLflow without the flavor `sklearn`; its flavors: `python_function` of `mlflow.xgboost`, `xgboost`",
  );
  assert.match(
    found.hint ?? "",
    'mlflow.pyfunc.load_model(os.path.join(os.environ["AZUREML_MODEL_DIR"], "forest"))',
  );
  const alone = await read("flavors: {spark: {model_data: sparkml}}");
  assert.ok("not" in alone && alone.hint === undefined && alone.not.endsWith("its flavor: `spark`"));
});

test.run();
