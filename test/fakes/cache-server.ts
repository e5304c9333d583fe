import type { IncomingMessage, ServerResponse } from "node:http";
import { digestOf } from "../../src/model/digest.ts";
import { startServer } from "./http-server.ts";

/** What a server does with a request instead of what it should; `undefined` lets it do that. */
export type CacheFault = (
  request: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array | undefined,
) => "answered" | undefined;

/** Faults that any server may have. */
export const FAULTS = {
  hangs: () => "answered",
  hangsUp: (request) => {
    request.socket.destroy();
    return "answered";
  },
  hangsWithin: (_request, response, content) => {
    response.writeHead(200, { "content-length": content?.length ?? 9 }).write("{");
    return "answered";
  },
  isCutShort: (_request, response, content) => {
    const { length } = content ?? { length: 9 };
    response.writeHead(200, { "content-length": length }).write(content?.subarray(0, length / 2) ?? "{");
    setTimeout(() => response.destroy(), 5);
    return "answered";
  },
  fails: (_request, response) => {
    response.writeHead(500).end("secret details");
    return "answered";
  },
  redirects: (request, response) => {
    response.writeHead(302, { location: `/elsewhere${request.url}` }).end();
    return "answered";
  },
  sendsPages: (_request, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<p>log in</p>");
    return "answered";
  },
  refuses: (_request, response) => {
    response.writeHead(401, { "www-authenticate": "Basic" }).end();
    return "answered";
  },
} satisfies Readonly<Record<string, CacheFault>>;

/**
 * A server that speaks the HTTP protocol of Bazel's remote caches as bazel-remote does: contents are checked as they
 * come in, and what has no length is refused. `contents` is what it has, by path; a test may put anything there.
 */
export async function startCacheServer() {
  const contents = new Map<string, Uint8Array>();
  const authorizations: (string | undefined)[] = [];
  let fault: CacheFault = () => undefined;
  const { url, requests } = await startServer((request, response) => {
    authorizations.push(request.headers.authorization);
    const content = contents.get(request.url ?? "");
    if (fault(request, response, content) === "answered") return;
    if (!/^\/(ac|cas)\/[0-9a-f]{64}$/.test(request.url ?? "")) response.writeHead(400).end();
    else if (request.method === "PUT") void take(request, response, contents);
    else if (content === undefined) response.writeHead(404, { "content-length": 9 }).end("Not found");
    else response.writeHead(200, { "content-length": content.length }).end(content);
  });
  return {
    url,
    requests,
    contents,
    authorizations: authorizations as readonly (string | undefined)[],
    /** From now on; without a fault it does again what it should. */
    breakWith: (next: CacheFault = () => undefined): void => {
      fault = next;
    },
  };
}

async function take(
  request: IncomingMessage,
  response: ServerResponse,
  contents: Map<string, Uint8Array>,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  const content = Buffer.concat(chunks);
  const { url = "", headers } = request;
  const isWrong = url.startsWith("/cas/") && digestOf(content) !== `sha256:${url.slice("/cas/".length)}`;
  if (headers["content-length"] === undefined || isWrong) {
    response.writeHead(400).end();
    return;
  }
  contents.set(url, content);
  response.writeHead(200, { "content-length": 0 }).end();
}
