import { type BigIntStats, promises as fs, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { type Digest, digestOf, isDigest } from "../model/digest.ts";
import { PartChanged } from "../model/host.ts";
import type { Part } from "../model/part.ts";
import { createHasher, type Digested } from "./hash-file.ts";

/** Smaller files are read in each run: that costs less than remembering them for the next. */
const REMEMBERED_FROM_BYTES = 1 << 20;

/** A file changed this shortly before it was hashed could change again without a new time stamp. */
const RACY_NANOSECONDS = 2_000_000_000n;

/** With more entries than these, those of files that are gone are dropped when the cache is written. */
const ENTRIES_BEFORE_PRUNING = 4096;

type Entry = { readonly identity: string; readonly digest: Digest };

/**
 * Digests of files, remembered between runs for as long as device, inode, size, mode, mtime and ctime (in ns) stay.
 * After git's index: an entry as young as the file it describes is not trusted ("racily clean").
 */
export function createDigestCache(cachePath: string) {
  const { hashFile, hashParts } = createHasher();
  const fresh = new Map<string, Entry>();
  /** Of small files, for this run alone. */
  const small = new Map<string, Entry>();
  const underWay = new Map<string, Promise<Digested>>();
  /** Digests of contents that are made of several parts, by what they are made of. */
  const contents = new Map<string, Promise<Digested>>();
  let entries: Promise<Map<string, Entry>> | undefined;
  const load = () => (entries ??= readEntries(cachePath));

  async function digest(file: string, onReading?: () => void): Promise<Digested> {
    return digestAs(file, statSync(file, { bigint: true }), onReading);
  }

  async function digestIfFile(file: string): Promise<Digested | undefined> {
    const stats = statIfThere(file);
    return stats?.isFile() === true ? digestAs(file, stats) : undefined;
  }

  async function digestAs(file: string, stats: BigIntStats, onReading?: () => void): Promise<Digested> {
    const size = Number(stats.size);
    const identity = identityOf(stats);
    if (size < REMEMBERED_FROM_BYTES) return digestSmall(file, stats, identity);
    const known = await load();
    const remembered = known.get(file);
    if (remembered?.identity === identity) return { digest: remembered.digest, size };
    onReading?.();
    // Several steps may ask for one file at once.
    const request = `${file} ${identity}`;
    const asked =
      underWay.get(request) ?? hashAndRemember(file, stats).finally(() => underWay.delete(request));
    underWay.set(request, asked);
    return asked;
  }

  function digestSmall(file: string, stats: BigIntStats, identity: string): Digested {
    const remembered = small.get(file);
    if (remembered?.identity === identity) return { digest: remembered.digest, size: Number(stats.size) };
    const digested = readDigest(file);
    if (!isRacy(stats)) small.set(file, { identity, digest: digested.digest });
    return digested;
  }

  /** Whatever is remembered: what this finds is remembered instead. */
  async function digestAfresh(file: string): Promise<Digested> {
    const stats = await fs.stat(file, { bigint: true });
    if (stats.size < REMEMBERED_FROM_BYTES) return readDigest(file);
    await load();
    return hashAndRemember(file, stats);
  }

  async function hashAndRemember(file: string, stats: BigIntStats): Promise<Digested> {
    const hashed = await hashFile(file, Number(stats.size));
    const after = await fs.stat(file, { bigint: true });
    const identity = identityOf(after);
    if (identity === identityOf(stats) && !isRacy(after)) {
      const entry = { identity, digest: hashed.digest };
      (await load()).set(file, entry);
      fresh.set(file, entry);
    }
    return hashed;
  }

  /** For this run at once. For others when the disk has the file: what is remembered of one that is lost would be wrong. */
  async function note(file: string, known: Digest): Promise<void> {
    const stats = statSync(file, { bigint: true });
    if (stats.size < REMEMBERED_FROM_BYTES) return;
    const entry = { identity: identityOf(stats), digest: known };
    (await load()).set(file, entry);
    void flush(file).then(
      () => fresh.set(file, entry),
      () => {},
    );
  }

  /** Asked for ahead, and then by who needs it; a file that changed in between is another content. */
  async function digestParts(parts: readonly Part[]): Promise<Digested> {
    const content = identityOfParts(parts);
    const asked = contents.get(content) ?? hashParts(parts);
    contents.set(content, asked);
    try {
      const digested = await asked;
      if (identityOfParts(parts) !== content) throw new PartChanged(fileOf(parts));
      return digested;
    } finally {
      const isSettled = parts.every((part) => "bytes" in part || isSettledFile(part.file));
      if (!isSettled || identityOfParts(parts) !== content) contents.delete(content);
    }
  }

  /** Adds what is new to what another process may have written meanwhile. */
  async function save(): Promise<void> {
    if (fresh.size === 0) return;
    const merged = new Map([...(await readEntries(cachePath)), ...fresh]);
    fresh.clear();
    const kept = merged.size > ENTRIES_BEFORE_PRUNING ? await withoutGone(merged) : merged;
    await writeWhole(cachePath, JSON.stringify([...kept]));
  }

  return { digest, digestIfFile, digestAfresh, digestParts, note, save };
}

async function flush(file: string): Promise<void> {
  const handle = await fs.open(file);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function identityOf(stats: BigIntStats): string {
  const { dev, ino, size, mode, mtimeNs, ctimeNs } = stats;
  return [dev, ino, size, mode, mtimeNs, ctimeNs].join(" ");
}

function identityOfParts(parts: readonly Part[]): string {
  const identities = parts.map((part) =>
    "bytes" in part ? digestOf(part.bytes) : `${part.file} ${part.size} ${identityIfThere(part.file)}`,
  );
  return digestOf(identities.join("\n"));
}

function statIfThere(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}

function identityIfThere(file: string): string {
  const stats = statIfThere(file);
  return stats === undefined ? "" : identityOf(stats);
}

/** Of what is made of several files the first is named. */
function fileOf(parts: readonly Part[]): string {
  return parts.flatMap((part) => ("file" in part ? [part.file] : []))[0] ?? "";
}

function isSettledFile(file: string): boolean {
  const stats = statIfThere(file);
  return stats !== undefined && !isRacy(stats);
}

function isRacy(stats: BigIntStats): boolean {
  const oldestRacy = BigInt(Date.now()) * 1_000_000n - RACY_NANOSECONDS;
  return stats.mtimeNs > oldestRacy || stats.ctimeNs > oldestRacy;
}

function readDigest(file: string): Digested {
  const content = readFileSync(file);
  return { digest: digestOf(content), size: content.length };
}

async function readEntries(cachePath: string): Promise<Map<string, Entry>> {
  try {
    const entries = JSON.parse(readFileSync(cachePath, "utf8")) as readonly [string, Entry][];
    return new Map(entries.filter(([, entry]) => isDigest(entry?.digest)));
  } catch {
    // Not there, or damaged: a cache of digests can always be made anew.
    return new Map();
  }
}

/** In turn, since a thousand files at once are more than a process may ask for. */
async function withoutGone(entries: ReadonlyMap<string, Entry>): Promise<ReadonlyMap<string, Entry>> {
  const kept = new Map<string, Entry>();
  for (const [file, entry] of entries) {
    const stats = await fs.stat(file, { bigint: true }).catch(() => undefined);
    if (stats !== undefined && identityOf(stats) === entry.identity) kept.set(file, entry);
  }
  return kept;
}

async function writeWhole(target: string, content: string): Promise<void> {
  const temporary = `${target}.${process.pid}.partial`;
  await fs.mkdir(path.dirname(target), { recursive: true });
  try {
    await fs.writeFile(temporary, content);
    await fs.rename(temporary, target);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
}
