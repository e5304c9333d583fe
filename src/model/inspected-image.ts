import type { Digest } from "./digest.ts";
import type { DescribedLayer } from "./image.ts";

/**
 * What an image holds, for people and as JSON. Texts are those of the image: they may hold anything but what is known to
 * be secret. Sizes are bytes.
 */
export type InspectedImage = {
  readonly format: 1;
  /** As it was asked for. */
  readonly reference: string;
  readonly from: ImageOrigin;
  /** Of the manifest for the platform. */
  readonly digest: Digest;
  /** Of what names one manifest for each platform, where there is such. */
  readonly index?: Digest;
  readonly platform: string;
  readonly platforms: readonly string[];
  /** Whether mlpackage made it. */
  readonly isOurs: boolean;
  /** As ISO 8601. */
  readonly created?: string;
  readonly base?: { readonly reference?: string; readonly digest?: string };
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDirectory: string;
  readonly user: string;
  /** `5001/tcp`. */
  readonly ports: readonly string[];
  /** The value only of those that are ours and harmless. */
  readonly variables: readonly { readonly name: string; readonly value?: string }[];
  readonly labels: Readonly<Record<string, string>>;
  /** Of the server that mlpackage puts in. */
  readonly serverVersion?: string;
  readonly models: readonly InspectedModel[];
  /** The code beside the models, by path below the folder of the service. */
  readonly code: readonly InspectedFile[];
  readonly packages: Readonly<Record<PackageKind, readonly InspectedPackage[]>>;
  /** From the bottom up. */
  readonly layers: readonly DescribedLayer[];
  readonly attestations: Attestations;
  /** What was not looked at, or not whole, and why: a phrase each. */
  readonly unread: readonly string[];
};

export type ImageOrigin = "registry" | "engine" | "archive" | "folder";

export const PACKAGE_KINDS = ["python", "conda", "system"] as const;
export type PackageKind = (typeof PACKAGE_KINDS)[number];

export type InspectedModel = {
  readonly name: string;
  /** Absent where none of its layers was read. */
  readonly version?: string;
  /** Of its layers, as they are stored. */
  readonly size: number;
  readonly layers: readonly Digest[];
  readonly files: readonly InspectedFile[];
};

export type InspectedFile = {
  readonly path: string;
  readonly size: number;
  /** Absent where the bytes were not read. */
  readonly digest?: Digest;
};

export type InspectedPackage = {
  readonly name: string;
  readonly version: string;
  /** Whether the base image has it in this version. */
  readonly isOfBase: boolean;
};

/** What lies beside an image in its registry: none is known of one that lies elsewhere. */
export type Attestations =
  | { readonly isKnown: false; readonly why: string }
  | {
      readonly isKnown: true;
      readonly signatures: number;
      readonly sboms: number;
      readonly provenances: number;
      readonly others: number;
    };
