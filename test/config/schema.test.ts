import { readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseDocument } from "../../src/document/parse.ts";

const test = suite("published schema");
const root = new URL("../../", import.meta.url);
const schema = JSON.parse(readFileSync(new URL("mlpackage.schema.json", root), "utf8"));
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);

const cases = readdirSync(new URL("fixtures/valid", root));

test("sees the fixtures", () => assert.ok(cases.length >= 10));

for (const directory of cases) {
  test(`takes ${directory} as it is written`, () => {
    const text = readFileSync(new URL(`fixtures/valid/${directory}/mlpackage.yaml`, root), "utf8");
    const parsed = parseDocument({ path: "mlpackage.yaml", text }, { takesMergeTags: true });
    assert.ok(parsed.ok && validate(parsed.value.value), JSON.stringify(validate.errors));
  });
}

const mistakes: readonly (readonly [what: string, file: object])[] = [
  ["an unknown key", { name: "a", inference: "score.py", modles: [] }],
  ["a missing key", { inference: "score.py" }],
  ["a line break", { name: "a", inference: { command: ["a\nb"] } }],
  ["two kinds of inference", { name: "a", inference: { command: ["a"], entry_script: "b.py" } }],
  ["an output of no type", { name: "a", inference: "score.py", outputs: [{ path: "a" }] }],
];

for (const [what, file] of mistakes) {
  test(`refuses ${what}`, () => assert.not.ok(validate(file)));
}

test("no pattern takes long over a long text", () => {
  const patterns = [
    ...new Set(
      [...JSON.stringify(schema).matchAll(/"pattern":("(?:[^"\\\\]|\\\\.)*")/g)].map(([, text = ""]) =>
        JSON.parse(text),
      ),
    ),
  ];
  assert.ok(patterns.length > 20, `only ${patterns.length} patterns`);
  const texts = ["a", "a-", "-", "a.", "a/", "../", "./", "/", "a_", "1:", "https://a", "@", "a+", " "].map(
    (part) => `${part.repeat(20_000)}\n`,
  );
  for (const pattern of patterns) {
    const started = performance.now();
    for (const text of texts) new RegExp(pattern, "u").test(text);
    assert.ok(performance.now() - started < 2_000, pattern);
  }
});

test("every key is described", () => {
  const undescribed = propertiesIn(schema).filter(([, property]) => typeof property.description !== "string");
  assert.ok(propertiesIn(schema).length > 40);
  assert.equal(
    undescribed.map(([key]) => key),
    [],
  );
});

type Property = { readonly description?: unknown };

function propertiesIn(node: unknown): readonly (readonly [string, Property])[] {
  if (Array.isArray(node)) return node.flatMap(propertiesIn);
  if (node === null || typeof node !== "object") return [];
  const { properties = {}, ...rest } = node as { readonly properties?: Record<string, Property> };
  return [
    ...Object.entries(properties),
    ...[...Object.values(properties), ...Object.values(rest)].flatMap(propertiesIn),
  ];
}

test.run();
