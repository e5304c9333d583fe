import path from "node:path";
import { warningDiagnostic } from "../../model/diagnostic.ts";
import type { Package } from "../open-package.ts";
import { reportDiagnostics, type Session } from "../session.ts";
import type { Code } from "./code-folder.ts";
import { createRebuildCheck, rebuildInputs } from "./rebuild-inputs.ts";

/** What was changed at one go. */
export type Change = {
  /** The moment of the first sign of it, on the monotonic clock. */
  readonly sinceMs: number;
  /** What takes a build, as the file calls it. */
  readonly toRebuild: readonly string[];
};

export type Changes = {
  /** What has changed since it was asked last, once it has calmed down; undefined where nothing has. */
  take(): Promise<Change | undefined>;
  close(): Promise<void>;
};

/**
 * A burst of saves has ended when nothing came for so long; nobody waits longer than the most for its end. chokidar tells
 * no second change of a file within 50 ms of the first: until these are over, there may be one that nobody hears of.
 */
const QUIET_MS = 60;
const MOST_MS = 300;

/** Watches the code, and all else that goes into the image. Calls `onChange` when there is something to take. */
export async function watchChanges(
  opened: Package,
  { folder, isIgnored }: Code,
  session: Session,
  onChange: () => void,
): Promise<Changes> {
  const { files, clock } = session.host;
  const inputs = rebuildInputs(opened);
  const check = await createRebuildCheck(inputs, files);
  let paths = new Set<string>();
  let noted = 0;
  let sinceMs = 0;
  const note = (changed: string): void => {
    if (paths.size === 0) sinceMs = clock.monotonic();
    paths.add(changed);
    noted += 1;
    onChange();
  };
  const onFault = (error: Error) => reportDiagnostics(session, [wordFault(error)]);
  const ofCode = await files.watch({
    paths: [folder],
    isIgnored: (one) => one !== folder && isIgnored(path.relative(folder, one).split(path.sep).join("/")),
    onChange: note,
    onFault,
  });
  const ofInputs = await files.watch({ paths: [...inputs.keys()], onChange: note, onFault });
  // What changed before somebody watched.
  note(folder);
  return {
    async take() {
      if (paths.size === 0) return undefined;
      let seen = -1;
      while (seen < noted && clock.monotonic() - sinceMs < MOST_MS) {
        seen = noted;
        await clock.sleep(QUIET_MS);
      }
      const taken = paths;
      const firstMs = sinceMs;
      paths = new Set();
      if (seen < noted) for (const one of taken) note(one);
      return { sinceMs: firstMs, toRebuild: await check(taken) };
    },
    async close() {
      await Promise.all([ofCode.close(), ofInputs.close()]);
    },
  };
}

function wordFault({ message }: Error) {
  return warningDiagnostic("cli/not-watched", `some changes will not be noticed: ${message}`, {
    hint: "set `inference.source_directory` to a folder with the code alone, or set `CHOKIDAR_USEPOLLING=1`",
  });
}
