import { suite } from "uvu";
import * as assert from "uvu/assert";
import { locate } from "../../src/document/locate.ts";
import { parseDocument } from "../../src/document/parse.ts";
import type { Document } from "../../src/model/document.ts";
import type { Serializable } from "../../src/model/serializable.ts";

const test = suite("parseDocument");

function parse(text: string): Document {
  const result = parseDocument({ path: "mlpackage.yaml", text });
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join("; "));
  return result.value;
}

function codesOf(text: string): readonly string[] {
  const result = parseDocument({ path: "mlpackage.yaml", text });
  return result.ok ? [] : result.diagnostics.map(({ code }) => code);
}

const values: readonly (readonly [text: string, value: Serializable])[] = [
  ["a: 1", { a: 1 }],
  ["a: 1.20", { a: 1.2 }],
  ["a: 0x1F\nb: 0o17\nc: 017", { a: 31, b: 15, c: 17 }],
  ["a: yes\nb: on\nc: true\nd: ~\ne:", { a: "yes", b: "on", c: true, d: null, e: null }],
  ["a: 1000:1000", { a: "1000:1000" }],
  ["a: 2024-11-02", { a: "2024-11-02" }],
  ["a: !!str 3", { a: "3" }],
  ["1: a\ntrue: b\nnull: c", { "1": "a", true: "b", null: "c" }],
  ['a: "\\u00e9\\n\\x41"', { a: "é\nA" }],
  ["a: 'it''s'", { a: "it's" }],
  ["a: |\n  one\n  two\nb: >-\n  one\n  two", { a: "one\ntwo\n", b: "one two" }],
  ["[a, {b: c}]", ["a", { b: "c" }]],
  ["a: &x [1]\nb: *x", { a: [1], b: [1] }],
  ["a: &x {b: 1, c: 2}\nd: {<<: *x, b: 3}", { a: { b: 1, c: 2 }, d: { b: 3, c: 2 } }],
  [
    "a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}",
    { a: { b: 1 }, c: { b: 2, d: 3 }, e: { b: 1, d: 3 } },
  ],
  ["\uFEFFa: 1\r\nb: 2\r\n", { a: 1, b: 2 }],
  ["--- # first\na: 1\n...\n", { a: 1 }],
  ["a: 1e30", { a: 1e30 }],
];

for (const [text, value] of values) {
  test(`reads ${JSON.stringify(text)}`, () => {
    const document = parse(text);
    // The order of merged keys is the library's affair.
    assert.equal(document.value, value);
    assert.equal([...document.ranges.keys()].sort(), pointersOf(value, "").toSorted());
  });
}

const mistakes: readonly (readonly [text: string, codes: readonly string[]])[] = [
  ["", ["document/empty"]],
  ["---\n...\n", ["document/empty"]],
  ["null", ["document/empty"]],
  ["a: 1\n---\nb: 2", ["document/several-documents"]],
  ["a: 1\n---\na: 1\na: 2", ["document/several-documents"]],
  [
    "a: 1\na: 2\nb: 1\nb: 2\nb: 3",
    ["document/duplicate-key", "document/duplicate-key", "document/duplicate-key"],
  ],
  ['1: a\n"1": b', ["document/duplicate-key"]],
  ["a: {b: 1, b: 2}", ["document/duplicate-key"]],
  ["__proto__: 1\n__proto__: 2", ["document/duplicate-key"]],
  ["a: &x [*x]", ["document/recursive-alias"]],
  ["a: *x", ["document/syntax"]],
  ["a: b: c", ["document/syntax"]],
  ["? [a]\n: b", ["document/syntax"]],
  ["a: !!set {b}", ["document/syntax"]],
  ["a: \u0000", ["document/syntax"]],
  ["a: [", ["document/syntax"]],
  [`a: ${"[".repeat(200)}${"]".repeat(200)}`, ["document/syntax"]],
  ["a: .inf", ["document/inexact-number"]],
  ["a: 9007199254740993", ["document/inexact-number"]],
  ["a: 0xFFFFFFFFFFFFFFFF", ["document/inexact-number"]],
  [`a: ${"x".repeat(1_000_001)}`, ["document/too-large"]],
  [bomb(9), ["document/too-many-aliases"]],
  [ladder(200), ["document/too-many-aliases"]],
];

