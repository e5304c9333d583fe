import type { Files } from "../../model/host.ts";
import { type Listing, type RemoteFile, SourceFault } from "../../model/place.ts";
import { isCommit } from "./hub-client.ts";
import { type HubSettings, wordOffline } from "./hub-settings.ts";
import type { Repository } from "./parse-repository.ts";

/** The files of a repository at one commit that the hub's own client downloaded before. */
export type Snapshot = {
  /** The absolute path of a file there, whether it is there or not. */
  readonly placeOf: (path: string) => string;
};

/** Undefined where nothing of that commit is in the cache: `models--ORG--REPO/snapshots/COMMIT/PATH`. */
export async function findSnapshot(
  repository: Repository,
  commit: string,
  { cacheDirectory }: HubSettings,
  files: Files,
): Promise<Snapshot | undefined> {
  const folder = `${folderOf(repository, cacheDirectory)}/snapshots/${commit}`;
  if ((await files.status(folder))?.type !== "directory") return undefined;
  return { placeOf: (path) => `${folder}/${path}` };
}

/**
 * What the cache has of a repository, where the hub must not be asked: at a commit, or at that which the cache was
 * told the revision to be. Rejects with a `SourceFault`: `source/hub-offline`.
 */
export async function listCached(
  repository: Repository,
  known: string | undefined,
  settings: HubSettings,
  files: Files,
): Promise<Listing> {
  const { id, path, revision } = repository;
  const commit = known ?? (await findCachedCommit(repository, settings, files));
  const snapshot = commit && (await findSnapshot(repository, commit, settings, files));
  if (commit === undefined || !snapshot)
    throw wordOffline(`\`${id}\` is not in the local cache at \`${known ?? revision}\``);
  const place = snapshot.placeOf(path);
  const type = (await files.status(place))?.type;
  if (type === undefined) throw wordOffline(`\`${path}\` of \`${id}\` is not in the local cache`);
  const found =
    type === "file"
      ? [{ path: path.split("/").at(-1) ?? path, place }]
      : (await files.listTree(place)).map((entry) => ({ path: entry.path, place: `${place}/${entry.path}` }));
  const listed = await Promise.all(found.map((file) => describe(file, files)));
  return { revision: { commit }, files: listed.flatMap((file) => file ?? []) };
}

async function describe(
  { path, place }: { readonly path: string; readonly place: string },
  files: Files,
): Promise<RemoteFile | undefined> {
  const content = await files.digestIfFile(place);
  if (content === undefined) return undefined;
  return {
    path,
    ...content,
    copy: place,
    open: () => Promise.reject(wordReplaced(path)),
  };
}

async function findCachedCommit(
  repository: Repository,
  { cacheDirectory }: HubSettings,
  files: Files,
): Promise<string | undefined> {
  const { revision } = repository;
  if (isCommit(revision)) return revision;
  const note = `${folderOf(repository, cacheDirectory)}/refs/${revision}`;
  const commit = (await files.readText(note).catch(() => "")).trim();
  return isCommit(commit) ? commit : undefined;
}

function folderOf({ kind, id }: Repository, cacheDirectory: string): string {
  return `${cacheDirectory}/${kind}--${id.replace("/", "--")}`;
}

function wordReplaced(path: string): SourceFault {
  return new SourceFault(
    "source/changed",
    `\`${path}\` was replaced in the local cache while it was read`,
    "apply again",
  );
}
