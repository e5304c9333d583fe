import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { recognizeModel } from "../../src/config/recognize-model.ts";
import { createFiles } from "../../src/host/files.ts";

const folder = mkdtempSync(join(tmpdir(), "mlpackage-models-"));
const files = createFiles(join(folder, "digests.json"));
const test = suite("recognize model");
test.after(() => rmSync(folder, { recursive: true }));

const protocol4 = (module: string): string =>
  `\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00\x8c${String.fromCharCode(module.length)}${module}\x94\x8c\x05Ridge\x94\x93\x94)\x81\x94.`;
const RIDGE = "sklearn.linear_model._ridge";
const NONE = "it is a pickle of something other than a scikit-learn class";

const cases: readonly (readonly [name: string, content: string, found: string])[] = [
  ["a.pkl", protocol4(RIDGE), "sklearn"],
  ["a.PICKLE", protocol4(RIDGE), "sklearn"],
  ["a.joblib", protocol4("sklearn.pipeline"), "sklearn"],
  ["a.pkl", `\x80\x02c${RIDGE}\nRidge\nq\x00`, "sklearn"],
  ["a.joblib", "x\x9crest", "sklearn"],
  ["a.joblib", "\x1f\x8brest", "sklearn"],
  ["a.pkl", "\x1f\x8brest", "it is compressed"],
  ["a.pkl", protocol4("lightgbm.sklearn"), "it is a pickle of `lightgbm.sklearn`"],
  ["a.pkl", protocol4("mysklearn.models"), "it is a pickle of `mysklearn.models`"],
  ["a.pkl", "\x80\x04}\x94.", "it is a pickle of something other than a scikit-learn class"],
  ["a.pkl", `\x80\x05}\x94\x8c\x05model\x94${protocol4(RIDGE).slice(11)}`, NONE],
  ["a.pkl", `\x80\x02}q\0X\x05\0\0\0modelq\x01c${RIDGE}\nRidge\nq\x02`, NONE],
  ["a.pkl", `\x80\x04]\x94${protocol4(RIDGE).slice(11)}`, NONE],
  ["a.pkl", "\x80\x04]\x94(\x8c\x0fwww.example.com\x94\x8c\x03x.y\x94e.", NONE],
  ["a.pkl", "\x80\x04\x8c\x05a.b.c\x94.", NONE],
  ["a.pkl", protocol4("__main__"), "it is a pickle of `__main__`"],
  ["a.pkl", protocol4("train"), "it is a pickle of `train`"],
  [
    "a.pkl",
    `${protocol4("__main__").slice(0, -1)}}\x94${protocol4(RIDGE).slice(11)}`,
    "it is a pickle of `__main__`",
  ],
  ["a.pkl", `c${RIDGE}\nRidge\n`, "it does not begin like a pickle"],
  ["a.pkl", "", "it does not begin like a pickle"],
  ["a.onnx", "\x08\x08:\x85", "onnx"],
  ["a.onnx", "\x80\x04", "it does not begin like an ONNX file"],
  ["a.onnx", "", "it does not begin like an ONNX file"],
  ["a.pt", "PK\x03\x04", "it is a zip, as PyTorch writes it"],
  ["a.h5", "\x89HDF\r\n", "it is HDF5, as Keras writes it"],
  ["a.model", protocol4(RIDGE), "it is a pickle with another file extension"],
  ["a.pkl", "\x80\x02clightgbm.sklearn\nLGBM\nq\x00", "it is a pickle of `lightgbm.sklearn`"],
  ["a.txt", "text", "its file extension is unknown"],
  ["a.gguf", "GGUF\x03\x00\x00\x00", "it is GGUF, the format of llama.cpp"],
  ["a.safetensors", '\x10\x00\x00\x00\x00\x00\x00\x00{"a":{"dtype":"F32"', "it is safetensors"],
  ["a.safetensors", '\x10\x00\x00\x00\x00\x00\x00\x01{"a"', "its file extension is unknown"],
  ["a.keras", `PK\x03\x04${"\x00".repeat(26)}metadata.json{}`, "it is a Keras zip"],
  ["a.pth", "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "it is a PyTorch file"],
  ["a.json", '{"learner":{"attributes":{}', "it is an XGBoost model"],
  ["a.json", '{"name": "learner"}', "its file extension is unknown"],
  ["a.ubj", "{L\x00\x00\x00\x00\x00\x00\x00\x07learner{", "it is an XGBoost model"],
  ["a.txt", "tree\nversion=v4\n", "it is a LightGBM model"],
  ["a.txt", "trees\n", "its file extension is unknown"],
  ["saved/saved_model.pb", "", "it is a TensorFlow SavedModel"],
  ["mlflow/MLmodel", "flavors: {}", "it is an MLflow model whose `MLmodel` names no flavor"],
  ["folder/a.pkl", protocol4(RIDGE), "it is a folder without an `MLmodel`"],
];

for (const [index, [name, content, found]] of cases.entries()) {
  test(`${name}: ${found} (${index})`, async () => {
    const place = join(folder, String(index), name);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, Buffer.from(content, "latin1"));
    const source = name.split("/")[0] ?? "";
    const recognized = await recognizeModel(source, join(folder, String(index), source), files);
    assert.is("not" in recognized ? recognized.not : recognized.format, found);
  });
}

const remote: readonly (readonly [source: string, found: string])[] = [
  ["https://models.example.com/ridge.joblib?sig=a.b", "sklearn"],
  ["https://models.example.com/net.onnx", "onnx"],
  ["https://models.example.com/model", "its file extension is unknown"],
  ["mlflow:runs:/r1/ridge.pkl", "sklearn"],
  ["mlflow:models:/ridge/3", "its `MLmodel`, which says what it is, is not here yet"],
];

for (const [source, found] of remote) {
  test(`${source}: ${found}`, async () => {
    const recognized = await recognizeModel(source, "/nowhere", files);
    assert.is("not" in recognized ? recognized.not : recognized.format, found);
  });
}

test.run();
