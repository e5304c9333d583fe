import path from "node:path";
import { publicAddress } from "../attestations/facts.ts";
import type { Commit, Origin } from "../model/attestation.ts";
import { digestOf } from "../model/digest.ts";
import type { Host } from "../model/host.ts";
import type { Package } from "./open-package.ts";
import type { Session } from "./session.ts";

/** Where a package comes from; undefined where nothing of it is attested, and nobody wants to know. */
export async function readOrigin(session: Session, opened: Package): Promise<Origin | undefined> {
  const { config, configPath, document } = opened;
  if (!config.outputs.some((output) => output.type === "image" && output.attest)) return undefined;
  const [toolVersion, commit] = await Promise.all([
    session.readVersion(),
    readCommit(config.directory, session.host),
  ]);
  return {
    toolVersion,
    configuration: { name: path.basename(configPath), digest: digestOf(document.file.text) },
    overrides: Object.fromEntries(session.options.set.map(tellOverride)),
    ...(commit !== undefined && { commit }),
  };
}

/** What can hold no secret: everything else is named, and its value kept to ourselves. */
const TELLABLE = [
  /^(name|version|base_image)$/,
  /^base_image\.(image|dockerfile|context|target|oci_layout)$/,
  /^models\.\d+(\.(name|version|source|sha256|include|exclude)(\.\d+)?)?$/,
  /^inference(\.(entry_script|source_directory|port|workers|worker_timeout|scoring_timeout))?$/,
  /^environment\.(system_packages(\.\d+)?|user|python\.(interpreter|managed))$/,
  /^build\.(platforms(\.\d+)?|labels\..+|compression|source_date_epoch)$/,
];

/** An address may have a secret in it, and a mapping any key. */
function tellOverride(override: string): readonly [place: string, value: string | null] {
  const equals = override.indexOf("=");
  const [place, value] = [override.slice(0, equals), override.slice(equals + 1)];
  const isTold = TELLABLE.some((pattern) => pattern.test(place)) && !/:\/\/|\{/.test(value);
  return [place, isTold ? value : null];
}

/**
 * The last commit that changed the package's folder, which a commit elsewhere in the repository leaves as it is; none
 * where anything in there is not committed, for then no commit has what is built.
 */
async function readCommit(directory: string, host: Host): Promise<Commit | undefined> {
  const ask = async (...args: string[]): Promise<string | undefined> => {
    const { PATH = "", HOME = "" } = host.environment;
    const answer = await host.processes.run({
      command: "git",
      args: ["-C", directory, ...args],
      environment: { PATH, HOME, LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0" },
      timeoutMs: 10_000,
    });
    return answer.exitCode === 0 ? answer.stdout.trim() : undefined;
  };
  const [id, changes, remote = ""] = await Promise.all([
    ask("log", "-1", "--format=%H", "--", "."),
    ask("status", "--porcelain", "--", "."),
    ask("config", "--get", "remote.origin.url"),
  ]);
  if (id === undefined || id === "" || changes !== "") return undefined;
  const repository = repositoryAddress(remote);
  return { id, ...(repository !== undefined && { repository }) };
}

/** A remote as others can use it; undefined for a folder of this machine. */
function repositoryAddress(remote: string): string | undefined {
  if (/^(https?|ssh|git):\/\//.test(remote)) return publicAddress(remote);
  // `git@git.example.com:team/diabetes.git`
  const [, host, place] = /^(?:[^@/:]+@)?([^@/:]+):(?!\/\/)(.+)$/.exec(remote) ?? [];
  return host === undefined ? undefined : `ssh://${host}/${place}`;
}
