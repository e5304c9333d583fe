import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readCpu, readMemory, writeCpu, writeMemory } from "../../src/model/quantity.ts";

const test = suite("quantities of Kubernetes");

for (const [written, millis, shortest] of [
  [2, 2000, "2"],
  ["0.5", 500, "500m"],
  ["500m", 500, "500m"],
  ["3000m", 3000, "3"],
  [2.3, 2300, "2300m"],
  [0.0012, 2, "2m"],
] as const) {
  test(`${JSON.stringify(written)} CPUs`, () => {
    assert.is(readCpu(written), millis);
    assert.is(writeCpu(millis), shortest);
  });
}

for (const [written, bytes, shortest] of [
  ["1Gi", 1_073_741_824, "1Gi"],
  ["1024Mi", 1_073_741_824, "1Gi"],
  ["1.5Gi", 1_610_612_736, "1536Mi"],
  ["1.5G", 1_500_000_000, "1500M"],
  ["100k", 100_000, "100k"],
  ["0.001k", 1, "0.001k"],
  ["1.001Ki", 1026, "1.026k"],
  ["2Ti", 2_199_023_255_552, "2Ti"],
] as const) {
  test(`${written} of memory`, () => {
    assert.is(readMemory(written), bytes);
    assert.is(writeMemory(bytes), shortest);
    assert.is(readMemory(shortest), bytes);
  });
}

test.run();
