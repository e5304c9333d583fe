import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { joinSpans, type Known, missingSpans, settledBytes } from "../../src/transfers/spans.ts";

const test = suite("spans");

const SIZE = 60;

const spans = fc.array(
  fc
    .tuple(fc.nat(SIZE), fc.nat(SIZE))
    .map(([a, b]): Known => ({ start: Math.min(a, b), end: Math.max(a, b) })),
  { maxLength: 8 },
);

/** Which of the bytes lie in a span. */
const bytesOf = (some: readonly Known[]): readonly number[] =>
  Array.from({ length: SIZE }, (_, at) => at).filter((at) =>
    some.some(({ start, end }) => start <= at && at < end),
  );

test("what is missing and what is there are the whole, and no byte is both", () => {
  fc.assert(
    fc.property(spans, fc.integer({ min: 1, max: 20 }), (known, most) => {
      const missing = missingSpans(SIZE, known, most);
      assert.equal(
        [...bytesOf(known), ...bytesOf(missing)].toSorted((a, b) => a - b),
        Array.from({ length: SIZE }, (_, at) => at),
      );
      assert.ok(missing.every(({ start, end }) => end - start <= most && end > start));
    }),
  );
});

test("joined spans have the same bytes, in order, with gaps in between", () => {
  fc.assert(
    fc.property(spans, (known) => {
      const joined = joinSpans(known);
      assert.equal(bytesOf(joined), bytesOf(known));
      for (const [index, { start }] of joined.entries()) assert.ok(start > (joined[index - 1]?.end ?? -1));
    }),
  );
});

test("settled is what there is from the beginning on", () => {
  fc.assert(
    fc.property(spans, (known) => {
      const settled = settledBytes(known);
      const there = bytesOf(known);
      assert.is(
        settled,
        there.findIndex((at, index) => at !== index) === -1
          ? there.length
          : there.findIndex((at, index) => at !== index),
      );
    }),
  );
});

test.run();
