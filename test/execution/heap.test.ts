import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createHeap } from "../../src/execution/heap.ts";
import { seededRandom } from "../fakes/random.ts";
import { upTo } from "../fakes/random-graph.ts";

const test = suite("heap");

test("always gives the first of what is in it", () => {
  const random = seededRandom(5);
  const heap = createHeap<number>((one, other) => one < other);
  let expected: number[] = [];
  let taken = 0;
  for (let turn = 0; turn < 5_000; turn += 1) {
    if (random() < 0.55) {
      const item = upTo(1_000, random);
      heap.push(item);
      expected = [...expected, item].sort((a, b) => a - b);
    } else {
      assert.is(heap.peek(), expected[0]);
      assert.is(heap.pop(), expected.shift());
      taken += 1;
    }
  }
  assert.ok(taken > 1_000);
  while (expected.length > 0) assert.is(heap.pop(), expected.shift());
  assert.is(heap.pop(), undefined);
});

test.run();
