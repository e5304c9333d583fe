import type { Header } from "tar-stream";
import { type Digest, startDigest } from "../../model/digest.ts";
import type { Layer } from "../../model/image.ts";
import { decompress } from "../decompress.ts";
import { feed } from "../feed.ts";

/** An entry of a layer without its content. */
export type Entry = {
  /** Its number in the layer, from zero. */
  readonly order: number;
  /** Relative to the root of the image, which is `.` itself. */
  readonly path: string;
  readonly type: string;
  /** Octal digits, as of `chmod`. */
  readonly mode: string;
  /** `0:0`, and the names where the tar has some. */
  readonly owner: string;
  /** Seconds since the epoch by the clock's name: `mtime`, and `atime` and `ctime` where the tar has them. */
  readonly times: Texts;
  readonly target?: string;
  /** All else of the extended header, where extended attributes are. */
  readonly attributes: Texts;
  readonly content?: { readonly size: number; readonly digest: Digest };
};

type Texts = Readonly<Record<string, string>>;

/** A file in the middle of reading a layer; its chunks must be read to the end before the next comes. */
export type LayerFile = { readonly order: number; readonly chunks: AsyncIterable<Uint8Array> };

/** A layer that is not read yet. Whoever reads it is given its faults as errors that `word` makes. */
export type UnreadLayer = {
  readonly layer: Layer;
  /** The blob as it is stored. What this fails with is passed on as it is. */
  readonly read: () => AsyncIterable<Uint8Array>;
  readonly word: (message: string) => Error;
};

/**
 * A million entries with long names come to less; all of them are held. In bytes, about: what an entry takes besides its
 * texts, and what all may take.
 */
const ENTRY_BYTES = 500;
const MOST_BYTES = 768 << 20;

/** All entries of a layer. */
export async function readEntries(unread: UnreadLayer): Promise<readonly Entry[]> {
  const { chunks, guard } = openLayer(unread);
  const entries: Entry[] = [];
  for await (const entry of guard(entriesOf(withDigest(chunks, unread.layer)))) entries.push(entry);
  return entries;
}

/** Reads a layer, and is content if it is what the configuration says. */
export async function checkLayer(unread: UnreadLayer): Promise<void> {
  const { chunks, guard } = openLayer(unread);
  for await (const _chunk of guard(withDigest(chunks, unread.layer)));
}

/** The files of a layer that have these numbers. */
export async function* readFiles(
  unread: UnreadLayer,
  orders: ReadonlySet<number>,
): AsyncGenerator<LayerFile> {
  const { chunks, guard } = openLayer(unread);
  for await (const { order, chunks: content } of guard(untar(chunks))) {
    if (orders.has(order) && content !== undefined) yield { order, chunks: guard(content) };
  }
}

type OpenLayer = {
  /** The layer's tar. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Words what goes wrong with what is made of the tar. */
  readonly guard: <T>(things: AsyncIterable<T>) => AsyncGenerator<T>;
};

function openLayer({ layer, read, word }: UnreadLayer): OpenLayer {
  const faults: unknown[] = [];

  async function* readStored(): AsyncGenerator<Uint8Array> {
    try {
      yield* read();
    } catch (error) {
      faults.push(error);
      throw error;
    }
  }

  async function* readTar(): AsyncGenerator<Uint8Array> {
    yield* decompress(readStored(), layer.mediaType);
  }

  async function* guard<T>(things: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* things;
    } catch (error) {
      if (faults.length > 0) throw faults[0];
      throw word(wordFault(error));
    }
  }

  return { chunks: readTar(), guard };
}

/** Libraries begin with a capital letter, and end in advice that does not help here. */
function wordFault(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [fact = ""] = text.split(/\.(?: |$)/);
  return fact.charAt(0).toLowerCase() + fact.slice(1);
}

async function* withDigest(chunks: AsyncIterable<Uint8Array>, { diffId }: Layer): AsyncGenerator<Uint8Array> {
  const found = startDigest();
  for await (const chunk of chunks) {
    found.update(chunk);
    yield chunk;
  }
  if (found.finish() !== diffId) throw new Error("it has other bytes than the configuration says");
}

