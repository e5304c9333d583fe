import { EXIT } from "../exit-code.ts";
import { findService } from "../find-service.ts";
import { refuse } from "../refuse.ts";
import type { Session } from "../session.ts";

export type LogOptions = { readonly follow: boolean; readonly tail: number };

export async function logs(session: Session, { follow, tail }: LogOptions): Promise<number> {
  const service = await findService(session);
  if (!service.ok) return refuse(session, ...service.diagnostics);
  if (follow) {
    await service.value.follow(session.writeData, session.signal, tail);
    return session.signal.aborted ? EXIT.interrupted : EXIT.done;
  }
  const text = (await service.value.logTail(tail)).join("\n");
  if (text !== "") session.writeData(`${text}\n`);
  return EXIT.done;
}
