import type { Digest } from "../model/digest.ts";
import type { Inventory, StoredFile, StoredRecord } from "./inventory.ts";
import { USE_NOTED_EVERY_MS } from "./local.ts";

export type GarbageLimits = {
  readonly maximumBytes: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What was used within so many milliseconds stays: a run may hold it, or be about to record what needs it. */
  readonly graceMs: number;
};

export type Garbage = {
  readonly records: readonly StoredRecord[];
  readonly blobs: readonly StoredFile[];
  /** What says that it was used long after now. The clock was set back; it counts as used now, and should say so. */
  readonly misdated: readonly StoredFile[];
};

/**
 * Chooses what to remove: first blobs that nothing needs, at any size. Then, until the rest is below the limit, blobs
 * that just a manifest needs, which only explains; then records, the least recently used first, each with the blobs
 * that no other record needs.
 */
export function chooseGarbage(inventory: Inventory, limits: GarbageLimits): Garbage {
  const { maximumBytes, now, graceMs } = limits;
  const { records, blobs, remembered } = inventory;
  const ageOf = ({ lastUsedMs }: StoredFile): number => Math.max(0, now - lastUsedMs);
  const oldestFirst = (a: StoredFile, b: StoredFile): number =>
    ageOf(b) - ageOf(a) || (a.digest < b.digest ? -1 : 1);

  const chosen: { readonly records: StoredRecord[]; readonly blobs: StoredFile[] } = {
    records: [],
    blobs: [],
  };
  let bytes = [...records, ...blobs].reduce((sum, { size }) => sum + size, 0);
  const drop = (file: StoredFile): void => {
    bytes -= file.size;
    chosen.blobs.push(file);
  };

  const users = countUsers(records);
  const unused = new Map<Digest, StoredFile>();
  const needed = new Map<Digest, StoredFile>();
  for (const blob of blobs.toSorted(oldestFirst).filter((file) => ageOf(file) >= graceMs)) {
    if (users.has(blob.digest)) needed.set(blob.digest, blob);
    else if (remembered.has(blob.digest)) unused.set(blob.digest, blob);
    else drop(blob);
  }
  for (const blob of unused.values()) if (bytes > maximumBytes) drop(blob);
  // That a record was used may not have been noted for a while.
  const idle = records.filter((record) => ageOf(record) >= graceMs + USE_NOTED_EVERY_MS);
  for (const record of idle.toSorted(oldestFirst)) {
    if (bytes <= maximumBytes) break;
    bytes -= record.size;
    chosen.records.push(record);
    for (const digest of record.needs) {
      const left = (users.get(digest) ?? 0) - 1;
      users.set(digest, left);
      const blob = needed.get(digest);
      if (left === 0 && blob !== undefined) drop(blob);
    }
  }
  const misdated = [...records, ...blobs].filter(({ lastUsedMs }) => lastUsedMs > now + graceMs);
  return { ...chosen, misdated };
}

function countUsers(records: readonly StoredRecord[]): Map<Digest, number> {
  const users = new Map<Digest, number>();
  for (const { needs } of records) {
    for (const digest of needs) users.set(digest, (users.get(digest) ?? 0) + 1);
  }
  return users;
}
