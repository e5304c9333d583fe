import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { applyOverrides } from "../src/cli/apply-overrides.ts";
import { combineDocuments } from "../src/config/combine-documents.ts";
import { type ReadOptions, readCheckedConfig } from "../src/config/read-config.ts";
import { parseDocument } from "../src/document/parse.ts";
import { createFiles } from "../src/host/files.ts";
import type { Config } from "../src/model/config.ts";
import { combine, type Result } from "../src/model/result.ts";
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
  const { given = ["mlpackage.yaml"], profiles = [], set = [], ...options } = optionsOf(directory);
  const parsed = given.map((path) =>
    parseDocument({ path, text: readFileSync(join(directory, path), "utf8") }, { takesMergeTags: true }),
  );
  const documents = combine(parsed);
  if (!documents.ok) return documents;
  const [first, ...rest] = documents.value;
  if (first === undefined) throw new Error("no file was given");
  const combined = combineDocuments([first, ...rest], profiles);
  if (!combined.ok) return combined;
  const document = applyOverrides(combined.value.document, set);
  if (!document.ok) return document;
  const { unchosen } = combined.value;
  return readCheckedConfig(document.value, { ...options, directory, files, unchosen });
}

type CaseOptions = Omit<ReadOptions, "directory" | "unchosen"> & {
  /** What `-f`, `--profile` and `--set` would be given. */
  readonly given?: readonly string[];
  readonly profiles?: readonly string[];
  readonly set?: readonly string[];
};

/** What a case is read with. */
function optionsOf(directory: string): CaseOptions {
  const path = join(directory, "options.json");
  return { variables: {}, ...(existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {}) };
}

test.run();
