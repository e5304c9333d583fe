import { readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bundle } from "../../schemas/bundle.ts";
import { fileDocument } from "../../schemas/file-document.ts";
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

test("every key has a default, an example, or says itself what it may be", () => {
  const bare = propertiesIn(schema).filter(([, property]) => {
    const { $ref, type, examples, default: usual, const: only, enum: choices } = property;
    const isPlain = only !== undefined || choices !== undefined || type === "boolean" || type === "integer";
    return !isPlain && usual === undefined && examples === undefined && $ref === undefined;
  });
  assert.equal(
    bare.map(([key]) => key),
    [],
  );
});

test("every example and every default is one", () => {
  const { definitions } = schema;
  let looked = 0;
  for (const [key, property] of propertiesIn(schema)) {
    const isRight = new Ajv({ strict: false }).compile({ ...property, definitions });
    for (const value of [
      ...(property.examples ?? []),
      ...("default" in property ? [property.default] : []),
    ]) {
      looked += 1;
      assert.ok(isRight(value), `${key}: ${JSON.stringify(value)}`);
    }
  }
  assert.ok(looked > 50, `only ${looked}`);
});

test("the reference is up to date: `npm run docs` writes it", () => {
  const read = (name: string) =>
    JSON.parse(readFileSync(new URL(`schemas/${name}.schema.json`, root), "utf8"));
  assert.fixture(
    fileDocument(bundle(read("config"), read)),
    readFileSync(new URL("schemas/README.md", root), "utf8"),
  );
});

type Property = Readonly<Record<string, unknown>> & { readonly examples?: readonly unknown[] };

function propertiesIn(node: unknown): readonly (readonly [string, Property])[] {
  if (Array.isArray(node)) return node.flatMap(propertiesIn);
  if (node === null || typeof node !== "object") return [];
  // What an `if` looks at is described where it is said.
  const {
    properties = {},
    if: _if,
    ...rest
  } = node as {
    readonly properties?: Record<string, Property>;
    readonly if?: unknown;
  };
  return [
    ...Object.entries(properties),
    ...[...Object.values(properties), ...Object.values(rest)].flatMap(propertiesIn),
  ];
}

test.run();
