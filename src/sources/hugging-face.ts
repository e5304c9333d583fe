import { type Diagnostic, warningDiagnostic } from "../model/diagnostic.ts";
import type { Listing, Place, RemoteFile } from "../model/place.ts";
import { type Result, succeed } from "../model/result.ts";
import type { Source, SourceReference } from "../model/source.ts";
import {
  createHubClient,
  type HubClient,
  type HubEntry,
  type KnownPages,
} from "./hugging-face/hub-client.ts";
import { readHubSettings } from "./hugging-face/hub-settings.ts";
import { findSnapshot, listCached, type Snapshot } from "./hugging-face/local-cache.ts";
import { parseRepository, type Repository } from "./hugging-face/parse-repository.ts";
import { createRemoteSource } from "./remote-source.ts";

/**
 * Repositories of the Hugging Face Hub, or of what speaks as it does. Its revision is `{commit}`: what a branch names is
 * asked once, and all else of that commit. Of a large file the hub publishes the SHA-256, of a small one Git's SHA-1.
 * What the hub's own client has in its cache is taken from there, where its bytes are those.
 *
 * Errors: those of `hugging-face/` and of `sources/remote-source.ts`.
 */
function createHub(): Place {
  const pages: KnownPages = new Map();
  return {
    schemes: ["hf"],
    parse(reference): Result<SourceReference> {
      const parsed = parseRepository(reference.source);
      return parsed.ok ? succeed(reference) : parsed;
    },
    async list(reference, revision, context): Promise<Result<Listing>> {
      const parsed = parseRepository(reference.source);
      if (!parsed.ok) return parsed;
      const { files } = context.host;
      const repository = parsed.value;
      const settings = await readHubSettings(context.host);
      if (settings.isOffline) {
        const cached = await listCached(repository, revision?.commit, settings, files);
        return succeed(cached, revision === undefined ? [warnOfCache(repository)] : []);
      }
      const client = createHubClient(repository, settings, context, pages);
      const commit = revision?.commit ?? (await client.findCommit());
      const snapshot = await findSnapshot(repository, commit, settings, files);
      const toFile = (entry: HubEntry, name: string) =>
        toRemoteFile(entry, name, { commit, client, snapshot });
      return succeed({ revision: { commit }, files: await listFiles(repository, commit, client, toFile) });
    },
  };
}

export const huggingFaceSource: Source = createRemoteSource(createHub());

/** A file that the path names, under its own name, or all files below it, named from there on. */
async function listFiles(
  { path }: Repository,
  commit: string,
  client: HubClient,
  toFile: (entry: HubEntry, name: string) => RemoteFile,
): Promise<readonly RemoteFile[]> {
  if (path === "") return (await client.listFiles(commit, "")).map((entry) => toFile(entry, entry.path));
  const named = await client.findEntry(commit, path);
  if (named.type === "file") return [toFile(named, path.split("/").at(-1) ?? path)];
  return (await client.listFiles(commit, path)).map((entry) =>
    toFile(entry, entry.path.slice(path.length + 1)),
  );
}

type At = {
  readonly commit: string;
  readonly client: HubClient;
  readonly snapshot: Snapshot | undefined;
};

function toRemoteFile(entry: HubEntry, name: string, { commit, client, snapshot }: At): RemoteFile {
  const { path, size, oid, digest } = entry;
  return {
    path: name,
    size,
    ...(digest === undefined
      ? { published: [{ algorithm: "git-blob", value: oid }], version: oid }
      : { digest }),
    ...(snapshot !== undefined && { copy: snapshot.placeOf(path) }),
    open: (span, validator, signal) => client.open(commit, path, { span, validator }, signal),
  };
}

function warnOfCache({ id }: Repository): Diagnostic {
  return warningDiagnostic(
    "source/hub-cache-only",
    `\`${id}\` comes from the local cache, which may be incomplete`,
    {
      hint: "unset `HF_HUB_OFFLINE` to take all of its files from the hub",
    },
  );
}
