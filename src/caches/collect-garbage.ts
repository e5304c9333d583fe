import path from "node:path";
import type { Digest } from "../model/digest.ts";
import type { Clock, Files } from "../model/host.ts";
import { chooseGarbage, type Garbage } from "./choose-garbage.ts";
import { listStore, type StoredFile, takeInventory } from "./inventory.ts";
import { sweepLeavings } from "./leavings.ts";

const HOUR_MS = 60 * 60 * 1000;

/** For runs that are under way: from writing a blob to recording it, and from finding it to reading it. */
const GRACE_MS = HOUR_MS;

const MOST_BYTES = 20e9;
const SHARE_OF_DISK = 0.1;

export type Collection = {
  readonly directory: string;
  readonly files: Files;
  readonly clock: Clock;
  /** Whether the process of an identity still runs. */
  readonly isAlive: (process: string) => Promise<boolean>;
  /** What the store may hold; a tenth of the disk and 20 GB at most where it is not said. */
  readonly maximumBytes?: number | undefined;
};

/** How many of each were removed, and the bytes of the store before and after. */
export type Collected = {
  readonly records: number;
  readonly blobs: number;
  /** What dead processes left behind, and what had been quarantined long ago. */
  readonly leavings: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
};

/** The limit where none is given. */
export async function defaultMaximumBytes(directory: string, files: Files): Promise<number> {
  return Math.min(MOST_BYTES, Math.floor((await files.totalBytes(directory)) * SHARE_OF_DISK));
}

/** Removes what nobody needs, and what was not used for longest until the store is below its limit. */
export async function collectGarbage(collection: Collection): Promise<Collected> {
  return collect(collection, { evenBelowLimit: true });
}

/**
 * The same at most once an hour, and not looking at what needs what while the store is below its limit.
 * Undefined where it was not due. Two at once remove the same things, and do each other no harm.
 */
export async function collectGarbageIfDue(collection: Collection): Promise<Collected | undefined> {
  const { directory, files, clock } = collection;
  const stamp = path.join(directory, "collected");
  const sinceMs = clock.now() - ((await files.status(stamp))?.modifiedMs ?? 0);
  // A stamp of the future is none: the clock was set back.
  if (sinceMs >= 0 && sinceMs < HOUR_MS) return undefined;
  await files.writeAtomically(stamp, "");
  return collect(collection, { evenBelowLimit: false });
}

async function collect(
  collection: Collection,
  { evenBelowLimit }: { readonly evenBelowLimit: boolean },
): Promise<Collected> {
  const { directory, files, clock, isAlive } = collection;
  const now = clock.now();
  const { stored, others } = await listStore(directory, files);
  const leavings = await sweepLeavings({ directory, files, now, isAlive }, others);
  const bytesBefore = stored.reduce((sum, { size }) => sum + size, 0);
  const maximumBytes = collection.maximumBytes ?? (await defaultMaximumBytes(directory, files));
  if (!evenBelowLimit && bytesBefore <= maximumBytes) {
    return { records: 0, blobs: 0, leavings, bytesBefore, bytesAfter: bytesBefore };
  }
  const inventory = await takeInventory(stored, directory, files);
  const removed = await remove(chooseGarbage(inventory, { maximumBytes, now, graceMs: GRACE_MS }), files);
  const records = removed.filter(({ kind }) => kind === "record").length;
  const bytesRemoved = removed.reduce((sum, { size }) => sum + size, 0);
  return {
    records,
    blobs: removed.length - records,
    leavings,
    bytesBefore,
    bytesAfter: bytesBefore - bytesRemoved,
  };
}

/** Records go before what they need, so that who finds one finds the other. What was used meanwhile stays. */
async function remove({ records, blobs, misdated }: Garbage, files: Files): Promise<readonly StoredFile[]> {
  const removed: StoredFile[] = [];
  const neededAgain = new Set<Digest>();
  for (const record of records) {
    if (await removeUnlessUsed(record, files)) removed.push(record);
    else for (const digest of record.needs) neededAgain.add(digest);
  }
  for (const blob of blobs) {
    if (!neededAgain.has(blob.digest) && (await removeUnlessUsed(blob, files))) removed.push(blob);
  }
  // Gone, or not ours to touch: then it stays as it is.
  for (const { place } of misdated) await files.touch(place).catch(() => {});
  return removed;
}

async function removeUnlessUsed(file: StoredFile, files: Files): Promise<boolean> {
  const status = await files.status(file.place);
  if (status === undefined) return false;
  const { modifiedMs, changedMs } = status;
  const lastUsedMs = file.kind === "record" ? modifiedMs : Math.max(modifiedMs, changedMs);
  if (lastUsedMs !== file.lastUsedMs) return false;
  await files.remove(file.place);
  return true;
}
