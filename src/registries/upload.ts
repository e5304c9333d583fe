import type { Digest } from "../model/digest.ts";
import type { NetworkResponse } from "../model/host.ts";
import { type BlobContent, RegistryError, type UploadSessions } from "../model/registry.ts";
import { makeBody, type Span } from "./body.ts";
import type { Connection } from "./connection.ts";
import { countFailures, type Failures, mayPass, type Patience, persist } from "./persist.ts";
import { readAnswer } from "./read-answer.ts";
import { expectStatus, Refusal, refusalOf } from "./refusal.ts";
import { chunkBytesFor, createManners, type Manner, type UploadSizes } from "./upload-manner.ts";

/** What has left us may take long to arrive; after the last byte a registry may have to read and move a whole blob. */
const TIMEOUT_MS = { PATCH: 2 * 60_000, PUT: 5 * 60_000 };

export type UploadOptions = {
  readonly connection: Connection;
  /** Of the registry: `registry.example.com:5000`. */
  readonly registry: string;
  /** Where uploads begin. */
  readonly uploads: string;
  readonly sizes: UploadSizes;
  readonly patience: Patience;
  readonly hasBlob: (digest: Digest, signal: AbortSignal) => Promise<boolean>;
  /** Uploads that an earlier process may have begun, and of which a later one is to know. */
  readonly sessions?: UploadSessions | undefined;
};

/** A blob on its way, over as many sessions as it takes. */
type Task = {
  readonly content: BlobContent;
  readonly signal: AbortSignal;
  readonly onSent: (bytes: number) => void;
  readonly failures: Failures;
};

/** An upload that the registry has begun. Its place changes with every answer. */
type Session = { readonly place: string; readonly sent: number };

