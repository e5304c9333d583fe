import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderDiagnostics } from "../src/report/diagnostic-text.ts";
import { assertGolden } from "./assert-golden.ts";
import { readCase } from "./read-case.ts";

const fixtures = fileURLToPath(new URL("../fixtures", import.meta.url));
const test = suite("golden");

const invalid = casesIn("invalid");
const valid = casesIn("valid");

for (const directory of invalid) {
  test(`invalid: ${directory}`, async () => {
    const result = await readCase(join(fixtures, "invalid", directory));
    const told = result.ok ? result.warnings : result.diagnostics;
    assert.is.not(told.length, 0, "nothing was found wrong");
    assertGolden(
      join(fixtures, "invalid", directory, "expected.txt"),
      `${renderDiagnostics(told, { color: false })}\n`,
    );
  });
}

for (const directory of valid) {
  test(`valid: ${directory}`, async () => {
    const result = await readCase(join(fixtures, "valid", directory));
    if (!result.ok) throw new Error(renderDiagnostics(result.diagnostics, { color: false }));
    assert.equal(result.warnings, []);
    const config = { ...result.value, directory: "." };
    assertGolden(
      join(fixtures, "valid", directory, "expected-config.json"),
      `${JSON.stringify(config, undefined, 2)}\n`,
    );
  });
}

test("sees the fixtures", () => {
  assert.ok(invalid.length >= 40, `only ${invalid.length} invalid cases`);
  assert.ok(valid.length >= 10, `only ${valid.length} valid cases`);
});

function casesIn(folder: string): readonly string[] {
  return readdirSync(join(fixtures, folder)).sort();
}

test.run();
