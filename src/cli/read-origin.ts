import path from "node:path";
import { publicAddress } from "../attestations/facts.ts";
import type { Commit, Origin } from "../model/attestation.ts";
import type { Config } from "../model/config.ts";
import { digestOf } from "../model/digest.ts";
import type { Host } from "../model/host.ts";
import type { Pin } from "../model/source.ts";
import type { Pins } from "../plan/pins.ts";
import type { Package } from "./open-package.ts";
import { ownFilesOf } from "./own-files.ts";
import type { Session } from "./session.ts";

/** Where a package comes from; undefined where nothing of it is attested, and nobody wants to know. */
export async function readOrigin(session: Session, opened: Package, pins: Pins): Promise<Origin | undefined> {
  const { config, document, configPaths, profiles } = opened;
  if (!config.outputs.some((output) => output.type === "image" && output.attest)) return undefined;
  const own = ownFilesOf(opened);
  const [toolVersion, commit] = await Promise.all([
    session.readVersion(),
    readCommit(config.directory, [...own.configFiles, own.lockFile, ...filesOf(config, pins)], session.host),
  ]);
  return {
    toolVersion,
    configurations: [document.file, ...document.overlays].map(({ text }, index) => ({
      name: path.basename(configPaths[index] ?? ""),
      digest: digestOf(text),
    })),
    profiles,
    overrides: Object.fromEntries(session.options.set.map(tellOverride)),
    ...(commit !== undefined && { commit }),
  };
}

/** What can hold no secret: everything else is named, and its value kept to ourselves. */
const TELLABLE = [
  /^(name|version|base_image)$/,
  /^base_image\.(image|dockerfile|context|target|oci_layout)$/,
  /^models\.\d+(\.(name|version|source|sha256|unpack|include|exclude)(\.\d+)?)?$/,
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

/** The files of the package that an image is made of, relative to the package. */
function filesOf({ inference, baseImage }: Config, pins: Pins): readonly string[] {
  const below = (folder: string, tree: object) =>
    Object.keys(tree).map((file) => path.posix.join(folder, file));
  const { base } = pins;
  return [
    ...below(inference.sourceDirectory ?? ".", pins.code),
    ...pins.models.flatMap(originsOf),
    ...below(".", pins.requirements),
    ...Object.entries(pins.findLinks).flatMap(([folder, tree]) => below(folder, tree)),
    ...(base.kind === "oci-layout" ? [base.path] : []),
    ...(base.kind === "dockerfile" ? below(".", base.dockerfile) : []),
    ...(base.kind === "dockerfile" && baseImage.kind === "dockerfile"
      ? below(baseImage.context, base.context)
      : []),
  ];
}

function originsOf({ identity }: Pin): readonly string[] {
  const { files = {} } = identity as {
    readonly files?: Readonly<Record<string, { readonly origin?: string }>>;
  };
  return Object.values(files).flatMap(({ origin }) =>
    origin === undefined ? [] : [path.posix.normalize(origin)],
  );
}

/**
 * The last commit that changed the package's folder, which a commit elsewhere in the repository leaves as it is; none
 * where a file of the image, or any that git knows, is not as committed, for then no commit has what is built. What a run
 * writes into the folder is neither. None either where a shallow clone ends: its last commit seems to have made all files.
 */
async function readCommit(
  directory: string,
  sources: readonly string[],
  host: Host,
): Promise<Commit | undefined> {
  const ask: Ask = async (...args) => {
    const { PATH = "", HOME = "" } = host.environment;
    const answer = await host.processes.run({
      command: "git",
      args: ["-C", directory, ...args],
      environment: { PATH, HOME, LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0" },
      timeoutMs: 10_000,
    });
    return answer.exitCode === 0 ? answer.stdout.trim() : undefined;
  };
  const [id, changes, untracked, shallow, remote = ""] = await Promise.all([
    ask("log", "-1", "--format=%H", "--", "."),
    ask("status", "--porcelain", "--untracked-files=no", "--", "."),
    ask("ls-files", "--others", "--exclude-standard", "-z", "--", "."),
    ask("rev-parse", "--is-shallow-repository"),
    ask("config", "--get", "remote.origin.url"),
  ]);
  if (id === undefined || id === "" || changes !== "" || untracked === undefined) return undefined;
  const isUntracked = holdsAny(untracked.split("\0"));
  if (sources.some(isUntracked)) return undefined;
  if (shallow === "true" && (await lacksParents(id, ask))) return undefined;
  const repository = repositoryAddress(remote);
  return { id, ...(repository !== undefined && { repository }) };
}

/** Whether a path is one of those that git lists, or lies in a folder of them: another repository, which ends in a slash. */
function holdsAny(listed: readonly string[]): (file: string) => boolean {
  const files = new Set(listed);
  const folders = listed.filter((one) => one.endsWith("/"));
  return (file) => files.has(file) || folders.some((folder) => `${file}/`.startsWith(folder));
}

type Ask = (...args: string[]) => Promise<string | undefined>;

/** Whether git was not given the parents of a commit, and so cannot tell what it changed. */
async function lacksParents(id: string, ask: Ask): Promise<boolean> {
  const [commit = "", known] = await Promise.all([
    ask("cat-file", "commit", id),
    ask("rev-parse", `${id}^@`),
  ]);
  const [header = ""] = commit.split("\n\n");
  return /^parent /m.test(header) && !known;
}

/** A remote as others can use it; undefined for a folder of this machine. */
function repositoryAddress(remote: string): string | undefined {
  if (/^(https?|ssh|git):\/\//.test(remote)) return publicAddress(remote);
  // `git@git.example.com:team/diabetes.git`
  const [, host, place] = /^(?:[^@/:]+@)?([^@/:]+):(?!\/\/)(.+)$/.exec(remote) ?? [];
  return host === undefined ? undefined : `ssh://${host}/${place}`;
}
