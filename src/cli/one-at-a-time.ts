import { errorDiagnostic } from "../model/diagnostic.ts";
import { type LockOwner, LockTimeout } from "../model/locks.ts";
import { fail, type Result } from "../model/result.ts";
import { lockName } from "./lock-name.ts";
import type { RunOptions } from "./run-graph.ts";
import { type Session, tell } from "./session.ts";

export type Shared = {
  /** What is written to: `the lock`. */
  readonly what: string;
  readonly path: string;
  /** What another run does meanwhile: `resolves the same`. */
  readonly doing: string;
};

/** Does what two runs would each do in its own time, and the second over the first. */
export async function oneAtATime<T>(
  session: Session,
  { what, path, doing }: Shared,
  { lockTimeoutMs }: Pick<RunOptions, "lockTimeoutMs">,
  act: () => Promise<Result<T>>,
): Promise<Result<T>> {
  const { host, signal } = session;
  const onWait = ({ pid, host: machine, purpose }: LockOwner): void =>
    tell(session, `${what} waits for process ${pid} on ${machine} (${purpose})`);
  try {
    const timeout = lockTimeoutMs === undefined ? {} : { timeoutMs: lockTimeoutMs };
    const release = await host.locks.acquire(lockName(`${what} ${path}`), { signal, onWait, ...timeout });
    return await act().finally(release);
  } catch (error) {
    if (signal.aborted) return fail();
    if (!(error instanceof LockTimeout)) throw error;
    const { isHere, pid } = error.owner;
    const end = isHere ? `, end it with \`kill ${pid}\`,` : "";
    return fail(
      errorDiagnostic("lock/timed-out", `another run ${doing}: ${error.message}`, {
        hint: `let it finish${end} or wait longer with \`--lock-timeout 1h\``,
      }),
    );
  }
}
