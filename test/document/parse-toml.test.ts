import { suite } from "uvu";
import * as assert from "uvu/assert";
import { locateInToml } from "../../src/document/locate-in-toml.ts";
import { parseToml } from "../../src/document/parse-toml.ts";
import { positionAt } from "../../src/model/text-range.ts";

const test = suite("TOML");

const text = `# a comment = 1
[project]
name = "x"
dependencies = [
    "a",
  'b',   # note
]
"odd.key".sub = 3
text = """
[not.a.table]
key = 1
"""

[[package]]
name = "p0"
[package.dependencies]
x = "1"

  [[package]]
  name = "p1"
  deps = [
{ n = 'z' },
  ]
`;

const places: readonly (readonly [pointer: string, line: number, shown: string])[] = [
  ["/project", 2, "[project]"],
  ["/project/name", 3, 'name = "x"'],
  ["/project/dependencies/0", 5, '"a"'],
  ["/project/dependencies/1", 6, "'b'"],
  ["/project/dependencies/7", 4, "dependencies = ["],
  ["/project/odd.key/sub", 8, '"odd.key".sub = 3'],
  ["/project/text", 9, 'text = """'],
  ["/package/0/dependencies/x", 17, 'x = "1"'],
  ["/package/1", 19, "[[package]]"],
  ["/package/1/name", 20, 'name = "p1"'],
  ["/package/1/deps/0/n", 22, "'z'"],
  ["/not/a/table", 1, ""],
  ["", 1, ""],
];

for (const [pointer, line, shown] of places) {
  test(`the place of ${pointer === "" ? "the whole" : pointer}`, async () => {
    const parsed = await parseToml({ path: "a.toml", text });
    if (!parsed.ok) throw new Error(parsed.diagnostics[0]?.message);
    const { range } = locateInToml(parsed.value, pointer);
    assert.is(text.slice(range.start, range.end), shown);
    assert.is(positionAt(text, range.start).line, line);
  });
}

const broken: readonly (readonly [what: string, text: string, line: number])[] = [
  ["a value that is missing", "a = 1\nb = \n", 2],
  ["a text that does not end", '[a]\nx = "\ny = 1\n', 2],
  ["a key twice", "a = 1\n\na = 2\n", 3],
  ["lists in lists without end", `a = ${"[".repeat(100_000)}`, 1],
];

for (const [what, wrong, line] of broken) {
  test(`${what}: told with its place`, async () => {
    const parsed = await parseToml({ path: "a.toml", text: wrong });
    assert.not.ok(parsed.ok);
    const [first] = parsed.ok ? [] : parsed.diagnostics;
    assert.is(first?.code, "document/syntax");
    assert.is(positionAt(wrong, first?.location?.range.start ?? 0).line, line);
  });
}

test("keys in keys without end, and a file without end, are refused", async () => {
  for (const wrong of [`a${".a".repeat(200_000)} = 1`, `a = "${"x".repeat(20_000_000)}"`])
    assert.not.ok((await parseToml({ path: "a.toml", text: wrong })).ok);
});

test("a byte order mark, carriage returns, dates and odd keys are plain data", async () => {
  const parsed = await parseToml({ path: "a.toml", text: "\uFEFFa = 1979-05-27\r\n__proto__ = {b = 1}\r\n" });
  assert.ok(parsed.ok);
  assert.is(parsed.ok && JSON.stringify(parsed.value.value), '{"a":"1979-05-27","__proto__":{"b":1}}');
});

test.run();
