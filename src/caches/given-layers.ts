import type { Digest } from "../model/digest.ts";
import type { GivenLayers } from "../model/engine.ts";
import type { Clock, Files } from "../model/host.ts";
import { createHints } from "./hints.ts";

/** An engine keeps what nothing refers to for a day; before that it is not worth asking for. */
const KEPT_MS = 20 * 60 * 60_000;

/** Which engine was given which layers: an empty hint for each, as old as the note. */
export function createGivenLayers(directory: string, files: Files, clock: Clock): GivenLayers {
  const hints = createHints(directory, "given", files);
  const nameOf = (endpoint: string, layer: Digest): string => `${endpoint} ${layer}`;

  async function isLately(name: string): Promise<boolean> {
    const status = await hints.status(name);
    return status !== undefined && Math.abs(clock.now() - status.modifiedMs) < KEPT_MS;
  }

  return {
    async find(endpoint, layers) {
      const found = await Promise.all(layers.map((layer) => isLately(nameOf(endpoint, layer))));
      return layers.filter((_layer, index) => found[index]);
    },
    note: (endpoint, layer) => hints.write(nameOf(endpoint, layer), ""),
    async forget(endpoint, layers) {
      await Promise.all(layers.map((layer) => hints.remove(nameOf(endpoint, layer))));
    },
  };
}
