import { setMaxListeners } from "node:events";
import http from "node:http";
import { pipeline, Readable } from "node:stream";
import { type Network, NetworkError, type NetworkRequest, type NetworkResponse } from "../model/host.ts";
import { createRoutes, type Environment, type Route, wordProxyRefusal } from "./proxy.ts";

const RESPONSE_TIMEOUT_MS = 30_000;
const STALL_TIMEOUT_MS = 30_000;

type Client = Pick<typeof http, "request">;

/** Requests whose connections are open. */
type UnderWay = Set<http.ClientRequest>;

/**
 * HTTP over TCP, TLS or a unix socket: one request, one response, no redirects, no hidden retries; through the proxy
 * that the environment names. `close` breaks off what is still under way: nobody waits for its answer any more, and it
 * would keep the process alive.
 */
export function createNetwork(environment: Environment = {}): Network & { close(): void } {
  const underWay: UnderWay = new Set();
  const routes = createRoutes(environment);
  return {
    request: async (wanted) => {
      // As many requests as there are may wait for one signal; Node takes more than ten for a leak, and says so.
      if (wanted.signal !== undefined) setMaxListeners(0, wanted.signal);
      const url = URL.canParse(wanted.url) ? new URL(wanted.url) : undefined;
      if (url === undefined || !/^https?:$/.test(url.protocol))
        throw new NetworkError("ERR_INVALID_URL", `${wanted.url} is no address of the web`);
      const route = wanted.socketPath === undefined ? await routes.find(url) : undefined;
      // Over its socket an engine is spoken to without TLS, which takes long to load.
      const client = url.protocol === "https:" ? (await import("node:https")).default : http;
      return send(url, wanted, { client, underWay, route });
    },
    close: () => {
      for (const outgoing of underWay) outgoing.destroy();
      void routes.close();
    },
  };
}

type Sending = {
  readonly client: Client;
  readonly underWay: UnderWay;
  readonly route: Route | undefined;
};

function send(
  url: URL,
  wanted: NetworkRequest,
  { client, underWay, route }: Sending,
): Promise<NetworkResponse> {
  return new Promise((resolve, reject) => {
    let outgoing: http.ClientRequest;
    try {
      outgoing = client.request(url, { ...optionsOf(wanted), ...(route && { agent: route.agent }) });
    } catch (error) {
      // A header that HTTP cannot carry.
      reject(asNetworkError(error as Error));
      return;
    }
    underWay.add(outgoing);
    outgoing.on("close", () => underWay.delete(outgoing));
    const timeoutMs = wanted.timeoutMs ?? RESPONSE_TIMEOUT_MS;
    const giveUp = (): void => {
      outgoing.destroy(new NetworkError("ETIMEDOUT", `no answer from ${url.host} in ${timeoutMs} ms`));
    };
    // The answer may be here, and wait as we did for something that kept the event loop.
    let lastLook: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => {
      lastLook = setImmediate(giveUp);
    }, timeoutMs);
    outgoing.on("error", (error) => {
      clearTimeout(timer);
      clearImmediate(lastLook);
      reject(asNetworkError(error));
    });
    outgoing.on("response", (incoming) => {
      clearTimeout(timer);
      clearImmediate(lastLook);
      if (route !== undefined && incoming.statusCode === 407) {
        incoming.destroy();
        reject(wordProxyRefusal(407, route.proxy));
        return;
      }
      stopAfter(incoming, outgoing);
      resolve(toResponse(incoming, wanted.stallTimeoutMs ?? STALL_TIMEOUT_MS));
    });
    if (route !== undefined) watchTunnel(route, outgoing);
    sendBody(outgoing, wanted.body, () => timer.refresh());
  });
}

/** Who has answered wants no more of the request's body. */
function stopAfter(incoming: http.IncomingMessage, outgoing: http.ClientRequest): void {
  incoming.on("end", () => {
    if (!outgoing.writableFinished) outgoing.destroy();
  });
}

