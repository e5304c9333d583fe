import path from "node:path";
import { type Digest, digestOf, startDigest } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import type { ContentStore } from "../model/source.ts";
import { blobPlace } from "./places.ts";
import { createQuarantine, type Quarantine } from "./quarantine.ts";

/** A content up to here is taken whole: its digest is known before anything is written. */
const MOST_HELD_BYTES = 256 << 10;

/** A blob's time says when it was last wanted, to within this: far less than a collection of garbage leaves it alone. */
const USE_NOTED_EVERY_MS = 10 * 60 * 1000;

/**
 * Blobs by SHA-256 in a folder of this machine: `blobs/<two digits>/<digest>`. What has other bytes than its name says
 * goes to the quarantine: whatever somebody writes into one is found by its digest.
 */
export function createContentStore(
  directory: string,
  files: Files,
  quarantine: Quarantine = createQuarantine(directory, files, () => {}),
): ContentStore {
  async function find(digest: Digest): Promise<string | undefined> {
    const blob = blobPlace(directory, digest);
    const found = await digestIfThere(blob, files);
    if (found === digest) return blob;
    if (found !== undefined) await quarantine.putAside("content", digest, blob);
    return undefined;
  }

  async function keep(content: string, digest: Digest): Promise<string> {
    const place = blobPlace(directory, digest);
    if (await isKept(digest)) return place;
    await files.makeDirectory(path.dirname(place));
    await files.rename(content, place);
    return place;
  }

  /** If so it is in use from now on, until a record says so: what nobody needs is removed some time after it was last written. */
  async function isKept(digest: Digest): Promise<boolean> {
    if ((await find(digest)) === undefined) return false;
    return files.touch(blobPlace(directory, digest), USE_NOTED_EVERY_MS).then(
      () => true,
      () => false,
    );
  }

  /** What is here already is not written again. Of what is short no digest is remembered: a power cut may take its bytes, and `find` sees it. */
  async function writeBytes(bytes: Uint8Array): Promise<Stored> {
    const digest = digestOf(bytes);
    const place = blobPlace(directory, digest);
    if (!(await isKept(digest))) await files.writeBriefly(place, bytes);
    return { digest, size: bytes.length, path: place };
  }

  async function writeStream(chunks: AsyncIterable<Uint8Array>): Promise<Stored> {
    const digest = startDigest();
    let size = 0;
    const measured = async function* () {
      for await (const chunk of chunks) {
        digest.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    };
    const incoming = await files.makeTemporaryDirectory(path.join(directory, "incoming"), "blob-");
    try {
      const content = path.join(incoming, "content");
      await files.writeStream(content, measured());
      const blob = { digest: digest.finish(), size };
      const place = await keep(content, blob.digest);
      await files.noteDigest(place, blob.digest);
      return { ...blob, path: place };
    } finally {
      await files.remove(incoming);
    }
  }

  return {
    find,
    async take(file, known) {
      const blob = known ?? (await files.digestAfresh(file));
      const place = await keep(file, blob.digest);
      if (known !== undefined) await files.noteDigest(place, blob.digest);
      return { ...blob, path: place };
    },
    async gatherIn(name) {
      const folder = path.join(directory, "transfers", name.slice("sha256:".length, 40));
      await files.makeDirectory(folder);
      return folder;
    },
    async freeBytes() {
      await files.makeDirectory(directory);
      return files.freeBytes(directory);
    },
    async write(chunks) {
      const { read, rest } = await readUpTo(MOST_HELD_BYTES, chunks);
      return rest === undefined ? writeBytes(Buffer.concat(read)) : writeStream(concatenate(read, rest));
    },
  };
}

type Stored = Awaited<ReturnType<ContentStore["write"]>>;

/** Reads so many bytes of a stream at least; `rest` is what follows, if it goes on. */
async function readUpTo(bytes: number, chunks: AsyncIterable<Uint8Array>) {
  const rest = chunks[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  for (let left = bytes; left > 0; ) {
    const { done, value } = await rest.next();
    if (done === true) return { read };
    read.push(value);
    left -= value.length;
  }
  return { read, rest };
}

async function* concatenate(
  read: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* read;
  yield* { [Symbol.asyncIterator]: () => rest };
}

/** The digest of a blob's bytes; `not-a-file` for what can have none, and for what the disk cannot read any more. */
async function digestIfThere(blob: string, files: Files): Promise<Digest | "not-a-file" | undefined> {
  try {
    const found = await files.digestIfFile(blob);
    if (found !== undefined) return found.digest;
    const status = await files.status(blob);
    // Where it is a file now, somebody has written it just this moment.
    return status?.type === "file" ? (await files.digestIfFile(blob))?.digest : status && "not-a-file";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Removed just now by another who collects garbage.
    if (code === "ENOENT") return undefined;
    if (code === "EIO") return "not-a-file";
    throw error;
  }
}
