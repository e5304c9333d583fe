import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyOverrides } from "../src/cli/apply-overrides.ts";
import { combineDocuments } from "../src/config/combine-documents.ts";
import { type ReadOptions, readCheckedConfig } from "../src/config/read-config.ts";
import { parseDocument } from "../src/document/parse.ts";
import { createFiles } from "../src/host/files.ts";
import type { Config } from "../src/model/config.ts";
import { combine, type Result } from "../src/model/result.ts";

const files = createFiles(join(tmpdir(), "mlpackage-golden-digests.json"));

/** Reads the configuration of a folder such as those below `fixtures/`. */
export async function readCase(directory: string): Promise<Result<Config>> {
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
  const document = await applyOverrides(combined.value.document, set);
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
