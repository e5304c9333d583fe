import { errorDiagnostic } from "../model/diagnostic.ts";
import type { SourceReference } from "../model/source.ts";

/** The same words for every source: what was promised, and what came. */
export function wordMismatch(reference: SourceReference, actual: string) {
  return errorDiagnostic(
    "source/digest-mismatch",
    `\`${reference.source}\` is not the file that \`sha256\` names`,
    {
      hint: `if the change is meant, write \`sha256: ${actual}\``,
      details: { expected: reference.sha256 ?? "", actual },
    },
  );
}
