import type { Digest } from "./digest.ts";

/**
 * Raised whenever equal inputs make another image than before: other layers, or another configuration. Locks record it.
 * The `version` of the step kind that makes them is raised with it, for what is in a cache.
 */
export const IMAGE_FORMAT = 1;

/** What an image is made of, by digest (image specification, "OCI Content Descriptors"). */
export type Descriptor = {
  readonly mediaType: string;
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
};

/** `diffId` is the digest of the layer's tar, which is that of the layer where it is not compressed. */
export type Layer = Descriptor & { readonly diffId: Digest };

/** What a layer of an image is for. `packages` are those of pip and conda, `server` is what answers the requests. */
export type LayerPart = "base" | "system-packages" | "packages" | "model" | "server" | "code" | "other";

/** A layer, and what an image's history says of it. */
export type DescribedLayer = Layer & {
  readonly part: LayerPart;
  /** Of a model: its name. */
  readonly name?: string;
  /** What made it, in the history's words; absent where that is silent. */
  readonly createdBy?: string;
};

/** An image for one platform: `linux/amd64`, `linux/arm64/v8`. */
export type PlatformImage = {
  readonly platform: string;
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Layer[];
};

/** An image: `root` is its manifest, or an index where it is one for several platforms. */
export type Image = {
  readonly root: Descriptor;
  readonly images: readonly PlatformImage[];
};

/** Where an OCI image layout has a blob, relative to its folder. */
export function blobPath(digest: Digest): string {
  return `blobs/${digest.replace(":", "/")}`;
}
