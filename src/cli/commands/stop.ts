import { EXIT, exitCodeOf } from "../exit-code.ts";
import { findService } from "../find-service.ts";
import { reportDiagnostics, type Session, tell } from "../session.ts";

export async function stop(session: Session): Promise<number> {
  const service = await findService(session);
  if (!service.ok) {
    reportDiagnostics(session, service.diagnostics);
    return exitCodeOf(service.diagnostics);
  }
  await service.value.remove();
  tell(session, "stopped");
  return EXIT.done;
}
