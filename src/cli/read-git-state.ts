import type { GitState } from "../config/known-names.ts";
import type { Host } from "../model/host.ts";

/** What `${git.…}` stands for in a folder; undefined outside a repository, or in one without a commit. */
export async function readGitState(directory: string, host: Host): Promise<GitState | undefined> {
  const ask = async (...args: string[]): Promise<string | undefined> => {
    const answer = await host.processes.run({
      command: "git",
      args: ["-C", directory, ...args],
      environment: {
        PATH: host.environment.PATH ?? "",
        HOME: host.environment.HOME ?? "",
        LC_ALL: "C",
      },
      timeoutMs: 10_000,
    });
    const text = answer.stdout.trim();
    return answer.exitCode === 0 && text !== "" ? text : undefined;
  };
  const [sha, shortSha, timestamp, tag, branch] = await Promise.all([
    ask("rev-parse", "--verify", "--quiet", "HEAD"),
    ask("rev-parse", "--verify", "--quiet", "--short=7", "HEAD"),
    ask("log", "-1", "--format=%ct"),
    ask("describe", "--tags", "--exact-match", "HEAD"),
    ask("symbolic-ref", "--quiet", "--short", "HEAD"),
  ]);
  if (sha === undefined || shortSha === undefined || timestamp === undefined) return undefined;
  return {
    sha,
    shortSha,
    timestamp,
    ...(tag !== undefined && { tag }),
    ...(branch !== undefined && { branch }),
  };
}
