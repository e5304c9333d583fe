import { suite } from "uvu";
import * as assert from "uvu/assert";
import { indentJson } from "../../src/page/indent-json.ts";
import { keepSame } from "../../src/page/keep-same.ts";
import { count, cutMiddle, shortened, wordMoment, wordShare, wordTime } from "../../src/page/words.ts";
import { makeReport, makeStep } from "../fakes/run-report.ts";

const test = suite("words of the page");

const TIMES: readonly (readonly [number, string])[] = [
  [-5, "0 ms"],
  [0.4, "0 ms"],
  [999.4, "999 ms"],
  [999.6, "1.0 s"],
  [9949, "9.9 s"],
  [9951, "10 s"],
  [59_600, "1 min"],
  [125_000, "2 min 5 s"],
  [3_600_000, "1 h"],
  [93_900_000, "26 h 5 min"],
];
for (const [ms, words] of TIMES) test(`${ms} ms are ${words}`, () => assert.is(wordTime(ms), words));

test("a share that is there is not none", () => {
  assert.equal(
    [wordShare(1, 1000), wordShare(0, 10), wordShare(0, 0), wordShare(1, 3)],
    ["<1 %", "0 %", "0 %", "33 %"],
  );
});

test("one step, two steps", () => assert.equal([count(1, "step"), count(2, "step")], ["1 step", "2 steps"]));

test("a moment is that of UTC, to the minute", () => {
  assert.is(wordMoment("2026-03-01T09:30:12.345Z"), "2026-03-01 09:30 UTC");
  assert.is(wordMoment("then"), "then");
});

test("names are cut in the middle, between characters", () => {
  assert.is(cutMiddle("registry.example.com/team/diabetes", 11), "regis…betes");
  assert.is(cutMiddle("short", 5), "short");
  assert.is(cutMiddle("😀😀😀😀😀", 3), "😀…😀");
});

test("a digest is known by its beginning", () => {
  assert.is(shortened(`sha256:${"0123456789abcdef".repeat(4)}`), "0123456789ab");
});

test("JSON is indented to the character", () => {
  const text = `{"a":[1.50,12345678901234567890],"b":{},"c":[],"d":"x, {\\"y\\": [1]}","e":null,"f":[[true]],"g":"${"-".repeat(20)}"}`;
  assert.is(
    indentJson(text),
    `{
  "a": [
    1.50,
    12345678901234567890
  ],
  "b": {},
  "c": [],
  "d": "x, {\\"y\\": [1]}",
  "e": null,
  "f": [
    [
      true
    ]
  ],
  "g": "${"-".repeat(20)}"
}`,
  );
  assert.is(indentJson("[1, 2]"), "[1, 2]");
  assert.is(indentJson(`{no JSON ${"-".repeat(100)}`), `{no JSON ${"-".repeat(100)}`);
});

test("what is the same in the next report is kept, and all else is the next one's", () => {
  const known = makeReport({ steps: [makeStep("fetch:a", "fresh"), makeStep("test", "running")] });
  const sent = makeReport({
    summary: "s",
    steps: [makeStep("fetch:a", "fresh"), makeStep("test", "failed")],
  });
  const next = keepSame(known, sent);
  assert.is(next.steps[0], known.steps[0]);
  assert.is(next.steps[1], sent.steps[1]);
  assert.is(next.summary, "s");
});

test.run();
