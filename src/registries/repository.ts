import { type Digest, digestOf, isDigest } from "../model/digest.ts";
import type { Clock, Network, NetworkResponse } from "../model/host.ts";
import { type Credentials, RegistryError, type Repository, type UploadSessions } from "../model/registry.ts";
import { originOf } from "./address.ts";
import { createConnection, type Wanted } from "./connection.ts";
import { openBlob, readBlob } from "./download.ts";
import { type OnRetry, persist } from "./persist.ts";
import { readBytes } from "./read-answer.ts";
import { createReferrers } from "./referrers.ts";
import { expectStatus, refusalOf } from "./refusal.ts";
import { createUploads } from "./upload.ts";
import { type UploadSizes, USUAL_SIZES } from "./upload-manner.ts";

/** More than any manifest may have (distribution specification, "Pushing manifests"). */
const MOST_MANIFEST_BYTES = 4 * 1024 * 1024;

const USUAL_ATTEMPTS = 5;

const MANIFEST_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
].join(", ");

export type RepositoryOptions = Partial<UploadSizes> & {
  /** `registry.example.com:5000`, `docker.io`. */
  readonly registry: string;
  /** `team/cache`. */
  readonly repository: string;
  readonly network: Network;
  readonly clock: Clock;
  /** A number from 0 to 1, without 1. */
  readonly random: () => number;
  /** Asked when the registry first wants to know who we are. */
  readonly findCredentials: () => Promise<Credentials | undefined>;
  /** How often what may pass is tried; five times where nothing is said. */
  readonly attempts?: number;
  readonly onRetry?: OnRetry;
  /** Whether the registry may be spoken to without TLS although it is not on this machine. */
  readonly insecure?: boolean;
  /** Uploads that an earlier process may have begun. */
  readonly sessions?: UploadSessions;
};

/** A repository over the registry's HTTP API, with TLS unless the registry is on this machine. */
export function createRepository(options: RepositoryOptions): Repository {
  const { registry, repository, clock, random, attempts = USUAL_ATTEMPTS, insecure, onRetry } = options;
  const origin = originOf(registry, insecure);
  const base = `${origin}/v2/${repository}`;
  const connection = createConnection({ ...options, origin });
  const patience = { clock, random, attempts, onRetry };

  /** What an answer of 200 has to say; undefined where there is nothing. */
  function find<T>(
    path: string,
    wanted: Wanted,
    read: (response: NetworkResponse) => Promise<T>,
  ): Promise<T | undefined> {
    return persist(patience, wanted.signal, async () => {
      const response = await connection.follow(`${base}/${path}`, wanted);
      if (response.status === 200) return read(response);
      if (response.status !== 404) throw await refusalOf(response);
      response.discard();
      return undefined;
    });
  }

  function findBlob(digest: Digest, signal: AbortSignal): Promise<number | undefined> {
    return find(`blobs/${digest}`, { method: "HEAD", signal }, async (response) => {
      await expectStatus(200, response);
      return Number(response.headers["content-length"]);
    });
  }

  function readManifest(reference: string, signal: AbortSignal): Promise<Buffer | undefined> {
    const wanted = { headers: { accept: MANIFEST_TYPES }, signal };
    return find(`manifests/${reference}`, wanted, async (response) => {
      const bytes = await readBytes(response, MOST_MANIFEST_BYTES);
      const digest = digestOf(bytes);
      if (!isDigest(reference) || reference === digest) return bytes;
      throw new RegistryError(200, `it sends ${digest} instead of ${reference}`);
    });
  }

  const uploads = createUploads({
    connection,
    registry,
    uploads: `${base}/blobs/uploads/`,
    sizes: {
      chunkBytes: options.chunkBytes ?? USUAL_SIZES.chunkBytes,
      monolithicUpTo: options.monolithicUpTo ?? USUAL_SIZES.monolithicUpTo,
    },
    patience,
    sessions: options.sessions,
    hasBlob: async (digest, signal) => (await findBlob(digest, signal)) !== undefined,
  });

  async function putManifest(
    reference: string,
    mediaType: string,
    text: string,
    signal: AbortSignal,
  ): Promise<NetworkResponse["headers"]> {
    const length = String(Buffer.byteLength(text));
    const headers = { "content-type": mediaType, "content-length": length };
    const wanted = { method: "PUT", headers, body: () => text, signal };
    return persist(patience, signal, async () => {
      const response = await connection.ask(`${base}/manifests/${reference}`, wanted);
      await expectStatus(201, response);
      return response.headers;
    });
  }

  const readText = async (reference: string, signal: AbortSignal) =>
    (await readManifest(reference, signal))?.toString("utf8");

  async function findManifest(reference: string, signal: AbortSignal): Promise<Digest | undefined> {
    const wanted = { method: "HEAD", headers: { accept: MANIFEST_TYPES }, signal };
    const told = await find(`manifests/${reference}`, wanted, async (response) => {
      await expectStatus(200, response);
      return response.headers["docker-content-digest"] ?? "";
    });
    if (told === undefined || isDigest(told)) return told;
    const bytes = await readManifest(reference, signal);
    return bytes && digestOf(bytes);
  }

  const referrers = createReferrers({
    find,
    findManifest,
    readManifest: readText,
    putManifest,
    mostBytes: MOST_MANIFEST_BYTES,
  });

  return {
    name: `${registry}/${repository}`,
    findBlob,
    readBlob: (digest, signal) =>
      readBlob(`${base}/blobs/${digest}`, digest, signal, { connection, patience }),
    openBlob: (digest, span, signal) =>
      openBlob(`${base}/blobs/${digest}`, { span, registry, signal }, connection),
    writeBlob: uploads.writeBlob,

    mountBlob(digest, from, signal) {
      const scopes = [`repository:${repository}:pull,push`, `repository:${from}:pull`];
      return uploads.mountBlob(digest, from, scopes, signal);
    },

    findManifest,
    readManifest: readText,

    async writeManifest(reference, mediaType, text, signal) {
      await putManifest(reference, mediaType, text, signal);
    },

    ...referrers,
  };
}
