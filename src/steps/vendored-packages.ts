import path from "node:path";
import type { LockedPlatforms } from "../model/lock-file.ts";
import type { OutputFile } from "../model/outcome.ts";
import type { StepContext } from "../model/step-kind.ts";
import { filesOfPackages, type Vendor, type VendoredFile, withoutVendored } from "../model/vendor.ts";
import type { BuildInBase } from "./build-in-base.ts";
import { debianArchitecture, type InstallConfig, platformSuffix } from "./dockerfile.ts";
import { type InstallationLayout, VENDORED_DEBIAN, VENDORED_PYTHON } from "./image-layout.ts";
import { ADDRESSES_SCRIPT } from "./python-scripts.ts";
import { storeText } from "./store-inputs.ts";
import { storeLocked } from "./store-requirements.ts";
import { ADDRESSES_FILE, renderVendoredEnvironment } from "./vendored-dockerfile.ts";

type Wanted = { readonly python: InstallConfig; readonly packages: LockedPlatforms };

/** How packages are installed from a vendor folder; undefined where none has them all. */
export async function installVendored(
  { platforms }: { readonly platforms: readonly string[] },
  { python, packages }: Wanted,
  layout: InstallationLayout,
  context: StepContext,
): Promise<Pick<BuildInBase, "render" | "mounts" | "files"> | undefined> {
  const { vendor } = context;
  if (vendor === undefined || lacksAny(vendor, packages)) return undefined;
  const isForSeveral = platforms.length > 1;
  const build = vendor.list.files.filter(
    (file) => file.part === "build" && platforms.includes(file.platform),
  );
  const files = await Promise.all(
    [...filesOfPackages(vendor.list, packages), ...build].map((file) =>
      mounted(file, isForSeveral, vendor, context),
    ),
  );
  const placed = withPlaces(packages, vendor, isForSeveral);
  const locked = await storeLocked(placed, [], context);
  const script = await storeText(`${LOCKED}/${ADDRESSES_FILE}`, ADDRESSES_SCRIPT, context);
  const hasBuildRequirements = build.length > 0;
  return {
    render: (base) =>
      renderVendoredEnvironment({ base, python, packages, placed, hasBuildRequirements }, layout),
    mounts: [...layout.locked, VENDORED_DEBIAN, VENDORED_PYTHON],
    files: [...locked, script, ...files],
  };
}

const LOCKED = "locked";

function lacksAny({ list }: Vendor, packages: LockedPlatforms): boolean {
  return Object.values(withoutVendored(list, packages)).some(
    ({ systemPackages, python }) => Object.keys(systemPackages).length > 0 || python.length > 0,
  );
}

/** A file as it is mounted; it stays where it is until then. */
async function mounted(
  file: VendoredFile,
  isForSeveral: boolean,
  vendor: Vendor,
  { directory }: StepContext,
): Promise<OutputFile> {
  const { path: name, digest, size } = file;
  const origin = path.relative(directory, await vendor.demand(file));
  return { path: placeOf(file, isForSeveral, path.posix.basename(name)), digest, size, mode: 0o644, origin };
}

/** Below the name of its context. */
function placeOf(file: VendoredFile, isForSeveral: boolean, name: string): string {
  if (file.part === "base" || file.part === "model") throw new Error(`${file.path} is not installed`);
  if (file.part === "system")
    return `${VENDORED_DEBIAN.context}/${debianArchitecture(file.platform)}/${name}`;
  const platform = isForSeveral ? `${platformSuffix(file.platform)}/` : "";
  return `${VENDORED_PYTHON.context}/${platform}${file.part === "build" ? "build/" : ""}${name}`;
}

/** What was asked for by its address, by its place in the mount instead. */
function withPlaces(packages: LockedPlatforms, { list }: Vendor, isForSeveral: boolean): LockedPlatforms {
  const files = new Map(list.files.flatMap((file) => (file.part === "python" ? [[file.digest, file]] : [])));
  return Object.fromEntries(
    Object.entries(packages).map(([platform, { python, ...rest }]) => {
      const placed = python.map((one) => {
        const file = files.get(one.digest);
        if (one.url === undefined || file === undefined) return one;
        const place = placeOf({ ...file, platform }, isForSeveral, path.posix.basename(file.path));
        const below = place.slice(VENDORED_PYTHON.context.length);
        const fragment = one.url.replace(/^[^#]*/, "");
        return { ...one, url: `file://${VENDORED_PYTHON.target}${encodeURI(below)}${fragment}` };
      });
      return [platform, { ...rest, python: placed }];
    }),
  );
}
