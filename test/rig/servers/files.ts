import { createHash } from "node:crypto";
import { startService } from "./service.ts";

/** A web server of files that are held in memory: ETag, ranges, `If-Range` (RFC 9110), as any web server has them. */
export async function startFileServer(files: Readonly<Record<string, Buffer>>) {
  return startService((request, response) => {
    const content = files[new URL(request.url ?? "/", "http://x").pathname];
    if (content === undefined) return void response.writeHead(404).end();
    const etag = `"${createHash("md5").update(content).digest("hex")}"`;
    const range = rangeOf(request.headers, content.length, etag);
    if (range === "unsatisfiable")
      return void response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
    const [start, end] = range ?? [0, content.length];
    response.writeHead(range === undefined ? 200 : 206, {
      etag,
      "accept-ranges": "bytes",
      "content-length": String(end - start),
      ...(range !== undefined && { "content-range": `bytes ${start}-${end - 1}/${content.length}` }),
    });
    response.end(request.method === "HEAD" ? undefined : content.subarray(start, end));
  });
}

/** The range that a request asks for, if it asks for one and for this very version. */
export function rangeOf(
  headers: { readonly range?: string | undefined; readonly "if-range"?: string | string[] | undefined },
  size: number,
  etag: string,
): readonly [start: number, end: number] | "unsatisfiable" | undefined {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "") ?? [];
  const isOther = headers["if-range"] !== undefined && headers["if-range"] !== etag;
  if (first === undefined || isOther) return undefined;
  if (Number(first) >= size) return "unsatisfiable";
  return [Number(first), Math.min(last === "" ? size : Number(last) + 1, size)];
}
