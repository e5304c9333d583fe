import type { Config } from "../model/config.ts";
import type {
  AskedPackages,
  LockedCondaPlatforms,
  LockedContent,
  LockedEnvironment,
  LockedModel,
  LockedPlatforms,
  LockedTool,
  LockFile,
} from "../model/lock-file.ts";
import type { Pin } from "../model/source.ts";
import {
  askedOf,
  askedOfConda,
  choiceOf,
  filesOfPin,
  isInstalling,
  isLockable,
  lockedModelFor,
  ownMember,
  publicSource,
} from "./compare-lock.ts";
import type { Pins } from "./pins.ts";

/** What pinning alone does not know: this mlpackage, and what steps have found out. */
export type Resolved = {
  readonly tool: LockedTool;
  /** By the model's name. */
  readonly models: Readonly<Record<string, LockedModel["files"]>>;
  readonly packages?: LockedPlatforms;
  readonly conda?: LockedCondaPlatforms;
};

/** The lock that answers a configuration; what was not resolved now stays as it was. */
export function makeLock(
  config: Config,
  pins: Pins,
  resolved: Resolved,
  before: LockFile | undefined,
): LockFile {
  const { baseImage } = config;
  const platforms = pins.packages.all ?? resolved.packages;
  const environment =
    platforms === undefined
      ? before?.environment
      : withOtherPlatforms(before?.environment, askedOf(config, pins), platforms);
  const models = config.models.flatMap((model, index) => {
    const { name, source } = model;
    const known = lockedModelFor(model, before);
    const files = filesOfPin(pins.models[index]) ?? ownMember(resolved.models, name) ?? known?.files;
    const revision = revisionOfPin(pins.models[index]) ?? known?.revision;
    const [include, exclude] = choiceOf(model);
    const chosen = {
      ...(include.length > 0 && { include }),
      ...(exclude.length > 0 && { exclude }),
    };
    return files === undefined
      ? []
      : [[name, { source: publicSource(source), ...chosen, ...(revision && { revision }), files }] as const];
  });
  return {
    mlpackage: resolved.tool,
    ...(baseImage.kind === "image" &&
      pins.base.kind === "image" &&
      isLockable(pins.base) && {
        baseImage: { image: baseImage.image, digest: pins.base.digest },
      }),
    models: Object.fromEntries(models),
    ...(isInstalling(config) && environment !== undefined && { environment }),
    ...condaOf(config, pins, resolved, before),
  };
}

/** What the source named for good when it was asked; undefined where there is nothing of the kind. */
function revisionOfPin(pin: Pin | undefined): LockedModel["revision"] {
  const { revision = {} } = (pin?.identity ?? {}) as Pick<LockedModel, "revision">;
  return Object.keys(revision).length === 0 ? undefined : revision;
}

function condaOf(
  config: Config,
  pins: Pins,
  resolved: Resolved,
  before: LockFile | undefined,
): Pick<LockFile, "conda"> {
  const asked = askedOfConda(config);
  if (asked === undefined) return {};
  const others = before?.conda?.asked === asked ? before.conda.platforms : {};
  const platforms = { ...others, ...pins.conda, ...resolved.conda };
  return Object.keys(platforms).length === 0 ? {} : { conda: { asked, platforms } };
}

/** What somebody has locked for another platform stays, if it answers the same. */
function withOtherPlatforms(
  before: LockedEnvironment | undefined,
  asked: AskedPackages,
  platforms: LockedPlatforms,
): LockedEnvironment {
  const isSame = before?.asked.python === asked.python;
  return { asked, platforms: { ...(isSame && before.platforms), ...platforms } };
}

/** What of a lock can be resolved anew, besides a model by its name. */
export const UPGRADABLE = [
  "mlpackage",
  "base_image",
  "conda",
  "models",
  "python",
  "system_packages",
] as const;

/** A lock without what is to be resolved anew; `all` stands for everything. The names that it knows nothing of. */
export function withoutUpgraded(
  lock: LockFile,
  names: readonly string[],
): { readonly lock: LockFile; readonly unknown: readonly string[] } {
  const { mlpackage, baseImage, models, environment, conda } = lock;
  const isAll = names.includes("all");
  const has = (name: string): boolean => isAll || names.includes(name);
  const isPythonOnly = (has("python") || has("conda")) && !has("system_packages");
  const isInstalled = isPythonOnly || has("system_packages");
  const kept = Object.entries(models).filter(([name]) => !has("models") && !has(name));
  const known = ["all", ...UPGRADABLE, ...Object.keys(models)];
  return {
    lock: {
      ...(mlpackage && !has("mlpackage") && { mlpackage }),
      ...(baseImage && !has("base_image") && { baseImage }),
      models: Object.fromEntries(kept),
      ...(environment && !isInstalled && { environment }),
      // What is asked of pip is not known to be the same: apt's part alone still answers.
      ...(environment &&
        isPythonOnly && {
          environment: { ...environment, asked: { ...environment.asked, python: NOTHING } },
        }),
      ...(conda && !has("conda") && { conda }),
    },
    unknown: names.filter((name) => !known.includes(name)),
  };
}

/** No question has this digest. */
const NOTHING = `sha256:${"0".repeat(64)}` as LockedContent["digest"];
