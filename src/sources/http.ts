import path from "node:path";
import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { type Digest, isDigest } from "../model/digest.ts";
import { NetworkError, type NetworkResponse } from "../model/host.ts";
import type { OutputFile } from "../model/outcome.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { isLastingFault } from "../model/retry.ts";
import type { Blob, Pin, Source, SourceContext, SourceReference } from "../model/source.ts";
import { wordMismatch } from "./file.ts";

const MAXIMUM_REDIRECTS = 5;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** How often one download goes on after its connection broke. */
const RESUMES = 5;

/** The file is not the one that was begun; from the start, it may be had. */
const CHANGED = "ESTALE";

/**
 * One file from a web server. With `sha256` the pin is known without asking; without, it is what the server says of the
 * file now: ETag, time and length.
 *
 * Errors: `source/not-a-file-url`, `source/credentials-in-url`, `source/unreachable`, `source/refused`,
 * `source/too-many-redirects`, `source/bad-redirect`, `source/insecure-redirect`, `source/digest-mismatch`,
 * `source/no-identity`, `source/changed`.
 */
export const httpSource: Source = { schemes: ["http", "https"], parse, pin, find, fetch };

function parse(reference: SourceReference): Result<SourceReference> {
  const url = URL.canParse(reference.source) ? new URL(reference.source) : undefined;
  if (url === undefined || fileNameOf(url) === "") {
    return fail(
      errorDiagnostic("source/not-a-file-url", `\`${reference.source}\` is no address of a file`, {
        hint: "the last part of the path must be the file's name",
      }),
    );
  }
  if (url.username === "" && url.password === "") return succeed(reference);
  return fail(
    errorDiagnostic(
      "source/credentials-in-url",
      `the address of \`${url.host}\` holds a user name or a password`,
      {
        hint: "take them out: the file is for everybody to read",
      },
    ),
  );
}

async function pin(reference: SourceReference, context: SourceContext): Promise<Result<Pin>> {
  const url = new URL(reference.source);
  const paths = [fileNameOf(url)];
  if (reference.sha256 !== undefined) {
    return succeed({ scheme: "http", identity: { url: url.href, sha256: reference.sha256 }, paths });
  }
  const asked = await withRetries(context, () => follow(url, "HEAD", context));
  const response = !isHeadRefused(asked)
    ? asked
    : await withRetries(context, () => follow(url, "GET", context));
  if (!response.ok) return response;
  // Its connection would else stay open, and we with it.
  response.value.discard();
  const version = versionOf(response.value);
  if (version.etag === "" && version.lastModified === "") {
    return fail(
      errorDiagnostic(
        "source/no-identity",
        `${url.host} does not tell one version of the file from another`,
        {
          hint: "add the file's `sha256`: without it, nobody could say when the file has changed",
        },
      ),
    );
  }
  return succeed({ scheme: "http", identity: { url: url.href, ...version }, paths });
}

/** What a server tells one version of a file from another by. */
type Version = { readonly etag: string; readonly lastModified: string; readonly length: string };

function versionOf({ headers }: NetworkResponse): Version {
  const { etag = "", "last-modified": lastModified = "", "content-length": length = "" } = headers;
  return { etag, lastModified, length };
}

