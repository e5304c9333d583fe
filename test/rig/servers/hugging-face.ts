import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { rangeOf } from "./files.ts";
import { startService } from "./service.ts";

/** A repository of the hub; by its name, `org/repo` or `datasets/org/repo`. */
export type HubRepository = {
  readonly files: Readonly<Record<string, Buffer>>;
  /** What else than `main` names its one commit. */
  readonly revisions?: readonly string[];
  /** Whose terms have to be accepted; with the tokens of those who have. */
  readonly gatedTo?: readonly string[];
  /** Which is there for nobody else. */
  readonly privateTo?: readonly string[];
  /** From this size on a file is kept outside of Git; 1 MB where it is not said. */
  readonly largeFromBytes?: number;
};

export type HubOptions = {
  /** The tokens that the hub knows: any other is refused. */
  readonly tokens?: readonly string[];
  /** Entries of a page of a list. */
  readonly pageSize?: number;
  /** Where large files are: on a host of another name, as those of the hub, or on the hub's own. */
  readonly contentAt?: "other-host" | "same-host";
  /** What is answered instead; undefined for what the hub answers. */
  readonly instead?: (request: IncomingMessage) => HubFault | undefined;
  /** Changes the address of a list's next page. */
  readonly nextPage?: (url: string) => string;
};

export type HubFault = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

type Entry = {
  readonly type: "file" | "directory";
  readonly path: string;
  readonly size: number;
  readonly oid: string;
  readonly lfs?: { readonly oid: string; readonly size: number; readonly pointerSize: number };
};

type Known = HubRepository & { readonly commit: string; readonly entries: readonly Entry[] };

/**
 * The Hugging Face Hub as its clients see it: commits, lists in pages, files that it sends itself, and large ones that
 * it sends on to for a while, to a host that refuses whoever says there who they are.
 */
export async function startHub(
  repositories: Readonly<Record<string, HubRepository>>,
  options: HubOptions = {},
) {
  const known = new Map(Object.entries(repositories).map(([name, one]) => [name, describe(name, one)]));
  const authorizations: (string | undefined)[] = [];
  const contents = new Map<string, Buffer>();
  for (const { files, entries } of known.values())
    for (const { path, lfs } of entries)
      if (lfs !== undefined) contents.set(lfs.oid, files[path] ?? Buffer.of());
  const other = await startService((request, response) => sendLarge(request, response, contents));

  const hub = await startService(async (request, response) => {
    authorizations.push(request.headers.authorization);
    const fault = options.instead?.(request);
    if (fault !== undefined)
      return void response.writeHead(fault.status, { ...fault.headers }).end(fault.body ?? "");
    const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
    if (url.pathname.startsWith("/large/")) return void sendLarge(request, response, contents);
    const asked = readRequest(url);
    const repository = asked && known.get(asked.name);
    const refusal = refuse(request, repository, asked?.act === "resolve", options);
    if (refusal !== undefined || asked === undefined || repository === undefined)
      return void sendRefusal(response, refusal ?? NOT_FOUND);
    const revisions = ["main", repository.commit, ...(repository.revisions ?? [])];
    if (!revisions.includes(asked.revision))
      return void sendRefusal(response, [404, "RevisionNotFound", `Invalid rev id: ${asked.revision}`]);
    const base = options.contentAt === "same-host" ? "" : `http://localhost:${other.port}`;
    if (asked.act === "resolve")
      return void sendFile(request, response, { repository, path: asked.path, base });
    response.setHeader("content-type", "application/json; charset=utf-8");
    if (asked.act === "revision") return void sendInfo(response, asked.name, repository, url);
    if (asked.act === "paths-info") return sendPaths(request, response, repository);
    sendTree(response, { repository, folder: asked.path, url }, options);
  });

  return {
    ...hub,
    /** What each request to the hub, and to where large files are, said who it is. */
    authorizations: authorizations as readonly (string | undefined)[],
    largeRequests: other.requests,
    commitOf: (name: string) => known.get(name)?.commit ?? "",
    async stop() {
      await hub.stop();
      await other.stop();
    },
  };
}

