import type { Config } from "../model/config.ts";
import { isNeverPickled } from "../model/pickle-names.ts";
import type { Pin } from "../model/source.ts";
import type { Step } from "../model/step.ts";
import { asData } from "./as-data.ts";
import { choiceOf } from "./compare-lock.ts";
import type { Locate } from "./locate.ts";
import type { Pins } from "./pins.ts";

/** An image of many more layers than these cannot be mounted; the environment has some as well. */
const MOST_MODEL_LAYERS = 100;

/**
 * What brings a model and works out its layers. Those of its steps that a step needs who reads its files, and the
 * layers, are `image`; the last of `image` is the layer's.
 */
export type ModelSteps = {
  readonly steps: readonly Step[];
  /** The one whose output is the model's files. */
  readonly content: string;
  readonly image: readonly string[];
  readonly scans: readonly string[];
};

export function modelSteps(config: Config, pins: Pins, locate: Locate, index: number): ModelSteps {
  const model = config.models[index];
  if (model === undefined) throw new Error(`there is no model ${index}`);
  const { name, version, source, sha256, unpack, pointer } = model;
  const [include, exclude] = choiceOf(model);
  const pin = pins.models[index];
  const common = { name, after: [], location: locate(pointer) };
  const fetch: Step = {
    ...common,
    id: `fetch:${name}`,
    kind: "fetch",
    inputs: { source, include, exclude, ...(sha256 !== undefined && { sha256 }), ...(pin && { pin }) },
    needs: [],
    pool: pin?.scheme === "file" && !hasPointers(pin) ? "cpu" : "network",
  };
  const unpacked: Step = {
    ...common,
    id: `unpack:${name}`,
    kind: "unpack",
    inputs: { include: model.include, exclude: model.exclude },
    needs: [fetch.id],
    pool: "cpu",
  };
  const content = unpack ? unpacked : fetch;
  const scan: Step = {
    ...common,
    id: `scan:${name}`,
    kind: "scan",
    inputs: {},
    needs: [content.id],
    pool: "cpu",
  };
  const isScanned = unpack || pin === undefined || !pin.paths.every(isNeverPickled);
  const scans = isScanned ? [scan] : [];
  const mostLayers = Math.max(1, Math.floor(MOST_MODEL_LAYERS / config.models.length));
  const layer: Step = {
    ...common,
    id: `layer:${name}`,
    kind: "layer",
    inputs: asData({ name, version, mostLayers, compression: config.build.compression }),
    needs: [content.id],
    after: scans.map(({ id }) => id),
    pool: "cpu",
  };
  return {
    steps: [fetch, ...(unpack ? [unpacked] : []), ...scans, layer],
    content: content.id,
    image: [content.id, layer.id],
    scans: layer.after,
  };
}

/** Whether files that lie in the package are pointers: what they point to is fetched. */
function hasPointers({ identity: { files } }: Pin): boolean {
  return Object.values((files ?? {}) as Readonly<Record<string, { readonly pointed?: true }>>).some(
    ({ pointed }) => pointed,
  );
}
