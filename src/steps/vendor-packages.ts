import path from "node:path";
import type { LockedPackages, LockedPlatforms } from "../model/lock-file.ts";
import { type Result, succeed } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";
import {
  filesOfPackages,
  type VendoredFile,
  type VendoredPackage,
  withoutVendored,
} from "../model/vendor.ts";
import { type EnvironmentStepInputs, hasNothing, NO_PYTHON } from "./build-environment.ts";
import { buildInBase, folderOfPlatform, platformName } from "./build-in-base.ts";
import { loginsAmong } from "./dockerfile.ts";
import { layOutInstallation } from "./image-layout.ts";
import { packagesFor } from "./lock.ts";
import { BUILD_REQUIREMENTS_SCRIPT } from "./python-scripts.ts";
import { storeText } from "./store-inputs.ts";
import { nameWheels, storeLocked } from "./store-requirements.ts";
import { FETCHED, renderFetching, SCRIPT_FILE, VENDOR_STAGE } from "./vendor-dockerfile.ts";

/**
 * Brings what is to be installed: apt and pip are asked for just what the lock says, in the base image itself. What a
 * vendor folder has of it already is not asked for again.
 */
export async function bringPackages(
  step: Step,
  context: StepContext,
): Promise<Result<readonly VendoredFile[]>> {
  const inputs = step.inputs as unknown as EnvironmentStepInputs;
  const packages = packagesFor(step, context);
  const list = context.vendor?.list ?? { files: [] };
  const known = [...filesOfPackages(list, packages), ...list.files.filter(({ part }) => part === "build")];
  const missing = withoutVendored(list, packages);
  const fetched = hasNothing(missing)
    ? succeed([])
    : await fetchPackages(inputs, { packages, missing }, context);
  if (!fetched.ok) return fetched;
  const all = [...new Map([...known, ...fetched.value].map((file) => [file.path, file])).values()];
  const needed = all.filter((file) => file.part !== "build" || isBuiltFrom(all, file.platform));
  // From here on they are in the store, whatever becomes of the folder.
  await Promise.all(needed.map(({ digest }) => context.store.find(digest)));
  return succeed(needed);
}

/** Whether any of a platform's packages is a source distribution. */
function isBuiltFrom(files: readonly VendoredFile[], platform: string): boolean {
  return files.some(
    (file) => file.part === "python" && file.platform === platform && !file.path.endsWith(".whl"),
  );
}

type Wanted = { readonly packages: LockedPlatforms; readonly missing: LockedPlatforms };

async function fetchPackages(
  inputs: EnvironmentStepInputs,
  { packages, missing }: Wanted,
  context: StepContext,
): Promise<Result<readonly VendoredFile[]>> {
  const { platforms, python = NO_PYTHON, pipOptions = [], findLinks = {} } = inputs;
  const work = await context.makeWorkDirectory();
  const layout = layOutInstallation(inputs.baseImage, python);
  const logins = loginsAmong(inputs.secrets);
  const filesFolder = path.join(work, "files");
  const files = [
    ...nameWheels(findLinks, layout),
    ...(await storeLocked(missing, pipOptions, context)),
    await storeText(`locked/${SCRIPT_FILE}`, BUILD_REQUIREMENTS_SCRIPT, context),
  ];
  const built = await buildInBase(
    inputs,
    {
      render: (base) => renderFetching({ base, python, logins, packages, missing }, layout),
      target: VENDOR_STAGE,
      mounts: [...layout.locked, ...layout.wheels],
      files,
      layoutFolder: path.join(work, "layout"),
      filesFolder,
      noCache: context.force,
    },
    work,
    context,
  );
  if (!built.ok) return built;
  const taken = await Promise.all(
    platforms.map((platform) =>
      takeFiles(
        platform,
        missing[platform] ?? { systemPackages: {}, python: [] },
        folderOfPlatform(filesFolder, platforms, platform),
        context,
      ),
    ),
  );
  return succeed(taken.flat());
}

/** Takes what was fetched for a platform into the store, and says what of the lock each file is. */
async function takeFiles(
  platform: string,
  wanted: LockedPackages,
  folder: string,
  { host, store }: StepContext,
): Promise<readonly VendoredFile[]> {
  const name = platformName(platform);
  const places: Readonly<Record<keyof typeof FETCHED, string>> = {
    system: `debian/${name}`,
    python: `python/${name}`,
    build: `python/${name}/build`,
  };
  const taken = await Promise.all(
    (Object.keys(FETCHED) as (keyof typeof FETCHED)[]).map(async (part) => {
      const from = path.join(folder, FETCHED[part]);
      const files = await host.files.list(from);
      return Promise.all(
        files.map(async (file): Promise<VendoredFile> => {
          const { digest, size } = await store.take(path.join(from, file));
          const found = { path: `${places[part]}/${file}`, digest, size };
          if (part === "build") return { ...found, part, platform };
          const known = part === "system" ? findSystemPackage(file, wanted) : findPython(digest, wanted);
          if (known === undefined) throw new Error(`nobody asked for ${file}`);
          return { ...found, part, platform, ...known };
        }),
      );
    }),
  );
  return taken.flat();
}

type Named = Pick<VendoredPackage, "name" | "version">;

function findPython(digest: string, { python }: LockedPackages): Named | undefined {
  const found = python.find((one) => one.digest === digest);
  return found && { name: found.name, version: found.version };
}

/** `NAME_VERSION_ARCHITECTURE.deb`, as apt calls it. */
function findSystemPackage(file: string, { systemPackages }: LockedPackages): Named | undefined {
  const [name = "", written = "", architecture = ""] = file.replace(/\.deb$/, "").split("_");
  const version = decodeURIComponent(written);
  const known = [name, `${name}:${architecture}`].find((one) => systemPackages[one] === version);
  return known === undefined ? undefined : { name: known, version };
}
