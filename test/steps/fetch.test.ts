import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createSpeedometer } from "../../src/steps/fetch.ts";

const test = suite("fetch");

/** What is told of so many bytes at such times, in seconds. */
function speeds(told: readonly (readonly [seconds: number, bytes: number])[]) {
  let nowMs = 0;
  const measure = createSpeedometer(() => nowMs);
  return told.map(([seconds, bytes]) => {
    nowMs = seconds * 1000;
    return measure({ bytes }).bytesPerSecond;
  });
}

test("the speed is that of the last seconds", () => {
  assert.equal(
    speeds([
      [0, 0],
      [0.1, 100],
      [1, 1000],
      [5, 5000],
      [11, 5000],
      [12, 7000],
    ]),
    [undefined, undefined, 1000, 1000, undefined, 2000],
  );
});

test("what comes again begins anew", () => {
  assert.equal(
    speeds([
      [0, 0],
      [1, 1000],
      [2, 100],
      [3, 600],
    ]),
    [undefined, 1000, undefined, 500],
  );
});

test("while nobody sends there is no speed", () => {
  let nowMs = 0;
  const measure = createSpeedometer(() => nowMs);
  measure({ bytes: 10 });
  nowMs = 2000;
  const waiting = { reason: "models.example.com answers 429", forMs: 55_000 };
  assert.equal(measure({ bytes: 10, waiting }), { type: "transferring", progress: { bytes: 10, waiting } });
});

test.run();
