import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { TestConfig } from "../../src/model/config.ts";
import type { Serializable } from "../../src/model/serializable.ts";
import { type Answer, compareAnswer } from "../../src/steps/compare-answer.ts";

const test = suite("compareAnswer");

const expectation: TestConfig["expect"] = { status: 200, tolerance: 1e-9, headers: {} };
const answer: Answer = {
  status: 200,
  headers: { "content-type": "text/plain" },
  text: "fine",
  latencyMs: 12.3,
};

function messages(expect: Partial<TestConfig["expect"]>, change: Partial<Answer> = {}): readonly string[] {
  return compareAnswer({ ...expectation, ...expect }, { ...answer, ...change }).map(({ message }) => message);
}

type Row = readonly [expected: Serializable, answered: string, difference?: string];

const same: readonly Row[] = [
  [1, "1"],
  [1, "1.0000000001"],
  [0, "-0"],
  ["a", '"a"'],
  [null, "null"],
  [[], "[]"],
  [{}, "{}"],
  [[1, [2, { a: 3 }]], '[1,[2,{"a":3}]]'],
  [{ a: 1, b: 2 }, '{"b":2,"a":1}'],
  [1e300, "1e300"],
];

const different: readonly Row[] = [
  [1, "1.001", "$: expected 1, got 1.001"],
  [0, "1e-12", "$: expected 0, got 1e-12"],
  [1, '"1"', '$: expected 1, got "1"'],
  ["a", '"b"', '$: expected "a", got "b"'],
  [null, "0", "$: expected null, got 0"],
  [null, "{}", "$: expected null, got {}"],
  [false, "null", "$: expected false, got null"],
  [[1, 2], "[1]", "$: expected 2 items, got 1"],
  [[1, 2], "[1,3]", "$[1]: expected 2, got 3"],
  [[1], '{"0":1}', '$: expected [1], got {"0":1}'],
  [{ a: 1 }, "{}", "$.a: expected 1, got nothing"],
  [{ a: null }, "{}", "$.a: expected null, got nothing"],
  [{}, '{"a":1}', "$.a: not expected, got 1"],
  [{ a: { b: [1, { c: 2 }] } }, '{"a":{"b":[1,{"c":3}]}}', "$.a.b[1].c: expected 2, got 3"],
  [{ constructor: 1 }, "{}", "$.constructor: expected 1, got nothing"],
  [{}, '{"constructor":1}', "$.constructor: not expected, got 1"],
  [{}, '{"__proto__":1}', "$.__proto__: not expected, got 1"],
  [1, "NaN", "the answer is no JSON"],
  [[1], "[Infinity]", "the answer is no JSON"],
  [1, "", "the answer is no JSON"],
];

for (const [expected, answered, difference] of [...same, ...different]) {
  test(`${JSON.stringify(expected)} and ${answered}`, () => {
    assert.equal(
      messages({ json: expected }, { text: answered }),
      difference === undefined ? [] : [difference],
    );
  });
}

test("a tolerance is relative, of the greater of both", () => {
  assert.equal(messages({ json: [1000, -1000], tolerance: 1e-3 }, { text: "[1001,-999]" }), []);
  assert.is(messages({ json: 1000, tolerance: 1e-3 }, { text: "1002" }).length, 1);
  assert.is(messages({ json: 1, tolerance: 0 }, { text: "1.0000000000000002" }).length, 1);
});

test("headers are compared whatever the case of their names", () => {
  assert.equal(messages({ headers: { "Content-Type": "text/plain" } }), []);
  assert.equal(messages({ headers: { "content-type": "x", "X-Other": "y" } }), [
    "expected header `content-type: x`, got `text/plain`",
    "expected header `X-Other: y`, got none",
  ]);
});

test("latency", () => {
  assert.equal(messages({ maxLatencyMs: 12.3 }), []);
  assert.equal(messages({ maxLatencyMs: 12 }), ["expected an answer in 12 ms, it took 13 ms"]);
});

test("all that differs is told at once", () => {
  const told = messages({ status: 201, contains: "good", json: 1, headers: { a: "b" }, maxLatencyMs: 1 });
  assert.is(told.length, 5);
});

test("the answer is shown, but not all of a long one", () => {
  const [difference] = compareAnswer({ ...expectation, status: 500 }, { ...answer, text: "x".repeat(9_999) });
  assert.equal(difference?.excerpt, [`answered: ${"x".repeat(500)}`]);
});

test.run();
