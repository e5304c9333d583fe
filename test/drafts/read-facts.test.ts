import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { recognizeModel } from "../../src/config/recognize-model.ts";
import type { OtherKind } from "../../src/config/recognized.ts";
import { type Facts, readFacts } from "../../src/drafts/read-facts.ts";
import { makeHost } from "../fakes/host.ts";
import * as models from "../fakes/models.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("read facts");
const { files } = makeHost();

const PLAIN = "sklearn.linear_model._ridge";
const PIPELINE = "sklearn.pipeline";

const cases: readonly (readonly [kind: OtherKind | "sklearn", content: Uint8Array, facts: Facts])[] = [
  ["sklearn", models.sklearnPickle(PLAIN), { module: PLAIN, version: "1.5.2", features: 3 }],
  [
    "sklearn",
    models.sklearnPickle(PLAIN, { features: 700 }),
    { module: PLAIN, version: "1.5.2", features: 700 },
  ],
  ["sklearn", models.sklearnPickle(PIPELINE), { module: PIPELINE, version: "1.5.2" }],
  [
    "sklearn",
    models.sklearnPickle(PLAIN, { version: "1.6.dev0" }),
    { module: PLAIN, version: "1.6.dev0", features: 3 },
  ],
  [
    "sklearn",
    models.oldSklearnPickle(PLAIN, "0.24.2", 12),
    { module: PLAIN, version: "0.24.2", features: 12 },
  ],
  ["sklearn", models.pickle(PLAIN, "Ridge"), { module: PLAIN }],
  ["sklearn", models.bytes("x\x9ccompressed"), { module: "" }],
  [
    "pickle",
    models.pickle("lightgbm.sklearn", "LGBMModel"),
    { module: "lightgbm.sklearn", className: "LGBMModel" },
  ],
  [
    "pickle",
    models.bytes(
      `\x80\x04}\x94\x8c\x05model\x94${Buffer.from(models.sklearnPickle(PLAIN)).toString("latin1").slice(11)}`,
    ),
    { module: PLAIN, className: "Ridge", isHeld: true, version: "1.5.2" },
  ],
  ["pickle", models.bytes("\x80\x04\x8c\x05a.b.c\x94."), { isData: true }],
  ["pickle", models.pickle("joblib.numpy_pickle", "NumpyArrayWrapper"), { isData: true }],
  ["keras", models.bytes("\x89HDF\r\n\x1a\n keras_version"), {}],
  ["keras", models.bytes("\x89HDF\r\n\x1a\n table"), { isData: true }],
  ["xgboost", models.xgboostJson(4, [2, 1, 3]), { features: 4, version: "2.1.3" }],
  ["xgboost", models.xgboostUbjson(12, [3, 0, 5]), { features: 12, version: "3.0.5" }],
  ["xgboost", models.bytes('{"learner":{'), {}],
  ["lightgbm", models.lightgbm(7), { features: 7 }],
  ["torch", models.torchScript(), { torch: "script" }],
  ["torch", models.torchModule("network.small"), { torch: "module", module: "network.small" }],
  ["torch", models.torchWeights(), { torch: "weights" }],
  ["torch", models.torchModule("numpy.core.multiarray"), { torch: "weights" }],
  ["gguf", models.gguf(), {}],
];

for (const [index, [kind, content, facts]] of cases.entries()) {
  test(`${kind}: ${JSON.stringify(facts)} (${index})`, async () => {
    const folder = makeFolder({ model: content });
    assert.equal(await readFacts(kind, path.join(folder, "model"), files), facts);
  });
}

const LAYERS = "torch.nn.modules.container";

/** Written by XGBoost 3.3.0, PyTorch 2.14.1 and safetensors 0.8.0. */
const WRITTEN: readonly (readonly [name: string, kind: OtherKind, facts: Facts])[] = [
  ["xgboost.json", "xgboost", { features: 4, version: "3.3.0" }],
  ["xgboost.ubj", "xgboost", { features: 4, version: "3.3.0" }],
  ["xgboost.pkl", "pickle", { module: "xgboost.sklearn", className: "XGBRegressor" }],
  ["script.pt", "torch", { torch: "script" }],
  ["module.pt", "torch", { torch: "module", module: LAYERS }],
  ["weights.pt", "torch", { torch: "weights" }],
  ["legacy.pt", "torch", { torch: "weights" }],
  ["net.safetensors", "safetensors", {}],
];

for (const [name, kind, facts] of WRITTEN) {
  test(`${name}, as its library has written it`, async () => {
    const place = path.join(import.meta.dirname, "../../fixtures/models", name);
    const recognized = await recognizeModel(name, place, files);
    assert.is("not" in recognized && recognized.kind, kind);
    assert.equal(await readFacts(kind, place, files), facts);
  });
}

test("what stands far behind the beginning, and across the pieces that are read", async () => {
  const middle = "\0".repeat((1 << 20) - 900);
  const pickle = Buffer.from(models.sklearnPickle(PLAIN)).toString("latin1");
  for (const shift of [0, 850, 860, 870, 880, 890, 900, 5000]) {
    const spread = pickle.replace("(\x8c", `(${middle}${"\0".repeat(shift)}\x8c`);
    const folder = makeFolder({ model: models.bytes(spread) });
    assert.equal(await readFacts("sklearn", path.join(folder, "model"), files), {
      ...{ module: PLAIN, version: "1.5.2", features: 3 },
    });
  }
});

const TRANSFORMERS: readonly (readonly [architecture: string, version: string, task: string | undefined])[] =
  [
    ["BertForSequenceClassification", "4.41.2", "text-classification"],
    ["GPT2LMHeadModel", "5.12.1", "text-generation"],
    ["T5ForConditionalGeneration", "4.41.2", "text2text-generation"],
    ["T5ForConditionalGeneration", "5.12.1", undefined],
    ["BertModel", "4.41.2", undefined],
  ];

for (const [architecture, version, task] of TRANSFORMERS) {
  test(`what ${architecture} of Transformers ${version} is for`, async () => {
    const folder = makeFolder({
      "config.json": JSON.stringify({ architectures: [architecture], transformers_version: version }),
      "model.safetensors": models.safetensors(),
    });
    const facts = await readFacts("transformers", folder, files);
    assert.equal(facts, task === undefined ? { version } : { task, version });
  });
}

test.run();
