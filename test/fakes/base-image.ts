import type { extendConfig } from "../../src/images/image-config.ts";
import { describeText, MEDIA_TYPES, writeIndex, writeManifest } from "../../src/images/manifest.ts";
import { type Digest, digestOf } from "../../src/model/digest.ts";
import type { PlatformImage } from "../../src/model/image.ts";

/** What an image of somebody else's has, with a text in the place of its one layer. */
export type BaseImage = PlatformImage & {
  /** Its layer, its configuration and its manifest. */
  readonly blobs: ReadonlyMap<Digest, string>;
};

/** A configuration as other tools write it. */
export function makeConfig(platform: string, diffIds: readonly Digest[], more: object = {}): string {
  const [os, architecture, variant] = platform.split("/");
  return JSON.stringify({
    architecture,
    os,
    variant,
    rootfs: { type: "layers", diff_ids: diffIds },
    ...more,
  });
}

/** What an image says of itself that need not be so. */
export type Odd = { readonly settings?: object; readonly more?: object; readonly layerSize?: number };

export function makeBase(platform = "linux/amd64", content = "the base", odd: Odd = {}): BaseImage {
  const digest = digestOf(content);
  const { settings, more, layerSize = content.length } = odd;
  const layer = { mediaType: MEDIA_TYPES.layer, digest, size: layerSize, diffId: digest };
  const usual = { Env: ["PATH=/bin"], Entrypoint: ["/entry"] };
  const config = makeConfig(platform, [digest], { config: { ...usual, ...settings }, ...more });
  const described = describeText(MEDIA_TYPES.config, config);
  const manifest = writeManifest(described, [layer]);
  return {
    platform,
    manifest: describeText(MEDIA_TYPES.manifest, manifest),
    config: described,
    layers: [layer],
    blobs: new Map([content, config, manifest].map((text) => [digestOf(text), text])),
  };
}

/** The files of an OCI layout that holds these images; `index.json` says of each what it is for. */
export function layoutFiles(images: readonly BaseImage[], folder = ""): Readonly<Record<string, string>> {
  const blobs = images.flatMap((image) => [...image.blobs]);
  return {
    [`${folder}oci-layout`]: '{"imageLayoutVersion":"1.0.0"}',
    [`${folder}index.json`]: writeIndex(images),
    ...Object.fromEntries(
      blobs.map(([digest, text]) => [`${folder}blobs/${digest.replace(":", "/")}`, text]),
    ),
  };
}

/** Settings that change something of everything. */
export const SETTINGS: Parameters<typeof extendConfig>[2] = {
  labels: { title: "ours" },
  variables: { PATH: "/ours", NEW: "a=b" },
  workingDirectory: "/var/azureml-app",
  port: 5001,
  user: "1000:1000",
  command: ["serve", "now"],
};
