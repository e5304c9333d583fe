import { type Diagnostic, errorDiagnostic } from "../model/diagnostic.ts";
import { type Host, NetworkError, type NetworkResponse } from "../model/host.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { isLastingFault } from "../model/retry.ts";

const MOST_REDIRECTS = 5;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;

/** More than any channel's list of its packages. */
const MOST_BYTES = 1 << 30;

type Reading = { readonly host: Pick<Host, "network" | "clock">; readonly signal: AbortSignal };

/**
 * What a channel has at an address; undefined where it has nothing.
 *
 * Errors: `conda/unreachable`, `conda/refused`.
 */
export async function readChannel(
  url: string,
  reading: Reading,
): Promise<Result<Uint8Array<ArrayBuffer> | undefined>> {
  for (let left = ATTEMPTS - 1, pauseMs = FIRST_PAUSE_MS; ; left -= 1, pauseMs *= 2) {
    const read = await readOnce(url, reading);
    if (read.ok || left === 0 || !read.diagnostics.some(({ details }) => details?.transient === true))
      return read;
    await reading.host.clock.sleep(pauseMs, reading.signal);
  }
}

async function readOnce(url: string, { host, signal }: Reading) {
  try {
    const response = await follow(url, host, signal);
    if (!response.ok) return response;
    if (response.value === undefined) return succeed(undefined);
    return succeed(await bytesAtMost(response.value.body));
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return fail(wordUnreachable(url, error));
  }
}

async function follow(
  from: string,
  { network }: Reading["host"],
  signal: AbortSignal,
): Promise<Result<NetworkResponse | undefined>> {
  let url = new URL(from);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const response = await network.request({ url: url.href, signal });
    const { status, headers } = response;
    if (status === 200) return succeed(response);
    response.discard();
    if (isAbsent(status, from)) return succeed(undefined);
    const { location } = headers;
    if (status < 300 || status >= 400 || location === undefined) return fail(wordRefusal(url, status));
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (next === undefined || !/^https?:$/.test(next.protocol)) return fail(wordRefusal(url, status));
    if (url.protocol === "https:" && next.protocol === "http:") return fail(wordRefusal(url, status));
    url = next;
  }
  return fail(wordRefusal(url, 310));
}

/** Some servers forbid what they do not have; the list that every channel must have is asked for last. */
function isAbsent(status: number, url: string): boolean {
  return status === 404 || status === 410 || (status === 403 && !url.endsWith("/repodata.json"));
}

async function bytesAtMost(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const collected: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new NetworkError("EFBIG", `it sends more than ${MOST_BYTES / 1e6} MB`);
    collected.push(chunk);
  }
  return new Uint8Array(Buffer.concat(collected));
}

function wordUnreachable(url: string, { code, message }: NetworkError): Diagnostic {
  return errorDiagnostic(
    "conda/unreachable",
    `the channel at ${new URL(url).host} cannot be read: ${message}`,
    {
      path: "/environment/conda",
      hint: "check the channel's address and the network, then type the same command again",
      details: { transient: code !== "EFBIG" && !isLastingFault(code), code },
    },
  );
}

function hintFor(status: number): string {
  if (status === 401 || status === 403)
    return "use a public channel, or mirror this one where no login is needed";
  if (status >= 300 && status < 400) return "write the address that the channel redirects to";
  return status === 429 || status >= 500 ? "apply again later" : "correct the channel in the conda file";
}

function wordRefusal({ host, pathname }: URL, status: number): Diagnostic {
  return errorDiagnostic("conda/refused", `${host} answers ${status} for \`${pathname}\``, {
    path: "/environment/conda",
    hint: hintFor(status),
    details: { status, transient: status === 429 || status >= 500 },
  });
}
