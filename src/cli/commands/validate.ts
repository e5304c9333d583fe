import { EXIT } from "../exit-code.ts";
import { openPackage } from "../open-package.ts";
import { refuse } from "../refuse.ts";
import { reportDiagnostics, type Session, tell } from "../session.ts";

export async function validate(session: Session): Promise<number> {
  const opened = await openPackage(session);
  if (!opened.ok) return refuse(session, ...opened.diagnostics);
  if (session.options.json) session.writeData(`${JSON.stringify({ valid: true, diagnostics: [] })}\n`);
  else {
    reportDiagnostics(session, opened.warnings);
    tell(session, `${opened.value.document.file.path} is valid`);
  }
  return EXIT.done;
}
