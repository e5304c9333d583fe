import type { LayerFacts } from "../../images/inspect/layer-facts.ts";
import type { ScanOptions } from "../../images/inspect/scan-layer.ts";
import type { ReadText } from "../../images/read-images.ts";
import type { Digest } from "../../model/digest.ts";
import type { Layer } from "../../model/image.ts";
import type { Attestations, ImageOrigin } from "../../model/inspected-image.ts";

/** Where an image lies, and how what is said of it is had from there. */
export type ImagePlace = {
  readonly from: ImageOrigin;
  /** Of the manifest or the index that names the rest. */
  readonly root: string;
  readonly readText: ReadText;
  /** Rejects with an `UnreadableImage` whose message goes on from "its layer". */
  readonly scan: (layer: Layer, options: ScanOptions) => Promise<LayerFacts>;
  /** Whether to read all of a layer costs no more than to read a little of it. */
  readonly isNear: boolean;
  readonly findAttestations: (subjects: readonly Digest[]) => Promise<Attestations>;
};

/** More than any image's configuration or manifest has, whoever wrote it. */
export const MOST_TEXT_BYTES = 8 << 20;

export const NOT_IN_A_REGISTRY: Attestations = {
  isKnown: false,
  why: "they lie beside an image in its registry",
};
