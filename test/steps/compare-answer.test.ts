import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Serializable } from "../../src/model/serializable.ts";
import type { TestFailure } from "../../src/model/test-result.ts";
import {
  type Answer,
  compareLatencies,
  type Expectation,
  prepareComparison,
} from "../../src/steps/compare-answer.ts";

const test = suite("compareAnswer");

const expectation: Expectation = { status: 200, headers: {} };
const answer: Answer = {
  status: 200,
  headers: { "content-type": "text/plain" },
  text: "fine",
  latencyMs: 12.3,
};

async function compare(
  expect: Partial<Expectation>,
  change: Partial<Answer> = {},
): Promise<readonly TestFailure[]> {
  const { schema } = expect;
  const inline = schema !== undefined && "inline" in schema ? schema.inline : undefined;
  const compareAnswer = await prepareComparison({ ...expectation, ...expect }, inline);
  return compareAnswer({ ...answer, ...change });
}

async function messages(
  expect: Partial<Expectation>,
  change: Partial<Answer> = {},
): Promise<readonly string[]> {
  return (await compare(expect, change)).map(({ message }) => message);
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
  [3, "3.0"],
  [3, "3.000000000001"],
  [1234567890.5, "1234567891"],
];

const different: readonly Row[] = [
  [1, "1.001", "$: expected 1, got 1.001"],
  [0, "1e-12", "$: expected 0, got 1e-12 (a tolerance is relative: only 0 is near 0)"],
  [1234567890, "1234567891", "$: expected 1234567890, got 1234567891"],
  [0.5, "1e999", "$: expected 0.5, got Infinity"],
  [1, "1e999", "$: expected 1, got Infinity"],
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
  test(`${JSON.stringify(expected)} and ${answered}`, async () => {
    assert.equal(
      await messages({ json: expected }, { text: answered }),
      difference === undefined ? [] : [difference],
    );
  });
}

test("a tolerance is relative, of the greater of both", async () => {
  assert.equal(await messages({ json: [1000, -1000], tolerance: 1e-3 }, { text: "[1001,-999]" }), []);
  assert.is((await messages({ json: 1000, tolerance: 1e-3 }, { text: "1002" })).length, 1);
  assert.is((await messages({ json: 1, tolerance: 0 }, { text: "1.0000000000000002" })).length, 1);
});

test("integers may differ by a tolerance that is given", async () => {
  const json = { id: 1234567890, count: 1234567890 };
  const text = '{"id":1234567891,"count":1234567891}';
  assert.equal(await messages({ json, tolerance: 1e-9 }, { text }), []);
  assert.equal(await messages({ json, tolerance: { "$.count": 1e-9 } }, { text }), [
    "$.id: expected 1234567890, got 1234567891",
  ]);
  assert.is((await messages({ json: 1, tolerance: 0.5 }, { text: "1e999" })).length, 1);
});

test("a tolerance of a place is for the numbers it picks; the smallest counts", async () => {
  const json = { rows: [{ score: 1, price: 100 }], total: 1 };
  const tolerance = { "$..score": 0.1, "$.rows[*].*": 0.5 };
  const text = (score: number, price: number, total: number) =>
    JSON.stringify({ rows: [{ score, price }], total });
  assert.equal(await messages({ json, tolerance }, { text: text(1.05, 140, 1) }), []);
  assert.equal(await messages({ json, tolerance }, { text: text(1.2, 140, 1) }), [
    "$.rows[0].score: expected 1, got 1.2",
  ]);
  assert.equal(await messages({ json, tolerance }, { text: text(1, 100, 1.0001) }), [
    "$.total: expected 1, got 1.0001",
  ]);
});

test("of many differences the first ten are told, and how many there are", async () => {
  const json = Array.from({ length: 30 }, () => 0);
  const [failure, ...others] = await compare(
    { json },
    { text: JSON.stringify(json.map((_, index) => index)) },
  );
  assert.is(others.length, 0);
  assert.is(failure?.message, "$[1]: expected 0, got 1; 29 places differ");
  assert.is(failure?.excerpt.length, 10);
  assert.is(failure?.excerpt[0], "$[2]: expected 0, got 2");
  assert.is(failure?.excerpt.at(-1), "and 19 more");
});

test("places have names as JSONPath writes them", async () => {
  const json = { "a b": { "it's": 1, "": 2 } };
  const text = '{"a b": {"it\'s": 2, "": 2}}';
  assert.equal(await messages({ json }, { text }), ["$['a b']['it\\'s']: expected 1, got 2"]);
});

test("long values are cut", async () => {
  const [message = ""] = await messages({ json: "a" }, { text: JSON.stringify("b".repeat(1000)) });
  assert.ok(message.length < 200, message);
});

const answered = '{"rows":[{"id":1,"score":0.5},{"id":2,"score":"high"}]}';

