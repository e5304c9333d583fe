import { Readable } from "node:stream";
import { textOf } from "../../model/chunks.ts";
import type { Network, NetworkResponse } from "../../model/host.ts";
import { Refusal } from "../../model/place.ts";

/** A request as AWS's client library hands it over, signed. */
export type SdkRequest = {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly method: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

export type SdkOptions = { readonly abortSignal?: unknown };

type SdkAnswer = {
  readonly response: {
    readonly statusCode: number;
    readonly headers: Record<string, string>;
    readonly body: Uint8Array | Readable;
  };
};

/** How long an error of S3's may be; its XML has a few hundred bytes. */
const MOST_ERROR_BYTES = 64 << 10;

/** What AWS's client library sends its requests by, so that they go where all of ours do. */
export type Transport = {
  readonly handle: (request: SdkRequest, options?: SdkOptions) => Promise<SdkAnswer>;
};

/** For what credentials are asked for: the library reads every answer itself. */
export function createTransport(network: Network): Transport {
  return {
    async handle(request, options) {
      const { status, headers, text } = await send(network, request, options);
      return { response: { statusCode: status, headers: { ...headers }, body: Buffer.from(await text()) } };
    },
  };
}

/**
 * For S3 itself. An answer with an object's bytes is not given to the library, which would wrap it, but is to be had by
 * the `Body` of its output; one of 300 and more is a `Refusal`, whose code is S3's.
 */
export function createObjectTransport(network: Network) {
  const contents = new WeakMap<object, NetworkResponse>();
  return {
    async handle(request: SdkRequest, options?: SdkOptions): Promise<SdkAnswer> {
      const response = await send(network, request, options);
      const { status: statusCode } = response;
      const headers = { ...response.headers };
      if (statusCode >= 300) throw await refusalOf(request, response);
      const isContent = request.method === "GET" && request.query?.["x-id"] === "GetObject";
      if (!isContent) return { response: { statusCode, headers, body: Buffer.from(await response.text()) } };
      const body = Readable.from([]);
      contents.set(body, response);
      return { response: { statusCode, headers, body } };
    },
    contentOf: (body: object | undefined) => (body === undefined ? undefined : contents.get(body)),
  };
}

function send(network: Network, request: SdkRequest, options: SdkOptions = {}): Promise<NetworkResponse> {
  const { method, headers, body } = request;
  const { abortSignal } = options;
  return network.request({
    url: addressOf(request),
    method,
    headers,
    ...(abortSignal instanceof AbortSignal && { signal: abortSignal }),
    ...((typeof body === "string" || body instanceof Uint8Array) && { body }),
  });
}

/** As it was signed: RFC 3986 in both halves. */
function addressOf({ protocol, hostname, port, path, query = {} }: SdkRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value]
      .flat()
      .map((one) => (one === null ? escapeUri(name) : `${escapeUri(name)}=${escapeUri(String(one))}`)),
  );
  const search = pairs.length === 0 ? "" : `?${pairs.join("&")}`;
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}${search}`;
}

function escapeUri(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** What S3 refuses, with its own code, message and region, as far as it tells them: the answer to a HEAD has none. */
export class S3Refusal extends Refusal {
  readonly s3Code: string;
  readonly said: string;
  /** Where the bucket is, if it is somewhere else than it was looked for. */
  readonly region: string;
  readonly host: string;
  constructor(host: string, { status, headers }: NetworkResponse, xml: string) {
    super(status, `${host} answers ${status}`, { headers });
    this.name = "S3Refusal";
    this.host = host;
    this.s3Code = elementIn(xml, "Code");
    this.said = elementIn(xml, "Message");
    this.region = headers["x-amz-bucket-region"] ?? elementIn(xml, "Region");
  }
}

async function refusalOf(request: SdkRequest, response: NetworkResponse): Promise<S3Refusal> {
  const { host } = new URL(addressOf(request));
  return new S3Refusal(host, response, await textOf(upTo(MOST_ERROR_BYTES, response)));
}

async function* upTo(most: number, { body, discard }: NetworkResponse): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > most) return discard();
    yield chunk;
  }
}

/** The text of an element of S3's error document, which is flat; empty where there is none. */
function elementIn(xml: string, name: string): string {
  const [, text = ""] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml) ?? [];
  return text.replace(/&(quot|apos|lt|gt|amp);/g, (_entity, one: keyof typeof ENTITIES) => ENTITIES[one]);
}

const ENTITIES = { quot: '"', apos: "'", lt: "<", gt: ">", amp: "&" } as const;
