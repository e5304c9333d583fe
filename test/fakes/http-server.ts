import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A real server on 127.0.0.1, or on a unix socket; it never keeps the test's process alive. */
export async function startServer(handler: Handler, socketPath?: string) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    handler(request, response);
  });
  server.unref().on("connection", (socket) => socket.unref());
  await new Promise<void>((resolve) =>
    socketPath === undefined ? server.listen(0, "127.0.0.1", resolve) : server.listen(socketPath, resolve),
  );
  const address = server.address();
  const port = typeof address === "object" ? (address as AddressInfo).port : 0;
  return { url: `http://127.0.0.1:${port}`, port, requests: requests as readonly string[] };
}
