import path from "node:path";
import { errorDiagnostic } from "../model/diagnostic.ts";
import type { NetworkResponse } from "../model/host.ts";
import {
  type Listing,
  type Place,
  type PublishedDigest,
  Refusal,
  type RemoteFile,
  SourceFault,
} from "../model/place.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Source, SourceContext, SourceReference } from "../model/source.ts";
import { follow } from "../transfers/follow.ts";
import { readPages } from "../transfers/pages.ts";
import { rangeHeaders } from "../transfers/range-headers.ts";
import { findGoogleCredentials, type TokenSource } from "./gcs/credentials.ts";
import { createRemoteSource } from "./remote-source.ts";

type Address = { readonly bucket: string; readonly name: string; readonly generation?: string | undefined };

/** An object as the JSON API has it; digests are in base64. */
type GcsObject = {
  readonly name: string;
  readonly generation: string;
  readonly size: string;
  readonly md5Hash?: string;
  readonly crc32c?: string;
  readonly contentEncoding?: string;
};

type Page = { readonly items?: readonly GcsObject[]; readonly nextPageToken?: string };

const FIELDS = "name,generation,size,md5Hash,crc32c,contentEncoding";

/** A bucket, and who asks for it. */
type Bucket = {
  readonly name: string;
  readonly isAnonymous: boolean;
  ask(
    path: string,
    wanted: {
      readonly query: Readonly<Record<string, string>>;
      readonly headers?: Readonly<Record<string, string>>;
      readonly signal: AbortSignal;
    },
  ): Promise<NetworkResponse>;
};

/**
 * `gs://bucket/object[#generation]` of Google Cloud Storage, by its JSON API: one object, or all whose names begin with the
 * name and a slash. What comes is always one generation, so that nothing is ever mixed; an object's MD5 or CRC-32C is compared
 * with what came.
 *
 * Errors: `source/not-a-bucket-address`, `source/no-credentials`, `source/refused`, `source/changed`, `source/stored-compressed`.
 */
const bucketOfGcs: Place = {
  schemes: ["gs"],
  parse(reference: SourceReference): Result<SourceReference> {
    if (addressOf(reference.source) !== undefined) return succeed(reference);
    return fail(
      errorDiagnostic(
        "source/not-a-bucket-address",
        `\`${reference.source}\` is not the address of an object`,
        {
          hint: "write `gs://BUCKET/OBJECT`, `gs://BUCKET/FOLDER/` or `gs://BUCKET/OBJECT#GENERATION`",
        },
      ),
    );
  },
  async list(reference, revision, context): Promise<Result<Listing>> {
    const address = addressOf(reference.source);
    if (address === undefined) throw new Error(`${reference.source} was not parsed`);
    const bucket = await openBucket(address.bucket, context);
    const { name } = address;
    const generation = address.generation ?? revision?.generation;
    const isFolder = name === "" || name.endsWith("/");
    const object = isFolder ? undefined : await findObject(bucket, { ...address, generation }, context);
    if (object !== undefined) {
      const file = fileOf(object, path.posix.basename(name), bucket);
      return succeed({ revision: { generation: object.generation }, files: [file] });
    }
    const prefix = isFolder ? name : `${name}/`;
    const objects = await listBelow(bucket, prefix, context);
    if (objects.length === 0 && name !== "") throw wordNoObject(bucket, name);
    const files = objects.map((one) => fileOf(one, one.name.slice(prefix.length), bucket));
    return succeed({ revision: {}, files });
  },
};

export const gcsSource: Source = createRemoteSource(bucketOfGcs);

