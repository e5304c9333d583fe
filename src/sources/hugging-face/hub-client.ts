import type { Digest } from "../../model/digest.ts";
import type { NetworkResponse } from "../../model/host.ts";
import { Refusal, SourceFault, type Span } from "../../model/place.ts";
import type { SourceContext } from "../../model/source.ts";
import { type Followed, follow } from "../../transfers/follow.ts";
import { rangeHeaders } from "../../transfers/range-headers.ts";
import type { HubSettings } from "./hub-settings.ts";
import type { Repository } from "./parse-repository.ts";
import { wordRefusal } from "./word-refusal.ts";

/** More than any repository has: a list that goes on for longer has no end. */
const MOST_PAGES = 10_000;

/** A file or a folder of a repository at one commit. */
export type HubEntry = {
  readonly type: "file" | "directory";
  readonly path: string;
  readonly size: number;
  /** The SHA-1 of Git, of the file's bytes or of what stands for them in Git. */
  readonly oid: string;
  /** Of the bytes, where they are not kept in Git. */
  readonly digest?: Digest;
};

export type HubClient = {
  /** The commit that the revision names now. */
  readonly findCommit: () => Promise<string>;
  /** What lies at a path. */
  readonly findEntry: (commit: string, path: string) => Promise<HubEntry>;
  /** All files below a folder; the empty path is the whole repository. */
  readonly listFiles: (commit: string, folder: string) => Promise<readonly HubEntry[]>;
  readonly open: (
    commit: string,
    path: string,
    part: { readonly span: Span | undefined; readonly validator: string | undefined },
    signal: AbortSignal,
  ) => Promise<NetworkResponse>;
};

/** Pages of lists, by address: those of a commit never change, so that a list that broke off is gone on with. */
export type KnownPages = Map<string, Page>;

type Page = { readonly entries: readonly HubEntry[]; readonly next: string | undefined };

/**
 * The requests to a hub for one repository. They reject with a `NetworkError`, a `Refusal` as `word-refusal.ts` words it,
 * or a `SourceFault`: `source/bad-listing`, `source/no-such-path`.
 */
export function createHubClient(
  repository: Repository,
  settings: HubSettings,
  { host, signal }: SourceContext,
  pages: KnownPages,
): HubClient {
  const { endpoint, credentials } = settings;
  const { kind, id, revision } = repository;
  const api = `${endpoint}/api/${kind}/${id}`;

  async function ask(wanted: Omit<Followed, "credentials">): Promise<NetworkResponse> {
    try {
      return await follow(host.network, { ...wanted, credentials });
    } catch (error) {
      throw error instanceof Refusal ? wordRefusal(error, repository, settings) : error;
    }
  }

  async function readPage(url: string): Promise<Page> {
    const known = pages.get(url);
    if (known !== undefined) return known;
    const response = await ask({ url, signal });
    const entries = parseEntries(await response.text(), repository);
    const page = { entries, next: nextPage(response.headers.link, url, endpoint) };
    pages.set(url, page);
    return page;
  }

  return {
    async findCommit() {
      if (isCommit(revision)) return revision;
      // The names of all files would else come with it.
      const url = `${api}/revision/${encodeURIComponent(revision)}?expand=sha`;
      const { sha } = asRecord(parseJson(await (await ask({ url, signal })).text(), repository));
      if (typeof sha !== "string" || !isCommit(sha)) throw wordBadListing(repository, "names no commit");
      return sha;
    },

    async findEntry(commit, path) {
      const response = await ask({
        url: `${api}/paths-info/${commit}`,
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ paths: [path], expand: false }),
        signal,
      });
      const entries = parseEntries(await response.text(), repository);
      const entry = entries.find((one) => one.path === path);
      if (entry === undefined) throw wordRefusal(noSuchPath(), repository, settings);
      return entry;
    },

    async listFiles(commit, folder) {
      const files: HubEntry[] = [];
      const read = new Set<string>();
      let next: string | undefined =
        `${api}/tree/${commit}${folder === "" ? "" : `/${encodePath(folder)}`}?recursive=true&expand=false`;
      while (next !== undefined) {
        if (read.has(next) || read.size >= MOST_PAGES) throw wordBadListing(repository, "has no end");
        read.add(next);
        const page: Page = await readPage(next);
        files.push(...page.entries.filter(({ type }) => type === "file"));
        next = page.next;
      }
      for (const url of read) pages.delete(url);
      const stray = files.find(({ path }) => folder !== "" && !path.startsWith(`${folder}/`));
      if (stray !== undefined) throw wordBadListing(repository, `has files that are not in \`${folder}\``);
      return files;
    },

    open(commit, path, { span, validator }, bringing) {
      const prefix = kind === "models" ? "" : `${kind}/`;
      const url = `${endpoint}/${prefix}${id}/resolve/${commit}/${encodePath(path)}`;
      return ask({ url, headers: rangeHeaders(span, validator), signal: bringing });
    },
  };
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** A slash stays as it is: the hub counts other addresses more strictly. */
function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** `<URL>; rel="next"` (RFC 8288); only where it leads to the hub again, which is told who we are. */
function nextPage(link = "", url: string, endpoint: string): string | undefined {
  const [, target] = /<([^>]*)>[^,]*;\s*rel="?next\b/.exec(link) ?? [];
  if (target === undefined) return undefined;
  const next = URL.canParse(target, url) ? new URL(target, url) : undefined;
  if (next !== undefined && next.origin === new URL(endpoint).origin) return next.href;
  throw new SourceFault(
    "source/bad-listing",
    "the next page of the list of files is on another server",
    "check `HF_ENDPOINT`: a mirror must give its own address in its answers",
  );
}

function parseEntries(text: string, repository: Repository): readonly HubEntry[] {
  const entries = parseJson(text, repository);
  if (!Array.isArray(entries)) throw wordBadListing(repository, "is not a list of files");
  return entries.map((entry) => {
    const { type, path, size, oid, lfs } = asRecord(entry);
    const sha256 = lfs === undefined || lfs === null ? undefined : asRecord(lfs).oid;
    const isSound =
      (type === "directory" || (type === "file" && Number.isSafeInteger(size) && Number(size) >= 0)) &&
      typeof path === "string" &&
      typeof oid === "string" &&
      (sha256 === undefined || (typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256)));
    if (!isSound) throw wordBadListing(repository, "has an entry that is neither a file nor a folder");
    return {
      type,
      path,
      size: Number(size ?? 0),
      oid,
      ...(sha256 !== undefined && { digest: `sha256:${sha256}` }),
    };
  });
}

function parseJson(text: string, repository: Repository): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wordBadListing(repository, "is not JSON");
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** The hub says so of a file, but answers with an empty list where it was asked about several. */
function noSuchPath(): Refusal {
  return new Refusal(404, "", { headers: { "x-error-code": "EntryNotFound" } });
}

function wordBadListing({ id }: Repository, fault: string): SourceFault {
  return new SourceFault(
    "source/bad-listing",
    `the hub's answer about \`${id}\` ${fault}`,
    "check `HF_ENDPOINT`: a web page or a proxy's login may have answered",
  );
}
