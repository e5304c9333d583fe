import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { demandVariable, type Workspace } from "./workspace.ts";

/** The environment with a configuration folder of docker's own: the plug-ins of the rig's, and none of its logins. */
export async function makeDockerConfig(
  { folder }: Workspace,
  word: string,
  config: object,
): Promise<Readonly<Record<string, string>>> {
  const made = path.join(folder, `docker-${word}`);
  await mkdir(made);
  await symlink(path.join(demandVariable("DOCKER_CONFIG"), "cli-plugins"), path.join(made, "cli-plugins"));
  await writeFile(path.join(made, "config.json"), JSON.stringify(config));
  return { DOCKER_CONFIG: made };
}
