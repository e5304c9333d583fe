import { constants, createReadStream, createWriteStream } from "node:fs";
import * as fs from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FileStatus, Files, TreeEntry } from "../model/host.ts";
import { createDigestCache } from "./digest-cache.ts";

/** Files of this machine. Digests of large files are remembered in `digestCachePath` between runs. */
export function createFiles(digestCachePath: string): Files & { close(): Promise<void> } {
  const digests = createDigestCache(digestCachePath);
  return {
    status,
    realPath: (target) => orUndefined(fs.realpath(target)),
    readText: (target) => fs.readFile(target, "utf8"),
    readBytes: (target) => fs.readFile(target),
    readStream: (target) => createReadStream(target, { highWaterMark: 1 << 20 }),
    listTree: (target, ignore) => listTree(target, ignore ?? (() => false)),
    digest: digests.digest,
    makeDirectory: async (target) => void (await fs.mkdir(target, { recursive: true })),
    makeTemporaryDirectory: async (parent, prefix) => {
      await fs.mkdir(parent, { recursive: true });
      return fs.mkdtemp(path.join(parent, prefix));
    },
    writeAtomically,
    writeStream,
    rename: fs.rename,
    copy: async (from, to) => {
      await fs.mkdir(path.dirname(to), { recursive: true });
      await fs.copyFile(from, to, constants.COPYFILE_FICLONE);
    },
    linkOrCopy,
    setMode: fs.chmod,
    setTime: (target, seconds) => fs.utimes(target, seconds, seconds),
    freeBytes: async (target) => {
      const { bavail, bsize } = await fs.statfs(target);
      return bavail * bsize;
    },
    remove: (target) => fs.rm(target, { recursive: true, force: true, maxRetries: 3 }),
    close: digests.save,
  };
}

const NOTHING_THERE = ["ENOENT", "ENOTDIR"];

async function orUndefined<T>(promise: Promise<T>, codes = NOTHING_THERE): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

async function status(target: string): Promise<FileStatus | undefined> {
  const stats = await orUndefined(fs.stat(target));
  if (stats === undefined) return undefined;
  const type = stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other";
  return { type, size: stats.size, mode: stats.mode & 0o7777 };
}

async function listTree(
  root: string,
  ignore: (relativePath: string) => boolean,
): Promise<readonly TreeEntry[]> {
  const entries: TreeEntry[] = [];
  const visit = async (folder: string): Promise<void> => {
    const names = await fs.readdir(path.join(root, folder));
    for (const name of names) {
      const relative = folder === "" ? name : `${folder}/${name}`;
      if (ignore(relative)) continue;
      const absolute = path.join(root, relative);
      const link = await fs.lstat(absolute);
      // A link to a folder could lead round in a circle; a link to a file is that file, one to itself is none.
      if (link.isDirectory()) await visit(relative);
      const stats = link.isSymbolicLink()
        ? await orUndefined(fs.stat(absolute), [...NOTHING_THERE, "ELOOP"])
        : link;
      if (stats?.isFile()) entries.push({ path: relative, size: stats.size, mode: stats.mode & 0o7777 });
    }
  };
  await visit("");
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function writeAtomically(target: string, content: string | Uint8Array): Promise<void> {
  await writeStream(target, [typeof content === "string" ? Buffer.from(content) : content]);
}

async function writeStream(
  target: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  await fs.mkdir(path.dirname(target), { recursive: true });
  const temporary = `${target}.${process.pid}.${Math.random().toString(36).slice(2, 8)}.partial`;
  try {
    await pipeline(Readable.from(chunks), createWriteStream(temporary, { flags: "wx", flush: true }));
    await fs.rename(temporary, target);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await fs.mkdir(path.dirname(to), { recursive: true });
  try {
    await fs.link(await fs.realpath(from), to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    // Another file system, a link limit, or Linux's protected_hardlinks on somebody else's file.
    if (!["EXDEV", "EMLINK", "EPERM", "EACCES", "ENOTSUP"].includes(code)) throw error;
    await fs.copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}
