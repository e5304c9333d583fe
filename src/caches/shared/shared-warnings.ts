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
        hint: "the run goes on without it, and makes everything here",
      });
    case "cache/unsigned":
      return warningDiagnostic(code, `the shared cache \`${name}\` has records that nobody signed`, {
        hint: "they are not used; let whoever uploads set `MLPACKAGE_SHARED_CACHE_SIGNING_KEY`",
      });
    case "cache/bad-signature":
      return warningDiagnostic(code, `the shared cache \`${name}\` has records that no trusted key signed`, {
        hint: "they are not used; `MLPACKAGE_SHARED_CACHE_TRUSTED_KEYS` names the public keys to trust",
      });
    case "cache/damaged-record":
      return warningDiagnostic(code, `the shared cache \`${name}\` has records that are none of ours`, {
        hint: "they are not used; with `MLPACKAGE_SHARED_CACHE_MODE=write` they are written anew",
      });
    case "cache/damaged-content":
      return warningDiagnostic(code, `the shared cache \`${name}\` has other bytes under \`${why}\``, {
        hint: "they are not used; with `MLPACKAGE_SHARED_CACHE_MODE=write` they are written anew",
      });
    case "cache/not-uploaded":
      return warningDiagnostic(code, `not everything was uploaded to \`${name}\`: ${why}`, {
        hint: "other machines make it themselves; what was made here is not touched by this",
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
