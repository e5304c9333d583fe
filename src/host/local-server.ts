import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  type LocalRequest,
  type LocalResponse,
  PortTaken,
  type ServeLocally,
  TooLarge,
} from "../model/local-server.ts";

/** What keeps others out: no site may frame the page, read it, learn its address, or have it load anything. */
const GUARDS = {
  "cache-control": "no-store",
  "content-security-policy": "frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

/**
 * Listens on 127.0.0.1. Whoever asks must know the token that is part of the address, and have asked for this very host:
 * a name that somebody makes point here is refused, as is what the page of another site sends.
 *
 * Errors: `PortTaken`.
 */
export const serveLocally: ServeLocally = async (port, answer) => {
  const token = randomBytes(24).toString("base64url");
  const server = http.createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy());
  });

  async function handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const answered = await answerOf(request, gone.signal);
    response.writeHead(answered.status, { ...GUARDS, ...answered.headers });
    if (typeof answered.body === "string" || answered.body instanceof Uint8Array) response.end(answered.body);
    else await pipeline(Readable.from(answered.body, { objectMode: true }), response);
  }

  async function answerOf(request: http.IncomingMessage, signal: AbortSignal): Promise<LocalResponse> {
    const [, given = "", path = ""] = /^\/([^/?]*)(\/[^?]*)?/.exec(request.url ?? "") ?? [];
    const { host = "", origin } = request.headers;
    const own = `127.0.0.1:${portOf(server)}`;
    const isOwn = host === own && (origin === undefined || origin === `http://${own}`);
    if (!isOwn || !isSame(given, token)) return plain(403, "this is not the address that was printed\n");
    const asked: LocalRequest = {
      method: request.method ?? "GET",
      path,
      headers: headersOf(request),
      readBody: (mostBytes) => readBody(request, mostBytes),
      signal,
    };
    try {
      return await answer(asked);
    } catch (error) {
      if (error instanceof TooLarge) return plain(413, `${error.message}\n`);
      throw error;
    }
  }

  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    throw new PortTaken((error as NodeJS.ErrnoException).code ?? "unknown");
  }
  return {
    address: `http://127.0.0.1:${portOf(server)}/${token}/`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

function portOf(server: http.Server): number {
  return (server.address() as AddressInfo | null)?.port ?? 0;
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function headersOf({ headers }: http.IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );
}

async function readBody(request: http.IncomingMessage, mostBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new TooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function plain(status: number, body: string): LocalResponse {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body };
}
