import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { digestOf } from "../../../src/model/digest.ts";
import { startService } from "./service.ts";

export type LfsServer = {
  /** What the repository's objects are. */
  readonly contents: readonly Buffer[];
  /** Other bytes than were asked for, by oid. */
  readonly wrong?: Readonly<Record<string, Buffer>>;
  /** A status that the batch is refused with. */
  readonly status?: number;
  /** A status that the objects are refused with. */
  readonly objectStatus?: number;
  /** Changes what is answered of an object. */
  readonly answer?: (object: Record<string, unknown>) => Record<string, unknown>;
  /** How long an action is good for, in seconds. */
  readonly expiresIn?: number;
};

export type LfsPointed = { readonly oid: string; readonly size: number };

const MEDIA_TYPE = "application/vnd.git-lfs+json";

/** As git-lfs writes it (docs/spec.md, "The Pointer"). */
export function pointerOf(content: Buffer | string): string {
  const bytes = Buffer.from(content);
  return `version https://git-lfs.github.com/spec/v1\noid ${digestOf(bytes)}\nsize ${bytes.length}\n`;
}

export function oidOf(content: Buffer | string): string {
  return digestOf(Buffer.from(content)).slice("sha256:".length);
}

/** The batch API of git-lfs as documented (docs/api/batch.md), for `/team/models.git`; objects are on another port. */
export async function startGitLfs(served: LfsServer) {
  const byOid = new Map(served.contents.map((content) => [oidOf(content), content]));
  const batches: LfsPointed[][] = [];
  const headers: { batch: IncomingHttpHeaders[]; object: IncomingHttpHeaders[] } = { batch: [], object: [] };
  const storage = await startService((request, response) => {
    headers.object.push(request.headers);
    const oid = (request.url ?? "").slice(1);
    const content = served.wrong?.[oid] ?? byOid.get(oid);
    const status =
      served.objectStatus ?? (request.headers.authorization !== "RemoteAuth let-me-in" ? 401 : undefined);
    if (status !== undefined || content === undefined) return void response.writeHead(status ?? 404).end();
    response.writeHead(200, { "content-length": String(content.length) }).end(content);
  });
  const api = await startService(async (request, response) => {
    headers.batch.push(request.headers);
    const isAsked =
      request.method === "POST" &&
      request.url === "/team/models.git/info/lfs/objects/batch" &&
      request.headers.accept === MEDIA_TYPE &&
      request.headers["content-type"] === MEDIA_TYPE;
    const status = served.status ?? (isAsked ? 200 : 404);
    const { objects = [], operation } = JSON.parse(await bodyOf(request)) as {
      readonly objects?: LfsPointed[];
      readonly operation?: string;
    };
    batches.push(objects);
    const answer =
      status !== 200 || operation !== "download"
        ? { message: "no" }
        : { transfer: "basic", objects: objects.map(describe), hash_algo: "sha256" };
    response.writeHead(status, { "content-type": MEDIA_TYPE }).end(JSON.stringify(answer));
  });

  function describe({ oid, size }: LfsPointed): Record<string, unknown> {
    if (!byOid.has(oid)) return { oid, size, error: { code: 404, message: "Object does not exist" } };
    const download = {
      href: `${storage.url}/${oid}`,
      header: { Authorization: "RemoteAuth let-me-in" },
      ...(served.expiresIn !== undefined && { expires_in: served.expiresIn }),
    };
    const object = { oid, size, authenticated: true, actions: { download } };
    return served.answer?.(object) ?? object;
  }

  return { url: api.url, remote: `${api.url}/team/models.git`, batches, headers };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
