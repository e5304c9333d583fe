import { bytesOf, once } from "../model/chunks.ts";
import { type Digest, digestOf } from "../model/digest.ts";
import { type Host, NetworkError, type NetworkResponse } from "../model/host.ts";
import { inLanes } from "../model/lanes.ts";
import { Refusal, type RemoteFile, SourceFault } from "../model/place.ts";
import type { Blob, ContentStore } from "../model/source.ts";
import { type Gathering, openGathering } from "./gathering.ts";
import type { FileMeter } from "./meter.ts";
import { countFailures, type Failures, type Patience, persist } from "./persist.ts";
import { checkPublished, isPublished } from "./published-digest.ts";
import { demandSpace } from "./space.ts";
import { type Known, missingSpans } from "./spans.ts";

/** Up to here a file is held until it is whole, and nothing of it is kept if it breaks off. */
const MOST_HELD_BYTES = 256 << 10;

/** A larger file comes in pieces, several at once: one connection is seldom as fast as the line. */
const PARALLEL_FROM_BYTES = 32 << 20;
const PIECE_BYTES = 16 << 20;
const PIECES_AT_ONCE = 8;

/** What is collected before it is written. */
const WRITTEN_AT_ONCE_BYTES = 1 << 20;

/** After so many bytes what failed before does not count any more. */
const FORGIVEN_AFTER_BYTES = 1 << 20;

export type TransferContext = {
  readonly host: Host;
  readonly store: ContentStore;
  readonly signal: AbortSignal;
  readonly progress: FileMeter;
  /** What the bytes are told from all others by: whoever brings a file of this name may go on with what came of it. */
  readonly name: Digest;
  /** Gives the right to one more request. */
  readonly withConnection: <T>(act: () => Promise<T>) => Promise<T>;
};

/** The bytes that came are not those that were promised. */
export class WrongContent extends SourceFault {
  readonly actual: Digest;
  constructor(message: string, actual: Digest) {
    super(
      "source/digest-mismatch",
      message,
      "if the change is intended, type `mlpackage lock --upgrade models`",
    );
    this.name = "WrongContent";
    this.actual = actual;
  }
}

/** What was begun is not what is there now: it has to be brought from the start. */
class Changed extends SourceFault {
  constructor(file: RemoteFile) {
    super("source/changed", `\`${file.path}\` was replaced during the download`, "apply again");
    this.name = "Changed";
  }
}

/** A server that cannot send a part broke off. */
class MustRestart extends Error {
  readonly fault: unknown;
  constructor(fault: unknown) {
    super("the transfer has to begin again");
    this.fault = fault;
  }
}

/**
 * Brings a file into the store, once: in pieces at once where it is large, and going on where an earlier attempt or an
 * earlier process was broken off. What was begun is known again by its ETag or its digest, or it is begun anew. Rejects with a
 * `NetworkError`, a `Refusal` or another `SourceFault`; nothing partial is ever in the store.
 *
 * Errors: `source/digest-mismatch`, `source/wrong-size`, `source/changed`, `source/no-space`.
 */
export async function transfer(file: RemoteFile, context: TransferContext): Promise<Blob> {
  const { progress } = context;
  try {
    const here = (await findHere(file, context)) ?? (await takeCopy(file, context));
    if (here !== undefined) {
      progress.add(here.size);
      return here;
    }
    if (isHeld(file)) return await bringHeld(file, context);
    return await bringGathered(file, context);
  } finally {
    progress.end();
  }
}

/** Whether a file is short enough to be held until it is whole. */
export function isHeld({ size }: RemoteFile): boolean {
  return size !== undefined && size <= MOST_HELD_BYTES;
}

async function findHere({ digest }: RemoteFile, { store, host }: TransferContext): Promise<Blob | undefined> {
  const path = digest && (await store.find(digest));
  if (digest === undefined || path === undefined) return undefined;
  return { digest, path, size: (await host.files.status(path))?.size ?? 0 };
}

