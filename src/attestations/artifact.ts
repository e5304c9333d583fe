import { describeText, MEDIA_TYPES } from "../images/manifest.ts";
import type { Descriptor } from "../model/image.ts";
import type { WrittenReferrer } from "../model/registry.ts";
import { BUNDLE_TYPE } from "./bundle.ts";

/** A text that is kept in a registry beside an image. */
export type AttachedText = {
  readonly mediaType: string;
  readonly text: string;
  /** What it is called where it is brought back as a file. */
  readonly fileName?: string;
  readonly annotations?: Readonly<Record<string, string>>;
};

/** Image specification 1.1, "Guidance for an Empty Descriptor". */
export const EMPTY_CONFIG = {
  text: "{}",
  descriptor: describeText("application/vnd.oci.empty.v1+json", "{}"),
};

/** A manifest that has an image as its subject and a text as its only layer (image specification 1.1, "Artifact"). */
export function writeArtifact(
  { mediaType, text, fileName, annotations }: AttachedText,
  { mediaType: subjectType, digest, size }: Descriptor,
): WrittenReferrer {
  const title = fileName === undefined ? {} : { annotations: { "org.opencontainers.image.title": fileName } };
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    artifactType: mediaType,
    config: EMPTY_CONFIG.descriptor,
    layers: [{ ...describeText(mediaType, text), ...title }],
    subject: { mediaType: subjectType, digest, size },
    ...(annotations !== undefined && { annotations }),
  });
  return { ...describeText(MEDIA_TYPES.manifest, manifest), artifactType: mediaType, text: manifest };
}

/** A signed statement, with what cosign puts on it for others to choose by. */
export function attachBundle(text: string, predicateType: string): AttachedText {
  return {
    mediaType: BUNDLE_TYPE,
    text,
    annotations: {
      "dev.sigstore.bundle.content": "dsse-envelope",
      "dev.sigstore.bundle.predicateType": predicateType,
    },
  };
}
