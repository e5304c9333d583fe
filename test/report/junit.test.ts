import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ReportedTest, RequestResult } from "../../src/model/test-result.ts";
import { JUNIT_BEGINNING, renderJunit } from "../../src/report/junit.ts";

const test = suite("JUnit report");

const request: RequestResult = {
  method: "POST",
  path: "/score",
  status: 200,
  latencies: { count: 1, p50: 12.5, p95: 12.5, max: 12.5 },
  answer: "[1]",
};

const tests: readonly ReportedTest[] = [
  { name: "passes", status: "passed", isCached: false, durationMs: 1234, requests: [request], failures: [] },
  {
    name: "fails",
    status: "failed",
    isCached: false,
    durationMs: 20,
    requests: [{ ...request, latencies: { count: 20, p50: 1, p95: 2, max: 3 } }],
    failures: [
      { message: "$[0]: expected 2, got 1", excerpt: ["answered: [1]"] },
      { message: "too slow", excerpt: [] },
    ],
  },
  { name: "waits", status: "not-run", reason: "`build:image` failed" },
];

test("counts, times, failures, and what was not run", () => {
  assert.equal(renderJunit("demo", tests).split("\n"), [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites name="mlpackage" tests="3" failures="1" errors="1" time="1.254">',
    '  <testsuite name="demo" tests="3" failures="1" errors="1" time="1.254" skipped="0">',
    '    <testcase name="passes" classname="demo" time="1.234">',
    "      <system-out>POST /score: 200 in 12.5 ms",
    "[1]</system-out>",
    "    </testcase>",
    '    <testcase name="fails" classname="demo" time="0.020">',
    '      <failure message="$[0]: expected 2, got 1" type="test/failed">$[0]: expected 2, got 1',
    "  answered: [1]",
    "too slow</failure>",
    "      <system-out>POST /score: 200 in 20 answers, p50 1 ms, p95 2 ms, max 3 ms",
    "[1]</system-out>",
    "    </testcase>",
    '    <testcase name="waits" classname="demo" time="0.000">',
    '      <error message="`build:image` failed" type="not-run"/>',
    "    </testcase>",
    "  </testsuite>",
    "</testsuites>",
    "",
  ]);
});

test("nothing of an answer is XML, and nothing that XML forbids is left", () => {
  const hostile = "</system-out>]]><x a=\"'&\r\n\t\u0000\u001b[31m\ud800\uffff\u{1f600}";
  const name = `a "b" <c> & \u0001\nd`;
  const told = renderJunit("demo", [
    {
      name,
      status: "failed",
      isCached: false,
      durationMs: 0,
      requests: [{ ...request, answer: hostile }],
      failures: [{ message: hostile, excerpt: [hostile] }],
    },
  ]);
  assert.ok(told.startsWith(JUNIT_BEGINNING));
  assert.match(told, 'name="a &quot;b&quot; &lt;c&gt; &amp; \uFFFD&#10;d"');
  assert.match(
    told,
    "&lt;/system-out&gt;]]&gt;&lt;x a=&quot;'&amp;&#13;\n\t\uFFFD\uFFFD[31m\uFFFD\uFFFD\u{1f600}",
  );
  assert.not.match(told, /(?![\t\n\r])[\p{Cc}\ufffe\uffff]/u);
  assert.is(
    [...told.matchAll(/<(?!\/)/g)].length,
    6,
    "xml, testsuites, testsuite, testcase, failure, system-out",
  );
});

test("no tests are a report as well", () => {
  assert.match(renderJunit("demo", []), 'tests="0" failures="0" errors="0" time="0.000"');
});

test.run();
