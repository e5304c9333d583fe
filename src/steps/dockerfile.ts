import type { ServiceSettings } from "../images/image-config.ts";
import { normalPlatform } from "../images/manifest.ts";
import type { BaseImageConfig, EnvironmentConfig, LoginConfig } from "../model/config.ts";
import { DOCKERFILE_HEADER } from "../model/dockerfile-header.ts";
import type { LockedPlatforms } from "../model/lock-file.ts";
import { UPDATE_LISTS, withSnapshots } from "./apt-snapshots.ts";
import {
  BUILD_MOUNT,
  type ImageLayout,
  type InstallationLayout,
  LOCKED_MOUNT,
  namedContext,
  type Placement,
} from "./image-layout.ts";
import type { InlinedBase } from "./inline-base.ts";
import { copyPaths, dockerfileString, shellWord } from "./quoting.ts";

/** What the environment stage of a Dockerfile is made of. */
export type EnvironmentInputs = {
  /** The stages of the base's own Dockerfile, or what `FROM` names. */
  readonly base: InlinedBase | { readonly reference: string; readonly digest: string };
  readonly python: InstallConfig;
  readonly logins?: readonly Login[];
  /** What is installed, on each platform that is built for. */
  readonly packages: LockedPlatforms;
};

/** How pip is called; what it is to install is said elsewhere. */
export type InstallConfig = Pick<
  EnvironmentConfig["python"],
  "interpreter" | "indexUrl" | "extraIndexUrls" | "findLinks"
>;

/** Where pip is let in by a secret of the build. */
export type Login = LoginConfig & { readonly id: string };

/** The secrets that pip logs in with. */
export function loginsAmong(
  secrets: readonly { readonly id: string; readonly login?: LoginConfig }[] = [],
): readonly Login[] {
  return secrets.flatMap(({ id, login }) => (login === undefined ? [] : { id, ...login }));
}

/** What the text of a whole Dockerfile is made of. */
export type DockerfileInputs = EnvironmentInputs & {
  readonly baseImage: BaseImageConfig;
  readonly settings: ServiceSettings;
  /** Options of `docker build`, which a folder does not have by itself. */
  readonly secretOptions: readonly string[];
};

/** What a mount reads from: a named context of its own each, or folders beside the Dockerfile. */
type Place = "contexts" | "folder";

/** The stage that follows the base: an inlined one ends with its `FROM`. */
export const ENVIRONMENT_STAGE = "environment";
const IMAGE_STAGE = "image";

/** Of ours: what stands before it belongs to the base. */
export const FIRST_INSTRUCTION = "USER root";

/** The Dockerfile that buildx makes the environment from: all that needs a RUN. */
export function renderEnvironment(inputs: EnvironmentInputs, layout: InstallationLayout): string {
  return joinSections(inputs.base, environmentSections(inputs, layout, "contexts"));
}

/**
 * The Dockerfile of a saved folder: first the environment, which changes seldom, then one layer for each model, then
 * the code, so that a changed line of code touches the smallest layer alone.
 */
export function renderDockerfile(inputs: DockerfileInputs, layout: ImageLayout): string {
  const { secretOptions: options } = inputs;
  const command = ["docker build", ...options.map((option) => `--secret ${option}`), "."].join(" ");
  return joinSections(
    inputs.base,
    [...environmentSections(inputs, layout, "folder"), ...imageSections(inputs.settings, layout)],
    options.length === 0 ? [] : [`# It asks for secrets: ${command}`],
  );
}

/** Sections after what must come first in the file: directives of the base's own, and whose file it is. */
export function joinSections(
  base: EnvironmentInputs["base"],
  sections: readonly string[],
  notes: readonly string[] = [],
): string {
  const directives = "stages" in base ? base.directives : [];
  const from = "stages" in base ? base.stages : `FROM ${base.reference} AS ${ENVIRONMENT_STAGE}`;
  return `${[[...directives, DOCKERFILE_HEADER, ...notes].join("\n"), from, ...sections].join("\n\n")}\n`;
}

/** System packages, Python packages. */
function environmentSections(
  { python, logins = [], packages }: EnvironmentInputs,
  layout: InstallationLayout,
  place: Place,
): readonly string[] {
  const installing = [
    ...renderSystemPackages(packages),
    ...renderPythonPackages({ ...python, logins }, packages, layout, place),
  ];
  return [FIRST_INSTRUCTION, ...(installing.length > 0 ? [DATE_ARGUMENT] : []), ...installing];
}

/** What the layers bring that the environment's own commands make, in their order. */
export function namesOfLayers(packages: LockedPlatforms): readonly string[] {
  const all = Object.values(packages);
  return [
    ...(all.some(({ systemPackages }) => Object.keys(systemPackages).length > 0) ? ["system packages"] : []),
    ...(all.some(({ python }) => python.length > 0) ? ["Python packages"] : []),
  ];
}

