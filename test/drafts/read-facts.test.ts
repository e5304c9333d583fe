import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
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
  ["sklearn", models.bytes(`\x80\x04\x8c\x1b${PLAIN}\x94`), { module: PLAIN }],
  ["sklearn", models.bytes("x\x9ccompressed"), { module: "" }],
  ["pickle", models.bytes("\x80\x04\x8c\x10lightgbm.sklearn\x94"), { module: "lightgbm.sklearn" }],
  ["xgboost", models.xgboostJson(4, [2, 1, 3]), { features: 4, version: "2.1.3" }],
  ["xgboost", models.xgboostUbjson(12, [3, 0, 5]), { features: 12, version: "3.0.5" }],
  ["xgboost", models.bytes('{"learner":{'), {}],
  ["lightgbm", models.lightgbm(7), { features: 7 }],
  ["torch", models.torchScript(), { torch: "script" }],
  ["torch", models.torchModule("network.small"), { torch: "module", module: "network.small" }],
  ["torch", models.torchWeights(), { torch: "weights" }],
  ["gguf", models.gguf(), {}],
];

for (const [index, [kind, content, facts]] of cases.entries()) {
  test(`${kind}: ${JSON.stringify(facts)} (${index})`, async () => {
    const folder = makeFolder({ model: content });
    assert.equal(await readFacts(kind, path.join(folder, "model"), files), facts);
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

test("what a model of Transformers is for", async () => {
  const folder = makeFolder({
    "config.json": '{"architectures": ["BertForSequenceClassification"], "transformers_version": "4.41.2"}',
    "model.safetensors": models.safetensors(),
  });
  assert.equal(await readFacts("transformers", folder, files), {
    task: "text-classification",
    version: "4.41.2",
  });
});

test.run();
