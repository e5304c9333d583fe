import type { Host } from "../model/host.ts";

/** The repository that a folder is cloned from, without what its address may hold besides. */
export type GitRemote = {
  readonly host: string;
  /** `team/project`. */
  readonly path: string;
  /** Where the folder lies in it; empty where it is the whole of it. */
  readonly folder: string;
};

/** Undefined outside a repository, and in one of nowhere else. */
export async function readGitRemote(directory: string, host: Host): Promise<GitRemote | undefined> {
  const ask = async (...args: readonly string[]): Promise<string | undefined> => {
    const { PATH = "", HOME = "" } = host.environment;
    const answer = await host.processes.run({
      command: "git",
      args: ["-C", directory, ...args],
      environment: { PATH, HOME, LC_ALL: "C" },
      timeoutMs: 10_000,
    });
    return answer.exitCode === 0 ? answer.stdout.trim() : undefined;
  };
  const [address, folder] = await Promise.all([
    ask("config", "--get", "remote.origin.url"),
    ask("rev-parse", "--show-prefix"),
  ]);
  const found = address === undefined ? undefined : parseRemote(address);
  return found === undefined || folder === undefined
    ? undefined
    : { ...found, folder: folder.replace(/\/$/, "") };
}

/** `https://user@host/team/project.git`, `ssh://git@host:22/team/project`, `git@host:team/project.git`. */
export function parseRemote(address: string): Pick<GitRemote, "host" | "path"> | undefined {
  const [, host = "", path = ""] =
    /^[a-z+]+:\/\/(?:[^/@]*@)?([^/:@]+)(?::\d+)?\/+(.+)$/.exec(address) ??
    /^(?:[^/@:]+@)?([^/:@]{2,}):(?!\/\/)(.+)$/.exec(address) ??
    [];
  const project = path
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .replace(/^\/+/, "");
  return host === "" || project === "" ? undefined : { host: host.toLowerCase(), path: project };
}

/** The registries that belong to a git server. */
const REGISTRIES: Readonly<Record<string, string>> = {
  "github.com": "ghcr.io",
  "gitlab.com": "registry.gitlab.com",
};

/** Where its images are pushed to; undefined where nobody can know. */
export function repositoryOf({ host, path, folder }: GitRemote): string | undefined {
  const registry = Object.hasOwn(REGISTRIES, host) ? REGISTRIES[host] : undefined;
  const repository = [path, folder]
    .filter((part) => part !== "")
    .join("/")
    .toLowerCase();
  const isName = /^[a-z0-9]+(?:[._-][a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-][a-z0-9]+)*)*$/.test(repository);
  return registry === undefined || !isName ? undefined : `${registry}/${repository}`;
}
