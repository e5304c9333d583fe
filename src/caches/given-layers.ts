import path from "node:path";
import { type Digest, digestOf } from "../model/digest.ts";
import type { GivenLayers } from "../model/engine.ts";
import type { Clock, Files } from "../model/host.ts";

/** An engine keeps what nothing refers to for a day; before that it is not worth asking for. */
const KEPT_MS = 20 * 60 * 60_000;

/**
 * Which engine was given which layers, in a folder of this machine: an empty file of `given/` for each, as old as the
 * note. It is a hint, and a lost one costs the bytes of one layer: nothing that goes wrong here is an error.
 */
export function createGivenLayers(directory: string, files: Files, clock: Clock): GivenLayers {
  const placeOf = (endpoint: string, layer: Digest): string =>
    path.join(directory, "given", digestOf(`${endpoint} ${layer}`).slice("sha256:".length));

  async function isLately(place: string): Promise<boolean> {
    const status = await files.status(place).catch(() => undefined);
    return status !== undefined && Math.abs(clock.now() - status.modifiedMs) < KEPT_MS;
  }

  return {
    async find(endpoint, layers) {
      const found = await Promise.all(layers.map((layer) => isLately(placeOf(endpoint, layer))));
      return layers.filter((_layer, index) => found[index]);
    },
    note: (endpoint, layer) => files.writeAtomically(placeOf(endpoint, layer), "").catch(() => {}),
    async forget(endpoint, layers) {
      await Promise.all(layers.map((layer) => files.remove(placeOf(endpoint, layer)).catch(() => {})));
    },
  };
}
