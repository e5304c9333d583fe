import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { rangeOf } from "./files.ts";
import { startService } from "./service.ts";

export type GcsVersion = {
  readonly body: Buffer;
  readonly generation: string;
  /** The bytes are compressed; whoever does not accept that gets them unpacked. */
  readonly isGzip?: boolean;
  /** What is published in the place of the right digests, in base64. */
  readonly digests?: { readonly md5Hash?: string; readonly crc32c?: string };
};

export type GcsBucket = {
  /** By name; the last one is live. */
  readonly objects: Record<string, readonly GcsVersion[]>;
  readonly pageSize?: number;
  /** Without it, everybody may read. */
  readonly token?: string;
  /** A status that a request is refused with, if it is. */
  readonly refuse?: (request: IncomingMessage, nth: number) => number | undefined;
};

/**
 * The JSON API of Google Cloud Storage as documented, as far as reading goes ("Objects: get", "Objects: list", "Transcoding
 * of gzip-compressed files", "Status and error codes"). One bucket, `models`.
 */
export async function startGcs(bucket: GcsBucket) {
  let nth = 0;
  return startService((request, response) => {
    nth += 1;
    const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://x");
    const [, name = "", object] = /^\/storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(pathname) ?? [];
    const refused = bucket.refuse?.(request, nth) ?? statusForStranger(bucket, request);
    if (refused !== undefined) sendError(response, refused, "refused");
    else if (decodeURIComponent(name) !== "models")
      sendError(response, 404, "The specified bucket does not exist.");
    else if (object === undefined) sendList(response, bucket, query);
    else sendObject(request, response, { bucket, name: decodeURIComponent(object), query });
  });
}

function statusForStranger({ token }: GcsBucket, { headers }: IncomingMessage): number | undefined {
  if (token === undefined || headers.authorization === `Bearer ${token}`) return undefined;
  return headers.authorization === undefined ? 401 : 403;
}

function sendObject(
  request: IncomingMessage,
  response: ServerResponse,
  {
    bucket,
    name,
    query,
  }: { readonly bucket: GcsBucket; readonly name: string; readonly query: URLSearchParams },
): void {
  const versions = bucket.objects[name] ?? [];
  const generation = query.get("generation");
  const object =
    generation === null ? versions.at(-1) : versions.find((one) => one.generation === generation);
  if (object === undefined) sendError(response, 404, `No such object: models/${name}`);
  else if (query.get("alt") === "media") sendMedia(request, response, object);
  else sendJson(response, 200, describe(name, object));
}

function sendMedia(request: IncomingMessage, response: ServerResponse, object: GcsVersion): void {
  const { headers } = request;
  const isUnpacked = object.isGzip === true && !/\bgzip\b/.test(String(headers["accept-encoding"] ?? ""));
  const body = isUnpacked ? gunzipSync(object.body) : object.body;
  // What is unpacked on the way comes whole, whatever was asked for, and without a length.
  const range = isUnpacked ? undefined : rangeOf({ range: headers.range }, body.length, "");
  if (range === "unsatisfiable") {
    sendError(response, 416, "The requested range cannot be satisfied.");
    return;
  }
  const [start, end] = range ?? [0, body.length];
  response.writeHead(range === undefined ? 200 : 206, {
    etag: "CJ2Yl+ub+4YDEAE=",
    "x-goog-generation": object.generation,
    "x-goog-stored-content-encoding": object.isGzip ? "gzip" : "identity",
    ...(object.isGzip && !isUnpacked && { "content-encoding": "gzip" }),
    ...(!isUnpacked && { "content-length": String(end - start) }),
    ...(range !== undefined && { "content-range": `bytes ${start}-${end - 1}/${body.length}` }),
  });
  response.end(body.subarray(start, end));
}

function sendList(response: ServerResponse, bucket: GcsBucket, query: URLSearchParams): void {
  const { objects, pageSize = 1000 } = bucket;
  const names = Object.keys(objects)
    .filter((name) => name.startsWith(query.get("prefix") ?? ""))
    .sort();
  const from = Number(query.get("pageToken") ?? 0);
  const items = names.slice(from, from + pageSize).flatMap((name) => {
    const live = objects[name]?.at(-1);
    return live === undefined ? [] : [describe(name, live)];
  });
  sendJson(response, 200, {
    kind: "storage#objects",
    ...(names.length > from + pageSize && { nextPageToken: String(from + pageSize) }),
    ...(items.length > 0 && { items }),
  });
}

function describe(name: string, { body, generation, isGzip, digests }: GcsVersion): object {
  return {
    name,
    generation,
    size: String(body.length),
    ...(digests ?? { md5Hash: createHash("md5").update(body).digest("base64") }),
    ...(isGzip && { contentEncoding: "gzip" }),
  };
}

function sendError(response: ServerResponse, code: number, message: string): void {
  sendJson(response, code, {
    error: { code, message, errors: [{ message, domain: "global", reason: "x" }] },
  });
}

function sendJson(response: ServerResponse, status: number, data: object): void {
  const text = JSON.stringify(data);
  response.writeHead(status, {
    "content-type": "application/json; charset=UTF-8",
    "content-length": String(Buffer.byteLength(text)),
  });
  response.end(text);
}
