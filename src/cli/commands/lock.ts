import { errorDiagnostic } from "../../model/diagnostic.ts";
import type { LockFile } from "../../model/lock-file.ts";
import { lockToData } from "../../plan/lock-data.ts";
import { UPGRADABLE, withoutUpgraded } from "../../plan/make-lock.ts";
import { assemble, upgradedLock } from "../assemble.ts";
import { EXIT } from "../exit-code.ts";
import { writeLock } from "../lock-file.ts";
import { openPackage } from "../open-package.ts";
import { refuse } from "../refuse.ts";
import type { RunOptions } from "../run-graph.ts";
import { type Session, tell } from "../session.ts";
import { checkTraceFile } from "../trace-file.ts";
import { resolve } from "../update-lock.ts";

export type LockCommandOptions = RunOptions & {
  /** Parts to resolve anew, although the lock has them. */
  readonly upgrade: readonly string[];
  /** Tell what would change, and write nothing. */
  readonly diff: boolean;
};

/** Writes the lock, or says what it would say. */
export async function lock(session: Session, options: LockCommandOptions): Promise<number> {
  const { host } = session;
  const opened = await openPackage(session);
  if (!opened.ok) return refuse(session, ...opened.diagnostics);
  const assembly = await assemble(session, opened.value, { force: false, upgrade: options.upgrade });
  if (!assembly.ok) return refuse(session, ...assembly.diagnostics);
  const { lock: read, graph } = assembly.value;
  const unknown = withoutUpgraded(read.lock ?? { models: {} }, options.upgrade).unknown;
  if (unknown.length > 0) return refuse(session, ...unknown.map((one) => wordUnknown(one, read.name)));
  const traced = await checkTraceFile(session, opened.value, options.trace);
  if (!traced.ok) return refuse(session, ...traced.diagnostics);
  const kept = { ...assembly.value, lock: { ...read, lock: upgradedLock(read.lock, options.upgrade) } };
  const resolved = await resolve(session, opened.value, kept, graph, options);
  if (!resolved.ok) return refuse(session, ...resolved.diagnostics);
  const changes = compare(read.lock, resolved.value);
  if (options.diff || session.options.json) {
    session.writeData(
      session.options.json
        ? `${JSON.stringify({ changes }, undefined, 2)}\n`
        : changes.map(wordChange).join(""),
    );
  }
  if (options.diff) return EXIT.done;
  const written = await writeLock(resolved.value);
  if (!written.ok) return refuse(session, ...written.diagnostics);
  const text = written.value;
  const isSame = text === (await host.files.readText(read.path).catch(() => ""));
  if (!isSame) await host.files.writeAtomically(read.path, text);
  tell(session, isSame ? `${read.name} is up to date` : `wrote ${read.name}`);
  return EXIT.done;
}

function wordUnknown(name: string, lockName: string) {
  return errorDiagnostic("cli/unknown-upgrade", `\`${lockName}\` has no \`${name}\``, {
    hint: `there are \`all\`, ${UPGRADABLE.map((one) => `\`${one}\``).join(", ")}, and the models by their names`,
  });
}

type Change = { readonly what: string; readonly before?: string; readonly after?: string };

/** What two locks say otherwise, a line for each pin. */
function compare(before: LockFile | undefined, after: LockFile): readonly Change[] {
  const [old, now] = [linesOf(before ? lockToData(before) : {}), linesOf(lockToData(after))];
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names.flatMap((what) => {
    const [was, is] = [old.get(what), now.get(what)];
    if (was === is) return [];
    return [{ what, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) }];
  });
}

/** `models.ridge.files.ridge.pkl` → what it is pinned to. */
function linesOf(data: object, above = ""): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(data).flatMap(([key, value]): (readonly [string, string])[] => {
      const name = above === "" ? key : `${above}.${key}`;
      return typeof value === "object" && value !== null
        ? [...linesOf(value, name)]
        : [[name, String(value)] as const];
    }),
  );
}

function wordChange({ what, before, after }: Change): string {
  if (before === undefined) return `+ ${what}: ${after}\n`;
  return after === undefined ? `- ${what}: ${before}\n` : `~ ${what}: ${before} → ${after}\n`;
}
