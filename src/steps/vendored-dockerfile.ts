import type { LockedPlatforms } from "../model/lock-file.ts";
import {
  APT_INSTALL,
  cleanUp,
  compileCommand,
  DATE_ARGUMENT,
  type EnvironmentInputs,
  FIRST_INSTRUCTION,
  type InstallConfig,
  joinSections,
  lockedFile,
  mountOption,
  PIP_SETTINGS,
  PLATFORM_ARGUMENTS,
} from "./dockerfile.ts";
import { type InstallationLayout, LOCKED_MOUNT, VENDORED_DEBIAN, VENDORED_PYTHON } from "./image-layout.ts";
import { shellWord } from "./quoting.ts";

/** Beside what is locked. */
export const ADDRESSES_FILE = "addresses.py";

type VendoredInputs = EnvironmentInputs & { readonly hasBuildRequirements: boolean };

/**
 * As `renderEnvironment`, of what was vendored: the same layers, byte for byte. What is not mounted is not to be had:
 * the caches are empty folders in memory, and there is no network.
 */
export function renderVendoredEnvironment(
  { base, python, packages, hasBuildRequirements }: VendoredInputs,
  layout: InstallationLayout,
): string {
  const installing = [
    ...installSystemPackages(packages),
    ...installPythonPackages(python, packages, layout, hasBuildRequirements),
  ];
  return joinSections(base, [
    FIRST_INSTRUCTION,
    ...(installing.length > 0 ? [DATE_ARGUMENT] : []),
    ...installing,
  ]);
}

/** apt reads from the files themselves what they are, and needs no list of any archive. */
function installSystemPackages(packages: LockedPlatforms): readonly string[] {
  if (Object.values(packages).every((one) => Object.keys(one.systemPackages).length === 0)) return [];
  return [
    [
      "RUN --network=none \\",
      "    --mount=type=tmpfs,target=/var/cache/apt \\",
      "    --mount=type=tmpfs,target=/var/lib/apt/lists \\",
      `    ${mountOption(VENDORED_DEBIAN, "contexts")} \\`,
      `    set -- ${VENDORED_DEBIAN.target}/"$(dpkg --print-architecture)"/*.deb; [ -e "$1" ] || set --; \\`,
      `    ${APT_INSTALL} "$@" \\`,
      ` && ${cleanUp()}`,
    ].join("\n"),
  ];
}

function installPythonPackages(
  { interpreter: written }: InstallConfig,
  packages: LockedPlatforms,
  layout: InstallationLayout,
  hasBuildRequirements: boolean,
): readonly string[] {
  const platforms = Object.entries(packages);
  if (platforms.every(([, { python }]) => python.length === 0)) return [];
  const interpreter = shellWord(written);
  const isForSeveral = platforms.length > 1;
  const folder = `${VENDORED_PYTHON.target}${isForSeveral ? "/$TARGETARCH$TARGETVARIANT" : ""}`;
  const links = [folder, ...(hasBuildRequirements ? [`${folder}/build`] : [])];
  const install = [
    `${interpreter} -m pip install --no-compile --no-deps --require-hashes --no-index`,
    ...links.map((link) => `--find-links ${link}`),
    `--requirement ${lockedFile(packages)}`,
  ].join(" ");
  const addresses = addressesIn(packages);
  return [
    ...(isForSeveral ? [PLATFORM_ARGUMENTS] : []),
    [
      "RUN --network=none \\",
      "    --mount=type=tmpfs,target=/root/.cache/pip \\",
      ...[...layout.locked, VENDORED_PYTHON].map(
        (placement) => `    ${mountOption(placement, "contexts")} \\`,
      ),
      `    export ${PIP_SETTINGS}; \\`,
      `    ${install} \\`,
      ...(addresses.length === 0
        ? []
        : [` && ${interpreter} ${LOCKED_MOUNT}/${ADDRESSES_FILE} ${addresses.join(" ")} \\`]),
      ` && ${compileCommand(interpreter)}`,
    ].join("\n"),
  ];
}

/** `NAME=DIGEST=ADDRESS`, of what was asked for by its address. */
function addressesIn(packages: LockedPlatforms): readonly string[] {
  const all = Object.values(packages).flatMap(({ python }) => python);
  const addresses = all.flatMap(({ name, digest, url }) => {
    const hash = digest.slice("sha256:".length);
    return url === undefined ? [] : [shellWord(`${name}=${hash}=${url.replace(/#.*$/, "")}`)];
  });
  return [...new Set(addresses)];
}
