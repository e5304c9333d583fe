import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers one request; what is stored is there to be sent, spoilt or left. */
export type Behaviour = (
  request: IncomingMessage,
  response: ServerResponse,
  stored: Buffer | undefined,
) => void;

/** A shared cache that can be told how to behave. */
export type CacheServer = {
  readonly url: string;
  readonly behave: (behaviour: Behaviour) => void;
  /** How often it was asked since it was last told how to behave. */
  readonly countRequests: () => number;
  /** What was put, by path. */
  readonly stored: Map<string, Buffer>;
  readonly close: () => void;
};

export async function startCacheServer(): Promise<CacheServer> {
  const stored = new Map<string, Buffer>();
  let [behaviour, requests] = [well, 0];
  const server = createServer((request, response) => {
    requests += 1;
    const name = request.url ?? "";
    if (request.method !== "PUT" || behaviour !== well) return behaviour(request, response, stored.get(name));
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      stored.set(name, Buffer.concat(chunks));
      response.writeHead(201).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behave(next) {
      [behaviour, requests] = [next, 0];
    },
    countRequests: () => requests,
    stored,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Sends what it has. */
export const well: Behaviour = (request, response, stored) => {
  if (stored === undefined) response.writeHead(404).end();
  else
    response.writeHead(200, { "content-length": stored.length }).end(request.method === "HEAD" ? "" : stored);
};

/** A behaviour that spoils contents, records, or both on their way out. */
function spoiling(spoil: (content: Buffer) => Buffer): Behaviour {
  return (request, response, stored) => well(request, response, stored && spoil(stored));
}

const flipped = (content: Buffer): Buffer => {
  const changed = Buffer.from(content);
  const middle = Math.floor(changed.length / 2);
  if (changed.length > 0) changed[middle] = (changed[middle] ?? 0) ^ 0x01;
  return changed;
};

const only =
  (prefix: string, behaviour: Behaviour): Behaviour =>
  (request, response, stored) =>
    (request.url?.startsWith(prefix) ? behaviour : well)(request, response, stored);

const page = "<html><title>Log in</title></html>";

/** Everything a server, or a proxy before it, has been seen to do. */
export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  "answers 500": (_request, response) => response.writeHead(500).end("internal error"),
  "answers 401": (_request, response) => response.writeHead(401).end(),
  "answers 429": (_request, response) => response.writeHead(429, { "retry-after": "3600" }).end(),
  "never answers": () => {},
  "closes the connection": (request) => request.socket.destroy(),
  "redirects in a circle": (request, response) =>
    response.writeHead(307, { location: request.url ?? "/" }).end(),
  "sends a page to log in at": (_request, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end(page),
  "sends a page as a content": (_request, response) => response.writeHead(200).end(page),
  "sends nothing for everything": (_request, response) =>
    response.writeHead(200, { "content-length": 0 }).end(),
  "sends half and closes": (request, response, stored) => {
    if (stored === undefined || request.method === "HEAD") return well(request, response, stored);
    response.writeHead(200, { "content-length": stored.length });
    response.write(stored.subarray(0, stored.length / 2), () => request.socket.destroy());
  },
  "sends half as if it were all": spoiling((content) => content.subarray(0, content.length / 2)),
  "sends half and then nothing": (request, response, stored) => {
    if (stored === undefined || request.method === "HEAD") return well(request, response, stored);
    response.writeHead(200, { "content-length": stored.length }).write(stored.subarray(0, stored.length / 2));
  },
  "flips a bit of each content": only("/cas/", spoiling(flipped)),
  "flips a bit of each record": only("/ac/", spoiling(flipped)),
  "has records and no contents": only("/cas/", (_request, response) => response.writeHead(404).end()),
  "hangs at each content": only("/cas/", () => {}),
  "never ends": (request, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write("x".repeat(1000)), 20);
    request.socket.on("close", () => clearInterval(timer));
  },
};
