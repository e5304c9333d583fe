import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { digestOf } from "../../src/model/digest.ts";
import type { BlobContent, Repository } from "../../src/model/registry.ts";
import { createRepository, type RepositoryOptions } from "../../src/registries/repository.ts";
import { makeHost } from "../fakes/host.ts";
import { startServer } from "../fakes/http-server.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

/** What a test has a registry do instead of its duty; true where it has answered. `count` is of requests like this one. */
export type Script = (
  request: IncomingMessage,
  response: ServerResponse,
  count: number,
) => boolean | Promise<boolean>;

/** The method and what is asked for, without its name: `PATCH upload`. */
export type Asked = { readonly what: string; readonly range: string };

const UPLOADS = "/v2/team/image/blobs/uploads/";

/**
 * A registry in memory, which keeps what it has of an upload that broke off, as Debian's does not, and does what a test
 * tells it instead; and a repository over it, for which nobody waits between attempts.
 */
export async function openRegistry(script: Script = () => false, more: Partial<RepositoryOptions> = {}) {
  const blobs = new Map<string, Buffer>();
  const uploads = new Map<string, Buffer>();
  const asked: Asked[] = [];

  const server = await startServer(async (request, response) => {
    const what = `${request.method} ${nameOf(request.url ?? "")}`;
    const { "content-range": sent, range = sent } = request.headers;
    asked.push({ what, range: range ?? "" });
    const count = asked.filter((one) => one.what === what).length;
    if (await script(request, response, count)) return;
    if (request.url?.startsWith(UPLOADS)) await answerUpload(request, response);
    else await answerBlob(request, response);
  });

  async function answerUpload(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", server.url);
    const id = pathname.slice(UPLOADS.length);
    if (request.method === "POST") {
      const made = `${uploads.size + 1}`;
      uploads.set(made, Buffer.alloc(0));
      response.writeHead(202, { location: `${UPLOADS}${made}` }).end();
    } else if (!uploads.has(id)) refuse(response, 404, "BLOB_UPLOAD_UNKNOWN");
    else if (request.method === "GET") sayTaken(response, 204, id);
    else if (request.method === "DELETE") {
      uploads.delete(id);
      response.writeHead(204).end();
    } else {
      await take(id, request);
      if (request.method === "PATCH") return sayTaken(response, 202, id);
      const bytes = uploads.get(id) ?? Buffer.alloc(0);
      if (digestOf(bytes) !== searchParams.get("digest")) return refuse(response, 400, "DIGEST_INVALID");
      uploads.delete(id);
      blobs.set(digestOf(bytes), bytes);
      response.writeHead(201).end();
    }
  }

  /** Keeps the bytes that come, and all that have come when the connection breaks. */
  async function take(id: string, request: IncomingMessage): Promise<void> {
    request.on("data", (chunk: Buffer) => {
      uploads.set(id, Buffer.concat([uploads.get(id) ?? Buffer.alloc(0), chunk]));
    });
    await once(request, "end").catch(() => {});
  }

  function sayTaken(response: ServerResponse, status: number, id: string): void {
    const range = `0-${Math.max((uploads.get(id)?.length ?? 0) - 1, 0)}`;
    response.writeHead(status, { location: `${UPLOADS}${id}`, range }).end();
  }

  function answerBlob(request: IncomingMessage, response: ServerResponse): void {
    const bytes = blobs.get(request.url?.split("/").at(-1) ?? "");
    if (bytes === undefined) {
      refuse(response, 404, "BLOB_UNKNOWN");
      return;
    }
    const [, first = "0", last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    const [start, end] = [Number(first), last ? Number(last) + 1 : bytes.length];
    const range = { "content-range": `bytes ${start}-${end - 1}/${bytes.length}` };
    const isPart = end - start < bytes.length;
    response.writeHead(isPart ? 206 : 200, { "content-length": end - start, ...(isPart && range) });
    response.end(bytes.subarray(start, end));
  }

  const clock = createManualClock();
  const repository: Repository = createRepository({
    registry: `127.0.0.1:${server.port}`,
    repository: "team/image",
    network: makeHost().network,
    clock,
    random: () => 0,
    findCredentials: async () => undefined,
    chunkBytes: 100,
    monolithicUpTo: 100,
    ...more,
  });
  const whats = () => asked.map(({ what }) => what);
  return { repository, blobs, uploads, clock, asked, whats, port: server.port };
}

function nameOf(url: string): string {
  const [path = "", query = ""] = url.split("?");
  if (query.startsWith("mount=")) return "mount";
  if (path === UPLOADS) return "uploads";
  if (path.startsWith(UPLOADS)) return "upload";
  return path.split("/").at(-2) ?? "";
}

export function refuse(response: ServerResponse, status: number, code = ""): void {
  response.writeHead(status).end(JSON.stringify({ errors: [{ code, message: "no" }] }));
}

/** Bytes that differ from one place to the next. */
export function makeBytes(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) % 256));
}

/** A content in pieces of `pieceBytes`, and the offsets that it was read from. */
export function makeContent(bytes: Buffer, pieceBytes = 30): BlobContent & { readonly starts: number[] } {
  const starts: number[] = [];
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    starts,
    async *chunks(start = 0) {
      starts.push(start);
      for (let at = start; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    },
  };
}

/** Lets so many bytes of a request's body in, and breaks the connection. */
export async function breakAfter(request: IncomingMessage, bytes: number): Promise<void> {
  let come = 0;
  await new Promise<void>((resolve) => {
    request.on("data", (chunk: Buffer) => {
      come += chunk.length;
      if (come >= bytes) resolve();
    });
  });
  request.socket.destroy();
}
