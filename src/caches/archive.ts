import { extract, type Pack, pack } from "tar-stream";
import type { Cache } from "../model/cache.ts";
import { errorDiagnostic } from "../model/diagnostic.ts";
import type { Digest } from "../model/digest.ts";
import type { Files } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { ContentStore } from "../model/source.ts";
import { listStore } from "./inventory.ts";
import { blobName, readName, recordName, recordPlace } from "./places.ts";
import { readRecord } from "./record.ts";

/** A store, and the folder it lies in. */
export type ArchiveStore = {
  readonly directory: string;
  readonly files: Files;
  readonly store: ContentStore;
  readonly cache: Cache;
  readonly signal: AbortSignal;
};

/** How many of each went over; `left` are records that did not: they lack a file, or are of another version. */
export type Transferred = { readonly records: number; readonly blobs: number; readonly left: number };

/** It is read whole. Only a mistake or malice makes one larger. */
const MOST_BYTES_OF_RECORD = 64 << 20;

/**
 * Writes every record whose files are all there, and these files, into one tar. Contents come before records: of an
 * archive that is cut short no record is had without what it needs.
 */
export async function exportStore(target: string, from: ArchiveStore): Promise<Transferred> {
  const { directory, files } = from;
  const { stored } = await listStore(directory, files);
  const records = stored.filter(({ kind }) => kind === "record").map(({ digest }) => digest);
  const chosen: Digest[] = [];
  const blobs = new Map<Digest, string>();
  for (const key of records) {
    from.signal.throwIfAborted();
    const found = await findBlobs(key, from);
    if (found === undefined) continue;
    chosen.push(key);
    for (const [digest, place] of found) blobs.set(digest, place);
  }
  const places = [
    ...[...blobs].sort().map(([digest, place]) => ({ name: blobName(digest), place })),
    ...chosen.sort().map((key) => ({ name: recordName(key), place: recordPlace(directory, key) })),
  ];
  await files.writeStream(target, toTar(places, from));
  return { records: chosen.length, blobs: blobs.size, left: records.length - chosen.length };
}

/** Whether a file begins as an export does, with the name of a content or a record. */
export async function isExport(file: string, files: Files): Promise<boolean> {
  for await (const chunk of files.readStream(file)) {
    const name = new TextDecoder().decode(chunk.subarray(0, NAME_BYTES)).replace(/\0.*$/s, "");
    return readName(name) !== undefined;
  }
  return true;
}

/** The name of the first entry is what a tar begins with. */
const NAME_BYTES = 100;

/** The places of all files of a record's output that lie in the store; undefined where one is not there, or no record. */
async function findBlobs(
  key: Digest,
  { directory, files, store }: ArchiveStore,
): Promise<ReadonlyMap<Digest, string> | undefined> {
  const output = readRecord(await files.readText(recordPlace(directory, key)).catch(() => ""), key);
  if (typeof output === "string") return undefined;
  const places = new Map<Digest, string>();
  for (const { digest, origin } of output.files) {
    if (origin !== undefined) continue;
    const place = await store.find(digest);
    if (place === undefined) return undefined;
    places.set(digest, place);
  }
  return places;
}

type Member = { readonly name: string; readonly place: string };

async function* toTar(members: readonly Member[], from: ArchiveStore): AsyncGenerator<Uint8Array> {
  const archive = pack();
  const filled = fill(archive, members, from).catch((error: Error) => archive.destroy(error));
  yield* archive as AsyncIterable<Uint8Array>;
  await filled;
}

async function fill(archive: Pack, members: readonly Member[], from: ArchiveStore): Promise<void> {
  for (const member of members) {
    await addMember(archive, member, from);
  }
  archive.finalize();
}

async function addMember(archive: Pack, { name, place }: Member, from: ArchiveStore): Promise<void> {
  const { files, signal } = from;
  const size = (await files.status(place))?.size ?? 0;
  const header = { name, size, mode: 0o644, mtime: new Date(0) };
  await new Promise<void>((resolve, reject) => {
    const entry = archive.entry(header, (error) => (error ? reject(error) : resolve()));
    pour(files.readStream(place), entry, signal).then(() => entry.end(undefined), reject);
  });
}

