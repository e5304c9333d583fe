import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scanKind } from "../../src/steps/scan.ts";
import { openPackage } from "../fakes/package.ts";

const test = suite("looking through a model's pickles");

const YAML = "name: demo\nmodels: [{name: m, source: models}]\ninference: {command: [serve]}\n";

const EVIL = "cos\nsystem\n(S'true'\ntR.";
const OWN = "cmycompany.models\nChurn\n)R.";

async function scanned(files: Readonly<Record<string, string>>) {
  const { make, stepOf } = await openPackage(YAML, files);
  const output = await make("scan:m");
  const judge = (denyUnsafePickle: boolean) =>
    (scanKind.judge?.(stepOf("scan:m"), output, { denyUnsafePickle }) ?? []).map((one) => [
      one.severity,
      one.code,
      one.message,
      ...(one.excerpt ?? []),
    ]);
  return { output, judge };
}

test("what is found is told by file, and refused where it is denied", async () => {
  const { judge } = await scanned({ "models/evil.pkl": EVIL, "models/own.pkl": OWN, "models/cut.pkl": "(" });
  const told = [
    ["pickle/unread", "`models/cut.pkl` could not be scanned: it ends too early"],
    [
      "pickle/unsafe",
      "`models/evil.pkl` could run other code when it is loaded",
      "os.system: can run any command",
    ],
    [
      "pickle/unknown-import",
      "`models/own.pkl` imports code that is not known to be harmless",
      "mycompany.models.Churn",
    ],
  ];
  assert.equal(
    judge(false),
    told.map((one) => ["warning", ...one]),
  );
  assert.equal(
    judge(true),
    told.map((one) => ["error", ...one]),
  );
});

test("of harmless files nothing is told", async () => {
  const { judge, output } = await scanned({
    "models/a.pkl": "N.",
    "models/README": "cats and other animals\n",
  });
  assert.equal(output.values, { found: [] });
  assert.equal(judge(true), []);
});

test("many names are told in few lines", async () => {
  const many = Array.from({ length: 30 }, (_one, index) => `cmine.part${index}\nPart\n0`).join("");
  const { judge } = await scanned({ "models/a.pkl": `${many}N.` });
  assert.is(judge(false)[0]?.length, 3 + 11);
  assert.is(judge(false)[0]?.at(-1), "and 20 more");
});

test("formats that hold no code are not looked through", async () => {
  const { stepOf } = await openPackage(YAML, { "models/a.onnx": "x", "models/b.safetensors": "x" });
  assert.throws(() => stepOf("scan:m"), /there is no step/);
  assert.equal(stepOf("layer:m").after, []);
});

test("no layer is made before", async () => {
  const { stepOf } = await openPackage(YAML, { "models/a.pkl": "N." });
  assert.equal(stepOf("layer:m").after, ["scan:m"]);
});

test.run();
