import path from "node:path";
import type { PythonConfig } from "../model/config.ts";
import type { LockedPlatforms } from "../model/lock-file.ts";
import type { StepOutput } from "../model/outcome.ts";
import type { Result } from "../model/result.ts";
import type { Step } from "../model/step.ts";
import type { StepContext } from "../model/step-kind.ts";
import { type BaseInputs, buildInBase } from "./build-in-base.ts";
import { condaFor } from "./conda.ts";
import { takeWithConda } from "./conda-base.ts";
import {
  ENVIRONMENT_STAGE,
  type EnvironmentInputs,
  type InstallConfig,
  loginsAmong,
  namesOfLayers,
  renderEnvironment,
} from "./dockerfile.ts";
import { layOutInstallation } from "./image-layout.ts";
import { packagesFor } from "./lock.ts";
import type { Tree } from "./store-inputs.ts";
import { nameWheels, storeLocked } from "./store-requirements.ts";
import { takeBase } from "./take-base.ts";
import { takeBuilt } from "./take-built.ts";
import { orUnreadable, unpackLayout } from "./take-images.ts";
import { installVendored } from "./vendored-packages.ts";

export type EnvironmentStepInputs = BaseInputs & {
  /** What may be run in the base. */
  readonly python?: InstallConfig & Pick<PythonConfig, "managed">;
  readonly pipOptions?: readonly string[];
  readonly findLinks?: Readonly<Record<string, Tree>>;
};

/** Brings what models and code are put on: the base image, with the packages that the script needs installed in it. */
export async function makeEnvironment(step: Step, context: StepContext): Promise<Result<StepOutput>> {
  const inputs = { ...(step.inputs as unknown as EnvironmentStepInputs), ...condaFor(step, context) };
  const packages = packagesFor(step, context);
  const isBuilt = inputs.base.kind === "dockerfile" || !hasNothing(packages);
  if (isBuilt) return buildEnvironment(inputs, packages, context);
  return inputs.conda === undefined
    ? takeBase(inputs, context)
    : takeWithConda(inputs, inputs.conda, context);
}

/** The base may have all that is asked for. */
export function hasNothing(packages: LockedPlatforms): boolean {
  return Object.values(packages).every(
    ({ systemPackages, python }) => Object.keys(systemPackages).length === 0 && python.length === 0,
  );
}

/** Of a base that is built, and nothing installed in it. */
export const NO_PYTHON = { interpreter: "python3", extraIndexUrls: [], findLinks: [], managed: false };

async function buildEnvironment(
  inputs: EnvironmentStepInputs,
  packages: LockedPlatforms,
  context: StepContext,
): Promise<Result<StepOutput>> {
  const {
    base,
    platforms,
    python = NO_PYTHON,
    pipOptions = [],
    findLinks = {},
    sourceDateEpoch = 0,
  } = inputs;
  const work = await context.makeWorkDirectory();
  const layout = layOutInstallation(inputs.baseImage, python);
  const layoutFolder = path.join(work, "layout");
  const logins = loginsAmong(inputs.secrets);
  const vendored = await installVendored(inputs, { python, packages }, layout, context);
  const installation = vendored ?? {
    render: (read: EnvironmentInputs["base"]) =>
      renderEnvironment({ python, logins, base: read, packages }, layout),
    mounts: [...layout.locked, ...layout.wheels],
    files: [...nameWheels(findLinks, layout), ...(await storeLocked(packages, pipOptions, context))],
  };
  const built = await buildInBase(
    vendored === undefined ? inputs : withoutLogins(inputs),
    {
      ...installation,
      target: ENVIRONMENT_STAGE,
      layoutFolder,
      noCache: context.force,
      isShared: vendored === undefined,
    },
    work,
    context,
  );
  if (!built.ok) return built;
  if (built.value !== undefined) {
    const archive = context.engine.export([built.value], context.signal);
    const unpacked = await orUnreadable(() => unpackLayout(archive, layoutFolder, context));
    if (!unpacked.ok) return unpacked;
  }
  const hasDockerfile = base.kind === "dockerfile";
  const taken = { folder: layoutFolder, platforms, sourceDateEpoch, hasDockerfile };
  return takeBuilt({ ...taken, brings: namesOfLayers(packages) }, context);
}

/** No index is asked for what is in a vendor folder. */
function withoutLogins(inputs: EnvironmentStepInputs): EnvironmentStepInputs {
  return { ...inputs, secrets: (inputs.secrets ?? []).filter(({ login }) => login === undefined) };
}
