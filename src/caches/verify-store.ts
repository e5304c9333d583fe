import type { Files } from "../model/host.ts";
import { listStore, type StoredFile } from "./inventory.ts";
import { createQuarantine, type Damage } from "./quarantine.ts";
import { readRecord } from "./record.ts";

/** As many as gain from being hashed at once. */
const AT_ONCE = 8;

export type Verified = {
  readonly records: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly damaged: readonly Damage[];
};

/** Reads every byte of the store, whatever is remembered of it. What is damaged is put aside. */
export async function verifyStore(directory: string, files: Files, signal: AbortSignal): Promise<Verified> {
  const damaged: Damage[] = [];
  const quarantine = createQuarantine(directory, files, (damage) => damaged.push(damage));
  const { stored } = await listStore(directory, files);
  for (let begin = 0; begin < stored.length; begin += AT_ONCE) {
    signal.throwIfAborted();
    const some = stored.slice(begin, begin + AT_ONCE);
    const whole = await Promise.all(some.map((file) => isWhole(file, files)));
    for (const { kind, digest, place } of some.filter((_file, index) => whole[index] === false)) {
      await quarantine.putAside(kind === "record" ? "record" : "content", digest, place);
    }
  }
  const records = stored.filter(({ kind }) => kind === "record").length;
  const bytes = stored.reduce((sum, { size }) => sum + size, 0);
  return { records, blobs: stored.length - records, bytes, damaged };
}

/** What was removed meanwhile is not damaged; what cannot be read is. */
async function isWhole({ kind, digest, place }: StoredFile, files: Files): Promise<boolean> {
  try {
    if (kind === "blob") return (await files.digestAfresh(place)).digest === digest;
    return readRecord(await files.readText(place), digest) !== "damaged";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
