import path from "node:path";
import { errorDiagnostic } from "../model/diagnostic.ts";
import type { NetworkResponse } from "../model/host.ts";
import { type Listing, type Place, Refusal, type RemoteFile, SourceFault } from "../model/place.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Source, SourceContext, SourceReference } from "../model/source.ts";
import { type Followed, follow } from "../transfers/follow.ts";
import { rangeHeaders } from "../transfers/range-headers.ts";
import { createRemoteSource } from "./remote-source.ts";

/**
 * One file from a web server. With `sha256` nobody is asked what is there; without, its version is what the server says
 * of the file now: its ETag, or else its time.
 *
 * Errors: `source/not-a-file-url`, `source/credentials-in-url`, and those of `sources/remote-source.ts`.
 */
const webServer: Place = {
  schemes: ["http", "https"],
  parse,
  async list(reference, _revision, context): Promise<Result<Listing>> {
    const url = new URL(reference.source);
    const asked = reference.sha256 === undefined ? await ask(url, context) : undefined;
    const version = asked === undefined ? "" : versionOf(asked);
    // Who makes its answers up says that a HEAD has none.
    const size = Number(asked?.headers["content-length"] || Number.NaN);
    const file: RemoteFile = {
      path: fileNameOf(url),
      ...(version !== "" && { version }),
      ...(size > 0 && { size }),
      async open(span, validator, signal) {
        const wanted = { url: url.href, headers: rangeHeaders(span, validator), signal };
        const response = await follow(context.host.network, wanted);
        if (validator !== undefined || isSame(asked, response)) return response;
        response.discard();
        throw wordNewVersion(url);
      },
    };
    return succeed({ revision: {}, files: [file] });
  },
};

export const httpSource: Source = createRemoteSource(webServer);

function parse(reference: SourceReference): Result<SourceReference> {
  const url = URL.canParse(reference.source) ? new URL(reference.source) : undefined;
  if (url === undefined || fileNameOf(url) === "") {
    return fail(
      errorDiagnostic("source/not-a-file-url", `\`${reference.source}\` is not the address of a file`, {
        hint: "end the address with the file's name, as in `https://models.example.com/ridge.pkl`",
      }),
    );
  }
  if (url.username === "" && url.password === "") return succeed(reference);
  return fail(
    errorDiagnostic(
      "source/credentials-in-url",
      `the address of \`${url.host}\` contains a user name or a password`,
      {
        hint: "remove them: everybody can read this file",
      },
    ),
  );
}

/** What a server says of a file, without the file. */
async function ask(url: URL, { host, signal }: SourceContext): Promise<NetworkResponse> {
  const wanted: Followed = { url: url.href, signal };
  const response = await follow(host.network, { ...wanted, method: "HEAD" }).catch((error) => {
    if (!isHeadRefused(error)) throw error;
    return follow(host.network, wanted);
  });
  // Its connection would else stay open, and we with it.
  response.discard();
  return response;
}

/** An address that is signed for GET alone, or a server that knows no HEAD. */
function isHeadRefused(error: unknown): boolean {
  return error instanceof Refusal && [403, 405, 501].includes(error.status);
}

/** What a server tells one version of a file from another by; empty where it tells none. */
function versionOf({ headers }: NetworkResponse): string {
  const { etag, time } = versionsIn(headers);
  return etag || time;
}

/** Whether an answer is of the version that was found; a server need not tell it each time. */
function isSame(before: NetworkResponse | undefined, now: NetworkResponse): boolean {
  const [one, other] = [before, now].map((response) => versionsIn(response?.headers ?? {}));
  if (one?.etag && other?.etag) return one.etag === other.etag;
  return !(one?.time && other?.time) || one.time === other.time;
}

function versionsIn({ etag = "", "last-modified": time = "" }: NetworkResponse["headers"]) {
  // A weak one may be strong in the next answer, and is the same.
  return { etag: etag.replace(/^W\//, ""), time };
}

function wordNewVersion({ host }: URL): SourceFault {
  return new SourceFault(
    "source/changed",
    `the file at ${host} was replaced during the download`,
    "apply again; add its `sha256` to choose one version",
  );
}

/** A name that is safe everywhere: what else there is in the address becomes `_`. */
function fileNameOf(url: URL): string {
  const name = safeDecode(path.posix.basename(url.pathname)).replace(/[^\w.+-]/g, "_");
  return /^\.*$/.test(name) ? "" : name.replace(/\.+$/, "");
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
