import { type Diagnostic, warningDiagnostic } from "../../model/diagnostic.ts";

export type SharedWarning =
  | "cache/shared-unavailable"
  | "cache/unsigned"
  | "cache/bad-signature"
  | "cache/damaged-record"
  | "cache/damaged-content"
  | "cache/not-uploaded";

/** `why` is what the place said of itself, or which content it is about. */
function wordWarning(code: SharedWarning, name: string, why: string): Diagnostic {
  switch (code) {
    case "cache/shared-unavailable":
      return warningDiagnostic(code, `the shared cache \`${name}\` does not work: ${why}`, {
        hint: "the run goes on without it; type `mlpackage doctor` to check it",
      });
    case "cache/unsigned":
      return warningDiagnostic(code, `the shared cache \`${name}\` has unsigned records`, {
        hint: "they are not used; set `MLPACKAGE_SHARED_CACHE_SIGNING_KEY` on the machines that upload",
      });
    case "cache/bad-signature":
      return warningDiagnostic(code, `the shared cache \`${name}\` has records that no trusted key signed`, {
        hint: "they are not used; add the signer's public key to `MLPACKAGE_SHARED_CACHE_TRUSTED_KEYS`",
      });
    case "cache/damaged-record":
      return warningDiagnostic(
        code,
        `the shared cache \`${name}\` has records that mlpackage did not write`,
        {
          hint: "they are not used; set `MLPACKAGE_SHARED_CACHE_MODE=write` to replace them",
        },
      );
    case "cache/damaged-content":
      return warningDiagnostic(code, `the shared cache \`${name}\` has the wrong content under \`${why}\``, {
        hint: "they are not used; set `MLPACKAGE_SHARED_CACHE_MODE=write` to replace them",
      });
    case "cache/not-uploaded":
      return warningDiagnostic(code, `the upload to the shared cache \`${name}\` is incomplete: ${why}`, {
        hint: "this run is not affected; type `mlpackage doctor` to check the shared cache",
      });
  }
}

/** Tells each warning about a shared place once. */
export function createSharedWarnings(warn: (diagnostic: Diagnostic) => void, name: string) {
  const told = new Set<SharedWarning>();
  return (code: SharedWarning, why: string): void => {
    if (told.has(code)) return;
    told.add(code);
    warn(wordWarning(code, name, why));
  };
}
