import type { ServiceSettings } from "../images/image-config.ts";
import type { BaseImageConfig, EnvironmentConfig } from "../model/config.ts";
import { DOCKERFILE_HEADER } from "../model/dockerfile-header.ts";
import { type EnvironmentLayout, type ImageLayout, namedContext, type Placement } from "./image-layout.ts";
import type { InlinedBase } from "./inline-base.ts";
import { copyPaths, dockerfileString, shellWord } from "./quoting.ts";

/** What the environment stage of a Dockerfile is made of. */
export type EnvironmentInputs = {
  /** The stages of the base's own Dockerfile, or what `FROM` names. */
  readonly base: InlinedBase | { readonly reference: string; readonly digest: string };
  readonly environment: Pick<EnvironmentConfig, "python" | "systemPackages">;
  /** Whether our own server is in it, and not a command of the user's. */
  readonly isServed: boolean;
};

/** What the text of a whole Dockerfile is made of. */
export type DockerfileInputs = EnvironmentInputs & {
  readonly baseImage: BaseImageConfig;
  readonly settings: ServiceSettings;
};

/** What a mount reads from: a named context of its own each, or folders beside the Dockerfile. */
type Place = "contexts" | "folder";

/** Of ours: what stands before it belongs to the base. */
export const FIRST_INSTRUCTION = "USER root";

/** The server our runtime runs on; any version since this one will do. */
const SERVER_REQUIREMENT = "gunicorn>=20.1";

/** The stage that follows the base: an inlined one ends with its `FROM`. */
export const ENVIRONMENT_STAGE = "environment";
const IMAGE_STAGE = "image";

/** The Dockerfile that buildx makes the environment from: all that needs a RUN. */
export function renderEnvironment(inputs: EnvironmentInputs, layout: EnvironmentLayout): string {
  return join(inputs, environmentSections(inputs, layout, "contexts"));
}

/**
 * The Dockerfile of a saved folder: first the environment, which changes seldom, then one layer for each model, then
 * the code, so that a changed line of code touches the smallest layer alone.
 */
export function renderDockerfile(inputs: DockerfileInputs, layout: ImageLayout): string {
  return join(inputs, [
    ...environmentSections(inputs, layout, "folder"),
    ...imageSections(inputs.settings, layout),
  ]);
}

function join({ base }: EnvironmentInputs, sections: readonly string[]): string {
  const directives = "stages" in base ? base.directives : [];
  return `${[[...directives, DOCKERFILE_HEADER].join("\n"), ...sections].join("\n\n")}\n`;
}

/** Base image, system packages, Python packages. */
function environmentSections(
  { base, environment, isServed }: EnvironmentInputs,
  layout: EnvironmentLayout,
  place: Place,
): readonly string[] {
  const from = "stages" in base ? base.stages : `FROM ${base.reference} AS ${ENVIRONMENT_STAGE}`;
  return [
    from,
    FIRST_INSTRUCTION,
    ...renderSystemPackages(environment.systemPackages),
    ...renderPythonPackages(environment.python, isServed, layout, place),
  ];
}

/** Logs and copies that hold the time, and are of no use in an image. */
const LEAVINGS_OF_APT = [
  "/var/log/apt/*",
  "/var/log/dpkg.log",
  "/var/log/alternatives.log",
  "/var/cache/ldconfig/aux-cache",
  "/var/cache/debconf/*-old",
  "/var/lib/dpkg/*-old",
];

function renderSystemPackages(packages: readonly string[]): readonly string[] {
  if (packages.length === 0) return [];
  return [
    [
      "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\",
      "    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\",
      "    apt-get update \\",
      " && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \\",
      `${packages.map((name) => `      ${shellWord(name)}`).join(" \\\n")} \\`,
      ` && rm -rf ${LEAVINGS_OF_APT.join(" ")}`,
    ].join("\n"),
  ];
}

function renderPythonPackages(
  python: EnvironmentConfig["python"],
  isServed: boolean,
  layout: EnvironmentLayout,
  place: Place,
): readonly string[] {
  if (!python.managed) return [];
  const server = isServed ? [SERVER_REQUIREMENT] : [];
  const { requirementsFile } = layout;
  if (requirementsFile === undefined && server.length === 0) return [];
  const interpreter = shellWord(python.interpreter);
  const install = [
    `${interpreter} -m pip install --no-compile`,
    ...indexOptions(python.indexUrl, python.extraIndexUrls),
    ...layout.wheels.map(({ target }) => `--find-links ${target}`),
    ...python.findLinks
      .filter((link) => link.includes("://"))
      .map((link) => `--find-links ${shellWord(link)}`),
    ...(requirementsFile === undefined ? [] : [`--requirement ${shellWord(requirementsFile)}`]),
    ...server.map(shellWord),
  ].join(" ");
  // Nothing is asked of any index where the base already has the server.
  const isOnlyServer = requirementsFile === undefined;
  const installAndCompile = `${install} \\\n && ${compileCommand(interpreter)}`;
  const command = isOnlyServer
    ? `${interpreter} -c "import gunicorn" 2>/dev/null || { ${installAndCompile}; }`
    : installAndCompile;
  const mounts = [...layout.requirements, ...layout.wheels].map(
    (placement) => `--mount=type=bind,${mountSource(placement, place)},target=${placement.target}`,
  );
  return [
    [
      "RUN --mount=type=cache,target=/root/.cache/pip \\",
      ...mounts.map((mount) => `    ${mount} \\`),
      "    export PIP_BREAK_SYSTEM_PACKAGES=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore; \\",
      `    ${command}`,
    ].join("\n"),
  ];
}

/**
 * Byte-code that goes by the content of its source and not by its time, which the layer will not have. (What pip itself
 * compiles holds a path of chance.) Files that were never meant to be compiled are nobody's fault.
 */
function compileCommand(interpreter: string): string {
  const folders = `${interpreter} -c "import sysconfig; print(*{sysconfig.get_path(n): 0 for n in ('purelib', 'platlib')})"`;
  return `{ PYTHONHASHSEED=0 ${interpreter} -m compileall -qq --invalidation-mode unchecked-hash $(${folders}) || true; }`;
}

function indexOptions(indexUrl: string | undefined, extraIndexUrls: readonly string[]): readonly string[] {
  return [
    ...(indexUrl === undefined ? [] : [`--index-url ${shellWord(indexUrl)}`]),
    ...extraIndexUrls.map((url) => `--extra-index-url ${shellWord(url)}`),
  ];
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
