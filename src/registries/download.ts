import { type Digest, startDigest } from "../model/digest.ts";
import { NetworkError, type NetworkResponse } from "../model/host.ts";
import { Refusal } from "../model/place.ts";
import { type BlobSpan, hintAfter, RegistryError } from "../model/registry.ts";
import type { Connection } from "./connection.ts";
import { countFailures, mayPass, type Patience, persist } from "./persist.ts";
import { refusalOf } from "./refusal.ts";

export type DownloadOptions = { readonly connection: Connection; readonly patience: Patience };

/**
 * The bytes of the blob at an address, checked at their end; undefined where there is none. Where the connection
 * breaks, the rest is asked for.
 */
export async function readBlob(
  url: string,
  digest: Digest,
  signal: AbortSignal,
  options: DownloadOptions,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const { connection, patience } = options;
  const first = await persist(patience, signal, async () => {
    const response = await connection.follow(url, { signal });
    if (response.status === 200 || response.status === 404) return response;
    throw await refusalOf(response);
  });
  if (first.status === 200) return checked(readOn(first, url, signal, options), digest);
  first.discard();
  return undefined;
}

export type OpenOptions = {
  readonly span: BlobSpan | undefined;
  /** As a message calls it. */
  readonly registry: string;
  readonly signal: AbortSignal;
};

/** Asks for a blob once, or for a span of it. Rejects with a `Refusal` of `model/place.ts`, or a `NetworkError`. */
export async function openBlob(
  url: string,
  { span, registry, signal }: OpenOptions,
  connection: Connection,
): Promise<NetworkResponse> {
  try {
    const response = await connection.follow(url, { headers: headersOf(span), signal });
    if (response.status === 200 || response.status === 206) return response;
    const { status, message } = await refusalOf(response);
    throw new Refusal(status, `the registry ${registry}: ${message}`, {
      headers: response.headers,
      hint: hintAfter(status, registry),
    });
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const { status, message } = error;
    throw new Refusal(status, `the registry ${registry}: ${message}`, {
      hint: hintAfter(status, registry),
    });
  }
}

function headersOf(span: BlobSpan | undefined): Readonly<Record<string, string>> {
  if (span === undefined) return {};
  return { range: `bytes=${span.start}-${span.end === undefined ? "" : span.end - 1}` };
}

async function* checked(chunks: AsyncIterable<Uint8Array>, digest: Digest): AsyncGenerator<Uint8Array> {
  const hash = startDigest();
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.finish();
  if (found !== digest) throw new RegistryError(200, `it sends ${found} instead of ${digest}`);
}

async function* readOn(
  first: NetworkResponse,
  url: string,
  signal: AbortSignal,
  { connection, patience }: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  const size = Number(first.headers["content-length"] ?? Number.POSITIVE_INFINITY);
  const failures = countFailures(patience, signal);
  let part: AsyncIterable<Uint8Array> = first.body;
  for (let read = 0; ; ) {
    try {
      for await (const chunk of part) {
        const wanted = chunk.subarray(0, size - read);
        read += wanted.length;
        failures.forget();
        yield wanted;
        // An answer that is read to its end leaves its connection to others.
        if (wanted.length < chunk.length) return;
      }
      if (read === size || size === Number.POSITIVE_INFINITY) return;
      throw new NetworkError("ECONNRESET", `${read} bytes came instead of ${size}`);
    } catch (error) {
      if (!mayPass(error)) throw error;
      await failures.pause(error);
      part = rest(read);
    }
  }

  /** The bytes from an offset on; a registry may send all of them. */
  async function* rest(start: number): AsyncGenerator<Uint8Array> {
    const range = start > 0 ? { range: `bytes=${start}-` } : {};
    const response = await connection.follow(url, { headers: range, signal });
    if (response.status !== 200 && response.status !== 206) throw await refusalOf(response);
    let excess = start - startOf(response);
    if (!(excess >= 0)) {
      response.discard();
      throw new RegistryError(response.status, "it sends another part than it was asked for");
    }
    for await (const chunk of response.body) {
      const skipped = Math.min(excess, chunk.length);
      excess -= skipped;
      if (skipped < chunk.length) yield chunk.subarray(skipped);
    }
  }
}

/** Where the bytes of an answer begin (RFC 9110, section 14.4); NaN where it does not say. */
function startOf({ status, headers }: NetworkResponse): number {
  return status === 200 ? 0 : Number(/^bytes (\d+)-/.exec(headers["content-range"] ?? "")?.[1]);
}
