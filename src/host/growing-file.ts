import { createHash } from "node:crypto";
import { promises as fs } from "node:fs";
import type { Worker } from "node:worker_threads";
import type { Digest } from "../model/digest.ts";
import type { GrowingFile } from "../model/host.ts";

/** From here on a thread hashes what is settled, while more comes: to start one takes about 40 ms. */
const THREADED_FROM_BYTES = 32 << 20;

const CHUNK_BYTES = 1 << 20;

/** A file that is written in several places at once, and hashed from its beginning on as far as it is settled. */
export async function openGrowing(path: string): Promise<GrowingFile> {
  const handle = await fs.open(path, "a+").then(async (made) => {
    // Appending would ignore positions.
    await made.close();
    return fs.open(path, "r+");
  });
  let hashing: Promise<HashingThread> | undefined;
  let isClosed = false;

  return {
    async write(chunks, position) {
      let at = position;
      for (let rest = chunks; rest.length > 0; ) {
        const { bytesWritten } = await handle.writev(rest, at);
        at += bytesWritten;
        rest = withoutFirst(rest, bytesWritten);
      }
    },
    settle(position) {
      if (position < THREADED_FROM_BYTES || isClosed) return;
      hashing ??= startHashing(path);
      hashing.then((thread) => thread.hashUpTo(position)).catch(() => {});
    },
    async finish(size) {
      if (hashing === undefined) return hashHere(handle, size);
      try {
        return await (await hashing).finish(size);
      } catch {
        // The thread is lost, to a limit on memory or threads: it has read, and written nothing.
        return hashHere(handle, size);
      }
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      await handle.close();
      await hashing?.then(
        (thread) => thread.close(),
        () => {},
      );
    },
  };
}

/** What is left of chunks when so many bytes of them are written. */
function withoutFirst(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  for (const [index, chunk] of chunks.entries()) {
    if (left < chunk.length) return [chunk.subarray(left), ...chunks.slice(index + 1)];
    left -= chunk.length;
  }
  return [];
}

async function hashHere(handle: fs.FileHandle, size: number): Promise<Digest> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, Math.max(size, 1)));
  for (let at = 0; at < size; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - at), at);
    if (bytesRead === 0) throw new Error(`the file ends after ${at} bytes instead of ${size}`);
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return `sha256:${hash.digest("hex")}`;
}

type HashingThread = {
  readonly hashUpTo: (position: number) => void;
  readonly finish: (size: number) => Promise<Digest>;
  readonly close: () => Promise<void>;
};

/** A text, since a file of its own would have to be found again beside the bundle. */
const THREAD_SOURCE = `
const { parentPort, workerData } = require("node:worker_threads");
const { createHash } = require("node:crypto");
const { openSync, readSync } = require("node:fs");
const hash = createHash("sha256");
const buffer = Buffer.allocUnsafeSlow(${CHUNK_BYTES});
const descriptor = openSync(workerData);
let at = 0;
parentPort.on("message", ({ upTo, isLast }) => {
  while (at < upTo) {
    const bytesRead = readSync(descriptor, buffer, 0, Math.min(buffer.length, upTo - at), at);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  if (isLast) parentPort.postMessage(at === upTo ? "sha256:" + hash.digest("hex") : "");
});
`;

async function startHashing(path: string): Promise<HashingThread> {
  const { Worker } = await import("node:worker_threads");
  const worker: Worker = new Worker(THREAD_SOURCE, {
    eval: true,
    execArgv: [],
    name: "hash",
    workerData: path,
  });
  const lost = new Promise<never>((_resolve, reject) => {
    const lose = (): void => reject(new Error("the thread has ended"));
    worker.once("error", lose).once("exit", lose);
  });
  lost.catch(() => {});
  worker.unref();
  return {
    hashUpTo: (position) => worker.postMessage({ upTo: position, isLast: false }),
    async finish(size) {
      worker.ref();
      const answer = new Promise<string>((resolve) => worker.once("message", resolve));
      worker.postMessage({ upTo: size, isLast: true });
      const digest = await Promise.race([answer, lost]);
      if (digest === "") throw new Error(`the file ends before ${size} bytes`);
      return digest as Digest;
    },
    async close() {
      await worker.terminate();
    },
  };
}
