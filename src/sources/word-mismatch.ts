import { errorDiagnostic } from "../model/diagnostic.ts";
import type { SourceReference } from "../model/source.ts";

/** The same words for every source: what was promised, and what came. */
export function wordMismatch(reference: SourceReference, actual: string) {
  return errorDiagnostic("source/digest-mismatch", `\`${reference.source}\` does not match its \`sha256\``, {
    hint: `if the change is intended, write \`sha256: ${actual}\``,
    details: { expected: reference.sha256 ?? "", actual },
  });
}
