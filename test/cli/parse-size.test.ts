import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseSize, wordSize } from "../../src/cli/parse-size.ts";

const test = suite("sizes");

for (const [text, bytes] of [
  ["20GB", 20e9],
  ["500MB", 500e6],
  ["1.5GiB", 1.5 * 2 ** 30],
  ["1.5 gib", 1.5 * 2 ** 30],
  [" 3 kB ", 3000],
  ["1TiB", 2 ** 40],
  ["7B", 7],
  ["0.4B", 0],
  ["0", 0],
  ["0GB", 0],
  ["", undefined],
  ["20", undefined],
  ["GB", undefined],
  ["-1GB", undefined],
  ["1e3GB", undefined],
  ["1,5GB", undefined],
  ["20GBit", undefined],
  ["1.GB", undefined],
  ["five", undefined],
] as const) {
  test(`\`${text}\``, () => assert.is(parseSize(text), bytes));
}

for (const [bytes, text] of [
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [1_250_000, "1.3 MB"],
  [20e9, "20.0 GB"],
  [3e12, "3.0 TB"],
] as const) {
  test(text, () => assert.is(wordSize(bytes), text));
}

test.run();
