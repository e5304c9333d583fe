import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { demandCommand, runCommand } from "../processes.ts";

/** The versions that the matrix was measured with. */
const NPM_PACKAGES = {
  turbo: "turbo@2.11.11",
  nx: "nx@24.0.6",
  wireit: "wireit@0.14.13",
  moon: "@moonrepo/cli@2.5.5",
} as const;

/** Debian's own version: make and ninja have kept their ways for years. */
const DEBIAN_PACKAGES = { make: "make", ninja: "ninja-build" } as const;

export type NpmTool = keyof typeof NPM_PACKAGES;

const CACHE = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "mlpackage-torture");

/** Where the packages of a tool are, of all of npm's and none of ours. */
export function nodeModulesOf(tool: NpmTool): string {
  return path.join(CACHE, NPM_PACKAGES[tool].replaceAll("/", "-"), "node_modules");
}

/** Neither telemetry nor a question, and no colour that would have to be read around. */
export const QUIET = {
  CI: "",
  DO_NOT_TRACK: "1",
  TURBO_TELEMETRY_DISABLED: "1",
  NX_NO_CLOUD: "true",
  MOON_TELEMETRY: "false",
  NO_COLOR: "1",
  NO_UPDATE_NOTIFIER: "1",
};

export async function installNpmTool(tool: NpmTool): Promise<void> {
  const place = path.dirname(nodeModulesOf(tool));
  if (existsSync(path.join(place, "installed"))) return;
  // Aside and then renamed, so that an interrupted installation is not taken for one.
  const aside = `${place}.${process.pid}`;
  await mkdir(aside, { recursive: true });
  try {
    await writeFile(path.join(aside, "package.json"), '{"private": true}');
    const install = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", NPM_PACKAGES[tool]];
    await demandCommand(install, { folder: aside, limitMs: 300_000 });
    await writeFile(path.join(aside, "installed"), "");
    await rm(place, { recursive: true, force: true });
    await rename(aside, place);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

export async function installDebianTool(command: keyof typeof DEBIAN_PACKAGES): Promise<void> {
  if (await answers(command)) return;
  await installDebianPackage(DEBIAN_PACKAGES[command]);
}

/** Rejects with apt's words where there is no apt, no right or no network. */
export async function installDebianPackage(name: string): Promise<void> {
  const environment = { DEBIAN_FRONTEND: "noninteractive" };
  const options = { folder: "/", environment, limitMs: 300_000 };
  const install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", name];
  if ((await runCommand(install, options)).exitCode === 0) return;
  // The machine's lists may be absent or older than its mirror.
  await demandCommand(["apt-get", "update", "-qq"], options);
  await demandCommand(install, options);
}

async function answers(command: string): Promise<boolean> {
  return (await runCommand(["sh", "-c", `command -v ${command}`], { folder: "/" })).exitCode === 0;
}
