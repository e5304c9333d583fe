import { EXIT } from "../exit-code.ts";
import { findService } from "../find-service.ts";
import { refuse } from "../refuse.ts";
import { type Session, tell } from "../session.ts";

export async function stop(session: Session): Promise<number> {
  const service = await findService(session);
  if (!service.ok) return refuse(session, ...service.diagnostics);
  await service.value.remove();
  tell(session, "stopped");
  return EXIT.done;
}
