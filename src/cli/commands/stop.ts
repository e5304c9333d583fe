import { EXIT } from "../exit-code.ts";
import { findServices } from "../find-service.ts";
import { refuse } from "../refuse.ts";
import { type Session, tell } from "../session.ts";

export async function stop(session: Session): Promise<number> {
  const services = await findServices(session);
  if (!services.ok) return refuse(session, ...services.diagnostics);
  await Promise.all(services.value.map((service) => service.remove()));
  tell(session, services.value.length === 1 ? "stopped" : `stopped ${services.value.length} services`);
  return EXIT.done;
}
