import path from "node:path";
import type { ArchiveStore, Transferred } from "../../caches/archive.ts";
import { createContentStore } from "../../caches/content-store.ts";
import { createLocalCache } from "../../caches/local.ts";
import { createQuarantine, type Damage, wordDamage } from "../../caches/quarantine.ts";
import { type Diagnostic, errorDiagnostic } from "../../model/diagnostic.ts";
import { EXIT } from "../exit-code.ts";
import { refuse } from "../refuse.ts";
import { reportDiagnostics, type Session, tell } from "../session.ts";
import { wordCount, writeJson } from "./say.ts";

/** Writes the records, and all that they need, into one tar. */
export async function exportCache(
  session: Session,
  { file }: { readonly file: string | undefined },
): Promise<number> {
  if (file === undefined) return refuse(session, wordNoFile("export"));
  const { exportStore, isExport } = await import("../../caches/archive.ts");
  const target = resolvePath(file, session);
  const status = await session.host.files.status(target);
  const isFree =
    status === undefined || (status.type === "file" && (await isExport(target, session.host.files)));
  if (!isFree) return refuse(session, wordTaken(file));
  tellTransferred(session, "exported", await exportStore(target, archiveStoreOf(session)), target);
  return EXIT.done;
}

/** Adds what another cache exported to this one. */
export async function importCache(
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

function wordTaken(file: string): Diagnostic {
  return errorDiagnostic("cli/place-taken", `\`${file}\` exists, and is not an export of the cache`, {
    hint: "choose a new file name; nothing was changed",
  });
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
  const quarantine = createQuarantine(directory, host.files, onDamage);
  return {
    directory,
    files: host.files,
    store: createContentStore(directory, host.files, quarantine),
    cache: createLocalCache(directory, host.files, quarantine),
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
