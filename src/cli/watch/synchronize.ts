import { errorDiagnostic } from "../../model/diagnostic.ts";
import type { Service } from "../../model/engine.ts";
import { fail, type Result, succeed } from "../../model/result.ts";
import { compareTrees, type TreeChange } from "../../plan/compare-trees.ts";
import type { Session } from "../session.ts";
import { wordFault } from "../word-fault.ts";
import type { Code, CodeFolder } from "./code-folder.ts";
import type { ReloadLog } from "./reload-log.ts";

/** A reload that was begun, for these files. */
export type Reload = {
  readonly number: number;
  readonly files: readonly string[];
  readonly sinceMs: number;
};

export type Synchronizer = {
  /** Gives the container the code as it is now, and has it reload; undefined where it has it already. */
  synchronize(sinceMs: number): Promise<Result<Reload | undefined>>;
};

export type Surroundings = {
  readonly session: Session;
  readonly service: Service;
  readonly folder: CodeFolder;
  readonly log: ReloadLog;
  readonly hasEnded: () => boolean;
};

/** Files that are being written can vanish, or change their size, while they are read. */
const MOST_TRIES = 5;
const BETWEEN_TRIES_MS = 40;

/** A server that has not taken notice by then never will. */
const NOTICE_WITHIN_MS = 5_000;
const POLL_MS = 5;

/** `code` is what the container has. */
export function createSynchronizer(
  { session, service, folder, log, hasEnded }: Surroundings,
  code: Code,
): Synchronizer {
  const { clock } = session.host;
  let { tree } = code;

  async function transfer(): Promise<Result<TreeChange>> {
    const read = await folder.read();
    if (!read.ok) return read;
    const change = compareTrees(tree, read.value.tree);
    const { removed, written } = change;
    // Until all of it is there, nobody knows which of it is.
    tree = { ...tree, ...Object.fromEntries([...removed, ...written].map((path) => [path, "unknown"])) };
    for (const some of inGroups(removed)) {
      if ((await service.execute(folder.removal(some))) !== 0) return fail(wordNotRemoved(some));
    }
    if (written.length > 0) await service.unpack(folder.archive(read.value, written));
    tree = read.value.tree;
    return succeed(change);
  }

  async function transferUndisturbed(): Promise<Result<TreeChange>> {
    for (let tried = 1; ; tried += 1) {
      try {
        return await transfer();
      } catch (error) {
        const fault = wordFault(error);
        if (fault === undefined) throw error;
        if (tried === MOST_TRIES || hasEnded()) return fail(fault);
        await clock.sleep(BETWEEN_TRIES_MS);
      }
    }
  }

  async function reload(): Promise<Result<number>> {
    const before = log.latest();
    await service.alert("SIGHUP");
    const deadline = clock.monotonic() + NOTICE_WITHIN_MS;
    while (log.latest() === before && !hasEnded()) {
      if (clock.monotonic() > deadline) return fail(wordDeaf());
      await clock.sleep(POLL_MS);
    }
    return succeed(log.latest());
  }

  return {
    async synchronize(sinceMs) {
      const changed = await transferUndisturbed();
      if (!changed.ok) return changed;
      const files = [...changed.value.written, ...changed.value.removed];
      if (files.length === 0) return succeed(undefined);
      const number = await reload();
      return number.ok ? succeed({ number: number.value, files, sinceMs }) : number;
    },
  };
}

/** As many paths as a command can be given. */
const AT_ONCE = 200;

function* inGroups(paths: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < paths.length; start += AT_ONCE) yield paths.slice(start, start + AT_ONCE);
}

function wordNotRemoved(paths: readonly string[]) {
  const [first = "", ...others] = paths;
  const what = others.length === 0 ? `\`${first}\`` : `\`${first}\` and ${others.length} others`;
  return errorDiagnostic("cli/not-reloaded", `the container could not remove ${what}`, {
    hint: "save the file again to retry; if that fails too, press Ctrl-C and start again",
  });
}

function wordDeaf() {
  return errorDiagnostic("cli/not-reloaded", "the server in the image does not notice the change", {
    hint: "type `mlpackage apply` to build an image with this version's server",
  });
}
