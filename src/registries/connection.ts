import type { Network, NetworkRequest, NetworkResponse } from "../model/host.ts";
import { type Credentials, RegistryError } from "../model/registry.ts";
import { maySendUsTo } from "./address.ts";
import { answerChallenge } from "./authorization.ts";

/** Blobs often lie with somebody else, who may send us on once more. */
const MOST_REDIRECTS = 5;

export type ConnectionOptions = {
  readonly registry: string;
  readonly repository: string;
  readonly origin: string;
  readonly network: Network;
  readonly findCredentials: () => Promise<Credentials | undefined>;
};

export type Wanted = Omit<NetworkRequest, "url" | "body"> & {
  readonly signal: AbortSignal;
  /** Made anew where the request has to be sent again. */
  readonly body?: () => AsyncIterable<Uint8Array> | string;
  /** What a token must allow, if the registry wants one and its own word for that is not enough. */
  readonly scopes?: readonly string[];
};

/** How a registry is spoken to, as who we are. */
export type Connection = {
  /** Sends a request, and once more with what the registry wants to know of us, if it wants to. */
  readonly ask: (url: string, wanted: Wanted) => Promise<NetworkResponse>;
  /** As `ask`, and goes where the registry says that the thing lies. */
  readonly follow: (url: string, wanted: Wanted) => Promise<NetworkResponse>;
  /** The place an answer names, relative to where it was said; undefined where it names none. */
  readonly placeIn: (response: NetworkResponse, from: string) => string | undefined;
  /** Whether an address is of the registry itself: others are told nothing of who we are. */
  readonly isOurs: (url: string) => boolean;
};

export function createConnection(options: ConnectionOptions): Connection {
  const { registry, repository, origin, network } = options;
  let authorization: string | undefined;
  let credentials: Promise<Credentials | undefined> | undefined;
  /** Questions for a token that are under way. */
  const introductions = new Map<string, Promise<string | undefined>>();

  async function ask(url: string, { scopes, ...wanted }: Wanted): Promise<NetworkResponse> {
    const response = await send(url, wanted);
    const challenge = response.headers["www-authenticate"];
    if (response.status !== 401 || challenge === undefined || !isOurs(url)) return response;
    response.discard();
    authorization = await introduce(challenge, scopes, wanted.signal);
    if (authorization === undefined)
      throw new RegistryError(401, `it wants a login: \`docker login ${registry}\``);
    return send(url, wanted);
  }

  /** Whoever is asked the same meanwhile waits for the same answer: hundreds of requests may go out at once. */
  function introduce(
    challenge: string,
    scopes: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const key = JSON.stringify([challenge, scopes]);
    credentials ??= options.findCredentials();
    const asked =
      introductions.get(key) ??
      credentials
        .then((found) => {
          const scope = `repository:${repository}:pull,push`;
          return answerChallenge(challenge, { credentials: found, origin, scope, scopes, network, signal });
        })
        .finally(() => introductions.delete(key));
    introductions.set(key, asked);
    return asked;
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

  const isOurs = (url: string): boolean => new URL(url).origin === origin;

  function placeIn({ headers: { location } }: NetworkResponse, from: string): string | undefined {
    if (location === undefined) return undefined;
    const place = URL.canParse(location, from) ? new URL(location, from).href : "";
    if (!maySendUsTo(place, origin)) throw new RegistryError(307, "it sends us to a place we do not go to");
    return place;
  }

  async function follow(url: string, wanted: Wanted): Promise<NetworkResponse> {
    let place = url;
    for (let sent = 0; sent <= MOST_REDIRECTS; sent += 1) {
      const response = await ask(place, wanted);
      const isSentOn = response.status >= 300 && response.status < 400;
      if (!isSentOn || response.headers.location === undefined) return response;
      response.discard();
      place = placeIn(response, place) ?? place;
    }
    throw new RegistryError(310, "it sends us from place to place");
  }

  return { ask, follow, placeIn, isOurs };
}
