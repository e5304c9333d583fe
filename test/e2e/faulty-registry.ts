import http from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What a faulty registry does with a request: answers by itself, lets it through, or holds it until it has come whole,
 * as many a proxy before a registry does.
 */
export type Fault = (
  request: http.IncomingMessage,
  response: http.ServerResponse,
) => "answered" | "passed" | "held";

/**
 * A registry that fails as a test wants: a server on 127.0.0.1 before a real registry, whose address it hides from what
 * it passes on. It never keeps the test's process alive.
 */
export async function startFaultyRegistry(registry: string, fault: Fault) {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const verdict = fault(request, response);
    if (verdict === "answered") return;
    if (verdict === "held") hold(request, () => pass(request, response));
    else request.pipe(pass(request, response));
  });

  function pass(request: http.IncomingMessage, response: http.ServerResponse): http.ClientRequest {
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
    return forward;
  }

  server.unref().on("connection", (socket) => socket.unref());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: asked as readonly string[],
  };
}

/** Of a request that breaks off nothing is passed on. */
function hold(request: http.IncomingMessage, pass: () => http.ClientRequest): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("error", () => {});
  request.on("end", () => {
    const forward = pass();
    for (const chunk of chunks) forward.write(chunk);
    forward.end();
  });
}

/** Breaks the connection, to both sides, once so many bytes of a request have come. */
export function breakWithin(request: http.IncomingMessage, bytes: number): void {
  let come = 0;
  request.on("data", (chunk: Buffer) => {
    come += chunk.length;
    if (come >= bytes) request.destroy(new Error("broken by the test"));
  });
}
