import type { Config } from "../model/config.ts";
import type { LockedPackages } from "../model/lock-file.ts";
import type { Step } from "../model/step.ts";
import { asData } from "./as-data.ts";
import { isCondaUnlocked, isInstalling, isPipAsked, platformsOf } from "./compare-lock.ts";
import type { Locate } from "./locate.ts";
import type { Pins } from "./pins.ts";
import { CONDA, ENVIRONMENT, LOCK, LOCK_OF_CONDA } from "./step-ids.ts";
import { isPipCalled, secretsOf } from "./used-secrets.ts";

/** Finds out what conda has to bring, and makes layers of it. */
export function condaSteps(config: Config, pins: Pins, locate: Locate): readonly Step[] {
  const { conda } = config.environment;
  if (conda === undefined) return [];
  const platforms = platformsOf(config, pins);
  const common = { after: [], pool: "network" as const, location: locate("/environment/conda") };
  const isLocked = !isCondaUnlocked(config, pins);
  const asked = { conda, platforms, known: pins.conda };
  return [
    {
      id: LOCK_OF_CONDA,
      kind: "lock",
      name: "conda",
      inputs: asData(isLocked ? { locked: pins.conda } : { asked }),
      needs: [],
      ...common,
    },
    {
      id: CONDA,
      kind: "conda",
      name: "packages",
      inputs: asData({ compression: config.build.compression }),
      needs: [LOCK_OF_CONDA],
      ...common,
    },
  ];
}

export function hasConda({ environment }: Config): boolean {
  return environment.conda !== undefined;
}

/** Finds out what is to be installed; where the lock says it, there is nothing to find out. */
export function lockStep(config: Config, pins: Pins, locate: Locate): Step {
  const { all, some = {}, system } = pins.packages;
  const { platforms, ...inputs } = environmentInputs(config, pins);
  const asked = {
    ...inputs,
    platforms: platforms.filter((platform) => !Object.hasOwn(some, platform)),
    known: some,
    ...(config.build.builder !== undefined && { builder: config.build.builder }),
    ...secretsOf(config, isPipAsked(config)),
    environment: packagesOf(config),
    isServed: config.inference.kind === "script",
    requirements: pins.requirements,
    findLinks: pins.findLinks,
    ...(system && { system }),
  };
  return {
    id: LOCK,
    kind: "lock",
    name: "packages",
    inputs: asData(all === undefined ? { asked } : { locked: all }),
    needs: all === undefined && hasConda(config) ? [CONDA] : [],
    after: [],
    pool: all === undefined ? "engine" : "cpu",
    location: locate("/environment"),
  };
}

/** The base, and what is installed in it; models and code have no part in it. */
export function environmentStep(config: Config, pins: Pins, locate: Locate): Step {
  const { builder, sourceDateEpoch } = config.build;
  const isBuilt = hasToRun(config, pins);
  return {
    id: ENVIRONMENT,
    kind: "build",
    name: "environment",
    inputs: asData({
      ...environmentInputs(config, pins),
      ...(isBuilt && {
        ...(builder !== undefined && { builder }),
        python: installConfigOf(config),
        pipOptions: pins.pipOptions,
        ...secretsOf(config, isPipCalled(config, pins)),
        findLinks: pins.findLinks,
        sourceDateEpoch,
      }),
    }),
    needs: [...(isInstalling(config) ? [LOCK] : []), ...(hasConda(config) ? [CONDA] : [])],
    after: [],
    pool: isBuilt ? "engine" : "network",
    location: locate("/base_image"),
  };
}

function environmentInputs(config: Config, pins: Pins) {
  return { platforms: platformsOf(config, pins), base: pins.base, baseImage: config.baseImage };
}

/** How Python packages are installed; which, the lock says. */
export function installConfigOf({ environment }: Config) {
  const { requirements: _requirements, pythonVersions: _versions, ...python } = environment.python;
  return python;
}

/** What the file says of the packages to install. */
function packagesOf({ environment: { python, systemPackages } }: Config) {
  return { python, systemPackages };
}

/** Whether anything is run in the base: only then does it take an engine. The base may have all that is asked for. */
function hasToRun(config: Config, { packages }: Pins): boolean {
  const isEmpty = packages.all !== undefined && Object.values(packages.all).every(hasNone);
  return config.baseImage.kind === "dockerfile" || (isInstalling(config) && !isEmpty);
}

function hasNone({ systemPackages, python }: LockedPackages): boolean {
  return python.length === 0 && Object.keys(systemPackages).length === 0;
}
