import type { EnvironmentConfig } from "../model/config.ts";
import type { LockedPlatforms } from "../model/lock-file.ts";
import {
  DATE_ARGUMENT,
  type EnvironmentInputs,
  FIRST_INSTRUCTION,
  type InstallConfig,
  joinSections,
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
  readonly platforms: readonly string[];
  /** What apt installs, where it is known already: just that again. */
  readonly system?: LockedPlatforms;
};

/** Asks apt and pip, in the base image itself, what they would install: their answers are those of its own platform. */
export function renderLock(inputs: LockInputs, layout: EnvironmentLayout): string {
  return joinSections(inputs.base, [
    FIRST_INSTRUCTION,
    DATE_ARGUMENT,
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
function askApt({ environment, platforms, system }: LockInputs): readonly string[] {
  const { systemPackages } = environment;
  if (system !== undefined) return renderSystemPackages(system);
  if (systemPackages.length === 0) return [];
  const list = (place: string) => `${INSTALLED_PACKAGES} > ${place}`;
  const before = [
    `mkdir -p ${ANSWERS} && dpkg --print-architecture > ${ANSWERS}/${ANSWER_FILES.architecture} && ${list("/tmp/before")}`,
  ];
  const after = [
    list("/tmp/after"),
    `comm -13 /tmp/before /tmp/after > ${ANSWERS}/${ANSWER_FILES.systemPackages}`,
  ];
  return renderSystemPackages(asAsked(platforms, systemPackages), { before, after });
}

/** `name architecture version`, a line each, without what was removed and left its settings. */
const INSTALLED_PACKAGES =
  "dpkg-query --show --showformat '${db:Status-Abbrev}|${Package} ${Architecture} ${Version}\\n' | sed -n 's/^ii *|//p' | sort";

/** What the file asks for, as apt is given it: with a version or without. */
function asAsked(platforms: readonly string[], names: readonly string[]): LockedPlatforms {
  const pairs = names.map((name) => name.split("=", 2) as [string, string?]);
  const systemPackages = Object.fromEntries(pairs.map(([name, version = ""]) => [name, version]));
  return Object.fromEntries(platforms.map((platform) => [platform, { systemPackages, python: [] }]));
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
