import type { InspectedFile, InspectedImage, PackageKind } from "./inspected-image.ts";

/** What somebody who reviews an image wants to know of it and the one before: what matters most comes first. */
export type ImageDifference = {
  readonly format: 1;
  readonly first: ComparedImage;
  readonly second: ComparedImage;
  readonly isSame: boolean;
  readonly models: readonly ModelChange[];
  readonly packages: Readonly<Record<PackageKind, readonly PackageChange[]>>;
  readonly code: readonly FileChange[];
  readonly settings: readonly SettingChange[];
  readonly base: readonly SettingChange[];
  readonly layers: readonly LayerChange[];
  /** What could not be compared, a phrase each. */
  readonly unread: readonly string[];
};

export type ComparedImage = Pick<InspectedImage, "reference" | "from" | "digest" | "platform">;

export type Change = "added" | "removed" | "changed";

export type ModelChange = {
  readonly name: string;
  readonly change: Change;
  readonly from?: ComparedModel;
  readonly to?: ComparedModel;
  readonly files: readonly FileChange[];
};

/** Size in bytes, of the layers. */
export type ComparedModel = { readonly version?: string; readonly size: number };

export type FileChange = {
  readonly path: string;
  /** `unknown` where both are as long, and the bytes of one were not read. */
  readonly change: Change | "unknown";
  readonly from?: Omit<InspectedFile, "path">;
  readonly to?: Omit<InspectedFile, "path">;
  /** Of text. */
  readonly lines?: ChangedLines;
};

export type ChangedLines = {
  readonly added: number;
  readonly removed: number;
  /** As `diff -u` has them, from the first `@@` on. */
  readonly shown: readonly string[];
  /** How many more there are. */
  readonly omitted: number;
};

/** `from` is absent for what was added, `to` for what was removed. */
export type PackageChange = { readonly name: string; readonly from?: string; readonly to?: string };

/** Without both values where they are not for everybody. */
export type SettingChange = {
  /** `command`, `variable PATH`. */
  readonly what: string;
  readonly change: Change;
  readonly from?: string;
  readonly to?: string;
};

/** What a part of an image takes, in bytes, as it is stored. */
export type LayerChange = { readonly part: string; readonly from: number; readonly to: number };
