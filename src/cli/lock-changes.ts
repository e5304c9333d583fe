import type { LockFile } from "../model/lock-file.ts";
import { lockToData } from "../plan/lock-data.ts";

/** A pin that two locks have otherwise. */
export type LockChange = { readonly what: string; readonly before?: string; readonly after?: string };

/** What two locks say otherwise, a line for each pin. */
export function compareLocks(before: LockFile | undefined, after: LockFile): readonly LockChange[] {
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

export function wordLockChange({ what, before, after }: LockChange): string {
  if (before === undefined) return `+ ${what}: ${after}\n`;
  return after === undefined ? `- ${what}: ${before}\n` : `~ ${what}: ${before} → ${after}\n`;
}
