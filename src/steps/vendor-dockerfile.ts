import type { LockedPlatforms } from "../model/lock-file.ts";
import { UPDATE_LISTS, withSnapshots } from "./apt-snapshots.ts";
import {
  DATE_ARGUMENT,
  ENVIRONMENT_STAGE,
  type EnvironmentInputs,
  FIRST_INSTRUCTION,
  joinSections,
  lockedFile,
  loginCommands,
  loginMounts,
  mountOption,
  PIP_SETTINGS,
  PLATFORM_ARGUMENTS,
  renderSystemPackages,
  setSystemPackages,
  sourceOptions,
} from "./dockerfile.ts";
import { type InstallationLayout, LOCKED_MOUNT } from "./image-layout.ts";
import { shellWord } from "./quoting.ts";

/** The last stage, which holds nothing but what was fetched. */
export const VENDOR_STAGE = "mlpackage-vendor";

const FETCHING_STAGE = "mlpackage-fetching";

/** Where it is put while it is fetched. */
const PLACE = "/mlpackage-vendor";

/** The folders of what was fetched. */
export const FETCHED = { system: "debian", python: "python", build: "build" } as const;

/** Beside what is locked. */
export const SCRIPT_FILE = "build-requirements.py";

type FetchingInputs = EnvironmentInputs & {
  /** What is not there yet of the packages. */
  readonly missing: LockedPlatforms;
};

/**
 * Has apt and pip fetch what the lock names, and install nothing: apt checks it by its signed lists, pip by the lock's
 * digests. On top of what apt installs, since pip may be part of that; the environment finds that layer built.
 */
export function renderFetching(
  { base, python, logins = [], packages, missing }: FetchingInputs,
  layout: InstallationLayout,
): string {
  const installed = renderSystemPackages(packages);
  const platforms = Object.values(missing);
  const isAptAsked = platforms.some(({ systemPackages }) => Object.keys(systemPackages).length > 0);
  const isPipAsked = platforms.some((one) => one.python.length > 0);
  return joinSections(base, [
    FIRST_INSTRUCTION,
    ...(installed.length > 0 ? [DATE_ARGUMENT] : []),
    ...installed,
    `FROM ${ENVIRONMENT_STAGE} AS ${FETCHING_STAGE}`,
    `RUN mkdir -p ${Object.values(FETCHED)
      .map((folder) => `${PLACE}/${folder}`)
      .join(" ")}`,
    ...(isAptAsked ? [fetchSystemPackages(missing)] : []),
    ...(isPipAsked && platforms.length > 1 ? [PLATFORM_ARGUMENTS] : []),
    ...(isPipAsked ? [fetchPythonPackages({ python, logins, packages: missing }, layout)] : []),
    [`FROM scratch AS ${VENDOR_STAGE}`, `COPY --from=${FETCHING_STAGE} ${PLACE}/ /`].join("\n"),
  ]);
}

function fetchSystemPackages(missing: LockedPlatforms): string {
  return [
    "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\",
    "    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\",
    ...setSystemPackages(missing),
    `    ${UPDATE_LISTS} && cd ${PLACE}/${FETCHED.system} \\`,
    ` && { [ "$#" -eq 0 ] || ${withSnapshots("apt-get download")}; }`,
  ].join("\n");
}

/** A source distribution is built when it is installed: what that takes no lock names, and is fetched as it is today. */
function fetchPythonPackages(
  { python, logins, packages }: Required<Pick<EnvironmentInputs, "python" | "logins" | "packages">>,
  layout: InstallationLayout,
): string {
  const interpreter = shellWord(python.interpreter);
  const locked = lockedFile(packages);
  const download = (folder: string): string =>
    `${interpreter} -m pip download --dest ${PLACE}/${folder} ${sourceOptions(python, layout).join(" ")}`.trimEnd();
  const [built, all] = ["/tmp/mlpackage-built.txt", "/tmp/mlpackage-build.txt"];
  return [
    "RUN --mount=type=cache,target=/root/.cache/pip \\",
    ...[...layout.locked, ...layout.wheels].map(
      (placement) => `    ${mountOption(placement, "contexts")} \\`,
    ),
    ...loginMounts(logins),
    `    export ${PIP_SETTINGS}; \\`,
    ...loginCommands(logins),
    `    ${download(FETCHED.python)} --no-deps --require-hashes --requirement ${locked} \\`,
    ` && ${interpreter} ${LOCKED_MOUNT}/${SCRIPT_FILE} ${PLACE}/${FETCHED.python} > ${built} \\`,
    ` && { [ ! -s ${built} ] || { sed -n '/^-/p' ${locked} | cat - ${built} > ${all} \\`,
    ` && ${download(FETCHED.build)} --requirement ${all}; }; }`,
  ].join("\n");
}
