import path from "node:path";
import type { ArchiveStore, Transferred } from "../../caches/archive.ts";
import { collectGarbage, defaultMaximumBytes } from "../../caches/collect-garbage.ts";
import { createContentStore } from "../../caches/content-store.ts";
import { listStore, type StoredRecord, takeInventory } from "../../caches/inventory.ts";
import { createLocalCache } from "../../caches/local.ts";
import { type Damage, wordDamage } from "../../caches/quarantine.ts";
import { verifyStore } from "../../caches/verify-store.ts";
import { readManifest } from "../../execution/manifest.ts";
import { type Diagnostic, errorDiagnostic } from "../../model/diagnostic.ts";
import { type Digest, shortDigest } from "../../model/digest.ts";
import { LockTimeout, type Release } from "../../model/locks.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { parseSize, wordSize } from "../parse-size.ts";
import { reportDiagnostics, type Session, tell } from "../session.ts";

export type CacheAction = "ls" | "du" | "verify" | "gc" | "clear" | "export" | "import";

export type CacheOptions = {
  readonly action: CacheAction;
  /** For `export` and `import`. */
  readonly file: string | undefined;
  /** For `gc`, as people write it. */
  readonly maximumSize: string | undefined;
};

/** The commands about the cache itself, none of which needs a package. */
export function cache(session: Session, { action, file, maximumSize }: CacheOptions): Promise<number> {
  switch (action) {
    case "ls":
      return listCache(session);
    case "du":
      return measureCache(session);
    case "verify":
      return verifyCache(session);
    case "gc":
      return collectCache(session, { maximumSize });
    case "clear":
      return clearCache(session);
    case "export":
      return exportCache(session, { file });
    case "import":
      return importCache(session, { file });
  }
}

/** The records of the cache, those used last first. */
async function listCache(session: Session): Promise<number> {
  const { cacheDirectory, host } = session;
  const { stored } = await listStore(cacheDirectory, host.files);
  const { records, blobs } = await takeInventory(stored, cacheDirectory, host.files);
  const sizes = new Map(blobs.map(({ digest, size }) => [digest, size]));
  const steps = await findSteps(session);
  const rows = records
    .toSorted((a, b) => b.lastUsedMs - a.lastUsedMs || (a.digest < b.digest ? -1 : 1))
    .map((record) => ({
      key: record.digest,
      steps: steps.get(record.digest) ?? [],
      bytes: sizeOf(record, sizes),
      lastUsed: new Date(record.lastUsedMs).toISOString(),
    }));
  if (session.options.json) writeJson(session, { records: rows });
  else if (rows.length === 0) tell(session, `there is nothing in the cache in ${cacheDirectory}`);
  else {
    const lines = rows.map(({ key, steps: ids, bytes, lastUsed }) =>
      [
        shortDigest(key),
        lastUsed.slice(0, 16).replace("T", " "),
        wordSize(bytes).padStart(9),
        ids.join(", "),
      ].join("  "),
    );
    session.writeData(`${lines.map((line) => line.trimEnd()).join("\n")}\n`);
  }
  return EXIT.done;
}

/** With all blobs that it needs, which others may need as well. */
function sizeOf({ size, needs }: StoredRecord, sizes: ReadonlyMap<Digest, number>): number {
  return [...needs].reduce((sum, digest) => sum + (sizes.get(digest) ?? 0), size);
}

/** Which steps were last done under which key; a record itself does not know its step. */
async function findSteps({ cacheDirectory, host }: Session): Promise<ReadonlyMap<Digest, readonly string[]>> {
  const packages = path.join(cacheDirectory, "packages");
  const steps = new Map<Digest, string[]>();
  for (const name of await host.files.list(packages)) {
    const manifest = await readManifest(path.join(packages, name), host.files);
    for (const [id, { key }] of Object.entries(manifest.steps)) {
      const ids = steps.get(key) ?? [];
      if (!ids.includes(id)) steps.set(key, [...ids, id]);
    }
  }
  return steps;
}

/** How much there is of what. */
async function measureCache(session: Session): Promise<number> {
  const { cacheDirectory, host } = session;
  await host.files.makeDirectory(cacheDirectory, 0o700);
  const { stored } = await listStore(cacheDirectory, host.files);
  const bytesOf = (kind: string): number =>
    stored.reduce((sum, file) => sum + (file.kind === kind ? file.size : 0), 0);
  const quarantine = path.join(cacheDirectory, "quarantine");
  const isThere = (await host.files.status(quarantine)) !== undefined;
  const quarantined = isThere ? await host.files.listTree(quarantine) : [];
  const sizes = {
    records: bytesOf("record"),
    contents: bytesOf("blob"),
    quarantine: quarantined.reduce((sum, { size }) => sum + size, 0),
    limit: await defaultMaximumBytes(cacheDirectory, host.files),
  };
  if (session.options.json) writeJson(session, { directory: cacheDirectory, bytes: sizes });
  else {
    const lines = Object.entries(sizes).map(
      ([what, bytes]) => `${what.padEnd(10)}  ${wordSize(bytes).padStart(9)}`,
    );
    session.writeData(`${lines.join("\n")}\n`);
  }
  return EXIT.done;
}

