import type { ReportedTest, RequestResult, TestFailure } from "../model/test-result.ts";

/** As every JUnit report that we wrote begins. */
export const JUNIT_BEGINNING = '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="mlpackage"';

/**
 * The tests of a package as JUnit XML, in the form that Jenkins, GitLab and the others read
 * (https://github.com/jenkinsci/xunit-plugin, `junit-10.xsd`). A test that has no result is an error.
 */
export function renderJunit(packageName: string, tests: readonly ReportedTest[]): string {
  const count = (status: ReportedTest["status"]) => tests.filter((test) => test.status === status).length;
  const time = seconds(tests.reduce((sum, test) => sum + durationOf(test), 0));
  const counts = {
    tests: tests.length,
    failures: count("failed"),
    errors: count("not-run"),
    time,
  };
  return [
    `${JUNIT_BEGINNING}${attributes(counts)}>`,
    `  <testsuite${attributes({ name: packageName, ...counts, skipped: 0 })}>`,
    ...tests.flatMap((test) => renderTest(test, packageName)),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function renderTest(test: ReportedTest, classname: string): readonly string[] {
  const { name } = test;
  const begin = `    <testcase${attributes({ name, classname, time: seconds(durationOf(test)) })}>`;
  if (test.status === "not-run")
    return [begin, element("error", { message: test.reason, type: "not-run" }), "    </testcase>"];
  return [
    begin,
    ...renderFailures(test.failures),
    ...(test.requests.length === 0
      ? []
      : [`      <system-out>${escaped(test.requests.map(wordRequest).join("\n"))}</system-out>`]),
    "    </testcase>",
  ];
}

/** A test case has one failure at most: the first is its message, and its text has them all. */
function renderFailures(failures: readonly TestFailure[]): readonly string[] {
  const [first] = failures;
  if (first === undefined) return [];
  const text = failures.flatMap(({ message, excerpt }) => [message, ...excerpt.map((line) => `  ${line}`)]);
  return [element("failure", { message: first.message, type: "test/failed" }, text.join("\n"))];
}

function wordRequest({ method, path, status, latencies, answer }: RequestResult): string {
  const { count, p50, p95, max } = latencies;
  const times = count === 1 ? `${max} ms` : `${count} answers, p50 ${p50} ms, p95 ${p95} ms, max ${max} ms`;
  const line = `${method} ${path}: ${status === undefined ? "no answer" : `${status} in ${times}`}`;
  return answer === undefined || answer === "" ? line : `${line}\n${answer}`;
}

function durationOf(test: ReportedTest): number {
  return "durationMs" in test ? test.durationMs : 0;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}

function element(name: string, given: Readonly<Record<string, string>>, text = ""): string {
  const begin = `      <${name}${attributes(given)}`;
  return text === "" ? `${begin}/>` : `${begin}>${escaped(text)}</${name}>`;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  const written = Object.entries(values).map(
    ([name, value]) =>
      ` ${name}="${escaped(String(value)).replaceAll("\n", "&#10;").replaceAll("\t", "&#9;")}"`,
  );
  return written.join("");
}

/** https://www.w3.org/TR/xml/#charsets: of control characters only three may be there at all, not even escaped. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#13;",
};

function escaped(text: string): string {
  return text.replace(FORBIDDEN, "\uFFFD").replace(/[&<>"\r]/g, (character) => ENTITIES[character] ?? "");
}
