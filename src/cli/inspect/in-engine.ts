import { readBytes } from "../../images/byte-reader.ts";
import { extractLayout } from "../../images/extract-layout.ts";
import type { LayerFacts } from "../../images/inspect/layer-facts.ts";
import { type ScanOptions, scanLayer } from "../../images/inspect/scan-layer.ts";
import { UnreadableImage } from "../../images/read-images.ts";
import type { Digest } from "../../model/digest.ts";
import type { Engine } from "../../model/engine.ts";
import { blobPath } from "../../model/image.ts";
import { type ImagePlace, MOST_TEXT_BYTES, NOT_IN_A_REGISTRY } from "./image-place.ts";

/** What is kept of texts, of which a layout has a few. */
const MOST_TEXT_BYTES_TOGETHER = 64 << 20;

/**
 * An image of the engine, which can only send all of it: each blob is looked at as it comes by, and nothing is written
 * down. Undefined where the engine has none, or where there is no engine. Rejects with an `UnreadableImage`.
 */
export async function inEngine(
  name: string,
  engine: Engine,
  options: ScanOptions,
  signal: AbortSignal,
): Promise<ImagePlace | undefined> {
  const probed = await engine.probe();
  const found = probed.ok ? await engine.identify(name) : undefined;
  if (found === undefined) return undefined;
  const { texts, layers } = await readExport(engine.export([found.id], signal), options);
  const root = texts.get("index.json");
  if (root === undefined)
    throw new UnreadableImage("the engine sends no OCI layout of it: it is older than Docker 25");
  return {
    ...{ from: "engine", root, isNear: true },
    readText: async (digest) => texts.get(blobPath(digest)),
    scan: async ({ digest }) => {
      const layer = layers.get(blobPath(digest));
      if (layer === undefined) throw new UnreadableImage("is missing");
      if (layer instanceof UnreadableImage) throw layer;
      return layer;
    },
    findAttestations: async (_subjects: readonly Digest[]) => NOT_IN_A_REGISTRY,
  };
}

type Exported = {
  readonly texts: ReadonlyMap<string, string>;
  /** What is wrong with a blob matters only where it is a layer. */
  readonly layers: ReadonlyMap<string, LayerFacts | UnreadableImage>;
};

async function readExport(archive: AsyncIterable<Uint8Array>, options: ScanOptions): Promise<Exported> {
  const texts = new Map<string, string>();
  const layers = new Map<string, LayerFacts | UnreadableImage>();
  let left = MOST_TEXT_BYTES_TOGETHER;
  for await (const { path, chunks } of extractLayout(archive)) {
    const reader = readBytes(chunks);
    const [first] = await reader.peek();
    if (first === OPENING_BRACE) {
      const text = await reader.take(Math.min(MOST_TEXT_BYTES, left) + 1);
      left -= text.length;
      if (text.length <= MOST_TEXT_BYTES && left >= 0) texts.set(path, text.toString("utf8"));
    } else {
      layers.set(path, await scanOrFault(reader.pass(Number.POSITIVE_INFINITY), options));
    }
    // The next comes when all of this one was taken.
    await reader.skip(Number.POSITIVE_INFINITY);
  }
  return { texts, layers };
}

/** All that is text in a layout is JSON. */
const OPENING_BRACE = "{".charCodeAt(0);

async function scanOrFault(
  chunks: AsyncIterable<Uint8Array>,
  options: ScanOptions,
): Promise<LayerFacts | UnreadableImage> {
  try {
    return await scanLayer(chunks, options);
  } catch (error) {
    if (error instanceof UnreadableImage) return error;
    throw error;
  }
}
