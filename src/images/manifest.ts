import { type Digest, digestOf, isDigest } from "../model/digest.ts";
import type { Descriptor, Layer, PlatformImage } from "../model/image.ts";

/** https://github.com/opencontainers/image-spec/blob/main/media-types.md, and what Docker called them before. */
export const MEDIA_TYPES = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
} as const;

const DOCKER_LAYERS: Readonly<Record<string, string>> = {
  "application/vnd.docker.image.rootfs.diff.tar": MEDIA_TYPES.layer,
  "application/vnd.docker.image.rootfs.diff.tar.gzip": `${MEDIA_TYPES.layer}+gzip`,
  "application/vnd.docker.image.rootfs.diff.tar.zstd": `${MEDIA_TYPES.layer}+zstd`,
};

/** A text that names an image's parts: a manifest, or an index of several. */
export type ParsedManifest =
  | {
      readonly kind: "manifest";
      readonly mediaType: string;
      readonly config: Descriptor;
      readonly layers: readonly Descriptor[];
    }
  | { readonly kind: "index"; readonly manifests: readonly PlatformDescriptor[] };

/** A layout's own index does not always say for which platform its images are. */
export type PlatformDescriptor = Descriptor & { readonly platform?: string };

/** Undefined for what is neither; whoever wrote the text may have meant no good. */
export function parseManifest(text: string): ParsedManifest | undefined {
  const value = parseObject(text);
  if (Array.isArray(value.manifests)) {
    const manifests = value.manifests.flatMap((one: unknown) => {
      const descriptor = readDescriptor(one);
      const { platform: written } = objectOf(one);
      const platform = platformOf(objectOf(written));
      if (descriptor === undefined || (written !== undefined && platform === undefined)) return [];
      return [{ ...descriptor, ...(platform !== undefined && { platform }) }];
    });
    return { kind: "index", manifests };
  }
  const config = readDescriptor(value.config);
  if (config === undefined || !Array.isArray(value.layers)) return undefined;
  const layers = value.layers.flatMap((layer: unknown) => readDescriptor(layer) ?? []);
  const mediaType = typeof value.mediaType === "string" ? value.mediaType : MEDIA_TYPES.manifest;
  return layers.length === value.layers.length ? { kind: "manifest", mediaType, config, layers } : undefined;
}

function readDescriptor(value: unknown): Descriptor | undefined {
  const { mediaType, digest, size } = objectOf(value);
  if (!isDigest(digest) || typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    return undefined;
  return { mediaType: String(mediaType ?? ""), digest, size };
}

/** What an image's configuration says that its parts have to agree with. */
export type ParsedConfig = { readonly platform: string; readonly diffIds: readonly Digest[] };

export function parseConfig(text: string): ParsedConfig | undefined {
  const value = parseObject(text);
  const platform = platformOf(value);
  const diffIds = objectOf(value.rootfs).diff_ids ?? [];
  const { Env: variables = [], Labels, ExposedPorts } = objectOf(value.config);
  if (platform === undefined || !Array.isArray(diffIds) || !diffIds.every(isDigest)) return undefined;
  if (!isListOfTexts(variables ?? []) || !Array.isArray(value.history ?? [])) return undefined;
  if (![value.config, Labels, ExposedPorts].every(isRecordOrNone)) return undefined;
  return { platform, diffIds };
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function isRecordOrNone(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "object" && !Array.isArray(value));
}

/** Whether a configuration has instructions that are to be run by who begins from it: `ONBUILD`. */
export function hasTriggers(config: string): boolean {
  const { OnBuild } = objectOf(parseObject(config).config);
  return Array.isArray(OnBuild) && OnBuild.length > 0;
}

/** `os/architecture`, and the variant where there is one. Attestations have the platform `unknown/unknown`. */
function platformOf(value: Readonly<Record<string, unknown>>): string | undefined {
  const { os, architecture, variant } = value;
  if (typeof os !== "string" || typeof architecture !== "string" || os === "unknown") return undefined;
  return [os, architecture, ...(typeof variant === "string" && variant !== "" ? [variant] : [])].join("/");
}

/** Whether an image for one platform is what another asks for: `linux/arm64` is usually v8, and `linux/arm` v7. */
export function isPlatform(found: string, wanted: string): boolean {
  return normalPlatform(found) === normalPlatform(wanted);
}

/** With the variant left out that is the usual one, and the usual one written where it may be left out. */
export function normalPlatform(platform: string): string {
  return platform.replace(/^linux\/arm$/, "linux/arm/v7").replace(/^(linux\/arm64)\/v8$/, "$1");
}

/** An image as its manifest and configuration tell; undefined where they do not agree. */
export function readImage(manifestText: string, configText: string): PlatformImage | undefined {
  const manifest = parseManifest(manifestText);
  const config = parseConfig(configText);
  if (manifest?.kind !== "manifest" || config === undefined) return undefined;
  if (manifest.config.digest !== digestOf(configText)) return undefined;
  if (manifest.layers.length !== config.diffIds.length) return undefined;
  return {
    platform: config.platform,
    manifest: describeText(manifest.mediaType, manifestText),
    config: { ...manifest.config, mediaType: MEDIA_TYPES.config },
    layers: manifest.layers.flatMap((layer, index): readonly Layer[] => {
      const diffId = config.diffIds[index];
      if (diffId === undefined) return [];
      return [{ ...layer, mediaType: DOCKER_LAYERS[layer.mediaType] ?? layer.mediaType, diffId }];
    }),
  };
}

export function describeText(mediaType: string, text: string): Descriptor {
  return { mediaType, digest: digestOf(text), size: Buffer.byteLength(text) };
}

export function writeManifest(config: Descriptor, layers: readonly Layer[]): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: plain(config),
    layers: layers.map(plain),
  });
}

export function writeIndex(images: readonly Pick<PlatformImage, "platform" | "manifest">[]): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.index,
    manifests: images.map(({ platform, manifest }) => {
      const [os, architecture, variant] = platform.split("/");
      return {
        ...plain(manifest),
        platform: { architecture, os, ...(variant !== undefined && { variant }) },
      };
    }),
  });
}

function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
