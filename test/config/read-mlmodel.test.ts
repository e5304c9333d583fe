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
    if ("not" in found) return found.not;
    return found.mlflow !== undefined && "method" in found.mlflow ? found.mlflow.method : undefined;
  };
  assert.is(await methodOf({ loader_module: "mlflow.sklearn" }), "predict");
  assert.is(
    await methodOf({ loader_module: "mlflow.sklearn", predict_fn: "predict_log_proba" }),
    "predict_log_proba",
  );
  assert.is(await methodOf({ loader_module: "other", predict_fn: "predict_proba" }), "predict");
  // What only MLflow does is left to it.
  assert.is(await methodOf({ loader_module: "mlflow.sklearn", predict_fn: "score" }), "score");
  for (const name of ["__reduce__", "predict_proba; x"])
    assert.is(
      await methodOf({ loader_module: "mlflow.sklearn", predict_fn: name }),
      "it is an MLflow model whose `MLmodel` has a `predict_fn` that is not the name of a method",
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
  const bad = "it is an MLflow model whose `MLmodel` has a `signature` that MLflow would not write";
  for (const inputs of ["[{", "{}", "1", [], 3]) assert.is(await columnsOf(inputs), bad);
  const many = Array.from({ length: 20_000 }, (_, index) => ({ type: "double", name: `column ${index}` }));
  assert.match(String(await json(...many)), "too many columns");
});

const whose = "it is an MLflow model whose `MLmodel` ";
const noPath = `${whose}has a \`pickled_model\` that is not a path in the folder`;

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
  [sklearn({ code: "../code" }), `${whose}has a \`code\` that is not a path in the folder`],
  [sklearn({ serialization_format: "skops" }), "it is an MLflow model in the format `skops`, not a pickle"],
  [`a: "${"x".repeat(1_000_000)}"`, `${whose}is larger than 1000000 bytes`],
];

for (const [index, [mlmodel, reason]] of refused.entries()) {
  test(`${mlmodel.slice(0, 60)} (${index})`, async () => {
    const found = await read(mlmodel);
    assert.ok("not" in found, JSON.stringify(found));
    assert.ok(found.not.startsWith(reason), found.not);
  });
}

const columns = [
  { type: "double", name: "a", required: true },
  { type: "long", name: "b", required: false },
  { type: "string", name: "c" },
];

const pyfunc = (more: object, others: object = {}, inputs: readonly object[] = columns): string =>
  JSON.stringify({
    flavors: { python_function: { loader_module: "mlflow.xgboost", ...more }, ...others },
    signature: { inputs: JSON.stringify(inputs) },
  });

test("a Python function: its loader, its data and what its signature says", async () => {
  assert.equal(await read(pyfunc({ data: "data", code: "code", config: { depth: 3 } }, { xgboost: {} })), {
    format: "mlflow-python-function",
    mlflow: {
      ...{ loader: "mlflow.xgboost", data: "forest/data", config: { depth: 3 }, code: "forest/code" },
      ...{ columns: ["a", "b", "c"], optional: ["b"], types: ["float64", "int64", "object"] },
      ...{ method: "predict", tensors: [] },
    },
  });
  const tensor = [{ type: "tensor", "tensor-spec": { dtype: "float32", shape: [-1, 4] } }];
  assert.equal(await read(pyfunc({ loader_module: "my_model.loading" }, {}, tensor)), {
    format: "mlflow-python-function",
    mlflow: {
      ...{ loader: "my_model.loading", data: "forest", method: "predict" },
      ...{ columns: [], optional: [], types: [], tensors: [{ type: "float32" }] },
    },
  });
});

test("several tensors are known by their names", async () => {
  const inputs = ["left", "right"].map((name) => ({
    name,
    type: "tensor",
    "tensor-spec": { dtype: "int64" },
  }));
  const found = await read(pyfunc({}, {}, inputs));
  assert.equal("mlflow" in found && found.mlflow && "tensors" in found.mlflow && found.mlflow.tensors, [
    { name: "left", type: "int64" },
    { name: "right", type: "int64" },
  ]);
});

test("a model of scikit-learn that is no pickle is loaded as a Python function, and asked for the same", async () => {
  for (const [more, predict_fn] of [
    [{ serialization_format: "skops" }, "predict_proba"],
    [{}, "score"],
  ] as const) {
    const found = await read(
      sklearn(more, { python_function: { loader_module: "mlflow.sklearn", predict_fn } }),
    );
    assert.is("format" in found && found.format, "mlflow-python-function");
    assert.is(
      "mlflow" in found && found.mlflow && "method" in found.mlflow && found.mlflow.method,
      predict_fn,
    );
  }
});

const badFunctions: readonly (readonly [flavor: object, reason: string])[] = [
  [{ loader_module: null }, "has a `loader_module` that is not the name of a module"],
  [{ loader_module: "os; import x" }, "has a `loader_module` that is not the name of a module"],
  [{ loader_module: "..hidden" }, "has a `loader_module` that is not the name of a module"],
  [{ data: "../data" }, "has a `data` that is not a path in the folder"],
  [{ data: "not there" }, "has a `data` that is not a path in the folder"],
  [{ code: "/code" }, "has a `code` that is not a path in the folder"],
];

for (const [flavor, reason] of badFunctions) {
  test(`a Python function with ${JSON.stringify(flavor)}`, async () => {
    assert.equal(await read(pyfunc(flavor)), { not: `${whose}${reason}` });
  });
}

test("other flavors are named", async () => {
  assert.equal(await read("flavors: {spark: {model_data: sparkml}}"), {
    not: "it is an MLflow model with neither the flavor `sklearn` nor `python_function`; its flavor: `spark`",
  });
});

test.run();
