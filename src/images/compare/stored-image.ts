import type { Descriptor } from "../../model/image.ts";
import { recordOf, type Serializable, type SerializableRecord } from "../../model/serializable.ts";
import { readImage } from "../manifest.ts";
import { type Place, wordPlace } from "./difference.ts";
import type { UnreadLayer } from "./read-layer.ts";

/** An image for one platform, as it is stored. */
export type StoredImage = {
  readonly manifest: string;
  readonly config: string;
  /** A layer's blob, which may be compressed. It is called for what differs, up to a few times. */
  readonly readLayer: (layer: Descriptor) => AsyncIterable<Uint8Array>;
};

/** Which of two images. */
export type Side = "first" | "second";

/** An image makes no sense, or a layer of it is not what it should be. The message is worded for people. */
export class BrokenImage extends Error {
  readonly side: Side;
  constructor(side: Side, message: string) {
    super(message);
    this.name = "BrokenImage";
    this.side = side;
  }
}

/** An image whose texts are read, and none of its layers. */
export type OpenImage = {
  readonly texts: Pick<StoredImage, "manifest" | "config">;
  readonly manifest: SerializableRecord;
  readonly config: SerializableRecord;
  readonly layers: readonly OpenLayer[];
};

export type OpenLayer = UnreadLayer & {
  readonly place: Extract<Place, { readonly in: "layer" }>;
  /** What the manifest says of it, as it is written. */
  readonly written: SerializableRecord;
};

/** Rejects with a `BrokenImage`, and so does whatever reads a layer that is broken. */
export function openImage(stored: StoredImage, side: Side): OpenImage {
  const image = readImage(stored.manifest, stored.config);
  if (image === undefined)
    throw new BrokenImage(side, `the manifest and the configuration of the ${side} image do not agree`);
  const [manifest, config] = [stored.manifest, stored.config].map((text) => recordOf(JSON.parse(text)));
  if (manifest === undefined || config === undefined || isDeep(manifest) || isDeep(config))
    throw new BrokenImage(side, `the manifest or the configuration of the ${side} image has no end`);
  const makers = makersOf(config, image.layers.length);
  const layers = image.layers.map((layer, index): OpenLayer => {
    const madeBy = makers[index];
    const place = { in: "layer", index, ...(madeBy !== undefined && { madeBy }) } as const;
    const subject = `${wordPlace(place)} of the ${side} image`;
    return {
      layer,
      place,
      written: recordOf(listOf(manifest.layers)[index]),
      read: () => stored.readLayer(layer),
      word: (message) => new BrokenImage(side, `${subject} cannot be read: ${message}`),
    };
  });
  return { texts: stored, manifest, config, layers };
}

/** Far more than an image has. */
const MOST_DEPTH = 64;

function isDeep(value: Serializable): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_DEPTH) return true;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return false;
}

/** What made each layer, if the history tells it of all of them. */
function makersOf({ history }: SerializableRecord, layers: number): readonly (string | undefined)[] {
  const makers = listOf(history)
    .map(recordOf)
    .filter(({ empty_layer }) => empty_layer !== true);
  if (makers.length !== layers) return [];
  return makers.map(({ created_by }) => (typeof created_by === "string" ? created_by : undefined));
}

function listOf(value: Serializable | undefined): readonly Serializable[] {
  return Array.isArray(value) ? value : [];
}
