import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findJsonError } from "../../src/document/find-json-error.ts";

const test = suite("findJsonError");

/** What is wrong begins at the bar. */
const broken = [
  "|",
  " |",
  "[1,|]",
  '{"a": 1,|}',
  '{"a" |1}',
  "{|1: 2}",
  "[1 |2]",
  "[|}",
  '{"a": [1, 2|}',
  '{"a": |tru}',
  "1 |2",
  "[1]|]",
  '[|"a\\x"]',
  "[0|1]",
  "[|NaN]",
  '[|"a\nb"]',
  `${"[".repeat(100_000)}|`,
];

for (const marked of broken) {
  test(marked.slice(0, 30).replaceAll("\n", "\\n"), () => {
    const text = marked.replace("|", "");
    assert.throws(() => JSON.parse(text));
    assert.is(findJsonError(text), marked.indexOf("|"));
  });
}

test.run();
