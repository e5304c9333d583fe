import path from "node:path";
import type { Host } from "../model/host.ts";
import { createClock } from "./clock.ts";
import { createFiles } from "./files.ts";
import { createLocks } from "./locks.ts";
import { createNetwork } from "./network.ts";
import { identifyProcess } from "./process-identity.ts";
import { createProcesses } from "./processes.ts";

export type NodeHost = Host & { close(): Promise<void> };

/** The real world. `close` writes down what is worth remembering; nothing is lost without it but time. */
export function createNodeHost(
  environment: Readonly<Record<string, string | undefined>>,
  cacheDirectory: string,
  purpose = "mlpackage",
): NodeHost {
  const identity = identifyProcess();
  const network = createNetwork();
  const files = createFiles(path.join(cacheDirectory, "digests.json"));
  return {
    files,
    processes: createProcesses(),
    network,
    clock: createClock(),
    locks: createLocks(path.join(cacheDirectory, "locks"), identity, purpose),
    identity,
    random: Math.random,
    environment,
    close: () => {
      network.close();
      return files.close();
    },
  };
}
