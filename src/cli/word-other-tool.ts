import { type Diagnostic, errorDiagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { LockedTool, LockFile } from "../model/lock-file.ts";
import type { ToolChange } from "../plan/compare-tool.ts";
import { compareLocks, wordLockChange } from "./lock-changes.ts";
import type { ReadLock } from "./lock-file.ts";

/** What a lock says of mlpackage, beside this one. */
type Compared = Pick<ReadLock, "name" | "lock" | "locate"> & {
  readonly tool: LockedTool;
  readonly toolChanges: readonly ToolChange[];
};

/** Its lines in the lock, as `lock --diff` shows them. */
export function wordToolChanges({ lock, tool }: Pick<Compared, "lock" | "tool">): readonly string[] {
  const before: LockFile = { models: {}, ...(lock?.mlpackage && { mlpackage: lock.mlpackage }) };
  const changes = compareLocks(before, { models: {}, mlpackage: tool });
  return changes.map((change) => wordLockChange(change).trimEnd());
}

/** In one fact: whose image it is that is locked. */
export function tellOtherTool({ name, lock, tool }: Pick<Compared, "name" | "lock" | "tool">): string {
  const locked = lock?.mlpackage;
  if (locked === undefined) return `\`${name}\` does not record its mlpackage version`;
  if (locked.server === undefined || tool.server === undefined) {
    const isSame = (locked.server === undefined) === (tool.server === undefined);
    if (isSame)
      return `\`${name}\` is for image format ${locked.imageFormat}, and this is ${tool.imageFormat}`;
    return locked.server === undefined
      ? "the server that goes into the image is not in the lock"
      : "the lock has a server, the file none";
  }
  const [before, now] = [locked.server.version, tool.server.version];
  return before === now
    ? `\`${name}\` is for a different build of mlpackage ${before}`
    : `\`${name}\` is for mlpackage ${before}, and this is ${now}`;
}

/** Refused where nobody may change the lock: what would be built is another image than the one that is locked. */
export function wordOtherTool(compared: Compared, unfrozen: string): Diagnostic {
  const { name, lock, locate, tool, toolChanges } = compared;
  const [change] = toolChanges;
  const location = change && locate?.(`/mlpackage/${change.key}`);
  const before = lock?.mlpackage?.server?.version;
  const isOther = before !== undefined && tool.server !== undefined && before !== tool.server.version;
  const asItWas = isOther ? `type \`npx mlpackage@${before} apply\` for the locked image; ` : "";
  return errorDiagnostic("cli/other-mlpackage", `${tellOtherTool(compared)}: the image would be different`, {
    ...(location !== undefined && { location }),
    excerpt: wordToolChanges(compared),
    hint: `${asItWas}type \`mlpackage lock\` to update \`${name}\` to this version, and commit it${unfrozen}`,
  });
}

/** An older lock is as good as it was, and nobody can tell whether it gives the same image. */
export function warnOfNoTool(compared: Compared): Diagnostic {
  return warningDiagnostic("cli/lock-without-mlpackage", tellOtherTool(compared), {
    hint: `type \`mlpackage lock\` to add it to \`${compared.name}\`, and commit it`,
  });
}
