import type { Origin } from "../model/attestation.ts";
import type { Digest } from "../model/digest.ts";
import type { LockedCondaPackage, LockedPackages } from "../model/lock-file.ts";

/** What is known of an image that was made here: all that an attestation can say of it. */
export type ImageFacts = {
  /** Of the package. */
  readonly name: string;
  /** `registry.example.com/team/diabetes`. */
  readonly repository: string;
  /** Of its manifest, or of the index that names one for each platform. */
  readonly digest: Digest;
  /** One, or those of an index: `linux/amd64`. */
  readonly platforms: readonly PlatformFacts[];
  readonly base: BaseFacts;
  readonly models: readonly ModelFacts[];
  /** By path relative to the folder of the code. */
  readonly code: readonly FileFacts[];
  /** Of the server that mlpackage puts in. */
  readonly runtime: readonly FileFacts[];
  readonly origin: Origin;
  /** The image's date, in seconds since 1970. */
  readonly sourceDateEpoch: number;
};

export type PlatformFacts = {
  readonly platform: string;
  /** What was installed in the base. */
  readonly packages: LockedPackages;
  /** What conda has brought. */
  readonly conda: readonly LockedCondaPackage[];
};

export type FileFacts = { readonly path: string; readonly digest: Digest };

export type ModelFacts = {
  readonly name: string;
  readonly version: string;
  /** As the configuration names it. */
  readonly source: string;
  readonly files: readonly FileFacts[];
};

/** What it was built on; of what is inside, nothing is known here. */
export type BaseFacts =
  | { readonly kind: "image"; readonly reference: string; readonly digest: string }
  | { readonly kind: "oci-layout"; readonly path: string; readonly digest: string }
  | { readonly kind: "dockerfile"; readonly path: string; readonly files: readonly FileFacts[] };

/** Of a digest, the part after `sha256:`. */
export function hexOf(digest: string): string {
  return digest.replace(/^sha256:/, "");
}

/** An address without what may be a secret: user, password, query (a signature may stand there) and fragment. */
export function publicAddress(address: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) return address;
  return address.replace(/[?#].*$/s, "").replace(/^([^:]+:\/\/)[^/]*@/, "$1");
}

/** Whether a model is had from elsewhere, and not from the package. */
export function isAddress(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(source) && !/^file:/i.test(source);
}
