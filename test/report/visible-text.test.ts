import { suite } from "uvu";
import * as assert from "uvu/assert";
import { columnsOf, cutToColumns, visibleText } from "../../src/report/visible-text.ts";

const test = suite("visible text");

for (const [text, visible] of [
  ["plain é 語 😀", "plain é 語 😀"],
  ["a\tb", "a  b"],
  ["\u001b[31mred", "\uFFFD[31mred"],
  ["a\r\nb\u0000\u007f", "a\uFFFD\uFFFDb\uFFFD\uFFFD"],
  ["right\u202eleft\u2066", "right\uFFFDleft\uFFFD"],
] as const) {
  test(JSON.stringify(text), () => assert.is(visibleText(text), visible));
}

for (const [text, columns] of [
  ["", 0],
  ["abc", 3],
  ["日本", 4],
  ["e\u0301", 1],
  ["😀", 2],
] as const) {
  test(`${text} takes ${columns}`, () => assert.is(columnsOf(text), columns));
}

for (const [text, columns, cut] of [
  ["abc", 3, "abc"],
  ["abcd", 3, "ab…"],
  ["日本語", 6, "日本語"],
  ["日本語", 5, "日本…"],
  ["日本語", 4, "日…"],
  ["😀😀", 3, "😀…"],
  ["e\u0301e\u0301", 1, "…"],
] as const) {
  test(`${text} cut to ${columns}`, () => assert.is(cutToColumns(text, columns), cut));
}

test.run();
