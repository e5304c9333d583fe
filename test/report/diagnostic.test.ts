import { stripVTControlCharacters } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { errorDiagnostic, warningDiagnostic } from "../../src/model/diagnostic.ts";
import { diagnosticToJson } from "../../src/report/diagnostic-json.ts";
import { renderDiagnostics } from "../../src/report/diagnostic-text.ts";

const test = suite("diagnostics");

const file = { path: "mlpackage.yaml", text: "name: demo\nmodles: [ridge.pkl]\n" };
const full = errorDiagnostic("config/unknown-key", "unknown key `modles`", {
  location: { file, range: { start: 11, end: 17 } },
  path: "/modles",
  related: [{ message: "the package begins here", location: { file, range: { start: 0, end: 4 } } }],
  excerpt: ["Traceback:", "", "  \u001b[31mred"],
  hint: "did you mean `models`?",
  details: { nearest: "models" },
});
const bare = warningDiagnostic("engine/slow", "the engine is slow");

test("all of a diagnostic is rendered, in this order", () => {
  const expected = [
    "error[config/unknown-key]: unknown key `modles`",
    " --> mlpackage.yaml:2:1",
    "  |",
    "1 | name: demo",
    "2 | modles: [ridge.pkl]",
    "  | ^^^^^^",
    "note: the package begins here",
    " --> mlpackage.yaml:1:1",
    "  |",
    "1 | name: demo",
    "  | ^^^^",
    "  | Traceback:",
    "  |",
    "  |   red",
    "hint: did you mean `models`?",
    "",
    "warning[engine/slow]: the engine is slow",
  ];
  assert.is(renderDiagnostics([full, bare], { color: false }), expected.join("\n"));
});

test("colour changes nothing but the colour", () => {
  const colored = renderDiagnostics([full, bare], { color: true });
  assert.match(colored, "\u001b[");
  assert.is(stripVTControlCharacters(colored), renderDiagnostics([full, bare], { color: false }));
});

test("nothing is rendered as nothing", () => assert.is(renderDiagnostics([], { color: false }), ""));

test("a message cannot speak to the terminal", () => {
  const text = renderDiagnostics([errorDiagnostic("a/b", "x\u001b[2Jy", { hint: "z\u0007" })], {
    color: false,
  });
  assert.is(text, "error[a/b]: x\uFFFD[2Jy\nhint: z\uFFFD");
});

test("a message and a hint may have several lines", () => {
  const text = renderDiagnostics([errorDiagnostic("a/b", "one\ntwo", { hint: "three\n  four" })], {
    color: false,
  });
  assert.is(text, "error[a/b]: one\n  | two\nhint: three\n  |   four");
});

test("nothing in it is a command to GitHub, which obeys lines that begin with `::`, and `##[` anywhere", () => {
  const words = "x\n::set-env name=A::b\n##[error]c";
  const text = renderDiagnostics(
    [errorDiagnostic("a/b", words, { hint: words, excerpt: words.split("\n") })],
    {
      color: false,
    },
  );
  assert.is.not(text.indexOf("::set-env"), -1);
  assert.not.match(text, /^\s*::|##\[/m);
});

test("JSON has places as lines and columns, and only what is there", () => {
  assert.equal(diagnosticToJson(full), {
    code: "config/unknown-key",
    severity: "error",
    message: "unknown key `modles`",
    file: "mlpackage.yaml",
    line: 2,
    column: 1,
    endLine: 2,
    endColumn: 7,
    path: "/modles",
    hint: "did you mean `models`?",
    related: [
      {
        message: "the package begins here",
        file: "mlpackage.yaml",
        line: 1,
        column: 1,
        endLine: 1,
        endColumn: 5,
      },
    ],
    excerpt: ["Traceback:", "", "  \u001b[31mred"],
    details: { nearest: "models" },
  });
  assert.equal(diagnosticToJson(bare), {
    code: "engine/slow",
    severity: "warning",
    message: "the engine is slow",
  });
});

test.run();
