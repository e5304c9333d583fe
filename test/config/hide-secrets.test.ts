import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Diagnostic } from "../../src/model/diagnostic.ts";
import { diagnosticToJson } from "../../src/report/diagnostic-json.ts";
import { renderDiagnostics } from "../../src/report/diagnostic-text.ts";
import { renderGithubAnnotation } from "../../src/report/github-annotation.ts";
import { diagnosticsOf, readText } from "./read-fixture.ts";

const test = suite("secrets in errors");

const TOKEN = `SEKRET ${"0123456789abcdef".repeat(6)}`;
const BASE = {
  name: "demo",
  models: ["ridge.pkl"],
  inference: { command: ["serve"], port: 8080 },
  environment: { python: { requirements: ["a"] } },
  build: { secrets: [{ id: "pip", env: "PIP_TOKEN" }] },
};

type Changes = Readonly<Record<string, unknown>>;
const texts: readonly (readonly [what: string, changes: Changes, token: string, told: string])[] = [
  ["a user", { environment: { user: "${PIP_TOKEN}" } }, TOKEN, "not `***`"],
  ["a user that is cut", { environment: { user: `${"a".repeat(55)}\${PIP_TOKEN}` } }, TOKEN, "aa***`"],
  ["a name", { name: "${PIP_TOKEN}" }, TOKEN, "not `***`"],
  ["a port", { inference: { command: ["serve"], port: "${PIP_TOKEN}" } }, TOKEN, "the string `***`"],
  ["a number", { inference: { command: ["serve"], port: "${PIP_TOKEN}" } }, "065536", "not ***"],
  ["a power", { inference: { command: ["serve"], port: "${PIP_TOKEN}" } }, "1e6", "not ***"],
  ["a part of a number", { inference: { command: ["serve"], port: "7${PIP_TOKEN}" } }, "5536", "not ***"],
  ["a compression", { build: { ...BASE.build, compression: "${PIP_TOKEN}" } }, TOKEN, "not `***`"],
  [
    "an address",
    { environment: { python: { requirements: ["a"], extra_index_urls: ["${PIP_TOKEN}"] } } },
    TOKEN,
    "***",
  ],
  [
    "an address that is in no scheme",
    { environment: { python: { requirements: ["a"], index_url: "ftp://h/${PIP_TOKEN}" } } },
    TOKEN,
    "***",
  ],
  [
    "two tests",
    {
      tests: [1, 2].map(() => ({ name: "a${PIP_TOKEN}", request: { body: 1 }, expect: { status: 200 } })),
    },
    TOKEN.replace(" ", "-"),
    "***",
  ],
  ["a reason", { environment: { user: "${NOPE:?${PIP_TOKEN}}" } }, TOKEN, "`NOPE` is not set: ***"],
  ["marks", { environment: { user: "${PIP_TOKEN}" } }, 'SEKRET "\\0123 456', "not `***`"],
];

for (const [what, changes, token, told] of texts)
  test(`no secret is told of ${what}`, () => {
    const found = diagnosticsOf(
      readText(JSON.stringify({ ...BASE, ...changes }), { variables: { PIP_TOKEN: token } }),
    );
    assert.ok(found.length > 0);
    const shown = everyForm(found);
    assert.ok(shown.includes(told), shown);
    for (const part of ["SEKRET", "0123456", "65536", "75536", "1000000"])
      assert.not.ok(shown.includes(part), shown);
  });

test("what is no secret is told", () => {
  const text = JSON.stringify({ ...BASE, environment: { user: "${PIP_TOKEN:-a b} ${OTHER}" } });
  const shown = everyForm(diagnosticsOf(readText(text, { variables: { OTHER: "c d" } })));
  assert.ok(shown.includes("not `a b c d`"), shown);
});

function everyForm(found: readonly Diagnostic[]): string {
  return [
    renderDiagnostics(found, { color: false }),
    JSON.stringify(found.map(diagnosticToJson)),
    ...found.map((one) => renderGithubAnnotation(one, (path) => path)),
  ].join("\n");
}

test.run();
