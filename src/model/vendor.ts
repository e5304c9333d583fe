import type { Digest } from "./digest.ts";
import type { LockedPackages, LockedPlatforms } from "./lock-file.ts";

/** What `mlpackage vendor` brought into a folder: the content of its `vendor.json`. */
export type VendorList = {
  /** Absent where the base is a file of the package. */
  readonly base?: VendoredBase;
  /** Sorted by path. */
  readonly files: readonly VendoredFile[];
};

/** The image whose OCI layout lies in `base/`: the digest it is pinned by, and the platforms it is there for. */
export type VendoredBase = { readonly digest: string; readonly platforms: readonly string[] };

/** `path` is relative to the folder, with forward slashes. */
export type VendoredFile = VendoredContent & {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
};

export type VendoredContent =
  | { readonly part: "base" }
  | { readonly part: "model"; readonly name: string }
  | VendoredPackage
  /** What source distributions are built with; no lock names it. */
  | { readonly part: "build"; readonly platform: string };

export type VendoredPackage = {
  readonly part: "system" | "python";
  readonly platform: string;
  /** As in the lock. */
  readonly name: string;
  readonly version: string;
};

/** A folder of `mlpackage vendor`. Its files are checked each time they are asked for, and rejected with a `VendorChanged`. */
export interface Vendor {
  /** Absolute. */
  readonly folder: string;
  readonly list: VendorList;
  /** Where a file lies, absolute. */
  demand(file: VendoredFile): Promise<string>;
  /** The same by digest; undefined where the folder has no such file. */
  find(digest: Digest): Promise<string | undefined>;
}

/** A file of a vendor folder is not what its list says. */
export class VendorChanged extends Error {
  readonly file: string;
  constructor(file: string, what: string) {
    super(`\`${file}\` ${what}: it has changed since it was vendored`);
    this.name = "VendorChanged";
    this.file = file;
  }
}

/** The folder of the base's OCI layout, inside a vendor folder. */
export const VENDORED_BASE = "base";

/** Whether the base that is pinned by a digest is there for all these platforms; for none there is nothing to say. */
export function hasBase({ base }: VendorList, digest: string, platforms: readonly string[]): boolean {
  if (base?.digest !== digest || platforms.length === 0) return false;
  return platforms.every((platform) => base.platforms.includes(platform));
}

/** The files of packages that are to be installed. */
export function filesOfPackages(
  { files }: VendorList,
  packages: LockedPlatforms,
): readonly (VendoredFile & VendoredPackage)[] {
  return Object.entries(packages).flatMap(([platform, locked]) => {
    const wanted = isWanted(locked);
    return files.flatMap((file) => {
      if (file.part !== "system" && file.part !== "python") return [];
      return file.platform === platform && wanted(file) ? [file] : [];
    });
  });
}

/** What a vendor folder lacks of what is to be installed; platforms stay, though nothing of them may be left. */
export function withoutVendored(list: VendorList, packages: LockedPlatforms): LockedPlatforms {
  const found = filesOfPackages(list, packages);
  return Object.fromEntries(
    Object.entries(packages).map(([platform, { systemPackages, python }]) => {
      const here = found.filter((file) => file.platform === platform);
      const names = new Set(here.flatMap(({ part, name }) => (part === "system" ? [name] : [])));
      const digests = new Set(here.flatMap(({ part, digest }) => (part === "python" ? [digest] : [])));
      const missing: LockedPackages = {
        systemPackages: Object.fromEntries(
          Object.entries(systemPackages).filter(([name]) => !names.has(name)),
        ),
        python: python.filter(({ digest }) => !digests.has(digest)),
      };
      return [platform, missing];
    }),
  );
}

/** The lock knows wheels by digest, and Debian's packages by version. */
function isWanted({
  systemPackages,
  python,
}: LockedPackages): (file: VendoredFile & VendoredPackage) => boolean {
  const digests = new Set(python.map(({ digest }) => digest));
  return ({ part, name, version, digest }) =>
    part === "python" ? digests.has(digest) : systemPackages[name] === version;
}