/**
 * Adds what an archive holds to the store. Every content is hashed and every record checked, and nothing is written but
 * to places that follow from a digest, so that whoever made the archive can write nowhere else.
 *
 * Errors: `cache/bad-archive`; what came before the mistake was good, and stays.
 */
export async function importStore(
  chunks: AsyncIterable<Uint8Array>,
  to: ArchiveStore,
): Promise<Result<Transferred>> {
  const count = { records: 0, blobs: 0, left: 0 };
  try {
    for await (const { name, type, size, content } of fromTar(chunks, to.signal)) {
      const member = readName(name);
      if (member === undefined || type !== "file")
        throw new BadArchive(`\`${name}\` is not a file of the cache`);
      if (member.kind === "blob") {
        const { digest } = await to.store.write(content);
        if (digest !== member.digest)
          throw new BadArchive(`\`${name}\` has a content that does not match its name`);
        count.blobs += 1;
      } else {
        if (size > MOST_BYTES_OF_RECORD) throw new BadArchive(`\`${name}\` is too large for a record`);
        const isTaken = await takeRecord(member.digest, await readWhole(content), name, to);
        count[isTaken ? "records" : "left"] += 1;
      }
    }
  } catch (error) {
    if (!(error instanceof BadArchive)) throw error;
    return fail(
      errorDiagnostic("cache/bad-archive", `the archive cannot be imported: ${error.message}`, {
        hint: "type `mlpackage cache export FILE` on the other machine to write a new one",
      }),
    );
  }
  return succeed(count);
}

/** Something is wrong with the archive, and nothing with the disk or with us. */
class BadArchive extends Error {}

/** Whether it was put; a record that is here already is as good. */
async function takeRecord(
  key: Digest,
  text: string,
  name: string,
  { cache }: ArchiveStore,
): Promise<boolean> {
  const output = readRecord(text, key);
  if (output === "damaged") throw new BadArchive(`\`${name}\` is not a record of its key`);
  if (output === "foreign") return false;
  if (typeof (await cache.get(key)) === "string") await cache.put(key, output);
  return true;
}

async function readWhole(content: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of content) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

type ReadMember = {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  /** To be read to its end before the next member. */
  readonly content: AsyncIterable<Uint8Array>;
};

/** The members of a tar, one after another. */
async function* fromTar(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<ReadMember> {
  const archive = extract();
  const fed = pour(chunks, archive, signal).then(
    () => archive.end(undefined),
    (error: Error) => archive.destroy(error),
  );
  try {
    for await (const entry of archive) {
      const { name, type, size } = entry.header;
      yield { name, type, size, content: wordFaults(entry as AsyncIterable<Uint8Array>) };
    }
  } catch (error) {
    throw asBadArchive(error);
  } finally {
    archive.destroy();
    await fed;
  }
}

async function* wordFaults(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    throw asBadArchive(error);
  }
}

/** The tar reader's errors are plain; those of the disk have a system call, and an interrupt its own name. */
function asBadArchive(error: unknown): unknown {
  const { syscall, name, message } = error as NodeJS.ErrnoException;
  return error instanceof BadArchive || syscall !== undefined || name === "AbortError"
    ? error
    : new BadArchive(message);
}

/** What both sides of the tar library have of a stream that is written to. */
type Sink = {
  write(chunk: Uint8Array): boolean;
  once(event: "drain" | "close", listener: () => void): unknown;
  readonly destroyed: boolean;
};

/** Writes chunks as fast as they are taken; ends when nobody takes them any more. */
async function pour(chunks: AsyncIterable<Uint8Array>, sink: Sink, signal: AbortSignal): Promise<void> {
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    if (sink.destroyed) return;
    if (sink.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      sink.once("drain", resolve);
      sink.once("close", resolve);
    });
  }
}
