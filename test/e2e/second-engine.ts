import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { execa, execaSync } from "execa";
import { demandVariable } from "./workspace.ts";

const ENGINE = fileURLToPath(new URL("../rig/engine.sh", import.meta.url));

/** Whether the rig's engine is its own: beside one of the user's there is no second. */
export function canHaveSecondEngine(): boolean {
  return existsSync(path.join(demandVariable("RIG_HOME"), "engine/pid"));
}

/** Another engine, which knows nothing; it goes with this process. Gives the environment of calls that use it. */
export async function startSecondEngine(word: string): Promise<Readonly<Record<string, string>>> {
  const { DOCKER_HOST: _host, ...inherited } = process.env;
  const home = `${demandVariable("RIG_HOME")}-${word}`;
  const options = { env: { ...inherited, RIG_HOME: home }, extendEnv: false } as const;
  process.on("exit", () => execaSync("bash", [ENGINE, "down"], options));
  await execa("bash", [ENGINE, "up"], { ...options, stderr: "inherit" });
  return { DOCKER_HOST: `unix://${home}/engine/docker.sock`, DOCKER_CONFIG: `${home}/engine/docker-config` };
}
