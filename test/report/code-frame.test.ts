import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codeFrame } from "../../src/report/code-frame.ts";

const test = suite("codeFrame");

/** The place is written between `«` and `»`. */
function frameOf(marked: string): readonly string[] {
  const start = marked.indexOf("«");
  const end = marked.indexOf("»") - 1;
  const text = marked.replace("«", "").replace("»", "");
  return codeFrame({ file: { path: "f", text }, range: { start, end } }).map(
    ({ gutter, text }) => `${gutter} |${text}`,
  );
}

const frames: readonly (readonly [what: string, marked: string, frame: readonly string[]])[] = [
  ["the first line", "«a»: b\n", ["1 |a: b", "  |^"]],
  ["the line before", "a: b\nc: «def»\n", ["1 |a: b", "2 |c: def", "  |   ^^^"]],
  ["no blank line before", "a: b\n\nc: «d»", ["3 |c: d", "  |   ^"]],
  ["nothing underlined", "a: «»b", ["1 |a: b", "  |   ^"]],
  ["the end of the file", "a: [\n«»", ["1 |a: [", "2 |", "  |^"]],
  ["an empty file", "«»", ["1 |", "  |^"]],
  ["carriage returns", "a: b\r\nc: «d»\r\n", ["1 |a: b", "2 |c: d", "  |   ^"]],
  ["the line break itself", "a: b«\r\n»c: d", ["1 |a: b", "  |    ^"]],
  ["tabs", "\ta:\t«b»", ["1 |  a:  b", "  |      ^"]],
  ["several lines", "a: «b\n  c»\n", ["1 |a: b", "  |   ^..."]],
  ["wide characters", "日本: «語x»", ["1 |日本: 語x", "  |      ^^^"]],
  ["combining characters", "e\u0301: «b»", ["1 |e\u0301: b", "  |   ^"]],
  ["emoji", "😀: «b»", ["1 |😀: b", "  |    ^"]],
  ["control characters", "\u001b[31m: «b\u202ec»", ["1 |\uFFFD[31m: b\uFFFDc", "  |       ^^^"]],
  [
    "passwords",
    "- https://me:p@s/s@a.example/b\na: [«git+ssh://tok'n@b.example», https://c.example/d]",
    [
      "1 |- https://********@a.example/b",
      "2 |a: [git+ssh://*****@b.example, https://c.example/d]",
      "  |    ^^^^^^^^^^^^^^^^^^^^^^^^^",
    ],
  ],
  ["the gutter's width", `${"\n".repeat(8)}a: 1\nb: «2»`, [" 9 |a: 1", "10 |b: 2", "   |   ^"]],
];

for (const [what, marked, frame] of frames) {
  test(what, () => assert.equal(frameOf(marked), frame));
}

test("long lines are cut around the place", () => {
  const [code = "", mark = ""] = frameOf(`${"a".repeat(300)}«bcd»${"e".repeat(300)}`);
  assert.is(code, `1 |...${"a".repeat(40)}bcd${"e".repeat(57)}...`);
  assert.is(mark, `  |${" ".repeat(43)}^^^`);
});

test("a long place is underlined to the cut", () => {
  const [code = "", mark = ""] = frameOf(`a: «${"b".repeat(300)}»`);
  assert.is(code, `1 |a: ${"b".repeat(97)}...`);
  assert.is(mark, `  |   ${"^".repeat(97)}`);
});

test("a long line before is cut at its end", () => {
  assert.is(frameOf(`${"a".repeat(300)}\n«b»`)[0], `1 |${"a".repeat(100)}...`);
});

test.run();
