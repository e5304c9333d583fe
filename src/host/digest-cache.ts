import { createHash } from "node:crypto";
import { type BigIntStats, createReadStream } from "node:fs";
import * as fs from "node:fs/promises";
import path from "node:path";
import type { Digest } from "../model/digest.ts";

/** Smaller files are read each time: that costs less than remembering them. */
const REMEMBERED_FROM_BYTES = 1 << 20;

/** A file changed this shortly before it was hashed could change again without a new time stamp. */
const RACY_NANOSECONDS = 2_000_000_000n;

type Entry = { readonly identity: string; readonly digest: Digest };
type Digested = { readonly digest: Digest; readonly size: number };

/**
 * Digests of files, remembered between runs for as long as device, inode, size, mode, mtime and ctime (in ns) stay.
 * After git's index: an entry as young as the file it describes is not trusted ("racily clean").
 */
export function createDigestCache(cachePath: string) {
  let entries: Promise<Map<string, Entry>> | undefined;
  let changed = false;
  const load = () => (entries ??= readEntries(cachePath));

  async function digest(file: string): Promise<Digested> {
    const stats = await fs.stat(file, { bigint: true });
    const size = Number(stats.size);
    if (size < REMEMBERED_FROM_BYTES) {
      const content = await fs.readFile(file);
      return { digest: `sha256:${createHash("sha256").update(content).digest("hex")}`, size: content.length };
    }
    const known = await load();
    const identity = identityOf(stats);
    const remembered = known.get(file);
    if (remembered?.identity === identity) return { digest: remembered.digest, size };
    const hashed = await hashFile(file);
    const after = await fs.stat(file, { bigint: true });
    if (identityOf(after) === identity && !isRacy(after)) {
      known.set(file, { identity, digest: hashed.digest });
      changed = true;
    }
    return hashed;
  }

  async function save(): Promise<void> {
    if (!changed || entries === undefined) return;
    changed = false;
    const temporary = `${cachePath}.${process.pid}.partial`;
    await fs.mkdir(path.dirname(cachePath), { recursive: true });
    await fs.writeFile(temporary, JSON.stringify([...(await entries)]));
    await fs.rename(temporary, cachePath);
  }

  return { digest, save };
}

function identityOf(stats: BigIntStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mode, stats.mtimeNs, stats.ctimeNs].join(" ");
}

function isRacy(stats: BigIntStats): boolean {
  const oldestRacy = BigInt(Date.now()) * 1_000_000n - RACY_NANOSECONDS;
  return stats.mtimeNs > oldestRacy || stats.ctimeNs > oldestRacy;
}

async function hashFile(file: string): Promise<Digested> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: `sha256:${hash.digest("hex")}`, size };
}

async function readEntries(cachePath: string): Promise<Map<string, Entry>> {
  try {
    return new Map(JSON.parse(await fs.readFile(cachePath, "utf8")) as [string, Entry][]);
  } catch {
    // Not there, or damaged: a cache of digests can always be made anew.
    return new Map();
  }
}
