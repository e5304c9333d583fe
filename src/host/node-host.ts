import path from "node:path";
import type { Host } from "../model/host.ts";
import { createClock } from "./clock.ts";
import { createFiles } from "./files.ts";
import { serveLocally } from "./local-server.ts";
import { createLocks } from "./locks.ts";
import { createNetwork } from "./network.ts";
import { identifyProcess } from "./process-identity.ts";
import { createProcesses } from "./processes.ts";

export type NodeHost = Host & { close(): Promise<void> };

/** Images have the words of Go. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", arm: "arm/v7" };

/** The real world. `close` writes down what is worth remembering; nothing is lost without it but time. */
export function createNodeHost(
  environment: Readonly<Record<string, string | undefined>>,
  cacheDirectory: string,
  purpose = "mlpackage",
): NodeHost {
  const identity = identifyProcess();
  const network = createNetwork(environment);
  const files = createFiles(path.join(cacheDirectory, "digests.json"));
  return {
    files,
    processes: createProcesses(),
    network,
    serveLocally,
    clock: createClock(),
    locks: createLocks(path.join(cacheDirectory, "locks"), identity, purpose),
    identity,
    containerPlatform: `linux/${ARCHITECTURES[process.arch] ?? process.arch}`,
    random: Math.random,
    environment,
    close: () => {
      network.close();
      return files.close();
    },
  };
}
