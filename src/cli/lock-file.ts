import path from "node:path";
import { locate } from "../document/locate.ts";
import { writeYaml } from "../document/write.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { LockFile } from "../model/lock-file.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { BadLock, lockFromData, lockToData } from "../plan/lock-data.ts";
import { documentPlaceOf } from "./open-package.ts";
import { parseOnce } from "./remember-document.ts";
import type { Session } from "./session.ts";

/** The lock of a package, as it lies beside its configuration file. */
export type ReadLock = {
  /** Absolute. */
  readonly path: string;
  /** `mlpackage.lock` */
  readonly name: string;
  /** Undefined where there is no file. */
  readonly lock: LockFile | undefined;
  /** As it was read; empty where there is none. */
  readonly text: string;
  /** Spares the next run the parsing. */
  readonly remember: () => Promise<void>;
};

/** Tens of thousands of files, each on a line of its own, have a few million characters. */
const MOST_CHARACTERS = 32_000_000;

/** `mlpackage.lock` for `mlpackage.yaml`. */
export function lockPathOf(configPath: string): string {
  const { dir, name } = path.parse(configPath);
  return path.join(dir, `${name}.lock`);
}

/**
 * Reads the lock, which may have been written by anybody.
 *
 * Errors: `cli/lock-conflict`, `cli/not-a-lock`.
 */
export async function readLock(session: Session, configPath: string): Promise<Result<ReadLock>> {
  const { host, workingDirectory } = session;
  const lockPath = lockPathOf(configPath);
  const read = { path: lockPath, name: path.basename(lockPath) };
  if ((await host.files.status(lockPath))?.type !== "file")
    return succeed({ ...read, lock: undefined, text: "", remember: async () => {} });
  const file = { path: path.relative(workingDirectory, lockPath), text: await host.files.readText(lockPath) };
  const conflict = file.text.search(/^(<{7}|={7}|>{7})( |$)/m);
  if (conflict >= 0) {
    const range = { start: conflict, end: conflict + 7 };
    return fail(wordConflict(read.name, { file, range }));
  }
  const parsed = await parseOnce(file, documentPlaceOf(session, lockPath), host.files, MOST_CHARACTERS);
  if (!parsed.ok) return fail(...parsed.diagnostics.map(withHint));
  const { document, remember } = parsed.value;
  try {
    return succeed({ ...read, lock: lockFromData(document.value), text: file.text, remember });
  } catch (error) {
    if (!(error instanceof BadLock)) throw error;
    const location = locate(document, error.pointer);
    return fail(
      withHint(errorDiagnostic("cli/not-a-lock", `\`${read.name}\`: ${error.message}`, { location })),
    );
  }
}

function wordConflict(name: string, location: NonNullable<Diagnostic["location"]>): Diagnostic {
  return errorDiagnostic("cli/lock-conflict", `\`${name}\` holds a merge conflict`, {
    location,
    hint: `take either side (\`git checkout --ours ${name}\`): \`mlpackage lock\` brings it up to date`,
  });
}

function withHint(diagnostic: Diagnostic): Diagnostic {
  return { hint: "remove it, and `mlpackage lock` writes it anew", ...diagnostic };
}

const HEADER = `# Written by mlpackage: what the file beside it meant when it was last resolved. Commit it, and do not edit it:
# \`mlpackage lock --upgrade\` resolves anew.
`;

/** The text of a lock: the same lock, the same text. What nobody could read again is refused. */
export async function writeLock(lock: LockFile): Promise<Result<string>> {
  const data = lockToData(lock);
  try {
    lockFromData(data);
  } catch (error) {
    if (!(error instanceof BadLock)) throw error;
    return fail(errorDiagnostic("cli/not-lockable", `${error.pointer} cannot be locked: ${error.message}`));
  }
  return succeed(`${HEADER}${await writeYaml(data)}`);
}
