import { createHash, type Hash } from "node:crypto";
import { promises as fs, readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import type { Digest } from "../model/digest.ts";
import { PartChanged } from "../model/host.ts";
import { createLimit } from "../model/limit.ts";
import { type Part, sizeOfParts } from "../model/part.ts";

export type Digested = { readonly digest: Digest; readonly size: number };

/** From here on a file takes longer to hash than a thread to start: about 40 ms. */
const THREADED_FROM_BYTES = 64 << 20;

/** A smaller file is read at once: through the thread pool of Node its hundred microseconds would be two milliseconds. */
const SMALL_BYTES = 64 << 10;

/** Reading is a bit faster with more, and two of these are held for each file that is being hashed. */
const CHUNK_BYTES = 1 << 20;

export type Hasher = {
  /** A file, as long as it is when it is read. */
  readonly hashFile: (file: string, size: number) => Promise<Digested>;
  /** A content, whose files must be as long as it says. */
  readonly hashParts: (parts: readonly Part[]) => Promise<Digested>;
};

/** A part of what a thread is asked to hash; a file without a size is taken as it comes. */
type Asked = { readonly bytes: Uint8Array } | { readonly file: string; readonly size?: number };

/**
 * Computes SHA-256. What is large is hashed in threads, as many at once as there are cores: our own thread stays free
 * for signals and the live view, and several files take no longer than the disk or the cores do.
 */
export function createHasher(): Hasher {
  const inTurn = createLimit(availableParallelism());
  const idle: Worker[] = [];

  async function hashInThread(asked: readonly Asked[]): Promise<Digested> {
    const worker = idle.pop() ?? (await startWorker());
    const answer = await ask(worker, asked);
    idle.push(worker);
    if ("digest" in answer) return answer;
    if ("changed" in answer) throw new PartChanged(answer.changed);
    throw Object.assign(new Error(answer.error.message), answer.error);
  }

  async function hash(asked: readonly Asked[], size: number): Promise<Digested> {
    if (size < THREADED_FROM_BYTES) return hashHere(asked);
    return inTurn(async () => {
      try {
        return await hashInThread(asked);
      } catch (error) {
        // No thread to be had: a limit of the container on threads or memory.
        if (error instanceof ThreadLost) return hashHere(asked);
        throw error;
      }
    });
  }

  return {
    hashFile: (file, size) => hash([{ file }], size),
    hashParts: (parts) => hash(parts, sizeOfParts(parts)),
  };
}

async function hashHere(asked: readonly Asked[]): Promise<Digested> {
  const hash = createHash("sha256");
  let size = 0;
  for (const part of asked) {
    if ("bytes" in part) hash.update(part.bytes);
    const read = "bytes" in part ? part.bytes.length : await updateFromFile(hash, part.file);
    if ("file" in part && part.size !== undefined && part.size !== read) throw new PartChanged(part.file);
    size += read;
  }
  return { digest: `sha256:${hash.digest("hex")}`, size };
}

/** The next chunk is read while one is hashed. Gives the bytes of the file. */
async function updateFromFile(hash: Hash, file: string): Promise<number> {
  if (isSmall(file)) {
    const content = readFileSync(file);
    hash.update(content);
    return content.length;
  }
  let size = 0;
  const handle = await fs.open(file);
  try {
    let [filled, spare] = [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)];
    let { bytesRead } = await handle.read(filled, 0, CHUNK_BYTES, null);
    while (bytesRead > 0) {
      const next = handle.read(spare, 0, CHUNK_BYTES, null);
      hash.update(filled.subarray(0, bytesRead));
      size += bytesRead;
      [filled, spare] = [spare, filled];
      ({ bytesRead } = await next);
    }
  } finally {
    await handle.close();
  }
  return size;
}

function isSmall(file: string): boolean {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.isFile() === true && stats.size < SMALL_BYTES;
}

/** The thread itself has ended, which says nothing of the file. */
class ThreadLost extends Error {}

type Answer =
  | Digested
  | { readonly changed: string }
  | { readonly error: Pick<NodeJS.ErrnoException, "code" | "errno" | "message" | "path" | "syscall"> };

/** A text, since a file of its own would have to be found again beside the bundle. */
const WORKER_SOURCE = `
const { parentPort } = require("node:worker_threads");
const { createHash } = require("node:crypto");
const { openSync, readSync, closeSync } = require("node:fs");
const buffer = Buffer.allocUnsafeSlow(${CHUNK_BYTES});
function updateFromFile(hash, file) {
  let size = 0;
  const descriptor = openSync(file);
  try {
    for (;;) {
      const bytesRead = readSync(descriptor, buffer, 0, buffer.length, null);
      if (bytesRead === 0) return size;
      hash.update(buffer.subarray(0, bytesRead));
      size += bytesRead;
    }
  } finally {
    closeSync(descriptor);
  }
}
function hashParts(parts) {
  const hash = createHash("sha256");
  let size = 0;
  for (const part of parts) {
    if (part.bytes) hash.update(part.bytes);
    const read = part.bytes ? part.bytes.length : updateFromFile(hash, part.file);
    if (part.size !== undefined && part.size !== read) return { changed: part.file };
    size += read;
  }
  return { digest: "sha256:" + hash.digest("hex"), size };
}
parentPort.on("message", (parts) => {
  try {
    parentPort.postMessage(hashParts(parts));
  } catch ({ code, errno, message, path, syscall }) {
    parentPort.postMessage({ error: { code, errno, message, path, syscall } });
  }
});
`;

/** An idle thread does not keep the process from ending. */
async function startWorker(): Promise<Worker> {
  const { Worker } = await import("node:worker_threads");
  const worker = new Worker(WORKER_SOURCE, { eval: true, execArgv: [], name: "hash" });
  worker.unref();
  return worker;
}

async function ask(worker: Worker, asked: readonly Asked[]): Promise<Answer> {
  // Only what we add is taken away: without its own listeners a worker is never heard again.
  let forget = (): void => {};
  worker.ref();
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const lose = (): void => reject(new ThreadLost("the thread has ended"));
      worker.once("message", resolve).once("error", lose).once("exit", lose);
      forget = () => void worker.off("message", resolve).off("error", lose).off("exit", lose);
      worker.postMessage(asked);
    });
  } finally {
    forget();
    worker.unref();
  }
}
