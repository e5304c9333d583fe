import path from "node:path";
import { createNodeHost } from "../../src/host/node-host.ts";
import type { Host } from "../../src/model/host.ts";
import { makeFolder } from "./temporary-folder.ts";

/** The real host with a cache of its own, and with what a test replaces. */
export function makeHost(replaced: Partial<Host> = {}): Host {
  return { ...createNodeHost({}, path.join(makeFolder(), "cache")), ...replaced };
}
