import type { Network } from "../model/host.ts";
import { type Credentials, RegistryError } from "../model/registry.ts";
import { maySendUsTo } from "./address.ts";
import { readAnswer } from "./read-answer.ts";
import { wordRefusal } from "./refusal.ts";

/** How a registry wants to know who asks: the header `WWW-Authenticate` of its 401 (RFC 9110, section 11). */
type Challenge = { readonly scheme: string; readonly parameters: Readonly<Record<string, string>> };

export type Asker = {
  readonly credentials: Credentials | undefined;
  /** Of the registry that wants to know. */
  readonly origin: string;
  /** Of a token, `repository:team/cache:pull,push`, where the registry itself does not say. */
  readonly scope: string;
  /** Of a token, whatever the registry says. */
  readonly scopes?: readonly string[] | undefined;
  readonly network: Network;
  readonly signal: AbortSignal;
};

/**
 * The value of `Authorization` that answers a challenge; undefined where we have nothing to say.
 * Without credentials a token is asked for as well: registries give one to everybody for what is public.
 */
export async function answerChallenge(header: string, asker: Asker): Promise<string | undefined> {
  const challenges = header.split(BETWEEN_CHALLENGES).map(parseChallenge);
  const bearer = challenges.find(({ scheme }) => scheme === "bearer");
  if (bearer !== undefined) return `Bearer ${await fetchToken(bearer.parameters, asker)}`;
  return challenges.some(({ scheme }) => scheme === "basic") ? basic(asker.credentials) : undefined;
}

/** A comma before a scheme and its first parameter; the one before a further parameter has no word in between. */
const BETWEEN_CHALLENGES = /,\s*(?=[A-Za-z]+\s+[A-Za-z_]+=)/;

function parseChallenge(header: string): Challenge {
  const [, scheme = "", rest = ""] = /^\s*([A-Za-z]+)\s*(.*)$/s.exec(header) ?? [];
  const pairs = rest.matchAll(/([A-Za-z_]+)=(?:"([^"]*)"|([^\s,"]+))/g);
  return {
    scheme: scheme.toLowerCase(),
    parameters: Object.fromEntries(
      [...pairs].map(([, name = "", quoted, plain = ""]) => [name.toLowerCase(), quoted ?? plain]),
    ),
  };
}

function basic(credentials: Credentials | undefined): string | undefined {
  if (credentials === undefined || "identityToken" in credentials) return undefined;
  const { username, password } = credentials;
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** https://distribution.github.io/distribution/spec/auth/token/ and, for identity tokens, …/spec/auth/oauth/ */
async function fetchToken(parameters: Challenge["parameters"], asker: Asker): Promise<string> {
  const { credentials, network, signal } = asker;
  const { realm = "", service = "", scope = asker.scope } = parameters;
  const scopes = asker.scopes ?? scope.split(" ").filter((one) => one !== "");
  if (realm === "") throw new RegistryError(401, "it does not say where to log in");
  if (!maySendUsTo(realm, asker.origin))
    throw new RegistryError(401, "it sends us to log in at a place we tell no password");
  const query = new URLSearchParams(service !== "" ? { service } : {});
  for (const one of scopes) query.append("scope", one);
  const response = await network.request(
    credentials !== undefined && "identityToken" in credentials
      ? { url: realm, signal, ...oauthRequest(query, credentials.identityToken) }
      : { url: withQuery(realm, query), signal, headers: headersOf(basic(credentials)) },
  );
  const token = tokenIn(await readAnswer(response));
  if (response.status !== 200) throw wordRefusal(response, "its tokens are refused to us");
  if (token === undefined) throw new RegistryError(401, "it gives no token where it says it does");
  return token;
}

function oauthRequest(query: URLSearchParams, identityToken: string) {
  const form = new URLSearchParams([
    ...[...query].filter(([name]) => name !== "scope"),
    // One parameter here, where a GET has several.
    ["scope", query.getAll("scope").join(" ")],
    ["grant_type", "refresh_token"],
    ["client_id", "mlpackage"],
    ["refresh_token", identityToken],
  ]);
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return { method: "POST", headers, body: form.toString() };
}

function headersOf(authorization: string | undefined): Readonly<Record<string, string>> {
  return authorization === undefined ? {} : { authorization };
}

function withQuery(address: string, query: URLSearchParams): string {
  const url = new URL(address);
  for (const name of new Set(query.keys())) url.searchParams.delete(name);
  for (const [name, value] of query) url.searchParams.append(name, value);
  return url.href;
}

/** Characters that a header can carry. */
const TOKEN = /^[\x21-\x7e]+$/;

function tokenIn(text: string): string | undefined {
  try {
    const { token, access_token: accessToken } = JSON.parse(text) as Record<string, unknown>;
    return [token, accessToken].find((one): one is string => typeof one === "string" && TOKEN.test(one));
  } catch {
    return undefined;
  }
}
