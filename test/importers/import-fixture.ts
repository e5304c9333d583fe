import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createFiles } from "../../src/host/files.ts";
import { importFile } from "../../src/importers/index.ts";
import type { Draft } from "../../src/model/draft.ts";
import type { Result } from "../../src/model/result.ts";
import { positionAt } from "../../src/model/text-range.ts";
import { renderDiagnostics } from "../../src/report/diagnostic-text.ts";

export const fixtures = fileURLToPath(new URL("../../fixtures/imports", import.meta.url));

const files = createFiles(join(tmpdir(), "mlpackage-import-digests.json"));

/** Converts what lies below a folder, which is that of the package. */
export function importFrom(directory: string, from: string): Promise<Result<Draft>> {
  const path = from === "." ? directory : join(directory, from);
  return importFile({ path, shown: from, directory, files });
}

/** A draft as text: the configuration, what is said in it, the other files, and a line for each thing left out. */
export function renderDraft(result: Result<Draft>): string {
  if (!result.ok) return `${renderDiagnostics(result.diagnostics, { color: false })}\n`;
  const { config, comments, files: made, leftOut } = result.value;
  const parts = [
    JSON.stringify(config, undefined, 2),
    ...Object.entries(comments).map(([pointer, lines]) => `# ${pointer || "/"}: ${lines.join(" ")}`),
    ...Object.entries(made).map(([name, text]) => `--- ${name}\n${text}`),
    "--- left out",
    ...leftOut.map(({ what, why, location }) => `${wordPlace(location)}${what}: ${why}`),
  ];
  return `${parts.join("\n")}\n`;
}

type Place = NonNullable<Draft["leftOut"][number]["location"]>;

function wordPlace(location: Place | undefined): string {
  if (location === undefined) return "";
  const { line, column } = positionAt(location.file.text, location.range.start);
  return `${location.file.path}:${line}:${column} `;
}
