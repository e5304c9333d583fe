import { type ReadOptions, readConfig } from "../../src/config/read-config.ts";
import { parseDocument } from "../../src/document/parse.ts";
import type { Config } from "../../src/model/config.ts";
import type { Diagnostic } from "../../src/model/diagnostic.ts";
import { fail, type Result } from "../../src/model/result.ts";

/** Reads the text of a file without looking at any other file. */
export function readText(text: string, options: Partial<ReadOptions> = {}): Result<Config> {
  const parsed = parseDocument({ path: "mlpackage.yaml", text });
  if (!parsed.ok) return fail(...parsed.diagnostics);
  return readConfig(parsed.value, { directory: "/package", variables: {}, ...options });
}

export function diagnosticsOf(result: Result<unknown>): readonly Diagnostic[] {
  return result.ok ? result.warnings : result.diagnostics;
}
