import type { PythonConfig } from "../model/config.ts";
import type { LockedPlatforms } from "../model/lock-file.ts";
import { asPythonExpression } from "../model/python-versions.ts";
import {
  DATE_ARGUMENT,
  ENVIRONMENT_STAGE,
  type EnvironmentInputs,
  FIRST_INSTRUCTION,
  type InstallConfig,
  joinSections,
  type Login,
  loginCommands,
  loginMounts,
  mountOption,
  PIP_SETTINGS,
  renderSystemPackages,
  sourceOptions,
} from "./dockerfile.ts";
import type { EnvironmentLayout } from "./image-layout.ts";
import { shellWord } from "./quoting.ts";

/** The server our runtime runs on; any version since this one will do. */
const SERVER_REQUIREMENT = "gunicorn>=20.1";

/** The last stage, which holds nothing but the answers. */
export const LOCK_STAGE = "mlpackage-lock";

/** Where the answers are written while it is built. */
const ANSWERS = "/mlpackage-lock";

/** The files of the answers; those that nothing was asked for are absent. */
export const ANSWER_FILES = {
  architecture: "architecture",
  /** `name architecture version`, a line each. */
  systemPackages: "system-packages",
  /** Of the interpreter, where the packages are for certain versions of it alone. */
  pythonVersion: "python-version",
  /** Reports of pip. */
  python: "python.json",
  server: "server.json",
} as const;

type SystemQuestion = {
  readonly base: EnvironmentInputs["base"];
  readonly systemPackages: readonly string[];
};

/** Asks apt what it would install, and has it install nothing. */
export function renderSystemQuestion({ base, systemPackages }: SystemQuestion): string {
  const names = systemPackages.map(shellWord).join(" ");
  return joinSections(base, [
    FIRST_INSTRUCTION,
    [
      "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\",
      "    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\",
      `    mkdir -p ${ANSWERS} && dpkg --print-architecture > ${ANSWERS}/${ANSWER_FILES.architecture} \\`,
      " && apt-get update \\",
      ` && apt-get install --simulate --no-install-recommends ${names} > /tmp/simulated \\`,
      ` && sed -n '${SIMULATED_LINE}' /tmp/simulated > ${ANSWERS}/${ANSWER_FILES.systemPackages}`,
    ].join("\n"),
    answersOf(ENVIRONMENT_STAGE),
  ]);
}

/** `Inst name [version before] (version source [architecture])`, as `name architecture version`. */
const SIMULATED_LINE =
  "s/^Inst \\([^ :]*\\)[^ ]*\\( \\[[^]]*\\]\\)\\{0,1\\} (\\([^ ]*\\) .*\\[\\([^]]*\\)\\].*/\\1 \\4 \\3/p";

/** The stage that pip is asked in: all before it is what the environment is built from, and is built once. */
export const ASKING_STAGE = "mlpackage-asking";

type PythonQuestion = {
  readonly base: EnvironmentInputs["base"];
  readonly python: PythonConfig;
  readonly logins: readonly Login[];
  /** Whether our own server is in the image, and not a command of the user's. */
  readonly isServed: boolean;
  /** Whether the requirements name digests: then pip takes none without. */
  readonly hasDigests: boolean;
  /** What apt installs: what pip finds there it need not install. */
  readonly system: LockedPlatforms;
};

/** Whether there is anything to ask pip. */
export function isPipAsked(
  { python, isServed }: Pick<PythonQuestion, "python" | "isServed">,
  { requirementsFile }: EnvironmentLayout,
): boolean {
  return python.managed && (isServed || requirementsFile !== undefined);
}

/** Asks pip what it would install. */
export function renderPythonQuestion(question: PythonQuestion, layout: EnvironmentLayout): string {
  const installed = renderSystemPackages(question.system);
  return joinSections(question.base, [
    FIRST_INSTRUCTION,
    ...(installed.length > 0 ? [DATE_ARGUMENT] : []),
    ...installed,
    `FROM ${ENVIRONMENT_STAGE} AS ${ASKING_STAGE}`,
    askPip(question, layout),
    answersOf(ASKING_STAGE),
  ]);
}

function answersOf(stage: string): string {
  return [`FROM scratch AS ${LOCK_STAGE}`, `COPY --from=${stage} ${ANSWERS}/ /`].join("\n");
}

function askPip({ python, logins, isServed, hasDigests }: PythonQuestion, layout: EnvironmentLayout): string {
  const { requirementsFile } = layout;
  const interpreter = shellWord(python.interpreter);
  const { pythonVersions } = python;
  const versionFirst = pythonVersions === undefined ? [] : [askVersion(interpreter, pythonVersions)];
  const server = isServed ? [shellWord(SERVER_REQUIREMENT)] : [];
  const own = requirementsFile === undefined ? [] : [`--requirement ${shellWord(requirementsFile)}`];
  const ask = (file: string, wanted: readonly string[]): readonly string[] =>
    wanted.length === 0 ? [] : [askCommand(interpreter, python, layout, file, wanted)];
  // Nothing is asked of any index where the base already has the server.
  const onlyServer = ask(ANSWER_FILES.server, server).map(
    (command) => `{ ${interpreter} -c "import gunicorn" 2>/dev/null || ${command}; }`,
  );
  const ownAndServer = hasDigests
    ? [...ask(ANSWER_FILES.python, own), ...onlyServer]
    : ask(ANSWER_FILES.python, [...own, ...server]);
  const asked = own.length === 0 ? onlyServer : ownAndServer;
  return [
    "RUN --mount=type=cache,target=/root/.cache/pip \\",
    ...[...layout.requirements, ...layout.wheels].map(
      (placement) => `    ${mountOption(placement, "contexts")} \\`,
    ),
    ...loginMounts(logins),
    ...loginCommands(logins),
    `    export ${PIP_SETTINGS}; mkdir -p ${ANSWERS} \\`,
    ` && ${[...versionFirst, ...asked].join(" \\\n && ")}`,
  ].join("\n");
}

/** Where it is another Python, that is the whole answer. */
function askVersion(interpreter: string, versions: string): string {
  const tell = `${interpreter} -c "import platform; print(platform.python_version())"`;
  const isRight = `${interpreter} -c "import sys; sys.exit(not (${asPythonExpression(versions)}))"`;
  return `${tell} > ${ANSWERS}/${ANSWER_FILES.pythonVersion} && { ${isRight} || exit 0; }`;
}

function askCommand(
  interpreter: string,
  python: InstallConfig,
  layout: EnvironmentLayout,
  file: string,
  wanted: readonly string[],
): string {
  return [
    `${interpreter} -m pip install --quiet --dry-run --report ${ANSWERS}/${file}`,
    ...sourceOptions(python, layout),
    ...wanted,
  ].join(" ");
}
