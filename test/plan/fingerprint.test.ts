import { suite } from "uvu";
import * as assert from "uvu/assert";
import { canonicalJson, digestOf } from "../../src/model/digest.ts";
import type { Serializable } from "../../src/model/serializable.ts";
import { type Fingerprint, fingerprint, keyOf } from "../../src/plan/fingerprint.ts";
import { seededRandom, shuffle } from "../fakes/random.ts";
import { makeStep } from "../fakes/steps.ts";

const test = suite("fingerprint");

const texts: readonly (readonly [what: string, value: Serializable, text: string])[] = [
  ["keys are sorted, at every depth", { b: { d: 1, c: 2 }, a: [] }, '{"a":[],"b":{"c":2,"d":1}}'],
  ["lists keep their order", [3, 1, 2], "[3,1,2]"],
  ["by UTF-16 code unit", { "\uFB00": 1, "\u{10000}": 2, z: 3 }, '{"z":3,"\u{10000}":2,"\uFB00":1}'],
  ["keys that look like numbers", { "10": 1, "9": 2 }, '{"10":1,"9":2}'],
  ["numbers", [1, -0, 1e21, 0.1], "[1,0,1e+21,0.1]"],
  ["nothing", null, "null"],
  ["a prototype's names", { constructor: 1, __proto__x: 2 }, '{"__proto__x":2,"constructor":1}'],
];

for (const [what, value, text] of texts) {
  test(`canonical JSON: ${what}`, () => assert.is(canonicalJson(value), text));
}

const inputs = { source: "a.pkl", include: ["*.pkl", "*.json"], code: { "score.py": "644 sha256:1" } };
const needs = { render: digestOf("render"), "fetch:a": digestOf("a") };

function keyWith(change: Partial<Parameters<typeof makeStep>[2]>, version = 1, upstream = needs) {
  return keyOf(fingerprint(makeStep("fetch:a", "", { inputs, ...change }), version, upstream));
}

test("the order of keys does not matter to the key", () => {
  const random = seededRandom(1);
  const entries = Object.entries(inputs);
  for (let round = 0; round < 20; round += 1) {
    const shuffled = Object.fromEntries(shuffle(entries, random));
    const upstream = Object.fromEntries(shuffle(Object.entries(needs), random)) as typeof needs;
    assert.is(keyWith({ inputs: shuffled }, 1, upstream), keyWith({}));
  }
});

test("what a step is called and where it stands does not matter to the key", () => {
  const location = { file: { path: "/somewhere/mlpackage.yaml", text: "" }, range: { start: 1, end: 2 } };
  assert.is(keyWith({ name: "other", location, pool: "network", after: ["test"] }), keyWith({}));
});

test("all else does", () => {
  const keys = [
    keyWith({}),
    keyWith({ kind: "build" }),
    keyWith({}, 2),
    keyWith({}, 1, { ...needs, render: digestOf("other") }),
    keyWith({ inputs: { ...inputs, include: ["*.json", "*.pkl"] } }),
    keyWith({ inputs: { ...inputs, include: ["*.pkl*.json"] } }),
    keyWith({ inputs: { ...inputs, code: {} } }),
    keyWith({ inputs: { ...inputs, source: "b.pkl" } }),
    keyWith({ inputs: { ...inputs, more: null } }),
  ];
  assert.is(new Set(keys).size, keys.length);
});

test("a key is a digest of the record as it can be read", () => {
  const value: Fingerprint = { format: 1, kind: "fetch", kindVersion: 1, inputs: {}, needs: {} };
  assert.is(keyOf(value), digestOf('{"format":1,"inputs":{},"kind":"fetch","kindVersion":1,"needs":{}}'));
});

test.run();
