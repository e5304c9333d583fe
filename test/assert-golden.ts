import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as assert from "uvu/assert";

/** Compares a whole text with the file that holds it; `UPDATE=1` writes the file instead. */
export function assertGolden(file: string, actual: string): void {
  if (process.env.UPDATE === "1") {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, actual);
  }
  assert.ok(existsSync(file), `${file} is missing: UPDATE=1 writes it`);
  assert.fixture(actual, readFileSync(file, "utf8"));
}
