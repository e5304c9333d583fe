import path from "node:path";
import { errorDiagnostic } from "../../model/diagnostic.ts";
import { LockTimeout, type Release } from "../../model/locks.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { EXIT } from "../exit-code.ts";
import { refuse } from "../refuse.ts";
import { type Session, tell } from "../session.ts";
import { writeJson } from "./say.ts";

/** What `clear` removes: all that can be made again. The manifests stay, for they explain what runs next, and why. */
const CLEARED = ["steps", "blobs", "quarantine", "documents", "digests.json", "compiled"];

/** Empties the cache, unless a run is using it. */
export async function clearCache(session: Session): Promise<number> {
  const { cacheDirectory, host } = session;
  const locked = await lockAll(session);
  if (!locked.ok) return refuse(session, ...locked.diagnostics);
  try {
    for (const name of CLEARED) await host.files.remove(path.join(cacheDirectory, name));
  } finally {
    await Promise.all(locked.value.map((release) => release()));
  }
  if (session.options.json) writeJson(session, { cleared: cacheDirectory });
  else tell(session, `the cache in ${cacheDirectory} is empty`);
  return EXIT.done;
}

/** Every lock that anybody has taken; held by another, it names them. */
async function lockAll({ cacheDirectory, host }: Session): Promise<Result<readonly Release[]>> {
  const releases: Release[] = [];
  const claims = await host.files.list(path.join(cacheDirectory, "locks"));
  // A claim is called `<lock>.<process>`.
  for (const name of new Set(claims.map((claim) => claim.split(".")[0] ?? ""))) {
    try {
      releases.push(await host.locks.acquire(name, { timeoutMs: 0 }));
    } catch (error) {
      await Promise.all(releases.map((release) => release()));
      if (!(error instanceof LockTimeout)) throw error;
      const { pid, host: machine, purpose } = error.owner;
      return fail(
        errorDiagnostic("cache/in-use", `process ${pid} on ${machine} is using the cache: ${purpose}`, {
          hint: "try again when it has ended, or type `mlpackage cache gc`, which can run at any time",
        }),
      );
    }
  }
  return succeed(releases);
}
