import type { Diagnostic } from "../../model/diagnostic.ts";
import { exitCodeOf } from "../exit-code.ts";
import { reportDiagnostics, type Session } from "../session.ts";

/** Tells why nothing was done; gives the exit code. */
export function refuse(session: Session, ...diagnostics: readonly Diagnostic[]): number {
  reportDiagnostics(session, diagnostics);
  return exitCodeOf(diagnostics);
}

export function writeJson(session: Session, value: object): void {
  session.writeData(`${JSON.stringify(value, undefined, 2)}\n`);
}

export function wordCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
