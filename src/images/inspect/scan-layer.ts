import type { Header } from "tar-stream";
import { startDigest } from "../../model/digest.ts";
import { readBytes } from "../byte-reader.ts";
import { decompress } from "../decompress.ts";
import { UnreadableImage } from "../read-images.ts";
import { type StreamedEntry, tarEntries } from "../tar-entries.ts";
import { type Fact, type FileFact, type Interest, interestIn, type LayerFacts } from "./layer-facts.ts";
import { LIMITS, OversizedImage, type ScanLimits } from "./limits.ts";
import { readPythonMetadata, readServerVersion, readSystemPackages } from "./read-package-records.ts";

export type ScanOptions = {
  /** Whether files of models are hashed, or only named. */
  readonly hashesModels: boolean;
  /** Of the tar: what comes behind the entry that begins before this is not read. */
  readonly mostBytes?: number;
  readonly limits?: ScanLimits;
};

/**
 * What a layer says of an image, by the stream: nothing of it is held but what is told. Rejects with an
 * `UnreadableImage`, whose message goes on from "its layer", and with what `chunks` fails with.
 */
export async function scanLayer(
  chunks: AsyncIterable<Uint8Array>,
  { hashesModels, mostBytes, limits = LIMITS }: ScanOptions,
): Promise<LayerFacts> {
  const opened = openTar(chunks, limits);
  const facts: Fact[] = [];
  const unread: string[] = [];
  const held = { bytes: 0, textBytes: 0 };
  const note = (fact: Fact): void => {
    held.bytes += FACT_BYTES + JSON.stringify(fact).length;
    if (held.bytes > limits.mostHeldBytes) throw new OversizedImage("has more files than can be told of");
    facts.push(fact);
  };
  for await (const entry of tarEntries(opened.tar, wordTar)) {
    const { header } = entry;
    demandSize(header);
    const path = normalPath(header.name);
    const interest = interestIn(path);
    const isLast = mostBytes !== undefined && opened.read() + header.size > mostBytes;
    if (interest !== undefined) {
      const scan: EntryScan = { path, interest, hashes: hashesModels && !isLast, held, limits };
      const found = await readEntry(entry, scan);
      if (found === "unread") unread.push(`${path} makes no sense`);
      else for (const fact of found) note(fact);
    }
    if (isLast) return { facts, unread };
  }
  return { facts, unread, diffId: opened.finish() };
}

const FACT_BYTES = 100;

type EntryScan = {
  readonly path: string;
  readonly interest: Interest;
  readonly hashes: boolean;
  readonly held: { textBytes: number };
  readonly limits: ScanLimits;
};

async function readEntry(entry: StreamedEntry, scan: EntryScan): Promise<readonly Fact[] | "unread"> {
  const { path, interest, hashes } = scan;
  const { type } = entry.header;
  if (interest.kind === "removal") return [interest];
  if (interest.kind === "model-file") {
    if (type === "directory") return [];
    return [{ kind: "model-file", path, ...(await readContent(entry, hashes, undefined)) }];
  }
  if (type !== "file" && type !== "contiguous-file") return [];
  switch (interest.kind) {
    case "conda":
      return [{ path, ...interest }];
    case "code":
      return [{ kind: "code", path, ...(await readContent(entry, true, scan)) }];
    case "python": {
      const found = readPythonMetadata(await headOf(entry, scan.limits.mostMetadataBytes));
      return found === undefined ? "unread" : [{ kind: "python", path, ...found }];
    }
    case "server": {
      const version = readServerVersion(await headOf(entry, scan.limits.mostMetadataBytes));
      return version === undefined ? "unread" : [{ kind: "server", path, version }];
    }
    default: {
      if (entry.header.size > scan.limits.mostDatabaseBytes)
        throw new OversizedImage(`has a \`${path}\` of ${entry.header.size} bytes`);
      const packages = readSystemPackages(await headOf(entry, scan.limits.mostDatabaseBytes));
      return [{ kind: "system", path, packages }];
    }
  }
}

