import { diagnosticToJson } from "../../report/diagnostic-json.ts";
import { EXIT } from "../exit-code.ts";
import { openPackage, type Package } from "../open-package.ts";
import { refuse } from "../refuse.ts";
import { reportDiagnostics, type Session, tell } from "../session.ts";

export async function validate(session: Session): Promise<number> {
  const opened = await openPackage(session);
  if (!opened.ok) return refuse(session, ...opened.diagnostics);
  const { warnings, value } = opened;
  if (session.options.json) {
    session.writeData(`${JSON.stringify({ valid: true, diagnostics: warnings.map(diagnosticToJson) })}\n`);
    session.onTold(warnings);
  } else {
    reportDiagnostics(session, warnings);
    tell(session, `${wordPaths(value)} valid`);
  }
  return EXIT.done;
}

/** `mlpackage.yaml is`, `a.yaml and b.yaml are` */
function wordPaths({ document, profiles }: Package): string {
  const paths = [document.file, ...document.overlays].map(({ path }) => path);
  const last = paths.at(-1);
  const files = paths.length === 1 ? last : `${paths.slice(0, -1).join(", ")} and ${last}`;
  const chosen = profiles.length === 0 ? "" : ` with ${profiles.map((name) => `\`${name}\``).join(" and ")}`;
  return `${files}${chosen} ${paths.length === 1 ? "is" : "are"}`;
}