/** Another program of this machine may have the file: its bytes decide, and again once they are ours. */
async function takeCopy(file: RemoteFile, { host, store }: TransferContext): Promise<Blob | undefined> {
  const { copy } = file;
  if (copy === undefined || !(await isWanted(file, copy, host))) return undefined;
  const blob = await store.write(host.files.readStream(copy));
  return (await isWanted(file, blob.path, host)) ? blob : undefined;
}

/** Whether a file of this machine is the one that a place has, by its SHA-256 or else by what the place publishes. */
async function isWanted(file: RemoteFile, path: string, { files }: Host): Promise<boolean> {
  try {
    const { type, size = 0 } = (await files.status(path)) ?? {};
    if (type !== "file" || size !== (file.size ?? size)) return false;
    if (file.digest !== undefined) return (await files.digest(path)).digest === file.digest;
    return await isPublished(file, size, files.readStream(path));
  } catch {
    return false;
  }
}

async function bringHeld(file: RemoteFile, context: TransferContext): Promise<Blob> {
  const bytes = await persist(patienceOf(context), () =>
    context.withConnection(async () => {
      const response = await file.open(undefined, undefined, context.signal);
      const held = await bytesOf(upTo(MOST_HELD_BYTES + 1, response));
      if (held.length !== file.size) throw wordWrongSize(file, held.length);
      return held;
    }),
  );
  context.progress.add(bytes.length);
  await demandContent(file, digestOf(bytes), bytes.length, once(bytes));
  return context.store.write(once(bytes));
}

async function* upTo(most: number, { body, discard }: NetworkResponse): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    yield chunk;
    bytes += chunk.length;
    if (bytes >= most) return discard();
  }
}

/** The last look at what came, before it is in the store. */
async function demandContent(
  file: RemoteFile,
  digest: Digest,
  size: number,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  if (file.digest === undefined) return checkPublished(file, size, content);
  if (digest !== file.digest) throw wordWrongContent(file, digest);
}

/** Two processes that want one file bring it once. */
async function bringGathered(file: RemoteFile, context: TransferContext): Promise<Blob> {
  const { host, signal, name } = context;
  const release = await host.locks.acquire(`transfer${name.slice("sha256:".length, 40)}`, { signal });
  try {
    const here = await findHere(file, context);
    if (here !== undefined) {
      context.progress.add(here.size);
      return here;
    }
    const gathering = await openGathering(name, file, context);
    return await gather(file, gathering, context).catch(async (error) => {
      // What was noted is of use as long as the disk has room for it.
      const isUseless = error instanceof SourceFault && !(error instanceof Refusal);
      if (isUseless || (error as NodeJS.ErrnoException).code === "ENOSPC") await gathering.discard();
      else await gathering.leave();
      throw error;
    });
  } finally {
    await release();
  }
}

async function gather(file: RemoteFile, gathering: Gathering, context: TransferContext): Promise<Blob> {
  const failures = countFailures(patienceOf(context));
  context.progress.add(bytesIn(gathering.spans()));
  for (let isSecond = false; ; ) {
    try {
      const size = await bringPieces(file, gathering, failures, context);
      const digest = await gathering.finish(size);
      await demandContent(file, digest, size, gathering.read());
      return await gathering.keep({ digest, size });
    } catch (error) {
      const isWorthAnother =
        error instanceof Changed || (error instanceof WrongContent && gathering.isResumed());
      if (error instanceof MustRestart) await failures.pause(error.fault);
      else if (!isWorthAnother || isSecond) throw error;
      else isSecond = true;
      context.progress.add(-(await gathering.begin(undefined, "")));
    }
  }
}

function bytesIn(spans: readonly Known[]): number {
  return spans.reduce((bytes, { start, end }) => bytes + end - start, 0);
}

