import type { Digest } from "./digest.ts";

/**
 * What the references of a package meant when they were last resolved: `mlpackage.lock`. A part that nobody has asked
 * for is absent.
 */
export type LockFile = {
  /** Absent in locks that were written before it was recorded. */
  readonly mlpackage?: LockedTool;
  readonly baseImage?: LockedImage;
  /** By the model's name. */
  readonly models: Readonly<Record<string, LockedModel>>;
  readonly environment?: LockedEnvironment;
  readonly conda?: LockedConda;
};

/** What of mlpackage itself decides the bytes of an image. */
export type LockedTool = {
  /** The `IMAGE_FORMAT` that it was made by. */
  readonly imageFormat: number;
  /** Absent where no server of ours is in the image. */
  readonly server?: LockedServer;
};

export type LockedServer = {
  /** Of mlpackage. It is for people: the digest decides. */
  readonly version: string;
  /** Of the server's files, by path. */
  readonly digest: Digest;
};

export type LockedImage = {
  /** As the configuration names it. */
  readonly image: string;
  /** Of its manifest, or of the index that names one for each platform. */
  readonly digest: string;
};

export type LockedModel = {
  readonly source: string;
  /** What chose among the files of the source, where something did. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** What the source named for good then: a commit, a version, a digest. */
  readonly revision?: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, LockedContent>>;
};

export type LockedContent = { readonly digest: Digest; readonly size: number };

/** What is installed on top of the base image. */
export type LockedEnvironment = {
  readonly asked: AskedPackages;
  /** `linux/amd64` → what is installed there. */
  readonly platforms: LockedPlatforms;
};

/** Digests of what was asked for, by which a lock knows whether it still answers. */
export type AskedPackages = { readonly systemPackages: Digest; readonly python: Digest };

export type LockedPlatforms = Readonly<Record<string, LockedPackages>>;

export type LockedPackages = {
  /** Name → version, of all that apt has to install. */
  readonly systemPackages: Readonly<Record<string, string>>;
  readonly python: readonly LockedPythonPackage[];
};

export type LockedPythonPackage = {
  /** In the normal form of PEP 503. */
  readonly name: string;
  readonly version: string;
  /** Of the wheel, or the source distribution, for this platform. */
  readonly digest: Digest;
  /** Where it was asked for by its address. */
  readonly url?: string;
};

/** What conda brings. */
export type LockedConda = {
  /** A digest of what was asked for. */
  readonly asked: Digest;
  readonly platforms: LockedCondaPlatforms;
};

/** `linux/amd64` → its packages, by their names. */
export type LockedCondaPlatforms = Readonly<Record<string, readonly LockedCondaPackage[]>>;

export type LockedCondaPackage = {
  readonly name: string;
  /** Of its archive: the channel, the subdirectory, and `name-version-build.conda`. */
  readonly url: string;
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
};
