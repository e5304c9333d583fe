import type { Diagnostic } from "../model/diagnostic.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { reportDiagnostics, type Session } from "./session.ts";

/** Tells why a command goes no further; gives the exit code. */
export function refuse(session: Session, ...diagnostics: readonly Diagnostic[]): number {
  reportDiagnostics(session, diagnostics);
  return session.signal.aborted ? EXIT.interrupted : exitCodeOf(diagnostics);
}
