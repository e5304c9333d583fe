import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type PageServer = {
  readonly url: string;
  /** Sends an event to all pages that listen. */
  send(data: unknown, event?: string): void;
  /** How many pages listen. */
  listeners(): number;
  /** What `score` was sent, in order. */
  readonly bodies: readonly string[];
  /** The stream ends, and no other begins. */
  close(): Promise<void>;
};

/** Serves a page, its stream of events, and a service that doubles what it is sent, or fails if that is no JSON. */
export async function servePage(html: string): Promise<PageServer> {
  const streams = new Set<ServerResponse>();
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    if (request.url === "/events") {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write("retry: 100\n\n");
      streams.add(response);
      response.on("close", () => streams.delete(response));
    } else if (request.url === "/score" && request.method === "POST") {
      let body = "";
      for await (const chunk of request) body += chunk;
      bodies.push(body);
      const { status, answer } = double(body);
      response.writeHead(status, { "content-type": "application/json" }).end(answer);
    } else if (request.url === "/") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(html);
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    send: (data, event) => {
      const name = event === undefined ? "" : `event: ${event}\n`;
      for (const stream of streams) stream.write(`${name}data: ${JSON.stringify(data)}\n\n`);
    },
    listeners: () => streams.size,
    bodies,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function double(body: string): { readonly status: number; readonly answer: string } {
  try {
    const { data } = JSON.parse(body) as { readonly data: readonly number[] };
    return {
      status: 200,
      answer: JSON.stringify({ doubled: data.map((one) => one * 2), by: "x".repeat(80) }),
    };
  } catch {
    return { status: 400, answer: '{"error": "the body is no JSON"}' };
  }
}
