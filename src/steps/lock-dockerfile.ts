import type { EnvironmentConfig } from "../model/config.ts";
import type { LockedPlatforms } from "../model/lock-file.ts";
import {
  APT_INSTALL,
  type EnvironmentInputs,
  FIRST_INSTRUCTION,
  type InstallConfig,
  joinSections,
  mountOption,
  PIP_SETTINGS,
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
  /** Reports of pip. */
  python: "python.json",
  server: "server.json",
} as const;

export type LockInputs = {
  readonly base: EnvironmentInputs["base"];
  readonly environment: Pick<EnvironmentConfig, "python" | "systemPackages">;
  /** Whether our own server is in the image, and not a command of the user's. */
  readonly isServed: boolean;
  /** Whether the requirements name digests: then pip takes none without. */
  readonly hasDigests: boolean;
  /** What is known already. */
  readonly system?: LockedPlatforms;
};

/** Asks apt and pip, in the base image itself, what they would install: their answers are those of its own platform. */
export function renderLock(inputs: LockInputs, layout: EnvironmentLayout): string {
  return joinSections(inputs.base, [
    FIRST_INSTRUCTION,
    ...askApt(inputs),
    ...askPip(inputs, layout),
    [
      `RUN mkdir -p ${ANSWERS}`,
      `FROM scratch AS ${LOCK_STAGE}`,
      `COPY --from=environment ${ANSWERS}/ /`,
    ].join("\n"),
  ]);
}

/** Installed for good: what pip finds there it need not install. */
function askApt({ environment, system }: LockInputs): readonly string[] {
  const { systemPackages } = environment;
  if (systemPackages.length === 0) return [];
  const list = `dpkg-query --show --showformat '\${Package} \${Architecture} \${Version}\\n' | sort`;
  const known = Object.values(system ?? {}).flatMap((one) => Object.entries(one.systemPackages));
  const names = new Map(Object.keys(system ?? {}).length === 1 ? known : []);
  const wanted = systemPackages.map((name) => {
    const version = names.get(name);
    return shellWord(version === undefined ? name : `${name}=${version}`);
  });
  return [
    [
      "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\",
      "    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\",
      `    mkdir -p ${ANSWERS} && dpkg --print-architecture > ${ANSWERS}/${ANSWER_FILES.architecture} \\`,
      ` && ${list} > /tmp/before \\`,
      " && apt-get update \\",
      [` && ${APT_INSTALL}`, ...wanted.map((name) => `      ${name}`), ` && ${list} > /tmp/after`].join(
        " \\\n",
      ),
    ]
      .join("\n")
      .concat(` \\\n && comm -13 /tmp/before /tmp/after > ${ANSWERS}/${ANSWER_FILES.systemPackages}`),
  ];
}

function askPip(inputs: LockInputs, layout: EnvironmentLayout): readonly string[] {
  const { python } = inputs.environment;
  const { requirementsFile } = layout;
  if (!python.managed) return [];
  const interpreter = shellWord(python.interpreter);
  const server = inputs.isServed ? [shellWord(SERVER_REQUIREMENT)] : [];
  const own = requirementsFile === undefined ? [] : [`--requirement ${shellWord(requirementsFile)}`];
  const ask = (file: string, wanted: readonly string[]): readonly string[] =>
    wanted.length === 0 ? [] : [askCommand(interpreter, python, layout, file, wanted)];
  // Nothing is asked of any index where the base already has the server.
  const onlyServer = ask(ANSWER_FILES.server, server).map(
    (command) => `{ ${interpreter} -c "import gunicorn" 2>/dev/null || ${command}; }`,
  );
  const asked =
    own.length === 0
      ? onlyServer
      : inputs.hasDigests
        ? [...ask(ANSWER_FILES.python, own), ...onlyServer]
        : ask(ANSWER_FILES.python, [...own, ...server]);
  if (asked.length === 0) return [];
  return [
    [
      "RUN --mount=type=cache,target=/root/.cache/pip \\",
      ...[...layout.requirements, ...layout.wheels].map(
        (placement) => `    ${mountOption(placement, "contexts")} \\`,
      ),
      `    export ${PIP_SETTINGS}; mkdir -p ${ANSWERS} \\`,
      ` && ${asked.join(" \\\n && ")}`,
    ].join("\n"),
  ];
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
