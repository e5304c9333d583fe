import { suite } from "uvu";
import * as assert from "uvu/assert";
import { failuresOfLoad, type Load } from "../../src/model/load.ts";
import { loadToJson, loadToText } from "../../src/report/load-report.ts";

const test = suite("the report of a load");

const LOAD: Load = {
  concurrency: 4,
  durationMs: 2_000,
  latenciesMs: Array.from({ length: 100 }, (_, index) => 100 - index),
  statuses: new Map([
    [500, 3],
    [200, 97],
  ]),
  faults: new Map([["connect ECONNREFUSED", 2]]),
  bytes: 1234,
  isWhole: true,
};

test("a table", () => {
  assert.is(
    loadToText(LOAD),
    `requests  102 in 2.00 s, 4 at once
rate      51 requests/s
answers   200: 97, 500: 3, no answer: 2 (connect ECONNREFUSED)
received  1234 bytes
min       1.00 ms
p50       50.00 ms
p90       90.00 ms
p99       99.00 ms
max       100.00 ms
`,
  );
});

test("data", () => {
  assert.equal(loadToJson(LOAD), {
    requests: 102,
    concurrency: 4,
    interrupted: false,
    durationMs: 2_000,
    requestsPerSecond: 51,
    statuses: { 200: 97, 500: 3 },
    noAnswer: { "connect ECONNREFUSED": 2 },
    bytes: 1234,
    latencyMs: { min: 1, p50: 50, p90: 90, p99: 99, max: 100 },
  });
});

test("one request is all of its percentiles", () => {
  const { latencyMs } = loadToJson({ ...LOAD, latenciesMs: [7] }) as { readonly latencyMs: unknown };
  assert.equal(latencyMs, { min: 7, p50: 7, p90: 7, p99: 7, max: 7 });
});

test("nothing was answered", () => {
  const none: Load = {
    ...LOAD,
    durationMs: 0,
    latenciesMs: [],
    statuses: new Map(),
    faults: new Map(),
    bytes: 0,
  };
  assert.is(
    loadToText(none),
    "requests  0 in 0.00 s, 4 at once\nrate      0 requests/s\nanswers   none\nreceived  0 bytes\n",
  );
  assert.is((loadToJson(none) as { readonly latencyMs: unknown }).latencyMs, null);
});

test("what failed is told by status, and what was not answered", () => {
  assert.is(failuresOfLoad(LOAD), 5);
  assert.is(failuresOfLoad({ ...LOAD, statuses: new Map([[301, 1]]), faults: new Map() }), 0);
});

test.run();
