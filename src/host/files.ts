import {
  closeSync,
  constants,
  createReadStream,
  promises as fs,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import type { FileHandle } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type FileStatus, type Files, PartChanged, type TreeEntry } from "../model/host.ts";
import { createLimit } from "../model/limit.ts";
import { type Part, partsFrom } from "../model/part.ts";
import { createDigestCache } from "./digest-cache.ts";
import { openGrowing } from "./growing-file.ts";
import { watchPaths } from "./watch.ts";

/** Each may have two files open; the usual limit of a process is 1024. */
const MOST_OPEN_FILES = 64;

/** Files of this machine. Digests of large files are remembered in `digestCachePath` between runs. */
export function createFiles(digestCachePath: string): Files & { close(): Promise<void> } {
  const digests = createDigestCache(digestCachePath);
  const withOpenFile = createLimit(MOST_OPEN_FILES);
  return {
    status,
    stamp,
    realPath: async (target) => realPath(target),
    readText: async (target) => readFileSync(target, "utf8"),
    readBytes: (target) => fs.readFile(target),
    readStream: (target) => readStream(target),
    readParts,
    list,
    listTree: (target, ignore, boundary) => listTree(target, ignore ?? (() => false), boundary),
    digest: (target, onReading) => withOpenFile(() => digests.digest(target, onReading)),
    digestIfFile: (target) => withOpenFile(() => digests.digestIfFile(target)),
    digestAfresh: (target) => withOpenFile(() => digests.digestAfresh(target)),
    digestParts: digests.digestParts,
    makeDirectory: async (target, mode) => {
      mkdirSync(target, { recursive: true, ...(mode !== undefined && { mode }) });
    },
    makeTemporaryDirectory: async (parent, prefix) => {
      await fs.mkdir(parent, { recursive: true });
      return fs.mkdtemp(path.join(parent, prefix));
    },
    writeAtomically,
    writeBriefly,
    append: (target, text) => fs.appendFile(target, text),
    writeStream: (target, chunks) => withOpenFile(() => writeStream(target, chunks)),
    openGrowing,
    noteDigest: digests.note,
    rename: (from, to) => fs.rename(from, to),
    copy: (from, to) => withOpenFile(() => copy(from, to)),
    link: (target, place) => fs.symlink(target, place),
    setMode: (target, mode) => fs.chmod(target, mode),
    touch,
    freeBytes: async (target) => {
      const { bavail, bsize } = await fs.statfs(target);
      return bavail * bsize;
    },
    totalBytes: async (target) => {
      const { blocks, bsize } = await fs.statfs(target);
      return blocks * bsize;
    },
    remove: (target) => fs.rm(target, { recursive: true, force: true, maxRetries: 3 }),
    watch: watchPaths,
    close: digests.save,
  };
}

async function copy(from: string, to: string): Promise<void> {
  await fs.mkdir(path.dirname(to), { recursive: true });
  await fs.copyFile(from, to, constants.COPYFILE_FICLONE);
}

/** What is read at once, and given on at once: a stream costs a file of a few kilobytes more than its bytes do. */
const SMALL_BYTES = 64 << 10;

/** Opened when its first bytes are asked for. */
async function* readStream(target: string, start = 0): AsyncGenerator<Uint8Array> {
  const descriptor = openSync(target, "r");
  const isSmall = fstatSync(descriptor).size - start < SMALL_BYTES;
  if (isSmall) yield* readSmall(descriptor, start);
  else yield* createReadStream(target, { fd: descriptor, highWaterMark: 1 << 20, start });
}

/** To the end, should the file have grown meanwhile. */
function* readSmall(descriptor: number, start: number): Generator<Uint8Array> {
  try {
    for (let position = start; ; ) {
      const buffer = Buffer.allocUnsafe(SMALL_BYTES);
      const bytesRead = readSync(descriptor, buffer, 0, SMALL_BYTES, position);
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      if (bytesRead < SMALL_BYTES) return;
      position += bytesRead;
    }
  } finally {
    closeSync(descriptor);
  }
}

async function* readParts(parts: readonly Part[], offset = 0): AsyncGenerator<Uint8Array> {
  let small: Uint8Array[] = [];
  let smallBytes = 0;
  for await (const chunk of readEach(partsFrom(parts, offset))) {
    const isSmall = chunk.length < SMALL_BYTES;
    if (isSmall) {
      small.push(chunk);
      smallBytes += chunk.length;
    }
    if (small.length > 0 && (!isSmall || smallBytes >= SMALL_BYTES)) {
      yield Buffer.concat(small);
      [small, smallBytes] = [[], 0];
    }
    if (!isSmall) yield chunk;
  }
  if (small.length > 0) yield Buffer.concat(small);
}

async function* readEach(parts: ReturnType<typeof partsFrom>): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if ("bytes" in part) {
      yield part.bytes.subarray(part.start);
      continue;
    }
    let left = part.size - part.start;
    for await (const chunk of readStream(part.file, part.start)) {
      left -= chunk.length;
      if (left < 0) throw new PartChanged(part.file);
      yield chunk;
    }
    if (left > 0) throw new PartChanged(part.file);
  }
}

