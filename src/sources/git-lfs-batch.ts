import type { Digest } from "../model/digest.ts";
import type { LfsObject } from "../model/git-lfs.ts";
import type { Network } from "../model/host.ts";
import { Refusal, SourceFault } from "../model/place.ts";
import { follow } from "../transfers/follow.ts";

/** A pointer of the package: its name inside the model, where it lies, and what it stands for. */
export type PointedFile = LfsObject & { readonly path: string; readonly origin: string };

/** Where an object is to be had, with headers that are for that server alone. */
export type LfsAction = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresMs: number;
};

const MEDIA_TYPE = "application/vnd.git-lfs+json";

/** What is ours to say of a request. */
const OWN_HEADERS = /^(?:host|connection|content-length|transfer-encoding|range|if-range|accept-encoding)$/;

/** Asks where objects are (git-lfs, docs/api/batch.md); gives an action for each, or rejects. */
export async function askBatch(
  endpoint: string,
  files: readonly PointedFile[],
  {
    network,
    nowMs,
    signal,
  }: { readonly network: Network; readonly nowMs: number; readonly signal: AbortSignal },
): Promise<ReadonlyMap<Digest, LfsAction>> {
  const response = await follow(network, {
    url: `${endpoint}/objects/batch`,
    method: "POST",
    headers: { accept: MEDIA_TYPE, "content-type": MEDIA_TYPE },
    body: JSON.stringify({
      operation: "download",
      transfers: ["basic"],
      objects: files.map(({ digest, size }) => ({ oid: digest.slice("sha256:".length), size })),
      hash_algo: "sha256",
    }),
    signal,
  });
  const answer = parse(await response.text(), endpoint);
  if ((answer.transfer ?? "basic") !== "basic" || (answer.hash_algo ?? "sha256") !== "sha256")
    throw wordBad(endpoint, "asks for a transfer method that was not offered");
  if (!Array.isArray(answer.objects)) throw wordBad(endpoint, "has no list of objects");
  const objects = new Map(answer.objects.map(asRecord).map((object) => [object.oid, object]));
  return new Map(
    files.map((file) => {
      const object = objects.get(file.digest.slice("sha256:".length));
      if (object === undefined) throw wordBad(endpoint, `leaves out \`${file.origin}\``);
      return [file.digest, actionFor(file, object, { endpoint, nowMs })] as const;
    }),
  );
}

type Fields = Readonly<Record<string, unknown>>;

function actionFor(
  { origin, size }: PointedFile,
  object: Fields,
  { endpoint, nowMs }: { readonly endpoint: string; readonly nowMs: number },
): LfsAction {
  if (object.error !== undefined && object.error !== null) {
    const { code, message } = asRecord(object.error);
    const said = typeof message === "string" ? `: ${message.replace(/\s+/g, " ").slice(0, 200)}` : "";
    const status = Number.isSafeInteger(code) ? Number(code) : 0;
    const wording = `${new URL(endpoint).host} does not have what \`${origin}\` points to (${status})${said}`;
    const hint = "whoever added it has to type `git lfs push --all origin`";
    throw new Refusal(status, wording, { code: "source/git-lfs-object", hint });
  }
  if (object.size !== undefined && object.size !== size)
    throw new SourceFault(
      "source/wrong-size",
      `\`${origin}\` points to ${size} bytes, and ${new URL(endpoint).host} says ${Number(object.size)}`,
      "whoever added it has to type `git lfs push --all origin`",
    );
  const { href, header, expires_in, expires_at } = asRecord(asRecord(object.actions).download);
  const url = typeof href === "string" && URL.canParse(href) ? new URL(href) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw wordBad(endpoint, `has no http address for \`${origin}\``);
  if (url.protocol === "http:" && endpoint.startsWith("https:"))
    throw wordBad(endpoint, `leads from https to http for \`${origin}\``);
  const lastsMs = typeof expires_in === "number" && expires_in > 0 ? expires_in * 1000 : Number.NaN;
  const untilMs = typeof expires_at === "string" ? Date.parse(expires_at) : Number.NaN;
  const expiresMs = [nowMs + lastsMs, untilMs].find((time) => !Number.isNaN(time));
  // The clocks of two machines differ: what is over as it is given is used at once.
  const isOver = expiresMs === undefined || expiresMs <= nowMs;
  return {
    url: url.href,
    headers: headersIn(header, endpoint),
    expiresMs: isOver ? Number.POSITIVE_INFINITY : expiresMs,
  };
}

function headersIn(header: unknown, endpoint: string): LfsAction["headers"] {
  const entries = Object.entries(asRecord(header)).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const isSound = entries.every(
    ([name, value]) =>
      /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name) && typeof value === "string" && /^[\t -~]*$/.test(value),
  );
  if (!isSound) throw wordBad(endpoint, "has headers that are not valid");
  return Object.fromEntries(entries.filter(([name]) => !OWN_HEADERS.test(name))) as LfsAction["headers"];
}

function parse(text: string, endpoint: string): Fields {
  try {
    return asRecord(JSON.parse(text));
  } catch {
    throw wordBad(endpoint, "is not JSON");
  }
}

function asRecord(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function wordBad(endpoint: string, fault: string): SourceFault {
  const { host } = new URL(endpoint);
  return new SourceFault(
    "source/git-lfs-answer",
    `the answer of the Git LFS server ${host} ${fault}`,
    "check the endpoint that `git lfs env` prints",
  );
}