/** What a proxy says of a tunnel (`CONNECT`) must not look like an answer of who is behind it. */
function watchTunnel({ proxy }: Route, outgoing: http.ClientRequest): void {
  outgoing.on("proxyConnect", ({ statusCode: status = 200 }: { readonly statusCode?: number }) => {
    if (status !== 200) outgoing.destroy(wordProxyRefusal(status, proxy));
  });
}

function optionsOf(wanted: NetworkRequest): http.RequestOptions {
  return {
    method: wanted.method ?? "GET",
    headers: { ...wanted.headers, ...lengthOf(wanted.body) },
    // A name for TLS would else be looked for, with an expression that takes milliseconds to compile.
    ...(wanted.socketPath !== undefined && { socketPath: wanted.socketPath, servername: "" }),
    ...(wanted.signal !== undefined && { signal: wanted.signal }),
  };
}

function lengthOf(body: NetworkRequest["body"]): Record<string, string> {
  return isStream(body) || body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
}

function isStream(body: NetworkRequest["body"]): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && Symbol.asyncIterator in body;
}

/** `moved` is called for each chunk that is taken. A server may answer, and hang up, before it has taken them all. */
function sendBody(outgoing: http.ClientRequest, body: NetworkRequest["body"], moved: () => void): void {
  if (!isStream(body)) {
    outgoing.end(body);
    return;
  }
  const chunks = async function* () {
    for await (const chunk of body) {
      moved();
      yield chunk;
    }
  };
  // What goes wrong, here or there, is an error of `outgoing`.
  pipeline(Readable.from(chunks()), outgoing, () => {});
}

function toResponse(incoming: http.IncomingMessage, stallTimeoutMs: number): NetworkResponse {
  incoming.setTimeout(stallTimeoutMs, () => {
    incoming.destroy(new NetworkError("ETIMEDOUT", `no bytes for ${stallTimeoutMs} ms`));
  });
  return {
    status: incoming.statusCode ?? 0,
    headers: flatten(incoming.headers),
    body: withNetworkErrors(incoming),
    text: () => readText(incoming),
    discard: () => incoming.destroy(),
  };
}

/** Far more than any list or document that is asked for; an answer without end must not take all memory. */
const MOST_TEXT_BYTES = 64 << 20;

/** As collecting the body would, less what iterating costs: most answers are a few hundred bytes. */
function readText(incoming: http.IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    incoming
      .on("data", (chunk: Uint8Array) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MOST_TEXT_BYTES)
          incoming.destroy(new NetworkError("EMSGSIZE", `the answer has more than ${MOST_TEXT_BYTES} bytes`));
      })
      .on("error", (error) => reject(asNetworkError(error)))
      .on("end", () => incoming.complete && resolve(Buffer.concat(chunks).toString("utf8")))
      .on("close", () => reject(cutShort()));
  });
}

async function* withNetworkErrors(incoming: http.IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of incoming) yield chunk;
  } catch (error) {
    throw asNetworkError(error as Error);
  }
  // Node ends the stream of a response that was cut short without an error.
  if (!incoming.complete) throw cutShort();
}

function cutShort(): NetworkError {
  return new NetworkError("ECONNRESET", "the connection was closed before the end of the answer");
}

function flatten(headers: http.IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
    ),
  );
}

/** Of a certificate whose issuer is not known here: a company's own authority, or a proxy that reads along. */
const UNKNOWN_ISSUERS: ReadonlySet<string> = new Set([
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

function asNetworkError(error: Error): NetworkError {
  if (error instanceof NetworkError) return error;
  const code =
    (error as NodeJS.ErrnoException).code ?? (error.name === "AbortError" ? "ABORT_ERR" : "EUNKNOWN");
  const hint = UNKNOWN_ISSUERS.has(code)
    ? "; trust its issuer by naming a PEM file in `NODE_EXTRA_CA_CERTS`"
    : "";
  return new NetworkError(code, `${error.message}${hint}`);
}
