import http from "node:http";
import { demandVariable } from "./workspace.ts";

/** A request to the engine, and how many bytes it brought. */
export type EngineCall = { readonly method: string; readonly path: string; sent: number };

/** What is done in the engine's place: answers by itself, or lets the engine answer. */
export type Interruption = (
  request: http.IncomingMessage,
  response: http.ServerResponse,
) => "answered" | "passed";

/** A socket before the engine's that counts what goes through, and interrupts as a test wants. It never keeps the test's process alive. */
export async function startEngineProxy(socketPath: string, interrupt: Interruption = () => "passed") {
  const engine = new URL(demandVariable("DOCKER_HOST"));
  const calls: EngineCall[] = [];
  const server = http.createServer((request, response) => {
    const call = { method: request.method ?? "", path: request.url ?? "", sent: 0 };
    calls.push(call);
    if (interrupt(request, response) === "answered") return;
    const { method, url, headers } = request;
    const place =
      engine.protocol === "unix:"
        ? { socketPath: engine.pathname }
        : { host: engine.hostname, port: engine.port };
    const forward = http.request({ ...place, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forward.on("error", () => response.destroy());
    request.on("data", (chunk: Buffer) => {
      call.sent += chunk.length;
    });
    request.on("error", () => forward.destroy());
    request.pipe(forward);
  });
  server.unref().on("connection", (socket) => socket.unref());
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    environment: { DOCKER_HOST: `unix://${socketPath}` },
    /** What was sent to be loaded since it was last asked, one number a load. */
    takeLoads: (): readonly number[] =>
      calls
        .splice(0)
        .filter(({ path }) => path.includes("/images/load"))
        .map(({ sent }) => sent),
  };
}
