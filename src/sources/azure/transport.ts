import { Readable } from "node:stream";
import type { Network, NetworkResponse } from "../../model/host.ts";

/** A request as Azure's libraries hand it to what sends it, as far as it matters. */
type AzureRequest = {
  readonly url: string;
  readonly method: string;
  readonly body?: unknown;
  readonly timeout?: number;
  /** The answers whose body is wanted as a stream. */
  readonly streamResponseStatusCodes?: ReadonlySet<number>;
};

/** What sends the requests of Azure's libraries. */
export type Sender = {
  readonly network: Network;
  readonly signal: AbortSignal;
  /** Takes an answer whose body is a stream; the library gets one that never has anything, and reads nothing of it. */
  readonly onStream?: (response: NetworkResponse) => void;
};

/** The answer without its headers: each library has a shape of its own for these. */
type Answered = {
  readonly status: number;
  readonly headers: NetworkResponse["headers"];
  readonly bodyAsText?: string;
  readonly readableStreamBody?: NodeJS.ReadableStream;
};

/** Sends one request: what the library would do by itself, redirects and decompression among it, is not done. */
export async function send(
  request: AzureRequest,
  headers: Readonly<Record<string, string>>,
  { network, signal, onStream }: Sender,
): Promise<Answered> {
  const { "accept-encoding": _, ...rest } = headers;
  const response = await network.request({
    url: request.url,
    method: request.method,
    headers: rest,
    signal,
    ...(typeof request.body === "string" && { body: request.body }),
    ...(request.timeout ? { timeoutMs: request.timeout } : {}),
  });
  const answered = { status: response.status, headers: response.headers };
  if (onStream === undefined || request.streamResponseStatusCodes?.has(response.status) !== true)
    return { ...answered, bodyAsText: await response.text() };
  onStream(response);
  return { ...answered, readableStreamBody: new Readable({ read() {} }) };
}

/** Headers as `@azure/core-rest-pipeline` has them; names in lower case. */
export function headersOf(record: Readonly<Record<string, string>>) {
  const headers = new Map(Object.entries(record));
  return {
    get: (name: string) => headers.get(name.toLowerCase()),
    has: (name: string) => headers.has(name.toLowerCase()),
    set: (name: string, value: string | number | boolean) =>
      void headers.set(name.toLowerCase(), String(value)),
    delete: (name: string) => void headers.delete(name.toLowerCase()),
    toJSON: () => Object.fromEntries(headers),
    [Symbol.iterator]: () => headers.entries(),
  };
}