/**
 * For who installs: with it Debian's Python packages compile to byte-code that goes by the content of its source, and not
 * by its time, which the layer will not have.
 */
export const DATE_ARGUMENT = "ARG SOURCE_DATE_EPOCH";

/** Logs and copies that hold the time, and are of no use in an image. */
const LEAVINGS_OF_APT = [
  "/var/log/apt/*",
  "/var/log/dpkg.log",
  "/var/log/alternatives.log",
  "/var/log/fontconfig.log",
  "/var/cache/ldconfig/aux-cache",
  "/var/cache/debconf/*-old",
  "/var/lib/dpkg/*-old",
];

export function cleanUp(): string {
  return `rm -rf ${LEAVINGS_OF_APT.join(" ")}`;
}

export function renderSystemPackages(packages: LockedPlatforms): readonly string[] {
  const wanted = systemPackagesIn(packages);
  if (wanted.every(([, names]) => names.length === 0)) return [];
  return [
    [
      "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\",
      "    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\",
      ...setWanted(wanted),
      `    ${UPDATE_LISTS} \\`,
      ` && ${withSnapshots(APT_INSTALL)} \\`,
      ` && ${cleanUp()}`,
    ].join("\n"),
  ];
}

type Wanted = readonly (readonly [platform: string, names: readonly string[]])[];

/** Sorted: the words of a command decide whether BuildKit has run it, for a lock or for the question before it. */
function systemPackagesIn(packages: LockedPlatforms): Wanted {
  return Object.entries(packages).map(([platform, { systemPackages }]) => {
    const names = Object.entries(systemPackages).map(([name, version]) => `${name}=${version}`);
    return [platform, names.sort()] as const;
  });
}

/** The packages of the platform that is built for, as the arguments of the shell, of however many there are. */
export function setSystemPackages(packages: LockedPlatforms): readonly string[] {
  return setWanted(systemPackagesIn(packages));
}

function setWanted(wanted: Wanted): readonly string[] {
  const [first] = wanted;
  if (wanted.length < 2)
    return [`${["    set --", ...(first?.[1] ?? []).map(shellWord)].join(" \\\n      ")}; \\`];
  const cases = wanted.map(
    ([platform, names]) =>
      `    ${debianArchitecture(platform)}) set -- ${names.map(shellWord).join(" ")} ;; \\`,
  );
  return ['    case "$(dpkg --print-architecture)" in \\', ...cases, "    *) exit 1 ;; \\", "    esac; \\"];
}

/** What Debian calls the architecture of a platform. */
export function debianArchitecture(platform: string): string {
  const [, architecture = "", variant] = platform.split("/");
  if (architecture === "arm") return variant === undefined || variant === "v7" ? "armhf" : "armel";
  return { "386": "i386", ppc64le: "ppc64el" }[architecture] ?? architecture;
}

export const APT_INSTALL = "DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends";

/** A package that was built since, or that another index has, has another digest, and is refused. */
function renderPythonPackages(
  config: InstallConfig & { readonly logins: readonly Login[] },
  packages: LockedPlatforms,
  layout: InstallationLayout,
  place: Place,
): readonly string[] {
  if (Object.values(packages).every(({ python }) => python.length === 0)) return [];
  const interpreter = shellWord(config.interpreter);
  const isForSeveral = Object.keys(packages).length > 1;
  const install = [
    `${interpreter} -m pip install --no-compile --no-deps --require-hashes`,
    ...sourceOptions(config, layout),
    `--requirement ${lockedFile(packages)}`,
  ].join(" ");
  return [
    ...(isForSeveral ? [PLATFORM_ARGUMENTS] : []),
    [
      "RUN --mount=type=cache,target=/root/.cache/pip \\",
      ...[...layout.locked, ...layout.wheels].map((placement) => `    ${mountOption(placement, place)} \\`),
      ...loginMounts(config.logins),
      `    export ${PIP_SETTINGS}; \\`,
      ...loginCommands(config.logins),
      `    ${install} \\`,
      ` && ${compileCommand(interpreter)}`,
    ].join("\n"),
  ];
}

/** By which commands know what they run on, where that may be several. */
export const PLATFORM_ARGUMENTS = "ARG TARGETARCH TARGETVARIANT";

/** The file that pip installs from, as a command names it. */
export function lockedFile(packages: LockedPlatforms): string {
  const isForSeveral = Object.keys(packages).length > 1;
  return `${LOCKED_MOUNT}/requirements${isForSeveral ? "-$TARGETARCH$TARGETVARIANT" : ""}.txt`;
}

