import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ReadOptions, readCheckedConfig } from "../src/config/read-config.ts";
import { parseDocument } from "../src/document/parse.ts";
import { createFiles } from "../src/host/files.ts";
import type { Config } from "../src/model/config.ts";
import { fail, type Result } from "../src/model/result.ts";
import { renderDiagnostics } from "../src/report/diagnostic-text.ts";
import { assertGolden } from "./assert-golden.ts";

const fixtures = fileURLToPath(new URL("../fixtures", import.meta.url));
const files = createFiles(join(tmpdir(), "mlpackage-golden-digests.json"));
const test = suite("golden");

const invalid = casesIn("invalid");
const valid = casesIn("valid");

for (const directory of invalid) {
  test(`invalid: ${directory}`, async () => {
    const result = await read(join(fixtures, "invalid", directory));
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
    const result = await read(join(fixtures, "valid", directory));
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

async function read(directory: string): Promise<Result<Config>> {
  const text = readFileSync(join(directory, "mlpackage.yaml"), "utf8");
  const parsed = parseDocument({ path: "mlpackage.yaml", text });
  return parsed.ok
    ? readCheckedConfig(parsed.value, { ...optionsOf(directory), directory, files })
    : fail(...parsed.diagnostics);
}

/** The variables and the git state that a case is read with. */
function optionsOf(directory: string): Omit<ReadOptions, "directory"> {
  const path = join(directory, "options.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : { variables: {} };
}

test.run();
