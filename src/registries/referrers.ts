import { type Digest, isDigest } from "../model/digest.ts";
import type { NetworkResponse } from "../model/host.ts";
import { inLanes } from "../model/lanes.ts";
import { type Referrer, RegistryError, type Repository, type WrittenReferrer } from "../model/registry.ts";
import type { Wanted } from "./connection.ts";
import { readBytes } from "./read-answer.ts";

const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";

/** Pages of a list; no image has that many referrers. */
const MOST_PAGES = 64;

/** How often a list that others write at the same time is written again. */
const MOST_TRIES = 8;

const ASKED_AT_ONCE = 6;

export type ReferrersOptions = {
  readonly find: <T>(
    path: string,
    wanted: Wanted,
    read: (response: NetworkResponse) => Promise<T>,
  ) => Promise<T | undefined>;
  readonly findManifest: Repository["findManifest"];
  readonly readManifest: Repository["readManifest"];
  /** Puts a manifest; gives the headers of the answer. */
  readonly putManifest: (
    reference: string,
    mediaType: string,
    text: string,
    signal: AbortSignal,
  ) => Promise<NetworkResponse["headers"]>;
  readonly mostBytes: number;
};

/** A list as it came, and what of it can be read; what others wrote into it is kept as it is. */
type Index = { readonly rest: object; readonly entries: readonly unknown[] };

type Page = { readonly index: Index | undefined; readonly next: string | undefined };

const EMPTY: Index = { rest: { schemaVersion: 2, mediaType: INDEX_TYPE }, entries: [] };

/** Distribution specification 1.1, "Listing Referrers" and "Pushing Manifests with Subject". */
export function createReferrers({
  find,
  findManifest,
  readManifest,
  putManifest,
  mostBytes,
}: ReferrersOptions) {
  async function listReferrers(subject: Digest, signal: AbortSignal): Promise<readonly Referrer[]> {
    const listed = await listOfRegistry(subject, signal);
    return listed ?? referrersIn(await readFallback(subject, signal));
  }

  /** Undefined where the registry keeps no list. */
  async function listOfRegistry(
    subject: Digest,
    signal: AbortSignal,
  ): Promise<readonly Referrer[] | undefined> {
    const referrers: Referrer[] = [];
    let page: string | undefined = `referrers/${subject}`;
    for (let read = 0; page !== undefined && read < MOST_PAGES; read += 1) {
      const answer: Page | undefined = await find(
        page,
        { headers: { accept: INDEX_TYPE }, signal },
        async (response) => {
          const text = (await readBytes(response, mostBytes)).toString("utf8");
          // Who knows no such list may answer with a page for people.
          const isIndex = response.headers["content-type"]?.startsWith(INDEX_TYPE) === true;
          return { index: isIndex ? parseIndex(text) : undefined, next: nextPage(response) };
        },
      );
      if (answer?.index === undefined) return undefined;
      // One by one: a page can have more of them than a call can have arguments.
      for (const referrer of referrersIn(answer.index)) referrers.push(referrer);
      page = answer.next;
    }
    return referrers;
  }

  async function readFallback(subject: Digest, signal: AbortSignal): Promise<Index> {
    const text = await readManifest(fallbackTag(subject), signal);
    return (text === undefined ? undefined : parseIndex(text)) ?? EMPTY;
  }

  async function writeReferrers(
    subject: Digest,
    referrers: readonly WrittenReferrer[],
    signal: AbortSignal,
  ): Promise<void> {
    let isListed = true;
    for (const { digest, mediaType, text } of referrers) {
      const headers = await putManifest(digest, mediaType, text, signal);
      if (headers["oci-subject"] !== subject) isListed = false;
    }
    if (!isListed) await listInFallback(subject, referrers, signal);
  }

  /** Reads again what it wrote: of two writers at the same time, one undoes what the other did. */
  async function listInFallback(
    subject: Digest,
    referrers: readonly WrittenReferrer[],
    signal: AbortSignal,
  ): Promise<void> {
    for (let tried = 0; tried < MOST_TRIES; tried += 1) {
      const index = await readFallback(subject, signal);
      const known = new Set(referrersIn(index).map(({ digest }) => digest));
      const missing = referrers.filter(({ digest }) => !known.has(digest));
      if (missing.length === 0) return;
      const kept = await entriesThere(index, signal);
      const entries = [...kept, ...missing.map(({ text: _text, ...entry }) => entry)];
      const text = JSON.stringify({ ...index.rest, manifests: entries });
      await putManifest(fallbackTag(subject), INDEX_TYPE, text, signal);
    }
    throw new RegistryError(409, `others keep writing the list of what belongs to ${subject}`);
  }

  /** A registry takes no list that names what it does not have any more. */
  async function entriesThere(index: Index, signal: AbortSignal): Promise<readonly unknown[]> {
    const there = new Set<unknown>();
    await inLanes(index.entries, ASKED_AT_ONCE, async (entry) => {
      const [referrer] = referrersIn({ ...index, entries: [entry] });
      if (referrer && (await findManifest(referrer.digest, signal)) !== undefined) there.add(entry);
    });
    return index.entries.filter((entry) => there.has(entry));
  }

  return { listReferrers, writeReferrers };
}

/** Where the list is kept for a registry that keeps none: "Referrers Tag Schema". */
function fallbackTag(subject: Digest): string {
  return subject.replace(":", "-");
}

function parseIndex(text: string): Index | undefined {
  try {
    const { manifests, ...rest } = JSON.parse(text) as { readonly manifests?: unknown };
    return Array.isArray(manifests) ? { rest, entries: manifests } : undefined;
  } catch {
    return undefined;
  }
}

function referrersIn({ entries }: Index): readonly Referrer[] {
  return entries.flatMap((entry): readonly Referrer[] => {
    const { digest, mediaType, size, artifactType } = (entry ?? {}) as Partial<Referrer>;
    if (!isDigest(digest) || typeof size !== "number") return [];
    return [{ digest, size, mediaType: textIn(mediaType), artifactType: textIn(artifactType) }];
  });
}

function textIn(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** `Link: </v2/team/image/referrers/sha256:…?last=…>; rel="next"`, from where the path of a repository begins. */
function nextPage({ headers }: NetworkResponse): string | undefined {
  const query = /<[^>]*\/(referrers\/[^>]+)>;\s*rel="?next"?/.exec(headers.link ?? "");
  return query?.[1];
}
