import type { Digest } from "../../model/digest.ts";
import { type Network, NetworkError, type NetworkRequest, type NetworkResponse } from "../../model/host.ts";
import { type SharedKind, type SharedPlace, SharedPlaceFault } from "./shared-place.ts";
import { turnFaults } from "./turn-faults.ts";

const LONGEST_REST = 4096;

export type SharedServerOptions = {
  /** Without a credential, and without a slash at its end. */
  readonly url: string;
  /** The value of the header `Authorization`, with the credential. */
  readonly authorization?: string;
  readonly network: Network;
};

/**
 * A server that speaks the HTTP protocol of Bazel's remote caches: GET, HEAD and PUT of `/ac/<digest>` and
 * `/cas/<digest>`, bodies as they are. Our records are JSON and none of Bazel's: bazel-remote takes them with
 * `--disable_http_ac_validation` (README of buchgr/bazel-remote, "HTTP/1.1 REST API").
 */
export function createSharedServer({ url, authorization, network }: SharedServerOptions): SharedPlace {
  const headers = authorization === undefined ? {} : { authorization };
  const ask = async (
    kind: SharedKind,
    digest: Digest,
    wanted: Omit<NetworkRequest, "url">,
  ): Promise<NetworkResponse> => {
    const address = `${url}/${kind}/${digest.slice("sha256:".length)}`;
    const request = { ...wanted, url: address, headers: { ...headers, ...wanted.headers } };
    return faults.during(() => network.request(request));
  };
  return {
    name: url,
    async read(kind, digest, signal) {
      const response = await ask(kind, digest, { signal });
      if (response.status === 200 && !isPage(response)) return faults.within(response.body);
      await letGo(response);
      if (response.status === 404) return undefined;
      throw wordRefusal(response);
    },
    async has(digest, size, signal) {
      const response = await ask("cas", digest, { method: "HEAD", signal });
      await letGo(response, { hasBody: false });
      if (response.status === 404) return false;
      if (response.status !== 200) throw wordRefusal(response);
      return [undefined, String(size)].includes(response.headers["content-length"]);
    },
    async write(kind, digest, { size, chunks }, signal) {
      const body = chunks();
      // bazel-remote refuses what has no length.
      const length = { "content-length": String(size), "content-type": "application/octet-stream" };
      const response = await ask(kind, digest, { method: "PUT", body, headers: length, signal });
      await letGo(response);
      if (response.status < 200 || response.status > 299 || isPage(response)) throw wordRefusal(response);
    },
  };
}

/** A short rest is read, so that the next request may have the connection; of a long one nobody knows the end. */
async function letGo(response: NetworkResponse, { hasBody } = { hasBody: true }): Promise<void> {
  const length = Number(response.headers["content-length"] ?? Number.NaN);
  if (hasBody && !(length <= LONGEST_REST)) response.discard();
  else for await (const _rest of faults.within(response.body));
}

/** A page to log in at, or a proxy's excuse: no cache sends one. */
function isPage({ headers }: NetworkResponse): boolean {
  return /^text\/html\b/i.test(headers["content-type"] ?? "");
}

function wordRefusal(response: NetworkResponse): SharedPlaceFault {
  const { status } = response;
  if (isPage(response) && status < 300) return new SharedPlaceFault("it answers with a web page");
  if (status >= 300 && status < 400)
    return new SharedPlaceFault(`it answers ${status}, and redirects are not followed`);
  return new SharedPlaceFault(`it answers ${status}`);
}

const faults = turnFaults((error) => (error instanceof NetworkError ? error.message : undefined));