/** The name of the file that pip installs from on a platform, in the context of what is locked. */
export function lockedFileName(platform: string, isForSeveral: boolean): string {
  return isForSeveral ? `requirements-${platformSuffix(platform)}.txt` : "requirements.txt";
}

/** What `$TARGETARCH$TARGETVARIANT` are on a platform. */
export function platformSuffix(platform: string): string {
  const [, architecture = "", variant = ""] = normalPlatform(platform).split("/");
  return `${architecture}${variant}`;
}

export const PIP_SETTINGS =
  "PIP_BREAK_SYSTEM_PACKAGES=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore";

/** A file in memory that goes with the command. */
const LOGIN_MOUNT = `${BUILD_MOUNT}/login`;
const NETRC = `${LOGIN_MOUNT}/netrc`;

/** What pip is let in with is mounted while it runs, and belongs to no layer. */
export function loginMounts(logins: readonly Login[]): readonly string[] {
  if (logins.length === 0) return [];
  const secrets = logins.map(({ id }) => `    --mount=type=secret,id=${id},required=true \\`);
  return [...secrets, `    --mount=type=tmpfs,target=${LOGIN_MOUNT} \\`];
}

/**
 * Makes the file by which pip, as curl and git, knows passwords by their hosts: so they are in no address and no argument
 * (`printf` is the shell's own), and in what no index says back.
 */
export function loginCommands(logins: readonly Login[]): readonly string[] {
  if (logins.length === 0) return [];
  const lines = logins.map(({ id, host, username }) => {
    const words = `${shellWord(host)} ${shellWord(username)} "$(cat /run/secrets/${id})"`;
    return `    printf 'machine %s login %s password %s\\n' ${words} >> ${NETRC}; \\`;
  });
  return [`    export NETRC=${NETRC}; \\`, ...lines];
}

export function mountOption(placement: Placement, place: Place): string {
  return `--mount=type=bind,${mountSource(placement, place)},target=${placement.target}`;
}

/** Where pip looks for packages. */
export function sourceOptions(
  { indexUrl, extraIndexUrls, findLinks }: InstallConfig,
  { wheels }: InstallationLayout,
): readonly string[] {
  return [
    ...(indexUrl === undefined ? [] : [`--index-url ${shellWord(indexUrl)}`]),
    ...extraIndexUrls.map((url) => `--extra-index-url ${shellWord(url)}`),
    ...wheels.map(({ target }) => `--find-links ${target}`),
    ...findLinks.filter((link) => link.includes("://")).map((link) => `--find-links ${shellWord(link)}`),
  ];
}

/**
 * Byte-code that goes by the content of its source and not by its time, which the layer will not have. (What pip itself
 * compiles holds a path of chance.) Files that were never meant to be compiled are nobody's fault.
 */
export function compileCommand(interpreter: string): string {
  const folders = `${interpreter} -c "import sysconfig; print(*{sysconfig.get_path(n): 0 for n in ('purelib', 'platlib')})"`;
  return `{ PYTHONHASHSEED=0 ${interpreter} -m compileall -qq --invalidation-mode unchecked-hash $(${folders}) || true; }`;
}

/** Models, runtime and code, each a layer of its own. */
function imageSections(settings: ServiceSettings, layout: ImageLayout): readonly string[] {
  const placements = [...layout.models, ...layout.runtime, ...layout.code];
  // A folder that was saved may have any modes by now.
  const copies = placements.map(
    ({ folder, target }) => `COPY --chmod=u=rwX,go=rX ${copyPaths(`${folder}/`, target)}`,
  );
  // WORKDIR would make the folder with the time of now: it follows the first layer that brings it.
  const bringsAppRoot = placements.findIndex(({ target }) => target.startsWith(`${layout.appRoot}/`));
  const filesystem = copies.toSpliced(bringsAppRoot + 1, 0, `WORKDIR ${settings.workingDirectory}`);
  return [
    `FROM ${ENVIRONMENT_STAGE} AS ${IMAGE_STAGE}`,
    assignments("LABEL", settings.labels),
    assignments("ENV", settings.variables),
    filesystem.join("\n"),
    [
      `EXPOSE ${settings.port}`,
      `USER ${settings.user}`,
      "ENTRYPOINT []",
      `CMD ${JSON.stringify(settings.command)}`,
    ].join("\n"),
  ].filter((section) => section !== "");
}

function mountSource(placement: Placement, place: Place): string {
  return place === "contexts" ? `from=${namedContext(placement)}` : `source=${placement.folder}`;
}

function assignments(instruction: "ENV" | "LABEL", values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).map(([name, value]) => `${name}=${dockerfileString(value)}`);
  return pairs.length === 0 ? "" : `${instruction} ${pairs.join(" \\\n    ")}`;
}
