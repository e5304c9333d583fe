import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseDocument } from "../../src/document/parse.ts";
import { writeCommentedYaml } from "../../src/document/write-commented.ts";
import type { SerializableRecord } from "../../src/model/serializable.ts";

const test = suite("write commented YAML");

const readBack = (text: string): unknown => {
  const parsed = parseDocument({ path: "a.yaml", text });
  assert.ok(parsed.ok, text);
  return parsed.ok ? parsed.value.value : undefined;
};

test("comments above what they are of, short values in one line", async () => {
  const value = {
    name: "ridge",
    models: ["a.pkl", { name: "b", source: "models/b.pkl" }],
    environment: { python: { requirements: ["scikit-learn==1.5.2"] }, variables: {} },
    tests: [{ name: "one", request: { body: { data: [[0, 1]] } } }],
  };
  const text = await writeCommentedYaml(value, {
    "": ["head", ""],
    "/models": ["two of them"],
    "/models/1": ["the other"],
    "/environment/python": ["from PyPI"],
    "/tests/0/request": ["made up"],
    "/nowhere": ["said of nothing"],
  });
  assert.is(
    text,
    `# head
#
name: ridge

# two of them
models:
  - a.pkl
  # the other
  - name: b
    source: models/b.pkl
environment:
  # from PyPI
  python:
    requirements: [scikit-learn==1.5.2]
  variables: {}
tests:
  - name: one
    # made up
    request: {body: {data: [[0, 1]]}}
`,
  );
  assert.equal(readBack(text), value);
});

test("a comment on the first key of an item", async () => {
  const value = { tests: [{ name: "one" }, [{ a: 1 }]] };
  const text = await writeCommentedYaml(value, { "/tests/0/name": ["first"], "/tests/1/0/a": ["deep"] });
  assert.match(text, "# first");
  assert.match(text, "# deep");
  assert.equal(readBack(text), value);
});

const HARD: readonly SerializableRecord[] = [
  { name: "a: b # c", "key: 1": "- x", "": "", yes: "no", null: "null", version: "1.0", on: true },
  {
    text: "two\nlines",
    other: "\u2028 \u0085 \t \u0007",
    quote: `"'`,
    brace: "{a}",
    star: "*a",
    at: "@",
    tilde: "~",
  },
  { long: Array.from({ length: 200 }, (_, index) => index), deep: { a: { b: { c: [{ d: [] }, {}] } } } },
  {
    "a/b~c": { d: [["x".repeat(200)], "y".repeat(200)] },
    empty: {},
    none: null,
    lists: [[], [[]], [[1], [2, [3]]]],
  },
];

for (const [index, value] of HARD.entries()) {
  test(`hard values come back as they were (${index})`, async () => {
    assert.equal(readBack(await writeCommentedYaml(value, {})), value);
  });
}

test("nothing in a comment gets out of it", async () => {
  const text = await writeCommentedYaml(
    { name: "a" },
    { "": ["one\nname: b", "two\r\nname: c\u2028name: d\u0000"], "/name": ["three\u0085name: e"] },
  );
  assert.equal(readBack(text), { name: "a" });
});

test.run();
