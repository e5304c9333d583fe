import { suite } from "uvu";
import * as assert from "uvu/assert";
import { validate } from "../../src/cli/commands/validate.ts";
import { makeCall } from "../fakes/call.ts";

const test = suite("validate --json");

/** What is printed for a file, as data. */
async function validateJson(text: string, files: Readonly<Record<string, string>> = {}) {
  const { session, said } = makeCall({ "mlpackage.yaml": text, ...files });
  const options = { ...session.options, json: true };
  const exitCode = await validate({ ...session, options });
  assert.is(said.words, "");
  return { exitCode, printed: JSON.parse(said.data) };
}

test("tells all mistakes as data: code, message, place, path, what is related, and what to do", async () => {
  const { exitCode, printed } = await validateJson(
    "name: demo\nmodles: []\nmodels:\n  - a/m.pkl\n  - b/m.pkl\ninference: {command: [serve]}\n",
    { "a/m.pkl": "a", "b/m.pkl": "b" },
  );
  assert.is(exitCode, 64);
  const file = "mlpackage.yaml";
  assert.equal(printed, {
    diagnostics: [
      {
        ...{ code: "config/unknown-key", severity: "error", message: "unknown key `modles`", file },
        ...{ line: 2, column: 1, endLine: 2, endColumn: 7 },
        ...{ path: "/modles", hint: "did you mean `models`?" },
      },
      {
        ...{ code: "config/duplicate-model", severity: "error", message: "two models are called `m`", file },
        ...{ line: 5, column: 5, endLine: 5, endColumn: 12, path: "/models/1/name" },
        related: [{ message: "first given here", file, line: 4, column: 5, endLine: 4, endColumn: 12 }],
        hint: "remove one of them, or change it",
      },
    ],
  });
});

test("tells a mistake of the text", async () => {
  const { exitCode, printed } = await validateJson('name: "demo\n');
  assert.is(exitCode, 64);
  const [{ code, severity, line, column }] = printed.diagnostics;
  assert.equal([code, severity, line, column], ["document/syntax", "error", 2, 1]);
});

test("tells the warnings of a file that is right", async () => {
  const { exitCode, printed } = await validateJson(
    "name: demo\ninference: {command: [serve]}\nenvironment: {user: root}\n",
  );
  assert.is(exitCode, 0);
  assert.is(printed.valid, true);
  assert.equal(
    printed.diagnostics.map(({ code, severity, line }: Record<string, unknown>) => [code, severity, line]),
    [["config/root-user", "warning", 3]],
  );
});

test("tells nothing of a file that is right", async () => {
  const { exitCode, printed } = await validateJson("name: demo\ninference: {command: [serve]}\n");
  assert.equal([exitCode, printed], [0, { valid: true, diagnostics: [] }]);
});

test.run();