/** Brings all that is missing; gives the size of the whole. */
async function bringPieces(
  file: RemoteFile,
  gathering: Gathering,
  failures: Failures,
  context: TransferContext,
): Promise<number> {
  const known = gathering.size();
  if (known !== undefined) {
    await bringMissing(file, gathering, known, undefined, context);
    return known;
  }
  const isLarge = (file.size ?? 0) >= PARALLEL_FROM_BYTES;
  // Of a large file a piece is asked for: then it is seen at once whether there are pieces.
  const first = await openFirst(
    file,
    isLarge ? { start: 0, end: PIECE_BYTES } : undefined,
    failures,
    context,
  );
  const size = sizeIn(first);
  if (file.size !== undefined && size !== undefined && size !== file.size) {
    first.discard();
    throw wordWrongSize(file, size);
  }
  await demandSpace(size ?? file.size ?? 0, context.store);
  const validator = strongEtag(first);
  await gathering.begin(size, validator);
  const isAnswered = isLarge ? first.status === 206 : isRanged(first);
  const isResumable = isAnswered && (validator !== "" || file.digest !== undefined);
  if (size === undefined || !isResumable) {
    const whole = await demandWhole(first, () => openFirst(file, undefined, failures, context));
    return bringWhole(file, gathering, whole, context);
  }
  await bringMissing(file, gathering, size, first, context);
  return size;
}

/** A first piece is of no use where nobody could tell whether the next is of the same file. */
async function demandWhole(
  first: NetworkResponse,
  open: () => Promise<NetworkResponse>,
): Promise<NetworkResponse> {
  if (first.status !== 206) return first;
  first.discard();
  return open();
}

async function openFirst(
  file: RemoteFile,
  span: Known | undefined,
  failures: Failures,
  { signal }: TransferContext,
): Promise<NetworkResponse> {
  for (;;) {
    try {
      return await file.open(span, undefined, signal);
    } catch (error) {
      await failures.pause(error);
    }
  }
}

/** From a server that cannot send a part, or does not say of what: what breaks off has to come again. */
async function bringWhole(
  file: RemoteFile,
  gathering: Gathering,
  response: NetworkResponse,
  context: TransferContext,
): Promise<number> {
  const wanted = gathering.size() ?? file.size;
  let size = 0;
  try {
    for await (const chunks of batches(response.body)) {
      await gathering.write(chunks, size);
      context.progress.add(lengthOf(chunks));
      size += lengthOf(chunks);
      if (wanted !== undefined && size > wanted) throw wordWrongSize({ ...file, size: wanted }, size);
    }
  } catch (error) {
    response.discard();
    if (error instanceof NetworkError && !context.signal.aborted) throw new MustRestart(error);
    throw error;
  }
  if (wanted === undefined || size === wanted) return size;
  throw new MustRestart(new NetworkError("ECONNRESET", `${size} bytes arrived instead of ${wanted}`));
}

async function bringMissing(
  file: RemoteFile,
  gathering: Gathering,
  size: number,
  first: NetworkResponse | undefined,
  context: TransferContext,
): Promise<void> {
  const mostBytes = size >= PARALLEL_FROM_BYTES ? PIECE_BYTES : Math.max(size, 1);
  const pieces = missingSpans(size, gathering.spans(), mostBytes);
  if (pieces.length === 0) first?.discard();
  await inLanes(pieces, PIECES_AT_ONCE, (piece) =>
    context.withConnection(() =>
      bringPiece(file, gathering, { piece, size }, piece.start === 0 ? first : undefined, context),
    ),
  );
}

async function bringPiece(
  file: RemoteFile,
  gathering: Gathering,
  { piece, size }: { readonly piece: Known; readonly size: number },
  first: NetworkResponse | undefined,
  context: TransferContext,
): Promise<void> {
  const failures = countFailures(patienceOf(context));
  const { end } = piece;
  let [at, forgivenAt, response] = [piece.start, piece.start + FORGIVEN_AFTER_BYTES, first];
  while (at < end) {
    try {
      response ??= await openPart(file, { start: at, end }, gathering.validator(), context.signal);
      demandPart(file, response, { start: at, size, validator: gathering.validator() });
      for await (const chunks of batches(response.body, end - at)) {
        await gathering.write(chunks, at);
        context.progress.add(lengthOf(chunks));
        at += lengthOf(chunks);
        if (at < forgivenAt) continue;
        failures.forget();
        forgivenAt = at + FORGIVEN_AFTER_BYTES;
      }
      if (at < end) throw new NetworkError("ECONNRESET", `${end - at} bytes did not arrive`);
    } catch (error) {
      response?.discard();
      response = undefined;
      await failures.pause(error);
    }
  }
}