for (const [text, codes] of mistakes) {
  test(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => assert.equal(codesOf(text), codes));
}

test("tells where a duplicate key was given first", () => {
  const result = parseDocument({ path: "f", text: "a: 1\nb: 2\na: 3" });
  if (result.ok) throw new Error("not refused");
  const [diagnostic] = result.diagnostics;
  assert.equal(diagnostic?.location?.range, { start: 10, end: 11 });
  assert.equal(diagnostic?.related?.[0]?.location.range, { start: 0, end: 1 });
  assert.is(diagnostic?.path, "/a");
});

const places: readonly (readonly [text: string, pointer: string, value: string, key?: string])[] = [
  ["a: bc", "/a", "bc", "a"],
  ["a: 'b c' # d", "/a", "'b c'", "a"],
  ['"a": "b\\nc"', "/a", '"b\\nc"', '"a"'],
  ["a: {b: [c, d , ], e: f # ]}\n }\ng: 1", "/a", "{b: [c, d , ], e: f # ]}\n }", "a"],
  ["a: {b: [c, d , ], e: f}", "/a/b", "[c, d , ]", "b"],
  ["a: {b: [c, d , ], e: f}", "/a/b/1", "d"],
  ["a: []\nb: 1", "/a", "[]", "a"],
  ["a:\n  - b\n  - c: d\n    e: f\n\ng: 1", "/a", "- b\n  - c: d\n    e: f", "a"],
  ["a:\n  - b\n  - c: d\n    e: f\n", "/a/1", "c: d\n    e: f"],
  ["a:\n  - b\n  -\n  - c", "/a/1", "-"],
  ["a:\nb: 1", "/a", "a", "a"],
  ["a: |\n  one\n  two\n\nb: 1", "/a", "one\n  two", "a"],
  ["a: &x b\nc: *x", "/a", "b", "a"],
  ["a: &x b\nc: *x", "/c", "*x", "c"],
  ["a: &x {b: c}\nd: *x", "/d/b", "c", "b"],
  ["a: &x {b: c}\nd: {<<: *x}", "/d/b", "c", "b"],
  ["a: !!str 3", "/a", "3", "a"],
  ["a/b: {c~d: e}", "/a~1b/c~0d", "e", "c~d"],
  ["- a\n- b", "/1", "b"],
  ["\uFEFFa: b", "/a", "b", "a"],
  ["a: one\n  two", "/a", "one\n  two", "a"],
];

for (const [text, pointer, value, key] of places) {
  test(`finds ${pointer} in ${JSON.stringify(text)}`, () => {
    const document = parse(text);
    assert.is(sliceAt(document, pointer, "value"), value);
    assert.is(sliceAt(document, pointer, "key"), key ?? value);
  });
}

test("falls back to the nearest ancestor that the file has", () => {
  const document = parse("a:\n  b: c\n");
  assert.is(sliceAt(document, "/a/b/d/e", "key"), "c");
  assert.is(sliceAt(document, "/a/x", "value"), "b: c");
  assert.is(sliceAt(document, "/x", "value"), "a:\n  b: c");
});

function sliceAt(document: Document, pointer: string, part: "key" | "value"): string {
  const { file, range } = locate(document, pointer, part);
  return file.text.slice(range.start, range.end);
}

function pointersOf(value: Serializable, pointer: string): readonly string[] {
  if (value === null || typeof value !== "object") return [pointer];
  return [
    pointer,
    ...Object.entries(value).flatMap(([key, member]) => pointersOf(member, `${pointer}/${key}`)),
  ];
}

/** Ten times as many values with every line. */
function bomb(lines: number): string {
  const rows = Array.from({ length: lines }, (_, index) => {
    const item = index === 0 ? "x" : `*a${index - 1}`;
    return `a${index}: &a${index} [${Array(10).fill(item).join(", ")}]`;
  });
  return rows.join("\n");
}

/** One level deeper with every line. */
function ladder(lines: number): string {
  return Array.from(
    { length: lines },
    (_, index) => `a${index}: &a${index} [${index === 0 ? "x" : `*a${index - 1}`}]`,
  ).join("\n");
}

test.run();
