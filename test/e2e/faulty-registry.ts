import http from "node:http";
import type { AddressInfo } from "node:net";

/** What a faulty registry does with a request: answers by itself, or lets it through. */
export type Fault = (request: http.IncomingMessage, response: http.ServerResponse) => "answered" | "passed";

/**
 * A registry that fails as a test wants: a server on 127.0.0.1 before a real registry, whose address it hides from what
 * it passes on. It never keeps the test's process alive.
 */
export async function startFaultyRegistry(registry: string, fault: Fault) {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (fault(request, response) === "answered") return;
    const forward = http.request(
      `http://${registry}${request.url}`,
      { method: request.method, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    forward.on("error", () => response.destroy());
    request.on("error", () => forward.destroy());
    request.pipe(forward);
  });
  server.unref().on("connection", (socket) => socket.unref());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: asked as readonly string[],
  };
}

/** Breaks the connection, to both sides, once so many bytes of a request have come. */
export function breakWithin(request: http.IncomingMessage, bytes: number): void {
  let come = 0;
  request.on("data", (chunk: Buffer) => {
    come += chunk.length;
    if (come >= bytes) request.destroy(new Error("broken by the test"));
  });
}
