import { wordDamage } from "../../caches/quarantine.ts";
import { verifyStore } from "../../caches/verify-store.ts";
import { EXIT } from "../exit-code.ts";
import { wordSize } from "../parse-size.ts";
import { reportDiagnostics, type Session, tell } from "../session.ts";
import { wordCount, writeJson } from "./say.ts";

/** Reads the whole cache. Ends with 1 where something in it was damaged. */
export async function verifyCache(session: Session): Promise<number> {
  const { cacheDirectory, host, signal } = session;
  const { records, blobs, bytes, damaged } = await verifyStore(cacheDirectory, host.files, signal);
  if (session.options.json) writeJson(session, { records, contents: blobs, bytes, damaged });
  else {
    reportDiagnostics(session, damaged.map(wordDamage));
    tell(
      session,
      `${wordCount(records, "record")} and ${wordCount(blobs, "content")} read, ${wordSize(bytes)}: ${damaged.length} damaged`,
    );
  }
  return damaged.length === 0 ? EXIT.done : EXIT.stepFailed;
}
