import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compileSchema, findSchemaFaults } from "../../src/expectations/json-schema.ts";
import { placeIn } from "../../src/expectations/place.ts";
import type { Serializable, SerializableRecord } from "../../src/model/serializable.ts";

const test = suite("JSON Schema");

type Faulty = readonly [schema: SerializableRecord, ...pointers: readonly string[]];

const faulty: readonly Faulty[] = [
  [{ type: "strin" }, "/type"],
  [{ required: "a", properties: { a: { minimum: "3" } } }, "/properties/a/minimum", "/required"],
  [{ items: [{}] }, "/items"],
  [{ properties: { "a/b": { pattern: "(" } } }, "/properties/a~1b/pattern"],
  [{ patternProperties: { "[": {} } }, "/patternProperties/["],
  [{ items: { $ref: "other.json" } }, "/items/$ref"],
  [{ $ref: "#/$defs/none" }, "/$ref"],
  [{ $id: "https://example.com/a.json", $ref: "b.json" }, "/$ref"],
  [{ $ref: "https://json-schema.org/draft/2020-12/schema" }, "/$ref"],
  [{ $schema: "http://json-schema.org/draft-07/schema#" }, "/$schema"],
  [{ $async: true }, "/$async"],
  [{ $defs: { a: { $async: true } } }, "/$defs/a/$async"],
  [{ $ref: "#" }, "/$ref"],
  [{ allOf: [{ $ref: "#" }] }, "/allOf/0/$ref"],
  [{ $recursiveRef: "#" }, "/$recursiveRef"],
  [{ $dynamicRef: "#foo" }, "/$dynamicRef"],
  [{ items: { $dynamicRef: "#/$defs/a" }, $defs: { a: {} } }, "/items/$dynamicRef"],
  [{ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } }, ""],
  [{ if: { type: "number" }, else: { $ref: "#" } }, "/else/$ref"],
];

for (const [schema, ...pointers] of faulty) {
  test(`refused: ${JSON.stringify(schema)}`, () => {
    const faults = findSchemaFaults(schema);
    assert.equal(faults.map(({ pointer }) => pointer).sort(), pointers);
    assert.ok(faults.every(({ severity }) => severity === "error"));
  });
}

test("a keyword that nobody knows is warned of, unless it is meant to be unknown", () => {
  const faults = findSchemaFaults({ "x-mine": 1, items: { tyype: "string" }, $comment: "a", example: 1 });
  assert.equal(
    faults.map(({ severity, pointer }) => [severity, pointer]),
    [
      ["warning", "/example"],
      ["warning", "/items/tyype"],
    ].sort((a, b) => ((a[1] ?? "") < (b[1] ?? "") ? -1 : 1)),
  );
});

const right: readonly SerializableRecord[] = [
  {},
  {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $ref: "#/$defs/a",
    $defs: { a: { type: "null" } },
  },
  { $id: "https://example.com/a.json", $ref: "b.json", $defs: { b: { $id: "b.json" } } },
  { $defs: { node: { properties: { next: { $ref: "#/$defs/node" } } } }, $ref: "#/$defs/node" },
  { prefixItems: [{ type: "number" }], unevaluatedItems: false },
  { properties: { $ref: { type: "string" }, $async: {}, format: {} }, const: { pattern: "(", format: "a" } },
  { items: { $ref: "#" } },
  { properties: { next: { $recursiveRef: "#" }, other: { $dynamicRef: "#" } } },
  { $dynamicAnchor: "node", items: { $dynamicRef: "#node" } },
];

for (const schema of right) {
  test(`taken: ${JSON.stringify(schema)}`, () => assert.equal(findSchemaFaults(schema), []));
}

function told(schema: SerializableRecord, value: Serializable) {
  const verdict = compileSchema(schema)(value, (segments) => placeIn(value, segments));
  return typeof verdict === "string" ? verdict : verdict.faults;
}

test("every place that does not fit is told", () => {
  const schema = {
    required: ["a", "b"],
    additionalProperties: false,
    properties: { a: { enum: [1, 2] }, "c d": { items: { const: 3 } }, e: { type: ["string", "null"] } },
  };
  assert.equal(told(schema, { a: 5, "c d": [3, 4], e: 1, f: 1 }), [
    "$.b: is missing",
    "$.f: not expected by the schema",
    "$.a: must be one of 1, 2, got 5",
    "$['c d'][1]: must be 3, got 4",
    "$.e: must be string or null, got 1",
  ]);
});

test("a circle that only some values get into is told of those", () => {
  const schema = { properties: { kind: { if: { const: "b" }, else: { $ref: "#/properties/kind" } } } };
  assert.equal(findSchemaFaults(schema), []);
  assert.equal(told(schema, { kind: "b" }), []);
  assert.is(told(schema, { kind: "a" }), "endless");
});

test("`format` says something, and asks for nothing", () => {
  const [fault, ...others] = findSchemaFaults({ items: { format: "email" }, format: "x" });
  assert.equal([fault?.severity, fault?.pointer, others], ["warning", "/items/format", []]);
  assert.equal(told({ format: "email" }, "nobody"), []);
});

test("a pattern that goes back and forth is given up", () => {
  assert.is(told({ pattern: "^(a+)+$" }, `${"a".repeat(60)}!`), "late");
});

test.run();