/** Reads the whole cache. Ends with 1 where something in it was damaged. */
async function verifyCache(session: Session): Promise<number> {
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

/** Removes what nobody needs, and what was used longest ago until the rest is below a size. */
async function collectCache(
  session: Session,
  { maximumSize }: { readonly maximumSize: string | undefined },
): Promise<number> {
  const { cacheDirectory, host } = session;
  const maximumBytes = maximumSize === undefined ? undefined : parseSize(maximumSize);
  if (maximumSize !== undefined && maximumBytes === undefined) {
    return refuse(
      session,
      errorDiagnostic("cli/bad-size", `\`${maximumSize}\` is not a size`, {
        hint: "write it as `20GB`, `500MB` or `1.5GiB`",
      }),
    );
  }
  await host.files.makeDirectory(cacheDirectory, 0o700);
  const collected = await collectGarbage({
    directory: cacheDirectory,
    files: host.files,
    clock: host.clock,
    isAlive: host.identity.isAlive,
    maximumBytes,
  });
  const { records, blobs, leavings, bytesBefore, bytesAfter } = collected;
  if (session.options.json)
    writeJson(session, { records, contents: blobs, leavings, bytesBefore, bytesAfter });
  else {
    const removed = [
      wordCount(records, "record"),
      wordCount(blobs, "content"),
      wordCount(leavings, "leftover"),
    ];
    tell(
      session,
      `removed ${removed.join(", ")}: ${wordSize(bytesBefore - bytesAfter)} freed, ${wordSize(bytesAfter)} left`,
    );
  }
  return EXIT.done;
}

/** What `clear` removes: all that can be made again. The manifests stay, for they explain what runs next, and why. */
const CLEARED = ["steps", "blobs", "quarantine", "digests.json"];

/** Empties the cache, unless a run is using it. */
async function clearCache(session: Session): Promise<number> {
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
          hint: "clear it once that has ended; `mlpackage cache gc` can run at any time",
        }),
      );
    }
  }
  return succeed(releases);
}

/** Writes the records, and all that they need, into one tar. */
async function exportCache(
  session: Session,
  { file }: { readonly file: string | undefined },
): Promise<number> {
  if (file === undefined) return refuse(session, wordNoFile("export"));
  const { exportStore } = await import("../../caches/archive.ts");
  const target = resolvePath(file, session);
  tellTransferred(session, "exported", await exportStore(target, archiveStoreOf(session)), target);
  return EXIT.done;
}

/** Adds what another cache exported to this one. */
async function importCache(
  session: Session,
  { file }: { readonly file: string | undefined },
): Promise<number> {
  if (file === undefined) return refuse(session, wordNoFile("import"));
  const { importStore } = await import("../../caches/archive.ts");
  const source = resolvePath(file, session);
  if ((await session.host.files.status(source))?.type !== "file") {
    const hint = "name the file that `mlpackage cache export` wrote";
    return refuse(session, errorDiagnostic("cli/no-archive", `there is no file \`${source}\``, { hint }));
  }
  await session.host.files.makeDirectory(session.cacheDirectory, 0o700);
  const imported = await importStore(session.host.files.readStream(source), archiveStoreOf(session));
  if (!imported.ok) return refuse(session, ...imported.diagnostics);
  tellTransferred(session, "imported", imported.value, source);
  return EXIT.done;
}

function wordNoFile(action: string): Diagnostic {
  return errorDiagnostic("cli/no-archive", `\`cache ${action}\` needs a file`, {
    hint: `type \`mlpackage cache ${action} FILE.tar\``,
  });
}

function archiveStoreOf(session: Session): ArchiveStore {
  const { cacheDirectory: directory, host, signal } = session;
  const onDamage = (damage: Damage): void => {
    if (!session.options.json) reportDiagnostics(session, [wordDamage(damage)]);
  };
  return {
    directory,
    files: host.files,
    store: createContentStore(directory, host.files, onDamage),
    cache: createLocalCache(directory, host.files, onDamage),
    signal,
  };
}

function resolvePath(file: string, { workingDirectory, options }: Session): string {
  return path.resolve(workingDirectory, options.directory, file);
}

function tellTransferred(
  session: Session,
  verb: "exported" | "imported",
  { records, blobs, left }: Transferred,
  file: string,
): void {
  if (session.options.json) {
    writeJson(session, { [verb]: { file, records, contents: blobs, left } });
    return;
  }
  const rest = left === 0 ? "" : `; ${wordCount(left, "record")} left out, not whole or of another version`;
  tell(session, `${verb} ${wordCount(records, "record")} and ${wordCount(blobs, "content")}${rest}`);
}

function refuse(session: Session, ...diagnostics: readonly Diagnostic[]): number {
  reportDiagnostics(session, diagnostics);
  return exitCodeOf(diagnostics);
}

function writeJson(session: Session, value: object): void {
  session.writeData(`${JSON.stringify(value, undefined, 2)}\n`);
}

function wordCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
