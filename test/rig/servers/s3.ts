import type { IncomingMessage, ServerResponse } from "node:http";
import { rangeOf } from "./files.ts";
import { startService } from "./service.ts";

/** One version of an object; `checksums` are header values as S3 sends them: `x-amz-checksum-sha256`. */
export type S3Version = {
  readonly body: Buffer;
  readonly etag: string;
  readonly versionId?: string;
  readonly checksums?: Readonly<Record<string, string>>;
};

export type S3Error = {
  readonly status: number;
  readonly code: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type S3Bucket = {
  /** By key; the last version is the one that is meant where none is named. */
  readonly objects: Record<string, readonly S3Version[]>;
  /** Of a listing. */
  readonly pageSize?: number;
  /** What a request is refused with, if it is. */
  readonly refuse?: (request: IncomingMessage, nth: number) => S3Error | undefined;
};

/**
 * What of S3 the real server of these tests has not: versions, checksums, conditions, pages and the errors of its API
 * reference ("GetObject", "HeadObject", "ListObjectsV2", "Error responses"). One bucket, `models`; nobody is asked who they are.
 */
export async function startS3(bucket: S3Bucket) {
  let nth = 0;
  return startService((request, response) => {
    nth += 1;
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
    const [, name = "", ...rest] = pathname.split("/").map(decodeURIComponent);
    const refused = bucket.refuse?.(request, nth);
    if (refused !== undefined) return sendError(request, response, refused);
    if (name !== "models") return sendError(request, response, { status: 404, code: "NoSuchBucket" });
    if (searchParams.get("list-type") === "2") return sendList(response, bucket, searchParams);
    return sendObject(request, response, bucket.objects[rest.join("/")], searchParams.get("versionId"));
  });
}

function sendObject(
  request: IncomingMessage,
  response: ServerResponse,
  versions: readonly S3Version[] | undefined,
  versionId: string | null,
): void {
  const { headers } = request;
  const object =
    versionId === null ? versions?.at(-1) : versions?.find((version) => version.versionId === versionId);
  const refuse = (status: number, code: string): void => sendError(request, response, { status, code });
  if (object === undefined) {
    refuse(404, versions === undefined ? "NoSuchKey" : "NoSuchVersion");
    return;
  }
  const range = rangeOf(headers, object.body.length, object.etag);
  if (headers["if-match"] !== undefined && headers["if-match"] !== object.etag) {
    refuse(412, "PreconditionFailed");
    return;
  }
  if (range === "unsatisfiable") {
    refuse(416, "InvalidRange");
    return;
  }
  const [start, end] = range ?? [0, object.body.length];
  response.writeHead(range === undefined ? 200 : 206, {
    etag: object.etag,
    "accept-ranges": "bytes",
    "content-length": String(end - start),
    ...(range !== undefined && { "content-range": `bytes ${start}-${end - 1}/${object.body.length}` }),
    ...(object.versionId !== undefined && { "x-amz-version-id": object.versionId }),
    ...(headers["x-amz-checksum-mode"] === "ENABLED" && object.checksums),
  });
  response.end(request.method === "HEAD" ? undefined : object.body.subarray(start, end));
}

function sendList(
  response: ServerResponse,
  { objects, pageSize = 1000 }: S3Bucket,
  query: URLSearchParams,
): void {
  const keys = Object.keys(objects)
    .filter((key) => key.startsWith(query.get("prefix") ?? ""))
    .sort();
  const from = Number(query.get("continuation-token") ?? 0);
  const isTruncated = keys.length > from + pageSize;
  const contents = keys.slice(from, from + pageSize).map((key) => wordObject(key, objects[key]?.at(-1)));
  const next = isTruncated ? `<NextContinuationToken>${from + pageSize}</NextContinuationToken>` : "";
  const xml = `<IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join("")}`;
  send(
    response,
    200,
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${xml}</ListBucketResult>`,
  );
}

function wordObject(key: string, object: S3Version | undefined): string {
  const { body = Buffer.alloc(0), etag = "", checksums = {} } = object ?? {};
  const algorithms = Object.keys(checksums)
    .filter((name) => name !== "x-amz-checksum-type")
    .map((name) => name.slice("x-amz-checksum-".length).toUpperCase())
    .map((name) => `<ChecksumAlgorithm>${name}</ChecksumAlgorithm>`);
  const type = checksums["x-amz-checksum-type"];
  const typed = type === undefined ? "" : `<ChecksumType>${type}</ChecksumType>`;
  const size = `<Size>${body.length}</Size>`;
  return `<Contents><Key>${escapeXml(key)}</Key><ETag>${escapeXml(etag)}</ETag>${algorithms.join("")}${typed}${size}</Contents>`;
}

function sendError(
  { method }: IncomingMessage,
  response: ServerResponse,
  { status, code, message = code, headers = {} }: S3Error,
): void {
  const xml = `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  send(response, status, method === "HEAD" ? "" : xml);
}

function send(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(xml === "" ? undefined : `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