/** The name is taken as it stands, as `gcloud storage` takes it: nothing in it is decoded. */
function addressOf(source: string): Address | undefined {
  const [, bucket = "", name = "", generation] =
    /^gs:\/\/([^/#]+)(?:\/(.*?)(?:#(\d+))?)?$/is.exec(source) ?? [];
  const isName = /^[a-z0-9][a-z0-9._-]*$/i.test(bucket);
  const isObject = name !== "" && !name.endsWith("/");
  return isName && (isObject || generation === undefined) ? { bucket, name, generation } : undefined;
}

async function openBucket(name: string, { host }: SourceContext): Promise<Bucket> {
  const { STORAGE_EMULATOR_HOST: emulator } = host.environment;
  const token: TokenSource | undefined = emulator ? undefined : await findGoogleCredentials(host);
  const origin = emulator ? originOf(emulator) : "https://storage.googleapis.com";
  return {
    name,
    isAnonymous: token === undefined,
    async ask(place, { query, headers = {}, signal }) {
      const url = `${origin}/storage/v1/b/${encodeURIComponent(name)}/o${place}?${new URLSearchParams(query)}`;
      const credentials = token === undefined ? {} : { authorization: `Bearer ${await token()}` };
      return follow(host.network, { url, headers, credentials, signal });
    },
  };
}

/** `localhost:9023` and `http://localhost:9023/` are both usual. */
function originOf(emulator: string): string {
  return (/^https?:\/\//i.test(emulator) ? emulator : `http://${emulator}`).replace(/\/+$/, "");
}

/** Undefined where no object has that name; below it there may be some. */
async function findObject(
  bucket: Bucket,
  { name, generation }: Address,
  { signal }: SourceContext,
): Promise<GcsObject | undefined> {
  const query = { fields: FIELDS, ...(generation !== undefined && { generation }) };
  try {
    const response = await bucket.ask(`/${encodeURIComponent(name)}`, { query, signal });
    return await readJson<GcsObject>(response);
  } catch (error) {
    if (!isStatus(error, 404)) throw wordRefusal(error, bucket, name);
    if (generation !== undefined) throw wordNoGeneration(bucket, name, generation);
    return undefined;
  }
}

/** All objects below a prefix; what only stands for a folder is none of them. */
async function listBelow(
  bucket: Bucket,
  prefix: string,
  { signal }: SourceContext,
): Promise<readonly GcsObject[]> {
  try {
    return await readPages(`what is below \`${prefix}\``, async (pageToken) => {
      const query = {
        prefix,
        fields: `nextPageToken,items(${FIELDS})`,
        ...(pageToken !== undefined && { pageToken }),
      };
      const page: Page = await readJson<Page>(await bucket.ask("", { query, signal }));
      const entries = (page.items ?? []).filter(({ name }) => !name.endsWith("/"));
      return { entries, next: page.nextPageToken || undefined };
    });
  } catch (error) {
    throw isStatus(error, 404) ? wordNoBucket(bucket) : wordRefusal(error, bucket, prefix);
  }
}

async function readJson<T>(response: NetworkResponse): Promise<T> {
  const text = await response.text();
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new SourceFault(
      "source/refused",
      "Cloud Storage's answer is not JSON",
      "a proxy may have answered instead: check `HTTPS_PROXY` and `STORAGE_EMULATOR_HOST`",
    );
  }
}

function fileOf(object: GcsObject, name: string, bucket: Bucket): RemoteFile {
  const { generation, size, md5Hash, crc32c } = object;
  const published: readonly PublishedDigest[] = [
    ...(md5Hash === undefined ? [] : [{ algorithm: "md5", value: toHex(md5Hash) } as const]),
    ...(crc32c === undefined ? [] : [{ algorithm: "crc32c", value: toHex(crc32c) } as const]),
  ];
  return {
    path: name,
    size: Number(size),
    ...(published.length > 0 && { published }),
    version: generation,
    async open(span, _validator, signal) {
      demandAsStored(object, bucket);
      const headers = {
        ...rangeHeaders(span, undefined),
        // Without, a compressed object would be unpacked on the way, and others packed.
        "accept-encoding": isCompressed(object) ? "gzip" : "identity",
      };
      const query = { alt: "media", generation };
      try {
        const response = await bucket.ask(`/${encodeURIComponent(object.name)}`, { query, headers, signal });
        return asGeneration(generation, response);
      } catch (error) {
        throw isStatus(error, 404)
          ? wordReplaced(bucket, object.name)
          : wordRefusal(error, bucket, object.name);
      }
    },
  };
}

/** The generation was asked for, and is as good as an ETag: this API's own changes with an object's metadata. */
function asGeneration(generation: string, response: NetworkResponse): NetworkResponse {
  const headers = { ...response.headers, etag: `"${generation}"`, "accept-ranges": "bytes" };
  return { ...response, headers };
}

function isCompressed({ contentEncoding = "" }: GcsObject): boolean {
  return contentEncoding.toLowerCase() === "gzip";
}

/** The name says whether whoever stored it means the compressed file. */
function demandAsStored(object: GcsObject, { name }: Bucket): void {
  if (!isCompressed(object) || /\.t?gz$/i.test(object.name)) return;
  const address = `gs://${name}/${object.name}`;
  throw new SourceFault(
    "source/stored-compressed",
    `\`${address}\` is stored compressed, but its name has no \`.gz\``,
    `upload it as it is, without \`--gzip-local\`: \`gcloud storage cp ${path.posix.basename(object.name)} ${address}\``,
  );
}

function toHex(base64: string): string {
  return Buffer.from(base64, "base64").toString("hex");
}

function isStatus(error: unknown, status: number): error is Refusal {
  return error instanceof Refusal && error.status === status;
}

/** What Cloud Storage refused, in words that say what to do about it; any other error as it is. */
function wordRefusal(error: unknown, bucket: Bucket, name: string): unknown {
  if (!(error instanceof Refusal)) return error;
  const { status, headers, message } = error;
  const address = `gs://${bucket.name}/${name}`;
  if (status !== 401 && status !== 403)
    return new Refusal(status, message, {
      headers,
      hint: error.hint ?? "apply again: the part that has arrived is kept",
    });
  return bucket.isAnonymous
    ? new Refusal(status, `\`${address}\` is not public, and there are no credentials for Cloud Storage`, {
        headers,
        hint: "type `gcloud auth application-default login`, or set `GOOGLE_APPLICATION_CREDENTIALS` to the file of a service account",
      })
    : new Refusal(status, `Cloud Storage denies access to \`${address}\``, {
        headers,
        hint: `grant \`roles/storage.objectViewer\` to this account: \`gcloud storage buckets add-iam-policy-binding gs://${bucket.name} --role=roles/storage.objectViewer --member=…\``,
      });
}

function wordNoBucket({ name }: Bucket): Refusal {
  return new Refusal(404, `there is no bucket \`gs://${name}\``, {
    hint: "check its name: `gcloud storage ls` lists those of your project",
  });
}

function wordNoObject({ name: bucket }: Bucket, name: string): Refusal {
  const folder = name.slice(0, name.lastIndexOf("/") + 1);
  return new Refusal(404, `there is neither an object \`gs://${bucket}/${name}\` nor anything below it`, {
    hint: `\`gcloud storage ls gs://${bucket}/${folder}\` lists what is there; case counts`,
  });
}

function wordNoGeneration({ name: bucket }: Bucket, name: string, generation: string): Refusal {
  return new Refusal(404, `\`gs://${bucket}/${name}\` no longer has the generation ${generation}`, {
    code: "source/changed",
    hint: `\`gcloud storage ls -a gs://${bucket}/${name}\` lists what there is; type \`mlpackage lock --upgrade models\` to take the newest`,
  });
}

function wordReplaced({ name: bucket }: Bucket, name: string): SourceFault {
  return new SourceFault(
    "source/changed",
    `\`gs://${bucket}/${name}\` was replaced during the download`,
    "apply again; turn on object versioning in the bucket to keep the locked version",
  );
}
