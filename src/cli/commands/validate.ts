import { EXIT, exitCodeOf } from "../exit-code.ts";
import { openPackage } from "../open-package.ts";
import { reportDiagnostics, type Session, tell } from "../session.ts";

export async function validate(session: Session): Promise<number> {
  const opened = await openPackage(session);
  if (!opened.ok) {
    reportDiagnostics(session, opened.diagnostics);
    return exitCodeOf(opened.diagnostics);
  }
  if (session.options.json) session.writeData(`${JSON.stringify({ valid: true, diagnostics: [] })}\n`);
  else {
    reportDiagnostics(session, opened.warnings);
    tell(session, `${opened.value.document.file.path} is valid`);
  }
  return EXIT.done;
}