async function openPart(
  file: RemoteFile,
  span: Known,
  validator: string,
  signal: AbortSignal,
): Promise<NetworkResponse> {
  try {
    return await file.open(span, validator === "" ? undefined : validator, signal);
  } catch (error) {
    const isOther = error instanceof Refusal && (error.status === 412 || error.status === 416);
    throw isOther ? new Changed(file) : error;
  }
}

/** Never a part of another file than was begun, nor another part. */
function demandPart(
  file: RemoteFile,
  response: NetworkResponse,
  { start, size, validator }: { readonly start: number; readonly size: number; readonly validator: string },
): void {
  const etag = strongEtag(response);
  const isSame = validator === "" || etag === "" || etag === validator;
  const isPart = response.status === 206 ? rangeIn(response)?.start === start : start === 0;
  if (!isSame || !isPart || sizeIn(response) !== size) throw new Changed(file);
}

/** A weak one does not promise the same bytes (RFC 9110, section 8.8). */
function strongEtag({ headers: { etag = "" } }: NetworkResponse): string {
  return etag.startsWith('"') ? etag : "";
}

function isRanged({ status, headers }: NetworkResponse): boolean {
  return status === 206 || headers["accept-ranges"] === "bytes";
}

/** `bytes 0-99/1234` (RFC 9110, section 14.4). */
function rangeIn({
  headers,
}: NetworkResponse): { readonly start: number; readonly size: number } | undefined {
  const [, start, size] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers["content-range"] ?? "") ?? [];
  return start === undefined ? undefined : { start: Number(start), size: Number(size) };
}

/** Of the whole, whatever part of it an answer has. */
function sizeIn(response: NetworkResponse): number | undefined {
  if (response.status === 206) return rangeIn(response)?.size;
  const length = response.headers["content-length"];
  return length === undefined || !/^\d+$/.test(length) ? undefined : Number(length);
}

/** Chunks, collected to what is worth a write; no more than so many bytes of them. */
async function* batches(
  body: AsyncIterable<Uint8Array>,
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly Uint8Array[]> {
  let collected: Uint8Array[] = [];
  let [collectedBytes, left] = [0, most];
  try {
    for await (const chunk of body) {
      const wanted = chunk.subarray(0, left);
      collected.push(wanted);
      collectedBytes += wanted.length;
      left -= wanted.length;
      if (collectedBytes < WRITTEN_AT_ONCE_BYTES && left > 0) continue;
      yield collected;
      [collected, collectedBytes] = [[], 0];
      if (left <= 0) return;
    }
  } catch (error) {
    // What came before it broke off came all the same.
    if (collectedBytes > 0) yield collected;
    throw error;
  }
  if (collectedBytes > 0) yield collected;
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((bytes, { length }) => bytes + length, 0);
}

function patienceOf({ host, signal, progress }: TransferContext): Patience {
  return { host, signal, onWait: progress.wait };
}

function wordWrongSize({ path, size }: RemoteFile, actual: number): SourceFault {
  return new SourceFault(
    "source/wrong-size",
    `\`${path}\` has ${actual} bytes instead of ${size}`,
    "apply again; if it happens again, the file is damaged at its source",
  );
}

function wordWrongContent({ path, digest }: RemoteFile, actual: Digest): WrongContent {
  return new WrongContent(`\`${path}\` has the digest ${actual} instead of ${digest}`, actual);
}