/** What carries a part of a blob. */
type Request = {
  readonly method: "PATCH" | "PUT";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** How a session ended: its blob may be begun anew, in another manner if the registry refuses this one. */
type Ending =
  | { readonly is: "written" }
  | { readonly is: "lost"; readonly error: unknown }
  | { readonly is: "unfit"; readonly error: unknown; readonly instead: Manner };

/** Distribution specification 1.1, "Pushing blobs". */
export function createUploads(options: UploadOptions) {
  const { connection, uploads, sizes, patience, hasBlob, registry, sessions } = options;
  const manners = createManners(registry, sizes);

  async function writeBlob(
    content: BlobContent,
    signal: AbortSignal,
    onSent: (bytes: number) => void = () => {},
  ): Promise<void> {
    const task = { content, signal, onSent, failures: countFailures(patience, signal) };
    let noted = await findNoted(task);
    for (let begun = noted === undefined ? 1 : 0; ; ) {
      const manner = manners.current();
      const ending = noted === undefined ? await writeOnce(task, manner) : await goOn(task, noted);
      noted = undefined;
      if (ending.is === "written") return sessions?.forget(content.digest);
      if (ending.is === "unfit") {
        if (!manners.change(manner, ending.instead)) throw ending.error;
        continue;
      }
      // The answer alone may have been lost.
      if (await hasBlob(content.digest, signal)) {
        onSent(content.size);
        return sessions?.forget(content.digest);
      }
      if (begun >= patience.attempts) throw ending.error;
      begun += 1;
    }
  }

  /**
   * What the registry has of an upload that an earlier process began. Only the registry itself is asked, whatever the
   * note says: who can write notes shall not choose where a blob goes.
   */
  async function findNoted({ content, onSent, signal }: Task): Promise<Session | undefined> {
    if (chunkBytesFor(content.size, manners.current(), sizes) === undefined) return undefined;
    const place = await sessions?.find(content.digest);
    if (place === undefined || !connection.isOurs(place)) return undefined;
    const found = await findSession({ place, sent: 0 }, content.size, signal).catch(unlessAnswered);
    if (found !== undefined) onSent(found.sent);
    return found;
  }

  /** What an earlier process began may hold anything: where the registry says no to it, the blob is begun anew. */
  async function goOn(task: Task, noted: Session): Promise<Ending> {
    const chunkBytes = chunkBytesFor(task.content.size, manners.current(), sizes) ?? sizes.chunkBytes;
    try {
      return await sendInChunks(task, noted, chunkBytes);
    } catch (error) {
      unlessAnswered(error);
      return { is: "lost", error };
    }
  }

  async function writeOnce(task: Task, manner: Manner): Promise<Ending> {
    const { session, leastChunkBytes } = await begin(task.signal);
    const chunkBytes = chunkBytesFor(task.content.size, manner, sizes);
    const ending =
      chunkBytes === undefined
        ? await sendWhole(task, session)
        : await sendInChunks(task, session, Math.max(chunkBytes, leastChunkBytes));
    if (ending.is === "unfit") await cancel(session.place, task.signal);
    return ending;
  }

  function begin(signal: AbortSignal) {
    return persist(patience, signal, async () => {
      const request = { method: "POST", headers: { "content-length": "0" }, signal };
      const started = await connection.ask(uploads, request);
      await expectStatus(202, started);
      const place = placeOf(started);
      const least = Number(started.headers["oci-chunk-min-length"] ?? 0);
      return { session: { place, sent: 0 }, leastChunkBytes: Number.isInteger(least) ? least : 0 };
    });
  }

  /** Where an upload goes that has just begun. */
  function placeOf(started: NetworkResponse): string {
    const place = connection.placeIn(started, uploads);
    if (place === undefined) throw new RegistryError(started.status, "it does not say where to upload to");
    return place;
  }

  async function sendWhole(task: Task, session: Session): Promise<Ending> {
    try {
      await finish(task, session, { start: 0, length: task.content.size });
      return { is: "written" };
    } catch (error) {
      if (statusOf(error) === 413) return { is: "unfit", error, instead: "small-chunks" };
      if (!mayPass(error) && !isUnknownUpload(error)) throw error;
      await task.failures.pause(error);
      return { is: "lost", error };
    }
  }

  async function sendInChunks(task: Task, begun: Session, chunkBytes: number): Promise<Ending> {
    const { content, failures, signal } = task;
    let session: Session | undefined = begun;
    for (;;) {
      const { place, sent }: Session = session;
      if (connection.isOurs(place)) await sessions?.note(content.digest, place);
      try {
        if (sent === content.size) {
          await finish(task, session, { start: sent, length: 0 });
          return { is: "written" };
        }
        session = await sendChunk(task, session, Math.min(chunkBytes, content.size - sent));
      } catch (error) {
        const instead = mannerAfter(error, sent);
        if (instead !== undefined) return { is: "unfit", error, instead };
        if (!mayPass(error) && !isUnknownUpload(error) && !isOutOfStep(error)) throw error;
        await failures.pause(error);
        session = isUnknownUpload(error) ? undefined : await findSession(session, content.size, signal);
        if (session === undefined) return { is: "lost", error };
      }
      if (session.sent > sent) failures.forget();
    }
  }

  /** The session after a chunk; a registry may take only a part of it. */
  async function sendChunk(task: Task, session: Session, length: number): Promise<Session> {
    const { place, sent } = session;
    const headers = { "content-range": `${sent}-${sent + length - 1}` };
    const response = await send(task, { start: sent, length }, { method: "PATCH", url: place, headers });
    await expectStatus(202, response);
    const taken = Math.min(takenOf(response) ?? sent + length, sent + length);
    if (taken <= sent) throw new Refusal(416, "it keeps nothing of what it is sent");
    return { place: connection.placeIn(response, place) ?? place, sent: taken };
  }

  /** Sends the last bytes of a blob, or none, and has the registry check it. */
  async function finish(task: Task, { place }: Session, span: Span): Promise<void> {
    const url = new URL(place);
    url.searchParams.set("digest", task.content.digest);
    await expectStatus(201, await send(task, span, { method: "PUT", url: url.href }));
    task.onSent(task.content.size);
  }

  async function send(task: Task, span: Span, { method, url, headers }: Request): Promise<NetworkResponse> {
    const { content, signal, onSent } = task;
    const body = makeBody(content, span, onSent);
    const usual = { "content-type": "application/octet-stream", "content-length": String(span.length) };
    const timeoutMs = TIMEOUT_MS[method];
    const request = { method, headers: { ...usual, ...headers }, body: body.chunks, timeoutMs, signal };
    return connection.ask(url, request).catch((error) => {
      throw body.fault()?.error ?? error;
    });
  }

  /** What the registry has of an upload that broke off; undefined where it can not be gone on with. */
  function findSession({ place }: Session, size: number, signal: AbortSignal): Promise<Session | undefined> {
    return persist(patience, signal, async () => {
      const response = await connection.ask(place, { signal });
      const refusal = response.status === 204 ? undefined : await refusalOf(response);
      if (mayPass(refusal)) throw refusal;
      if (refusal !== undefined) return undefined;
      await readAnswer(response);
      const taken = takenOf(response);
      if (taken === undefined || taken > size) return undefined;
      // `0-0` is also what nothing at all is called.
      return { place: connection.placeIn(response, place) ?? place, sent: taken === 1 ? 0 : taken };
    });
  }

  /** Tells the registry that an upload will not be gone on with; it forgets those by itself, too. */
  async function cancel(place: string, signal: AbortSignal): Promise<void> {
    await connection.ask(place, { method: "DELETE", signal }).then(
      (response) => response.discard(),
      () => {},
    );
  }

  /** Takes a blob over from another repository; false where the registry would rather be sent it. */
  async function mountBlob(
    digest: Digest,
    from: string,
    scopes: readonly string[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const url = `${uploads}?${new URLSearchParams({ mount: digest, from })}`;
    const request = { method: "POST", headers: { "content-length": "0" }, scopes, signal };
    try {
      const response = await persist(patience, signal, async () => {
        const answer = await connection.ask(url, request);
        await expectStatus(answer.status === 202 ? 202 : 201, answer);
        return answer;
      });
      if (response.status === 202) await cancel(placeOf(response), signal);
      return response.status === 201;
    } catch (error) {
      if (error instanceof RegistryError && error.status < 500) return false;
      throw error;
    }
  }

  return { writeBlob, mountBlob };
}

/** The bytes that an answer says are there: `Range: 0-1023` (the specification leaves out the unit). */
function takenOf({ headers }: NetworkResponse): number | undefined {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(headers.range ?? "")?.[1];
  return last === undefined ? undefined : Number(last) + 1;
}

/** Throws again what is no answer of the registry. */
function unlessAnswered(error: unknown): undefined {
  if (!(error instanceof RegistryError)) throw error;
}

function statusOf(error: unknown): number | undefined {
  return error instanceof RegistryError ? error.status : undefined;
}

/** Whether a registry has forgotten an upload, or never heard of it where another machine of it began it. */
function isUnknownUpload(error: unknown): boolean {
  return statusOf(error) === 404;
}

/** Whether a registry waits for other bytes than it was sent. */
function isOutOfStep(error: unknown): boolean {
  return statusOf(error) === 416;
}

/**
 * The manner to send a blob in after a registry refused a chunk of it, having taken so many bytes; undefined where the
 * chunk is not at fault.
 */
function mannerAfter(error: unknown, sent: number): Manner | undefined {
  const status = statusOf(error);
  if (status === undefined) return undefined;
  if (status === 413) return "small-chunks";
  if (status === 405 || status < 400) return "monolithic";
  if (sent > 0 || !(error instanceof Refusal) || error.code === "BLOB_UPLOAD_UNKNOWN") return undefined;
  return status === 404 || status === 416 ? "monolithic" : undefined;
}