/** Whether a server sends what it was asked about before: by the ETag, or else the time, where it tells them both times. */
function isSameVersion(before: Version, now: Version): boolean {
  const strong = (etag: string): string => etag.replace(/^W\//, "");
  if (before.etag !== "" && now.etag !== "") return strong(before.etag) === strong(now.etag);
  return before.lastModified === now.lastModified || before.lastModified === "" || now.lastModified === "";
}

async function fetch(
  reference: SourceReference,
  pinned: Pin,
  context: SourceContext,
): Promise<Result<readonly OutputFile[]>> {
  const known = await find(pinned, context);
  if (known !== undefined) return succeed(known);
  const url = new URL(reference.source);
  const name = pinned.paths[0] ?? fileNameOf(url);
  const wanted = digestOfPin(pinned);
  const blob = await download(url, wanted === undefined ? (pinned.identity as Version) : undefined, context);
  if (!blob.ok) return blob;
  if (wanted !== undefined && blob.value.digest !== wanted) {
    // It stays, under its own digest: another package may mean just this file.
    const actual = blob.value.digest.slice("sha256:".length);
    return fail(reference.sha256 === undefined ? wordReplaced(url) : wordMismatch(reference, actual));
  }
  return succeed([{ path: name, digest: blob.value.digest, size: blob.value.size, mode: 0o644 }]);
}

/** A lock, or the file, may say which content it is; whatever address that came from, it is the one. */
async function find(pinned: Pin, { store, host }: SourceContext): Promise<readonly OutputFile[] | undefined> {
  const [[path], digest] = [pinned.paths, digestOfPin(pinned)];
  const place = digest && (await store.find(digest));
  if (path === undefined || digest === undefined || place === undefined) return undefined;
  return [{ path, digest, size: (await host.files.status(place))?.size ?? 0, mode: 0o644 }];
}

function digestOfPin({ identity }: Pin): Digest | undefined {
  const digest = `sha256:${identity.sha256}`;
  return isDigest(digest) ? digest : undefined;
}

async function download(
  url: URL,
  pinned: Version | undefined,
  context: SourceContext,
): Promise<Result<Blob>> {
  try {
    const response = await follow(url, "GET", context);
    if (!response.ok) return response;
    if (pinned !== undefined && !isSameVersion(pinned, versionOf(response.value))) {
      response.value.discard();
      return fail(wordNewVersion(url));
    }
    return succeed(await context.store.write(wholeBody(url, response.value, context)));
  } catch (error) {
    return asFailure(error);
  }
}

function wordReplaced(url: URL): Diagnostic {
  return errorDiagnostic("source/digest-mismatch", `${url.host} has another file than was locked`, {
    hint: "somebody replaced it; if that was meant, `mlpackage lock --upgrade models` takes it as it is now",
  });
}

function wordNewVersion(url: URL): Diagnostic {
  return errorDiagnostic(
    "source/changed",
    `the file at ${url.host} was replaced between looking and downloading`,
    { hint: "apply again; with its `sha256` you decide which version is meant" },
  );
}

/** The bytes of a file; where the connection breaks, the rest of the same version is asked for, if the server can. */
async function* wholeBody(url: URL, first: NetworkResponse, context: SourceContext) {
  const totalBytes = Number(first.headers["content-length"] ?? Number.NaN);
  const etag = resumableVersion(first);
  let response = first;
  for (let bytes = 0, resumed = 0; ; resumed += 1) {
    try {
      if (resumed > 0) response = await askForRest(url, bytes, etag, context);
      for await (const chunk of response.body) {
        bytes += chunk.length;
        context.onProgress({ bytes, ...(Number.isFinite(totalBytes) && { totalBytes }) });
        yield chunk;
      }
      if (!Number.isFinite(totalBytes) || bytes === totalBytes) return;
      throw new NetworkError("ECONNRESET", `${bytes} bytes came instead of ${totalBytes}`);
    } catch (error) {
      if (etag === "" || resumed === RESUMES || !mayPass(error)) throw error;
      await context.host.clock.sleep(FIRST_PAUSE_MS * 2 ** resumed, context.signal);
    }
  }
}

/** The strong ETag of a server that sends parts of a file; a weak one does not promise the same bytes (RFC 9110, 8.8). */
function resumableVersion({ headers }: NetworkResponse): string {
  const { etag = "", "accept-ranges": ranges } = headers;
  return ranges === "bytes" && etag.startsWith('"') ? etag : "";
}

/** Never another version than the one that was begun: `If-Range` has the server send all of it where there is one. */
async function askForRest(
  url: URL,
  bytes: number,
  etag: string,
  context: SourceContext,
): Promise<NetworkResponse> {
  // Where nothing has come yet, the rest is the whole.
  const part = bytes > 0 ? { range: `bytes=${bytes}-`, "if-range": etag } : {};
  const response = await follow(url, "GET", context, part);
  if (!response.ok) throw new NetworkError("ECONNRESET", response.diagnostics[0]?.message ?? "no answer");
  const { status, headers, discard } = response.value;
  const isRest =
    bytes > 0 ? status === 206 && headers["content-range"]?.startsWith(`bytes ${bytes}-`) : status === 200;
  if (isRest && headers.etag === etag) return response.value;
  discard();
  throw new NetworkError(CHANGED, `${url.host} broke off, and does not send the rest of the same version`);
}

/** An address that is signed for GET alone, or a server that knows no HEAD. */
function isHeadRefused(asked: Result<unknown>): boolean {
  if (asked.ok) return false;
  return asked.diagnostics.some(({ details }) => [403, 405, 501].includes(Number(details?.status)));
}

/** What may go better next time: no answer, an answer cut short, 429 and 5xx. */
async function withRetries<T>(context: SourceContext, attempt: () => Promise<Result<T>>): Promise<Result<T>> {
  for (let left = ATTEMPTS - 1, pauseMs = FIRST_PAUSE_MS; ; left -= 1, pauseMs *= 2) {
    const result = await attempt().catch(asFailure);
    if (result.ok || left === 0 || !result.diagnostics.some(isTransient)) return result;
    const askedMs = Number(result.diagnostics[0]?.details?.retryAfterMs ?? 0);
    await context.host.clock.sleep(Math.min(Math.max(pauseMs, askedMs), LONGEST_PAUSE_MS), context.signal);
  }
}

function isTransient(diagnostic: Diagnostic): boolean {
  return diagnostic.details?.transient === true;
}

function asFailure(error: unknown): Result<never> {
  if (!(error instanceof NetworkError)) throw error;
  return fail(
    errorDiagnostic("source/unreachable", `the model could not be downloaded: ${error.message}`, {
      details: { transient: !isLastingFault(error.code), code: error.code },
    }),
  );
}

/** Whether the rest may still come. */
function mayPass(error: unknown): boolean {
  return error instanceof NetworkError && !isLastingFault(error.code) && error.code !== CHANGED;
}

async function follow(
  from: URL,
  method: "HEAD" | "GET",
  context: SourceContext,
  headers: Readonly<Record<string, string>> = {},
): Promise<Result<NetworkResponse>> {
  let url = from;
  for (let redirects = 0; redirects <= MAXIMUM_REDIRECTS; redirects += 1) {
    const { signal } = context;
    const response = await context.host.network.request({ url: url.href, method, headers, signal });
    const { location } = response.headers;
    if (response.status < 300) return succeed(response);
    response.discard();
    if (response.status >= 400 || location === undefined) return fail(wordRefusal(url, response));
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (next === undefined || !/^https?:$/.test(next.protocol)) return fail(wordBadRedirect(url, location));
    if (url.protocol === "https:" && next.protocol !== "https:") return fail(wordDowngrade(url, next));
    url = next;
  }
  return fail(
    errorDiagnostic(
      "source/too-many-redirects",
      `${from.host} sends the request on more than ${MAXIMUM_REDIRECTS} times`,
    ),
  );
}

function wordRefusal(url: URL, response: NetworkResponse): Diagnostic {
  const { status } = response;
  const seconds = Number(response.headers["retry-after"] ?? 0);
  return errorDiagnostic("source/refused", `${url.host} answers ${status} for \`${url.pathname}\``, {
    ...(status === 404 && { hint: "check the address: there is no such file" }),
    ...((status === 401 || status === 403) && { hint: "the file is not public" }),
    details: {
      status,
      transient: status === 429 || status >= 500,
      retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : 0,
    },
  });
}

function wordBadRedirect(url: URL, location: string): Diagnostic {
  return errorDiagnostic("source/bad-redirect", `${url.host} sends the request on to no address of the web`, {
    excerpt: [`Location: ${location}`],
  });
}

function wordDowngrade(url: URL, next: URL): Diagnostic {
  return errorDiagnostic(
    "source/insecure-redirect",
    `${url.host} sends the request on from https to http (${next.host})`,
    {
      hint: "name the final address, with `sha256`",
    },
  );
}

function fileNameOf(url: URL): string {
  return safeDecode(path.posix.basename(url.pathname)).replace(/[^\w.+-]/g, "_");
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
