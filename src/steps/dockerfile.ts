import type { BaseImageConfig, EnvironmentConfig, InferenceConfig } from "../model/config.ts";
import { DOCKERFILE_HEADER } from "../model/dockerfile-header.ts";
import { type ImageLayout, namedContext, type Placement } from "./image-layout.ts";
import type { InlinedBase } from "./inline-base.ts";
import { copyPaths, dockerfileString, shellWord } from "./quoting.ts";

/** What the text of a Dockerfile is made of. */
export type DockerfileInputs = {
  readonly name: string;
  readonly models: readonly { readonly name: string; readonly version: string }[];
  readonly baseImage: BaseImageConfig;
  /** The stages of the base's own Dockerfile, or what `FROM` names. */
  readonly base: InlinedBase | { readonly reference: string; readonly digest: string };
  readonly environment: EnvironmentConfig;
  readonly inference: InferenceConfig;
  readonly labels: Readonly<Record<string, string>>;
};

/** What a `COPY` or a mount reads from: a named context of its own each, or folders beside the Dockerfile. */
export type Place = "contexts" | "folder";

/** The server our runtime runs on; any version since this one will do. */
const SERVER_REQUIREMENT = "gunicorn>=20.1";

/** The stage that follows the base: an inlined one ends with its `FROM`. */
export const ENVIRONMENT_STAGE = "environment";
export const IMAGE_STAGE = "image";

/**
 * The Dockerfile of a package: first the environment, which changes seldom, then one layer for each model, then the
 * code, so that a changed line of code touches the smallest layer alone.
 */
export function renderDockerfile(inputs: DockerfileInputs, layout: ImageLayout, place: Place): string {
  const directives = "stages" in inputs.base ? inputs.base.directives : [];
  const sections = [
    [...directives, DOCKERFILE_HEADER].join("\n"),
    ...renderEnvironment(inputs, layout, place),
    ...renderImage(inputs, layout, place),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** Base image, system packages, Python packages: all that needs a RUN. */
function renderEnvironment(inputs: DockerfileInputs, layout: ImageLayout, place: Place): readonly string[] {
  const { base, environment, inference } = inputs;
  const from = "stages" in base ? base.stages : `FROM ${base.reference} AS ${ENVIRONMENT_STAGE}`;
  return [
    from,
    "USER root",
    ...renderSystemPackages(environment.systemPackages),
    ...renderPythonPackages(environment, inference, layout, place),
  ];
}

function renderSystemPackages(packages: readonly string[]): readonly string[] {
  if (packages.length === 0) return [];
  return [
    [
      "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\",
      "    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\",
      "    apt-get update \\",
      " && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \\",
      packages.map((name) => `      ${shellWord(name)}`).join(" \\\n"),
    ].join("\n"),
  ];
}

function renderPythonPackages(
  { python }: EnvironmentConfig,
  inference: InferenceConfig,
  layout: ImageLayout,
  place: Place,
): readonly string[] {
  if (!python.managed) return [];
  const server = inference.kind === "script" ? [SERVER_REQUIREMENT] : [];
  const { requirementsFile } = layout;
  if (requirementsFile === undefined && server.length === 0) return [];
  const interpreter = shellWord(python.interpreter);
  const install = [
    `${interpreter} -m pip install`,
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
  const command = isOnlyServer ? `${interpreter} -c "import gunicorn" 2>/dev/null || ${install}` : install;
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

function indexOptions(indexUrl: string | undefined, extraIndexUrls: readonly string[]): readonly string[] {
  return [
    ...(indexUrl === undefined ? [] : [`--index-url ${shellWord(indexUrl)}`]),
    ...extraIndexUrls.map((url) => `--extra-index-url ${shellWord(url)}`),
  ];
}

/** Models, runtime and code, each a layer of its own that depends on none before it. */
function renderImage(inputs: DockerfileInputs, layout: ImageLayout, place: Place): readonly string[] {
  const placements = [...layout.models, ...layout.runtime, ...layout.code];
  const copies = placements.map((placement) => `COPY ${copyArguments(placement, place)}`);
  // WORKDIR would make the folder with the time of now: it follows the first layer that brings it.
  const bringsAppRoot = placements.findIndex(({ target }) => target.startsWith(`${layout.appRoot}/`));
  const filesystem = copies.toSpliced(bringsAppRoot + 1, 0, `WORKDIR ${layout.appRoot}`);
  const { environment, inference } = inputs;
  return [
    `FROM ${ENVIRONMENT_STAGE} AS ${IMAGE_STAGE}`,
    assignments("LABEL", labelsOf(inputs)),
    assignments("ENV", { ...serviceVariables(inference, layout), ...environment.variables }),
    filesystem.join("\n"),
    [
      `EXPOSE ${inference.port}`,
      `USER ${environment.user}`,
      "ENTRYPOINT []",
      `CMD ${JSON.stringify(commandOf(inputs, layout))}`,
    ].join("\n"),
  ].filter((section) => section !== "");
}

/**
 * A named context holds one folder, called by the digest of its content, with paths and modes as in the image (see
 * `stageContexts`); the star enters it. A saved folder may have any modes by now, and BuildKit links no layer whose
 * modes it must change.
 */
function copyArguments(placement: Placement, place: Place): string {
  const { folder, target } = placement;
  return place === "contexts"
    ? `--link --from=${namedContext(placement)} */ /`
    : `--chmod=u=rwX,go=rX ${copyPaths(`${folder}/`, target)}`;
}

function mountSource(placement: Placement, place: Place): string {
  return place === "contexts" ? `from=${namedContext(placement)}` : `source=${placement.folder}`;
}

function labelsOf({ name, base, labels }: DockerfileInputs): Readonly<Record<string, string>> {
  return {
    "org.opencontainers.image.title": name,
    ...("reference" in base && {
      "org.opencontainers.image.base.name": base.reference.split("@")[0] ?? "",
      "org.opencontainers.image.base.digest": base.digest,
    }),
    ...labels,
  };
}

function serviceVariables(inference: InferenceConfig, layout: ImageLayout): Readonly<Record<string, string>> {
  const common = {
    AML_APP_ROOT: layout.appRoot,
    ...(layout.modelDirectory !== undefined && { AZUREML_MODEL_DIR: layout.modelDirectory }),
  };
  if (inference.kind === "command") return common;
  return {
    ...common,
    AZUREML_ENTRY_SCRIPT: layout.entryScript ?? inference.entryScript,
    MLPACKAGE_PORT: String(inference.port),
    WORKER_COUNT: String(inference.workers),
    WORKER_TIMEOUT: String(Math.ceil(inference.workerTimeoutMs / 1000)),
    SCORING_TIMEOUT_MS: String(inference.scoringTimeoutMs),
  };
}

function commandOf({ inference, environment }: DockerfileInputs, layout: ImageLayout): readonly string[] {
  if (inference.kind === "command") return inference.command;
  return [environment.python.interpreter, `${layout.runtimeDirectory}/serve.py`];
}

function assignments(instruction: "ENV" | "LABEL", values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).map(([name, value]) => `${name}=${dockerfileString(value)}`);
  return pairs.length === 0 ? "" : `${instruction} ${pairs.join(" \\\n    ")}`;
}