function describe(name: string, repository: HubRepository): Known {
  const { files, largeFromBytes = 1 << 20 } = repository;
  const folders = new Set<string>();
  for (const path of Object.keys(files))
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
      folders.add(path.slice(0, end));
  const entries: Entry[] = [...folders].map((path) => ({
    type: "directory",
    path,
    size: 0,
    oid: sha1(`tree ${path}`),
  }));
  for (const [path, content] of Object.entries(files)) {
    const isLarge = content.length >= largeFromBytes;
    const digest = isLarge ? createHash("sha256").update(content).digest("hex") : "";
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${digest}\nsize ${content.length}\n`;
    entries.push({
      type: "file",
      path,
      size: content.length,
      oid: isLarge ? gitBlob(Buffer.from(pointer)) : gitBlob(content),
      ...(isLarge && { lfs: { oid: digest, size: content.length, pointerSize: pointer.length } }),
    });
  }
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { ...repository, entries, commit: sha1(`${name} ${JSON.stringify(entries)}`) };
}

function sha1(content: string): string {
  return createHash("sha1").update(content).digest("hex");
}

function gitBlob(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}

type AskedOf = {
  readonly name: string;
  readonly act: string;
  readonly revision: string;
  readonly path: string;
};

/** `/api/models/ORG/REPO[/ACT/REVISION[/PATH]]`, or `[/datasets]/ORG/REPO/resolve/REVISION/PATH`. */
function readRequest({ pathname }: URL): AskedOf | undefined {
  const [, kind, id, act = "revision", revision = "main", path = ""] =
    /^\/api\/(models|datasets|spaces)\/([^/]+\/[^/]+)(?:\/(revision|tree|paths-info)\/([^/]+)(?:\/(.*))?)?$/.exec(
      pathname,
    ) ?? [];
  const [, prefix = "", resolvedId, resolvedRevision = "", resolvedPath = ""] =
    /^\/((?:datasets|spaces)\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
  if (id !== undefined) {
    const name = kind === "models" ? id : `${kind}/${id}`;
    return { name, act, revision: decodeURIComponent(revision), path: decodeURIComponent(path) };
  }
  if (resolvedId === undefined) return undefined;
  return {
    name: `${prefix}${resolvedId}`,
    act: "resolve",
    revision: decodeURIComponent(resolvedRevision),
    path: decodeURIComponent(resolvedPath),
  };
}

type Refused = readonly [status: number, code: string, message: string];

const NOT_FOUND: Refused = [404, "RepoNotFound", "Repository not found"];

/** A stranger is told 401 of what is not there, as of what is not for them. */
function refuse(
  { headers }: IncomingMessage,
  repository: Known | undefined,
  isContent: boolean,
  { tokens = [] }: HubOptions,
): Refused | undefined {
  const token = /^Bearer (.*)$/.exec(headers.authorization ?? "")?.[1];
  if (token !== undefined && !tokens.includes(token))
    return [401, "", "Invalid credentials in Authorization header"];
  const isHidden = repository?.privateTo?.includes(token ?? "") === false;
  if (repository === undefined || isHidden)
    return token === undefined ? [401, "RepoNotFound", "Invalid username or password."] : NOT_FOUND;
  if (!isContent || repository.gatedTo?.includes(token ?? "") !== false) return undefined;
  const status = token === undefined ? 401 : 403;
  return [status, "GatedRepo", "Access to this repository is restricted"];
}

function sendRefusal(response: ServerResponse, [status, code, message]: Refused): void {
  const body = JSON.stringify({ error: message });
  response
    .writeHead(status, {
      "content-type": "application/json; charset=utf-8",
      "content-length": String(body.length),
      "x-error-message": message,
      ...(code !== "" && { "x-error-code": code }),
    })
    .end(body);
}

function sendJson(response: ServerResponse, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.setHeader("content-length", String(body.length)).end(body);
}

/** `expand` names the properties that are wanted; without it, the names of all files are among them. */
function sendInfo(response: ServerResponse, name: string, { commit, entries }: Known, url: URL): void {
  const siblings = entries.filter(({ type }) => type === "file").map(({ path }) => ({ rfilename: path }));
  const isBrief = url.searchParams.has("expand") || url.searchParams.has("expand[]");
  const id = name.replace(/^(?:datasets|spaces)\//, "");
  sendJson(response, { _id: "1", id, sha: commit, ...(!isBrief && { private: false, siblings }) });
}

async function sendPaths(
  request: IncomingMessage,
  response: ServerResponse,
  { entries }: Known,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  const isJson = /\bjson\b/.test(request.headers["content-type"] ?? "");
  const paths: unknown = isJson ? JSON.parse(text).paths : new URLSearchParams(text).getAll("paths");
  sendJson(
    response,
    entries.filter(({ path }) => (paths as readonly string[]).includes(path)),
  );
}

function sendTree(
  response: ServerResponse,
  { repository, folder, url }: { readonly repository: Known; readonly folder: string; readonly url: URL },
  { pageSize = 1000, nextPage = (next) => next }: HubOptions,
): void {
  const { entries } = repository;
  if (folder !== "" && !entries.some(({ type, path }) => type === "directory" && path === folder))
    return void sendRefusal(response, [404, "EntryNotFound", `${folder} does not exist`]);
  const isRecursive = url.searchParams.get("recursive")?.toLowerCase() === "true";
  const below = folder === "" ? entries : entries.filter(({ path }) => path.startsWith(`${folder}/`));
  const skipped = folder === "" ? 0 : folder.length + 1;
  const wanted = isRecursive ? below : below.filter(({ path }) => !path.slice(skipped).includes("/"));
  const from = Number(url.searchParams.get("cursor") ?? 0);
  if (from + pageSize < wanted.length) {
    const query = new URLSearchParams(url.searchParams);
    query.set("cursor", String(from + pageSize));
    response.setHeader("link", `<${nextPage(`${url.origin}${url.pathname}?${query}`)}>; rel="next"`);
  }
  sendJson(response, wanted.slice(from, from + pageSize));
}

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { repository, path, base }: { readonly repository: Known; readonly path: string; readonly base: string },
): void {
  const content = repository.files[path];
  const entry = repository.entries.find((one) => one.path === path);
  if (content === undefined || entry === undefined)
    return void sendRefusal(response, [404, "EntryNotFound", "Entry not found"]);
  response.setHeader("x-repo-commit", repository.commit);
  if (entry.lfs === undefined) return void sendRange(request, response, content, `"${entry.oid}"`);
  response
    .writeHead(302, {
      location: `${base}/large/${entry.lfs.oid}?X-Signature=${sha1(entry.lfs.oid)}`,
      "x-linked-etag": `"${entry.lfs.oid}"`,
      "x-linked-size": String(entry.size),
      "content-length": "0",
    })
    .end();
}

/** As a store of objects behind signed addresses: two ways at once to say who one is are one too many. */
function sendLarge(
  request: IncomingMessage,
  response: ServerResponse,
  contents: ReadonlyMap<string, Buffer>,
): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://large");
  const digest = pathname.slice("/large/".length);
  const content = contents.get(digest);
  const isSigned = searchParams.get("X-Signature") === sha1(digest);
  if (request.headers.authorization !== undefined || !isSigned)
    return void response.writeHead(isSigned ? 400 : 403, { "content-length": "0" }).end();
  if (content === undefined) return void response.writeHead(404, { "content-length": "0" }).end();
  sendRange(request, response, content, `"${digest.slice(0, 32)}"`);
}

function sendRange(request: IncomingMessage, response: ServerResponse, content: Buffer, etag: string): void {
  const range = rangeOf(request.headers, content.length, etag);
  if (range === "unsatisfiable")
    return void response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
  const [start, end] = range ?? [0, content.length];
  response.writeHead(range === undefined ? 200 : 206, {
    etag,
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
    "content-length": String(end - start),
    ...(range !== undefined && { "content-range": `bytes ${start}-${end - 1}/${content.length}` }),
  });
  response.end(request.method === "HEAD" ? undefined : content.subarray(start, end));
}
