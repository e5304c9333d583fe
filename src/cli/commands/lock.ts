import { errorDiagnostic } from "../../model/diagnostic.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { UPGRADABLE, withoutUpgraded } from "../../plan/make-lock.ts";
import { assemble, upgradedLock } from "../assemble.ts";
import { deniesUnsafePickle } from "../deny-unsafe-pickle.ts";
import { EXIT } from "../exit-code.ts";
import { compareLocks, wordLockChange } from "../lock-changes.ts";
import { lockPathOf, writeLock } from "../lock-file.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { openPackage, type Package } from "../open-package.ts";
import { refuse } from "../refuse.ts";
import type { RunOptions } from "../run-graph.ts";
import { type Session, tell } from "../session.ts";
import { checkTraceFile } from "../trace-file.ts";
import { resolve } from "../update-lock.ts";

export type LockCommandOptions = RunOptions & {
  /** Parts to resolve anew, although the lock has them. */
  readonly upgrade: readonly string[];
  /** `--deny-unsafe-pickle`. */
  readonly denyUnsafePickle?: boolean | undefined;
  /** Tell what would change, and write nothing. */
  readonly diff: boolean;
};

/** Writes the lock, or says what it would say. */
export async function lock(session: Session, options: LockCommandOptions): Promise<number> {
  const opened = await openPackage(session);
  if (!opened.ok) return refuse(session, ...opened.diagnostics);
  const write = () => bringUpToDate(session, opened.value, options);
  const shared = { what: "the lock", path: lockPathOf(opened.value), doing: "resolves the same" };
  const done = await (options.diff ? write() : oneAtATime(session, shared, options, write));
  return done.ok ? EXIT.done : refuse(session, ...done.diagnostics);
}

async function bringUpToDate(
  session: Session,
  opened: Package,
  options: LockCommandOptions,
): Promise<Result<void>> {
  const { host } = session;
  const assembly = await assemble(session, opened, {
    force: false,
    upgrade: options.upgrade,
    denyUnsafePickle: deniesUnsafePickle(session, options.denyUnsafePickle),
  });
  if (!assembly.ok) return assembly;
  const { lock: read, graph } = assembly.value;
  const unknown = withoutUpgraded(read.lock ?? { models: {} }, options.upgrade).unknown;
  if (unknown.length > 0) return fail(...unknown.map((one) => wordUnknown(one, read.name)));
  const traced = await checkTraceFile(session, opened, options.trace);
  if (!traced.ok) return traced;
  const kept = { ...assembly.value, lock: { ...read, lock: upgradedLock(read.lock, options.upgrade) } };
  const resolved = await resolve(session, opened, kept, graph, options);
  if (!resolved.ok) return resolved;
  const changes = compareLocks(read.lock, resolved.value);
  if (options.diff || session.options.json) {
    session.writeData(
      session.options.json
        ? `${JSON.stringify({ changes }, undefined, 2)}\n`
        : changes.map(wordLockChange).join(""),
    );
  }
  if (options.diff) return succeed(undefined);
  const written = await writeLock(resolved.value);
  if (!written.ok) return written;
  const text = written.value;
  const isSame = text === (await host.files.readText(read.path).catch(() => ""));
  if (!isSame) await host.files.writeAtomically(read.path, text);
  tell(session, isSame ? `${read.name} is up to date` : `wrote ${read.name}`);
  return succeed(undefined);
}

function wordUnknown(name: string, lockName: string) {
  return errorDiagnostic("cli/unknown-upgrade", `\`${lockName}\` has no \`${name}\``, {
    hint: `write \`all\`, ${UPGRADABLE.map((one) => `\`${one}\``).join(", ")}, or the name of a model`,
  });
}
