import type { Network, NetworkRequest, NetworkResponse } from "../model/host.ts";
import { Refusal } from "../model/place.ts";

const MOST_REDIRECTS = 5;

const FINAL = "write the final address, with its `sha256`";

/** How much of what a server says of its refusal is told. */
const MOST_SAID = 200;

export type Followed = Omit<NetworkRequest, "body" | "socketPath"> & {
  readonly signal: AbortSignal;
  readonly body?: string;
  /** Headers that say who we are: for the host that was asked, and for nobody it sends us on to. */
  readonly credentials?: Readonly<Record<string, string>>;
};

/**
 * Sends a request and goes where it is sent on to: never from https to http, and with the credentials only as long as
 * it is the same scheme, host and port. Rejects with a `Refusal` for any status of 300 and more.
 *
 * Errors: `source/refused`, `source/too-many-redirects`, `source/bad-redirect`, `source/insecure-redirect`.
 */
export async function follow(
  network: Network,
  { credentials = {}, ...wanted }: Followed,
): Promise<NetworkResponse> {
  const first = new URL(wanted.url);
  let url = first;
  for (let sent = 0; sent <= MOST_REDIRECTS; sent += 1) {
    const isFirst = url.origin === first.origin;
    const headers = { ...wanted.headers, ...(isFirst && credentials) };
    const response = await network.request({ ...wanted, url: url.href, headers });
    if (response.status < 300) return response;
    const { location } = response.headers;
    if (response.status >= 400 || location === undefined) throw await refusalOf(url, response);
    response.discard();
    url = nextOf(url, location);
  }
  const message = `${first.host} redirects more than ${MOST_REDIRECTS} times`;
  throw new Refusal(310, message, { code: "source/too-many-redirects", hint: FINAL });
}

function nextOf(url: URL, location: string): URL {
  const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  if (next === undefined || !/^https?:$/.test(next.protocol))
    throw new Refusal(310, `${url.host} redirects to something other than an http address`, {
      code: "source/bad-redirect",
      hint: FINAL,
    });
  if (url.protocol === "https:" && next.protocol !== "https:")
    throw new Refusal(310, `${url.host} redirects from https to http (${next.host})`, {
      code: "source/insecure-redirect",
      hint: FINAL,
    });
  return next;
}

/** What an answer refuses. The path alone is told of its address: a query may let somebody in. */
async function refusalOf(url: URL, response: NetworkResponse): Promise<Refusal> {
  const { status, headers } = response;
  const said = await readSaid(response);
  return new Refusal(status, `${url.host} answers ${status} for \`${url.pathname}\`${said}`, {
    headers,
    hint: hintFor(status),
  });
}

function hintFor(status: number): string {
  if (status === 404 || status === 410) return "correct the address: there is no such file";
  if (status === 401 || status === 403)
    return "the file is not public: download it into the package, and write its path";
  if (status === 429) return "the limit on requests is reached: apply again later";
  return status >= 500 ? "the server has a problem: apply again later" : "check the address in a browser";
}

/** A message in the JSON of an answer; short answers are read to their end, which keeps their connection. */
async function readSaid(response: NetworkResponse): Promise<string> {
  const isShort = Number(response.headers["content-length"] ?? Number.NaN) < 64 << 10;
  if (!isShort || !/\bjson\b/.test(response.headers["content-type"] ?? "")) {
    response.discard();
    return "";
  }
  try {
    const { message, error } = JSON.parse(await response.text()) as Record<string, unknown>;
    const said = [message, error].find((one): one is string => typeof one === "string") ?? "";
    return said === "" ? "" : `: ${said.replace(/\s+/g, " ").slice(0, MOST_SAID)}`;
  } catch {
    return "";
  }
}
