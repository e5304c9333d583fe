import path from "node:path";
import { locate } from "../document/locate.ts";
import { writeYaml } from "../document/write.ts";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import type { LockFile } from "../model/lock-file.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Location } from "../model/text-range.ts";
import { BadLock, lockFromData, lockToData, writerOfLock } from "../plan/lock-data.ts";
import { documentPlaceOf } from "./document-place.ts";
import type { Package } from "./open-package.ts";
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
  /** Where a value stands in it; absent where there is no file. */
  readonly locate?: (pointer: string) => Location;
  /** Spares the next run the parsing. */
  readonly remember: () => Promise<void>;
};

/** Tens of thousands of files, each on a line of its own, have a few million characters. */
const MOST_CHARACTERS = 32_000_000;

/**
 * `mlpackage.lock` for `mlpackage.yaml`, and `mlpackage+gpu.lock` with the profile `gpu`: a profile has another base image
 * and other packages, and each has to be locked at the same time for CI to build both.
 */
export function lockPathOf({ configPath, profiles }: Pick<Package, "configPath" | "profiles">): string {
  const { dir, name } = path.parse(configPath);
  return path.join(dir, `${[name, ...profiles].join("+")}.lock`);
}

/**
 * Reads the lock, which may have been written by anybody.
 *
 * Errors: `cli/lock-conflict`, `cli/not-a-lock`.
 */
export async function readLock(
  session: Session,
  opened: Pick<Package, "configPath" | "profiles">,
): Promise<Result<ReadLock>> {
  const { host, workingDirectory } = session;
  const lockPath = lockPathOf(opened);
  const read = { path: lockPath, name: path.basename(lockPath) };
  if ((await host.files.status(lockPath))?.type !== "file")
    return succeed({ ...read, lock: undefined, text: "", remember: async () => {} });
  const file = { path: path.relative(workingDirectory, lockPath), text: await host.files.readText(lockPath) };
  const conflict = file.text.search(/^(<{7}|={7}|>{7})( |$)/m);
  if (conflict >= 0) {
    const range = { start: conflict, end: conflict + 7 };
    return fail(wordConflict(read.name, { file, range }));
  }
  const parsed = await parseOnce(file, documentPlaceOf(session, lockPath), host.files, {
    maximumLength: MOST_CHARACTERS,
  });
  if (!parsed.ok) return fail(...parsed.diagnostics.map(withHint));
  const { document, remember } = parsed.value;
  try {
    const lock = lockFromData(document.value);
    const locateIn = (pointer: string) => locate(document, pointer);
    return succeed({ ...read, lock, text: file.text, locate: locateIn, remember });
  } catch (error) {
    if (!(error instanceof BadLock)) throw error;
    const location = locate(document, error.pointer);
    const hint = hintAtWriter(writerOfLock(document.value), await session.readVersion());
    const message = `\`${read.name}\`: ${error.message}`;
    return fail(withHint(errorDiagnostic("cli/not-a-lock", message, { location, ...hint })));
  }
}

function wordConflict(name: string, location: NonNullable<Diagnostic["location"]>): Diagnostic {
  return errorDiagnostic("cli/lock-conflict", `\`${name}\` has a merge conflict`, {
    location,
    hint: `type \`git checkout --ours ${name} && mlpackage lock\``,
  });
}

/** What is nothing that we know may well be something that its own mlpackage does. */
function hintAtWriter(writer: string | undefined, version: string): Pick<Diagnostic, "hint"> {
  if (writer === undefined || writer === version) return {};
  return {
    hint: `mlpackage ${writer} wrote it, and this is ${version}: type \`npx mlpackage@${writer}\`, or remove it and type \`mlpackage lock\``,
  };
}

function withHint(diagnostic: Diagnostic): Diagnostic {
  return { hint: "remove it, and type `mlpackage lock`", ...diagnostic };
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
    return fail(
      errorDiagnostic("cli/not-lockable", `${error.pointer} cannot be locked: ${error.message}`, {
        hint: "change it in the file, and type `mlpackage lock`",
      }),
    );
  }
  return succeed(`${HEADER}${await writeYaml(data)}`);
}
