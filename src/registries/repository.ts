import type { Digest } from "../model/digest.ts";
import type { Network, NetworkRequest, NetworkResponse } from "../model/host.ts";
import { type BlobContent, type Credentials, RegistryError, type Repository } from "../model/registry.ts";
import { maySendUsTo, originOf } from "./address.ts";
import { answerChallenge } from "./authorization.ts";
import { readAnswer } from "./read-answer.ts";

/** Blobs often lie with somebody else, who may send us on once more. */
const MOST_REDIRECTS = 5;

/** More than any manifest may have (distribution specification, "Pushing manifests"). */
const MOST_MANIFEST_BYTES = 4 * 1024 * 1024;

const MANIFEST_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
].join(", ");

export type RepositoryOptions = {
  /** `registry.example.com:5000`, `docker.io`. */
  readonly registry: string;
  /** `team/cache`. */
  readonly repository: string;
  readonly network: Network;
  /** Asked when the registry first wants to know who we are. */
  readonly findCredentials: () => Promise<Credentials | undefined>;
};

type Wanted = Omit<NetworkRequest, "url" | "body"> & {
  readonly signal: AbortSignal;
  /** Made anew where the request has to be sent again. */
  readonly body?: () => AsyncIterable<Uint8Array> | string;
};

/** A repository over the registry's HTTP API, with TLS unless the registry is on this machine. */
export function createRepository(options: RepositoryOptions): Repository {
  const { registry, repository, network } = options;
  const origin = originOf(registry);
  const base = `${origin}/v2/${repository}`;
  let authorization: string | undefined;
  let credentials: Promise<Credentials | undefined> | undefined;

  /** Sends a request, and once more with what the registry wants to know of us, if it wants to. */
  async function ask(url: string, wanted: Wanted): Promise<NetworkResponse> {
    const response = await send(url, wanted);
    const challenge = response.headers["www-authenticate"];
    if (response.status !== 401 || challenge === undefined || !isOurs(url)) return response;
    response.discard();
    credentials ??= options.findCredentials();
    authorization = await answerChallenge(challenge, {
      credentials: await credentials,
      origin,
      scope: `repository:${repository}:pull,push`,
      network,
      signal: wanted.signal,
    });
    if (authorization === undefined)
      throw new RegistryError(401, `it wants a login: \`docker login ${registry}\``);
    return send(url, wanted);
  }

  function send(url: string, { body, headers, ...wanted }: Wanted): Promise<NetworkResponse> {
    const known = authorization !== undefined && isOurs(url) ? { authorization } : {};
    return network.request({
      ...wanted,
      url,
      headers: { ...headers, ...known },
      ...(body !== undefined && { body: body() }),
    });
  }

  /** What lies with somebody else is told nothing of who we are. */
  const isOurs = (url: string): boolean => new URL(url).origin === origin;

  /** As `ask`, and goes where the registry says that the thing lies. */
  async function follow(url: string, wanted: Wanted): Promise<NetworkResponse> {
    let place = url;
    for (let sent = 0; sent <= MOST_REDIRECTS; sent += 1) {
      const response = await ask(place, wanted);
      const { location } = response.headers;
      if (response.status < 300 || response.status >= 400 || location === undefined) return response;
      response.discard();
      place = resolvePlace(location, place, origin);
    }
    throw new RegistryError(310, "it sends us from place to place");
  }

  async function upload(content: BlobContent, place: string, signal: AbortSignal): Promise<void> {
    const url = new URL(place);
    url.searchParams.set("digest", content.digest);
    const headers = { "content-type": "application/octet-stream", "content-length": String(content.size) };
    await expect(201, await ask(url.href, { method: "PUT", headers, body: content.chunks, signal }));
  }

  return {
    name: `${registry}/${repository}`,

    async findBlob(digest, signal) {
      const response = await follow(`${base}/blobs/${digest}`, { method: "HEAD", signal });
      if (response.status === 404) return drop(response);
      await expect(200, response);
      return Number(response.headers["content-length"]);
    },

    async readBlob(digest: Digest, signal) {
      const response = await follow(`${base}/blobs/${digest}`, { signal });
      if (response.status === 404) return drop(response);
      if (response.status !== 200) throw await refusal(response);
      return response.body;
    },

    async writeBlob(content, signal) {
      const uploads = `${base}/blobs/uploads/`;
      const started = await ask(uploads, { method: "POST", headers: { "content-length": "0" }, signal });
      await expect(202, started);
      const { location } = started.headers;
      if (location === undefined) throw new RegistryError(202, "it does not say where to upload to");
      await upload(content, resolvePlace(location, uploads, origin), signal);
    },

    async readManifest(reference, signal) {
      const headers = { accept: MANIFEST_TYPES };
      const response = await follow(`${base}/manifests/${reference}`, { headers, signal });
      if (response.status === 404) return drop(response);
      if (response.status !== 200) throw await refusal(response);
      return readAnswer(response, MOST_MANIFEST_BYTES);
    },

    async writeManifest(tag, mediaType, text, signal) {
      const length = String(Buffer.byteLength(text));
      const headers = { "content-type": mediaType, "content-length": length };
      const url = `${base}/manifests/${tag}`;
      await expect(201, await ask(url, { method: "PUT", headers, body: () => text, signal }));
    },
  };
}

/** Relative to where it was said, and never to a place without TLS. */
function resolvePlace(location: string, from: string, origin: string): string {
  const place = URL.canParse(location, from) ? new URL(location, from).href : "";
  if (!maySendUsTo(place, origin)) throw new RegistryError(307, "it sends us to a place we do not go to");
  return place;
}

function drop(response: NetworkResponse): undefined {
  response.discard();
  return undefined;
}

async function expect(status: number, response: NetworkResponse): Promise<void> {
  if (response.status !== status) throw await refusal(response);
  // Read to its end, the connection can be used again.
  await readAnswer(response);
}

async function refusal(response: NetworkResponse): Promise<RegistryError> {
  const { status } = response;
  const said = wordsIn(await readAnswer(response).catch(() => ""));
  return new RegistryError(
    status,
    said === undefined ? `it answers ${status}` : `it answers ${status}: ${said}`,
  );
}

/** The registry's own words: `{"errors": [{"code", "message"}]}` (distribution specification, "Error codes"). */
function wordsIn(text: string): string | undefined {
  try {
    const { errors } = JSON.parse(text) as { readonly errors?: readonly { readonly message?: unknown }[] };
    const message = errors?.[0]?.message;
    return typeof message === "string" ? message.replace(/\s+/g, " ").slice(0, 200) : undefined;
  } catch {
    return undefined;
  }
}