async function* entriesOf(tar: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  let bytes = 0;
  for await (const { order, header, chunks } of untar(tar)) {
    const described = describeEntry(header, order);
    bytes += ENTRY_BYTES + JSON.stringify(described).length;
    if (bytes > MOST_BYTES) throw new Error("it has more entries than can be compared");
    yield chunks === undefined
      ? described
      : { ...described, content: { size: header.size, digest: await digestChunks(chunks) } };
  }
}

async function digestChunks(chunks: AsyncIterable<Uint8Array>): Promise<Digest> {
  const digest = startDigest();
  for await (const chunk of chunks) digest.update(chunk);
  return digest.finish();
}

type TarEntry = {
  readonly order: number;
  readonly header: Header;
  readonly chunks?: AsyncIterable<Uint8Array>;
};

/** The entries of a tar, one after the other; the content of each is read before the next comes, or passed over. */
async function* untar(tar: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const { extract } = await import("tar-stream");
  const reader = extract();
  const fed = feed(tar, reader);
  let order = 0;
  for await (const entry of reader) {
    const { header } = entry;
    demandSize(header);
    yield { order, header, ...(hasContent(header) && { chunks: entry as AsyncIterable<Uint8Array> }) };
    order++;
    entry.resume();
  }
  await fed;
}

/**
 * Tar-stream waits for ever for an entry whose size is no number. And what has no content may not say that it has some:
 * readers disagree on where the next entry is then.
 */
function demandSize(header: Header): void {
  const { size, type } = header;
  if (!Number.isSafeInteger(size)) throw new Error("it has an entry without a size");
  if (size > 0 && !hasContent(header) && type !== "directory")
    throw new Error(`it has a ${wordType(type)} with a content`);
}

/** A type that is not known has what a file has, as POSIX says. */
function hasContent({ type }: Header): boolean {
  return type === "file" || type === "contiguous-file" || type === null;
}

function describeEntry(header: Header, order: number): Omit<Entry, "content"> {
  const { path: _path, linkpath: _linkpath, size: _size, ...pax } = (header.pax ?? {}) as Texts;
  const { uid, gid, uname, gname, mtime, atime, ctime, ...attributes } = pax;
  const names = [uname ?? header.uname, gname ?? header.gname];
  return {
    order,
    path: normalPath(header.name),
    type: typeOf(header),
    mode: (header.mode & 0o7777).toString(8).padStart(3, "0"),
    owner: `${uid ?? header.uid}:${gid ?? header.gid}${names.some(Boolean) ? ` (${names.join(":")})` : ""}`,
    times: {
      mtime: normalTime(mtime ?? String(header.mtime.getTime() / 1000)),
      ...(atime !== undefined && { atime: normalTime(atime) }),
      ...(ctime !== undefined && { ctime: normalTime(ctime) }),
    },
    ...(isLink(header) && { target: header.linkname ?? "" }),
    attributes,
  };
}

/** Tars say `./a`, `/a` or `a/` for the same place in an image. */
function normalPath(name: string): string {
  const segments = name.split("/").filter((segment) => segment !== "" && segment !== ".");
  return segments.length === 0 ? "." : segments.join("/");
}

/** No file system tells more than nanoseconds. */
function normalTime(seconds: string): string {
  const [whole = "", fraction = ""] = seconds.split(".");
  const nanoseconds = fraction.slice(0, 9);
  return Number(nanoseconds) === 0 ? whole : `${whole}.${nanoseconds.padEnd(9, "0")}`;
}

function isLink({ type }: Header): boolean {
  return type === "link" || type === "symlink";
}

/** A device is what its numbers say. */
function typeOf({ type, devmajor, devminor }: Header): string {
  const isDevice = type === "character-device" || type === "block-device";
  return isDevice ? `${wordType(type)} ${devmajor}:${devminor}` : wordType(type);
}

function wordType(type: Header["type"] | null): string {
  if (type === "link") return "hard link";
  return type === "symlink" ? "symbolic link" : (type?.replace("-", " ") ?? "unknown type");
}
