import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A web server with one file, which it keeps back while it is held. */
export type GateServer = {
  readonly url: string;
  /** The file is another one from now on, and is not sent. */
  readonly hold: () => void;
  readonly isAsked: () => boolean;
  readonly release: () => void;
  readonly version: () => number;
  readonly close: () => void;
};

export async function startGateServer(): Promise<GateServer> {
  const waiting: ServerResponse[] = [];
  let [isHeld, version] = [false, 0];
  const answer = (response: ServerResponse): void => {
    response.end(`the gate's file, version ${version}\n`);
  };
  const server = createServer((request, response) => {
    response.setHeader("etag", `"${version}"`);
    if (request.method === "HEAD") response.end();
    else if (isHeld) waiting.push(response);
    else answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/gate.txt`,
    hold() {
      isHeld = true;
      version += 1;
    },
    isAsked: () => waiting.length > 0,
    release() {
      isHeld = false;
      for (const response of waiting.splice(0)) answer(response);
    },
    version: () => version,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
