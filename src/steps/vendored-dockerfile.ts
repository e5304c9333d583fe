import type { LockedPlatforms } from "../model/lock-file.ts";
import {
  APT_INSTALL,
  cleanUp,
  compileCommand,
  DATE_ARGUMENT,
  type EnvironmentInputs,
  FIRST_INSTRUCTION,
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

type VendoredInputs = EnvironmentInputs & {
  /** The same packages, those that were asked for by their address by their place in the mount. */
  readonly placed: LockedPlatforms;
  /** Whether there is what source distributions are built with. */
  readonly hasBuildRequirements: boolean;
};

/**
 * As `renderEnvironment`, of what was vendored: the same layers, byte for byte. What is not mounted is not to be had:
 * the caches are empty folders in memory, and there is no network.
 */
export function renderVendoredEnvironment(inputs: VendoredInputs, layout: InstallationLayout): string {
  const installing = [...installSystemPackages(inputs.packages), ...installPythonPackages(inputs, layout)];
  return joinSections(inputs.base, [
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

function installPythonPackages(inputs: VendoredInputs, layout: InstallationLayout): readonly string[] {
  const { python, packages, hasBuildRequirements } = inputs;
  const platforms = Object.entries(packages);
  if (platforms.every(([, one]) => one.python.length === 0)) return [];
  const interpreter = shellWord(python.interpreter);
  const isForSeveral = platforms.length > 1;
  const folder = `${VENDORED_PYTHON.target}${isForSeveral ? "/$TARGETARCH$TARGETVARIANT" : ""}`;
  const links = [folder, ...(hasBuildRequirements ? [`${folder}/build`] : [])];
  const install = [
    `${interpreter} -m pip install --no-compile --no-deps --require-hashes --no-index`,
    ...links.map((link) => `--find-links ${link}`),
    `--requirement ${lockedFile(packages)}`,
  ].join(" ");
  const addresses = addressesIn(inputs);
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

/** Name, place and address, of what was asked for by its address. */
function addressesIn({ packages, placed }: Pick<VendoredInputs, "packages" | "placed">): readonly string[] {
  const withoutFragment = (url: string): string => shellWord(url.replace(/#.*$/, ""));
  return Object.entries(packages).flatMap(([platform, { python }]) =>
    python.flatMap(({ name, url }) => {
      const place = placed[platform]?.python.find((one) => one.name === name)?.url;
      if (url === undefined || place === undefined) return [];
      return [shellWord(name), withoutFragment(place), withoutFragment(url)];
    }),
  );
}
