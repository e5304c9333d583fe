import { EXIT, exitCodeOf } from "../exit-code.ts";
import { findService } from "../find-service.ts";
import { reportDiagnostics, type Session } from "../session.ts";

export type LogOptions = { readonly follow: boolean; readonly tail: number };

export async function logs(session: Session, { follow, tail }: LogOptions): Promise<number> {
  const service = await findService(session);
  if (!service.ok) {
    reportDiagnostics(session, service.diagnostics);
    return exitCodeOf(service.diagnostics);
  }
  if (follow) {
    await service.value.follow(session.writeData, session.signal);
    return session.signal.aborted ? EXIT.interrupted : EXIT.done;
  }
  session.writeData(`${(await service.value.logTail(tail)).join("\n")}\n`);
  return EXIT.done;
}
