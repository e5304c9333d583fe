import { locate, pointerTo } from "../document/locate.ts";
import type { Config, ModelConfig } from "../model/config.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { Document } from "../model/document.ts";

/**
 * What is wrong with the sources of models that are not on this machine, as far as nobody has to be asked.
 *
 * Errors: `cli/unknown-source`, and those of each source's `parse`.
 */
export async function checkSources({ models }: Config, document: Document): Promise<readonly Diagnostic[]> {
  const remote = models.filter(({ source }) => /^(?!file:)[a-z][a-z\d+.-]*:/i.test(source));
  if (remote.length === 0) return [];
  // Loaded where there is one: most packages have their models beside them.
  const { KNOWN_SCHEMES, schemeOf, sourceOf } = await import("../sources/index.ts");

  function check(model: ModelConfig): readonly Diagnostic[] {
    const path = document.ranges.has(`${model.pointer}/source`)
      ? pointerTo(model.pointer, "source")
      : model.pointer;
    const source = sourceOf(model.source);
    const found = source?.parse(model);
    if (found?.ok === true) return [];
    const told = found === undefined ? [wordUnknownScheme(schemeOf(model.source))] : found.diagnostics;
    return told.map((diagnostic) => ({ path, location: locate(document, path), ...diagnostic }));
  }

  function wordUnknownScheme(scheme: string): Diagnostic {
    const schemes = KNOWN_SCHEMES.filter((known) => known !== "").map((known) => `\`${known}:\``);
    return errorDiagnostic("cli/unknown-source", `a model cannot be fetched from \`${scheme}:\``, {
      hint: `write a path, or one of ${schemes.join(", ")}`,
    });
  }

  return remote.flatMap(check);
}