const NOTHING_THERE = ["ENOENT", "ENOTDIR"];

/**
 * What looks without reading much is done at once: it takes microseconds, and through the thread pool of Node twenty
 * times as long, hundreds of times in a run that finds nothing to do.
 */
function orUndefined<T>(look: () => T, codes = NOTHING_THERE): T | undefined {
  try {
    return look();
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

function statusOf(target: string): Stats | undefined {
  return orUndefined(() => statSync(target, { throwIfNoEntry: false }));
}

function realPath(target: string, codes = NOTHING_THERE): string | undefined {
  return orUndefined(() => realpathSync.native(target), codes);
}

async function status(target: string): Promise<FileStatus | undefined> {
  const stats = statusOf(target);
  if (stats === undefined) return undefined;
  const type = stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other";
  const { size, mtimeMs, ctimeMs } = stats;
  return { type, size, mode: stats.mode & 0o7777, modifiedMs: mtimeMs, changedMs: ctimeMs };
}

async function list(target: string): Promise<readonly string[]> {
  return (orUndefined(() => readdirSync(target)) ?? []).sort();
}

async function touch(target: string, ageMs = 0): Promise<void> {
  const now = Date.now();
  const { mtimeMs } = statSync(target);
  if (mtimeMs <= now && now - mtimeMs < ageMs) return;
  await fs.utimes(target, now / 1000, now / 1000);
}

/** Without the time of the inode itself, which moves when others make and remove links to the file. */
async function stamp(target: string): Promise<string | undefined> {
  const stats = orUndefined(() => statSync(target, { bigint: true, throwIfNoEntry: false }));
  return stats && [stats.dev, stats.ino, stats.size, stats.mode, stats.mtimeNs].join(" ");
}

async function listTree(
  root: string,
  ignore: (relativePath: string) => boolean,
  boundary?: string,
): Promise<readonly TreeEntry[]> {
  const entries: TreeEntry[] = [];
  const [realRoot, realBoundary] = [root, boundary ?? root].map((one) => realpathSync.native(one));
  /** `real` is the folder itself; `above` are those it was reached through, which a link could lead back to. */
  const visit = (folder: string, real: string, above: readonly string[]): void => {
    const names = readdirSync(path.join(root, folder));
    for (const name of names) {
      const relative = folder === "" ? name : `${folder}/${name}`;
      if (ignore(relative)) continue;
      const absolute = path.join(root, relative);
      const link = lstatSync(absolute);
      const target = link.isSymbolicLink() ? followLink(absolute) : path.join(real, name);
      if (target === undefined) continue;
      const stats = link.isSymbolicLink() ? statSync(target) : link;
      const entry = { path: relative, size: stats.size, mode: stats.mode & 0o7777 };
      if (boundary !== undefined && !isBelow(realBoundary ?? "", target)) {
        entries.push({ ...entry, outside: stats.isDirectory() ? "directory" : "file" });
      } else if (stats.isFile()) {
        entries.push(entry);
      } else if (stats.isDirectory()) {
        const isFollowed = !link.isSymbolicLink() || (boundary !== undefined && !wouldRepeat(target));
        if (isFollowed && ![...above, real].includes(target)) visit(relative, target, [...above, real]);
      }
    }
  };
  /** Whether a link's folder is one that was ignored under its own name. */
  const wouldRepeat = (target: string): boolean => {
    const inside = path
      .relative(realRoot ?? "", target)
      .split(path.sep)
      .join("/");
    return inside !== "" && !inside.startsWith("../") && ignore(inside);
  };
  visit("", realRoot ?? root, []);
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The path a link leads to in the end; one that leads to nothing, or to itself, leads nowhere. */
function followLink(link: string): string | undefined {
  return realPath(link, [...NOTHING_THERE, "ELOOP"]);
}

function isBelow(folder: string, target: string): boolean {
  const relative = path.relative(folder, target);
  return relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

function writeAtomically(target: string, content: string | Uint8Array, mode?: number): Promise<void> {
  const write = async (file: FileHandle): Promise<void> => {
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  };
  return writeBeside(target, write, mode);
}

/** At once: through the thread pool of Node four calls take ten times as long, and thousands of files are written so. */
async function writeBriefly(target: string, content: Uint8Array): Promise<void> {
  const temporary = temporaryNameOf(target);
  mkdirSync(path.dirname(target), { recursive: true });
  try {
    writeFileSync(temporary, content, { flag: "wx" });
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function temporaryNameOf(target: string): string {
  return `${target}.${process.pid}.${Math.random().toString(36).slice(2, 8)}.partial`;
}

function writeStream(target: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  return writeBeside(target, (file) =>
    pipeline(Readable.from(chunks), file.createWriteStream({ flush: true })),
  );
}

/** Has a file written under another name, and gives it its own when it is whole. */
async function writeBeside(
  target: string,
  write: (file: FileHandle) => Promise<void>,
  mode?: number,
): Promise<void> {
  mkdirSync(path.dirname(target), { recursive: true });
  const temporary = temporaryNameOf(target);
  try {
    // Opened first: a stream that fails at once would else be opened after its file was removed.
    await write(await fs.open(temporary, "wx", mode));
    await fs.rename(temporary, target);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
}
