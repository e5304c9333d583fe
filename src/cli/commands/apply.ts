import { failuresOf } from "../../model/outcome.ts";
import { appliedToJson } from "../../report/applied-json.ts";
import { type ApplyOptions, applyPackage } from "../apply-package.ts";
import { EXIT, exitCodeOfRun } from "../exit-code.ts";
import { refuse } from "../refuse.ts";
import { reportDiagnostics, type Session } from "../session.ts";

export async function apply(session: Session, options: ApplyOptions): Promise<number> {
  const applied = await applyPackage(session, options);
  if (!applied.ok) return refuse(session, ...applied.diagnostics);
  const { outcomes } = applied.value;
  if (session.options.json) {
    session.writeData(`${JSON.stringify(appliedToJson(applied.value), undefined, 2)}\n`);
    session.onTold(failuresOf(outcomes));
  } else reportDiagnostics(session, failuresOf(outcomes));
  return session.signal.aborted ? EXIT.interrupted : exitCodeOfRun(outcomes);
}
