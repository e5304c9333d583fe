import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";

/**
 * A server before a registry that counts the bytes of what is uploaded through it. One that holds hands on a request
 * when it has come whole, as nginx does.
 */
export async function startMeter(registry: string, holds = false) {
  let bytes = 0;
  const waiting: { readonly bytes: number; readonly done: () => void }[] = [];
  const server = http.createServer(async (request, response) => {
    const held: Buffer[] = [];
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      for (const one of waiting) if (bytes >= one.bytes) one.done();
      if (holds) held.push(chunk);
    });
    request.on("error", () => {});
    if (holds && (await once(request, "end").catch(() => undefined)) === undefined) return;
    const forward = http.request(
      `http://${registry}${request.url}`,
      { method: request.method, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    forward.on("error", () => response.destroy());
    request.on("close", () => request.complete || forward.destroy());
    if (holds) Readable.from(held).pipe(forward);
    else request.pipe(forward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => bytes,
    until: (wanted: number) => new Promise<void>((done) => waiting.push({ bytes: wanted, done })),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