type Content = Omit<FileFact, "kind">;

/** Of a link there is nothing to read. `keep` says that the text is wanted, where it is one and short. */
async function readContent(
  { header, chunks }: StreamedEntry,
  hashes: boolean,
  keep: EntryScan | undefined,
): Promise<Content> {
  const size = header.size;
  if (!hashes || (header.type !== "file" && header.type !== "contiguous-file")) return { size };
  const isKept =
    keep !== undefined &&
    size <= keep.limits.mostTextBytes &&
    keep.held.textBytes + size <= keep.limits.mostTextBytesTogether;
  const digest = startDigest();
  const kept: Uint8Array[] = [];
  for await (const chunk of chunks) {
    digest.update(chunk);
    if (isKept) kept.push(chunk);
  }
  const text = isKept ? textIn(Buffer.concat(kept)) : undefined;
  if (keep !== undefined && text !== undefined) keep.held.textBytes += size;
  return { size, digest: digest.finish(), ...(text !== undefined && { text }) };
}

/** Undefined for what is no UTF-8, or has bytes that no text has. */
function textIn(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function headOf({ chunks }: StreamedEntry, most: number): Promise<string> {
  const taken: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    if (bytes < most) taken.push(chunk.subarray(0, most - bytes));
    bytes += chunk.length;
  }
  return Buffer.concat(taken).toString("utf8");
}

/** The tar of a layer, which says itself how it is compressed, and how much of it was read. */
function openTar(chunks: AsyncIterable<Uint8Array>, limits: ScanLimits) {
  const digest = startDigest();
  const stored = noteFaults(chunks);
  let read = 0;
  async function* tar(): AsyncGenerator<Uint8Array> {
    for await (const chunk of unpacked(stored.chunks)) {
      read += chunk.length;
      if (read > limits.leastBomb && read > stored.bytes() * limits.mostGrowth)
        throw new OversizedImage("grows without end when it is decompressed");
      digest.update(chunk);
      yield chunk;
    }
  }
  async function* worded(): AsyncGenerator<Uint8Array> {
    try {
      yield* tar();
    } catch (error) {
      if (error instanceof UnreadableImage || stored.faults.includes(error)) throw error;
      throw new UnreadableImage(`cannot be decompressed: ${(error as Error).message}`);
    }
  }
  return { tar: worded(), read: () => read, finish: () => digest.finish() };
}

/** The same chunks, counted. What they fail with is the fault of who has them, and is to be told from one of the layer. */
function noteFaults(chunks: AsyncIterable<Uint8Array>) {
  const faults: unknown[] = [];
  let bytes = 0;
  async function* noted(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      faults.push(error);
      throw error;
    }
  }
  return { chunks: noted(), faults, bytes: () => bytes };
}

async function* unpacked(stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = readBytes(stored);
  const start = await reader.take(4);
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield start;
    for (let next = await reader.peek(); next.length > 0; next = await reader.peek())
      yield* reader.pass(next.length);
  }
  try {
    yield* decompress(whole(), compressionOf(start));
  } finally {
    await reader.close();
  }
}

/** By the first bytes, since who wrote the layer's media type need not have looked. */
function compressionOf(start: Buffer): string {
  if (start.length >= 2 && start.readUInt16BE() === 0x1f8b) return "+gzip";
  return start.length >= 4 && start.readUInt32LE() === 0xfd2fb528 ? "+zstd" : ".tar";
}

function wordTar(reason: string): Error {
  return new UnreadableImage(`is no whole tar: ${reason}`);
}

/** Tar-stream waits for ever for an entry whose size is no number. */
function demandSize({ size }: Header): void {
  if (!Number.isSafeInteger(size)) throw wordTar("it has an entry without a size");
}

/** Tars say `./a`, `/a` or `a/` for the same place in an image. */
function normalPath(name: string): string {
  return name
    .split("/")
    .filter((segment) => segment !== "" && segment !== ".")
    .join("/");
}
