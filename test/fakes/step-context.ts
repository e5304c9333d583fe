import type { Signer } from "../../src/model/attestation.ts";
import type { Digest } from "../../src/model/digest.ts";
import type { Engine, GivenLayers, ImageIdentity } from "../../src/model/engine.ts";
import type { StepOutput } from "../../src/model/outcome.ts";
import type { BlobLocations } from "../../src/model/registry.ts";
import { succeed } from "../../src/model/result.ts";
import type { StepContext } from "../../src/model/step-kind.ts";
import { sourceOf } from "../../src/sources/index.ts";
import { only } from "./only.ts";
import { makeSourceContext } from "./source-context.ts";
import { makeFolder } from "./temporary-folder.ts";

/** What a step is given: real files, a fake engine, and the outputs the test says. */
export function makeStepContext(
  directory: string,
  engine: Partial<Engine> = {},
  outputs: Readonly<Record<string, StepOutput>> = {},
): StepContext {
  return {
    ...makeSourceContext(directory),
    engine: only<Engine>(engine),
    signer: only<Signer>({}),
    locations: createLocations(),
    given: createGiven(),
    repositoryOf: (reference) => {
      throw new Error(`the test did not expect ${reference} to be asked for`);
    },
    runtimeDirectory: makeFolder({ "serve.py": "serve" }),
    makeWorkDirectory: async () => makeFolder(),
    sourceOf: (reference) => sourceOf(reference) ?? only({}),
    outputOf: (id) => outputs[id] ?? only({}),
    report: () => {},
    warn: () => {},
    buildAids: { readSecrets: async () => succeed([]), cacheFrom: [], cacheTo: [] },
    force: false,
  };
}

/** Where blobs were seen, in memory. */
function createLocations(): BlobLocations {
  const seen = new Map<Digest, readonly string[]>();
  return {
    find: async (digest) => seen.get(digest) ?? [],
    note: async (digest, repository) => void seen.set(digest, [repository]),
  };
}

/** What engines were given, in memory. */
function createGiven(): GivenLayers {
  const given = new Set<string>();
  const nameOf = (endpoint: string, layer: Digest): string => `${endpoint} ${layer}`;
  return {
    find: async (endpoint, layers) => layers.filter((layer) => given.has(nameOf(endpoint, layer))),
    note: async (endpoint, layer) => void given.add(nameOf(endpoint, layer)),
    forget: async (endpoint, layers) => {
      for (const layer of layers) given.delete(nameOf(endpoint, layer));
    },
  };
}

/** An engine's images by tag: what is tagged is written down in `done`. */
export function createTaggedImages(tags: Readonly<Record<string, string>>) {
  const byTag = new Map(Object.entries(tags));
  const done: string[] = [];
  const identify = async (reference: string): Promise<ImageIdentity | undefined> => {
    const id = byTag.get(reference);
    return id === undefined ? undefined : { id, tags: [reference] };
  };
  const engine: Partial<Engine> = {
    identify,
    tag: async (id, reference) => {
      done.push(`tag ${id} ${reference}`);
      byTag.set(reference, id);
      return succeed(undefined);
    },
  };
  return { engine, done };
}