const selected: readonly (readonly [
  select: string,
  expect: Partial<Expectation>,
  told: readonly string[],
])[] = [
  ["$.rows[0].score", { json: 0.5 }, []],
  ["$.rows[1].score", { json: 0.5 }, ['$.rows[1].score: expected 0.5, got "high"']],
  ["$.rows[7].score", { json: 0.5 }, ["`$.rows[7].score` picks nothing of the answer"]],
  ["$.rows[-1].id", { json: 2 }, []],
  ["$..score", { json: [0.5, "high"] }, []],
  ["$..score", { json: [0.5, 1] }, ['$.rows[1].score: expected 1, got "high"']],
  ["$..score", { json: [0.5] }, ["$..score: expected 1 items, got 2"]],
  ["$..score", { json: 0.5 }, ['$..score: expected 0.5, got [0.5,"high"]']],
  ["$..none", { json: [] }, []],
  ["$..none", { json: [], schema: { inline: { type: "array" } } }, []],
  ["$..none", { json: [1] }, ["`$..none` picks nothing of the answer"]],
  [
    "$..none",
    { schema: { inline: { type: "array", items: { type: "number" } } } },
    ["`$..none` picks nothing of the answer"],
  ],
  ["$.none", { json: [] }, ["`$.none` picks nothing of the answer"]],
  [
    "$..score",
    { schema: { inline: { type: "array", items: { type: "number" } } } },
    ['$.rows[1].score: must be number, got "high"'],
  ],
  [
    "$.rows[1]",
    { schema: { inline: { properties: { score: { type: "number" } } } } },
    ['$.rows[1].score: must be number, got "high"'],
  ],
  [
    "$..score",
    { schema: { inline: { maxItems: 1 } } },
    ['$..score: must NOT have more than 1 items, got [0.5,"high"]'],
  ],
];

for (const [select, expect, told] of selected) {
  test(`select ${select}: ${JSON.stringify(expect)}`, async () => {
    assert.equal(await messages({ select, ...expect }, { text: answered }), told);
  });
}

test("a schema tells all that does not fit", async () => {
  const inline = {
    required: ["model"],
    properties: {
      rows: { items: { properties: { score: { type: "number" } }, additionalProperties: false } },
    },
  };
  const [failure] = await compare({ schema: { inline } }, { text: answered });
  assert.match(failure?.message ?? "", /; 4 places differ$/);
  assert.equal([failure?.message.replace(/;.*/, ""), ...(failure?.excerpt ?? [])].sort(), [
    "$.model: is missing",
    "$.rows[0].id: not expected by the schema",
    "$.rows[1].id: not expected by the schema",
    '$.rows[1].score: must be number, got "high"',
  ]);
});

test("a schema that leads back to itself is a failure of the test", async () => {
  assert.equal(await messages({ schema: { inline: { $ref: "#" } } }, { text: "1" }), [
    "the schema leads back to itself, and never reaches a part of the answer",
  ]);
});

test("a pattern that goes back and forth is given up", async () => {
  const schema = { inline: { pattern: "^(a+)+$" } };
  const text = JSON.stringify(`${"a".repeat(60)}!`);
  assert.equal(await messages({ schema }, { text }), ["comparing the answer with the schema takes too long"]);
});

test("an answer of too many levels is not looked at", async () => {
  const text = "[".repeat(100_000) + "]".repeat(100_000);
  assert.equal(await messages({ json: 1 }, { text }), ["the answer has more than 500 levels"]);
});

test("headers are compared whatever the case of their names", async () => {
  assert.equal(await messages({ headers: { "Content-Type": "text/plain" } }), []);
  assert.equal(await messages({ headers: { "content-type": "x", "X-Other": "y" } }), [
    "expected header `content-type: x`, got `text/plain`",
    "expected header `X-Other: y`, got none",
  ]);
});

test("latency", () => {
  const told = (limits: Record<string, number>, latencies: readonly number[]) =>
    compareLatencies(limits, latencies).map(({ message }) => message);
  assert.equal(told({ p95: 12.3 }, [12.3]), []);
  assert.equal(told({ p95: 12 }, [12.3]), ["expected an answer in 12 ms, it took 13 ms"]);
  const twenty = Array.from({ length: 20 }, (_, index) => index + 1);
  assert.equal(told({ p95: 19, p50: 10, max: 20 }, twenty), []);
  assert.equal(told({ p95: 18, p50: 9, max: 19 }, twenty.toReversed()), [
    "expected p95 of 20 answers in 18 ms, it took 19 ms",
    "expected p50 of 20 answers in 9 ms, it took 10 ms",
    "expected max of 20 answers in 19 ms, it took 20 ms",
  ]);
});

test("all that differs is told at once", async () => {
  const told = await messages({ status: 201, contains: "good", json: 1, headers: { a: "b" } });
  assert.is(told.length, 4);
});

test("the answer is shown, but not all of a long one", async () => {
  const [failure] = await compare({ status: 500 }, { text: "x".repeat(9_999) });
  assert.equal(failure?.excerpt, [`answered: ${"x".repeat(500)}`]);
});

test.run();
