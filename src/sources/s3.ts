import path from "node:path";
import { errorDiagnostic } from "../model/diagnostic.ts";
import { inLanes } from "../model/lanes.ts";
import type { Listing, Place, PublishedDigest, RemoteFile } from "../model/place.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import type { Source, SourceReference } from "../model/source.ts";
import { rangeHeaders } from "../transfers/range-headers.ts";
import { createRemoteSource } from "./remote-source.ts";
import { openBucket, type S3Bucket, type S3Object } from "./s3/client.ts";
import { type Asked, refuseKey, refuseVersion, wordRefusal } from "./s3/refusals.ts";
import { S3Refusal } from "./s3/transport.ts";

/** So many objects at once are asked for their checksums. */
const ASKED_AT_ONCE = 16;

type Address = { readonly bucket: string; readonly key: string; readonly versionId?: string | undefined };

/**
 * `s3://bucket/key[?versionId=…]`: one object, or all whose keys begin with the key and a slash. An object's revision is its
 * version where its bucket keeps versions; its digest is what S3 publishes of the whole object; its version is the ETag,
 * which is no digest of its bytes.
 *
 * Errors: `source/not-a-bucket-address`, `source/credentials-in-url`, `source/no-credentials`, `source/refused`,
 * `source/changed`.
 */
const bucketOfS3: Place = {
  schemes: ["s3"],
  parse,
  async list(reference, revision, context): Promise<Result<Listing>> {
    const address = addressOf(reference.source);
    if (address === undefined) throw new Error(`${reference.source} was not parsed`);
    const bucket = await openBucket(address.bucket, context.host, context.signal);
    const asked: Asked = { ...address, isAnonymous: bucket.isAnonymous };
    try {
      return succeed(await list(bucket, asked, address.versionId ?? revision?.version));
    } catch (error) {
      throw wordRefusal(error, asked);
    }
  },
};

export const s3Source: Source = createRemoteSource(bucketOfS3);

/** The key is taken as it stands, as AWS's command line takes it: nothing in it is decoded. */
function addressOf(source: string): Address | undefined {
  const [, bucket = "", key = "", versionId] =
    /^s3:\/\/([^/?#]+)(?:\/(.*?)(?:\?versionId=([^&?#]+))?)?$/is.exec(source) ?? [];
  const isName = /^[a-z0-9][a-z0-9._-]*$/i.test(bucket);
  const isObject = key !== "" && !key.endsWith("/");
  return isName && (isObject || versionId === undefined) ? { bucket, key, versionId } : undefined;
}

function parse(reference: SourceReference): Result<SourceReference> {
  if (addressOf(reference.source) !== undefined) return succeed(reference);
  const [, host] = /^s3:\/\/[^/]*@([^/]*)/i.exec(reference.source) ?? [];
  if (host !== undefined)
    return fail(
      errorDiagnostic("source/credentials-in-url", `the address of the bucket \`${host}\` contains keys`, {
        hint: "remove them, since everybody can read this file, and set `AWS_PROFILE` instead",
      }),
    );
  return fail(
    errorDiagnostic(
      "source/not-a-bucket-address",
      `\`${reference.source}\` is not the address of an object`,
      {
        hint: "write `s3://BUCKET/KEY`, `s3://BUCKET/FOLDER/` or `s3://BUCKET/KEY?versionId=VERSION`",
      },
    ),
  );
}

async function list(bucket: S3Bucket, asked: Asked, versionId: string | undefined): Promise<Listing> {
  const { key } = asked;
  const isFolder = key === "" || key.endsWith("/");
  const object = isFolder ? undefined : await findObject(bucket, asked, versionId);
  if (object !== undefined) {
    const { versionId: version } = object;
    const file = fileOf(object, path.posix.basename(key), bucket, asked);
    return { revision: version === undefined ? {} : { version }, files: [file] };
  }
  const prefix = isFolder ? key : `${key}/`;
  const objects = await listBelow(bucket, prefix);
  if (objects.length === 0 && key !== "") throw refuseKey(asked);
  const files = objects.map((one) => fileOf(one, one.key.slice(prefix.length), bucket, asked));
  return { revision: {}, files };
}

/** Undefined where no object has that key; below it there may be some. */
async function findObject(
  bucket: S3Bucket,
  asked: Asked,
  versionId: string | undefined,
): Promise<S3Object | undefined> {
  const wanted = { key: asked.key, versionId };
  try {
    return await bucket.read(wanted);
  } catch (error) {
    if (!(error instanceof S3Refusal)) throw error;
    if (error.status === 404 && versionId === undefined) return undefined;
    if (error.status === 404) throw refuseVersion(asked);
    if (error.status >= 500) throw error;
    throw await askWhy(bucket, wanted, error);
  }
}

/** The answer to a HEAD has no body: what is wrong is told to a GET alone. */
async function askWhy(
  bucket: S3Bucket,
  wanted: { readonly key: string; readonly versionId?: string | undefined },
  refusal: S3Refusal,
): Promise<unknown> {
  try {
    const answer = await bucket.open({ ...wanted, range: "bytes=0-0" }, new AbortController().signal);
    answer.discard();
    return refusal;
  } catch (error) {
    return error;
  }
}

/** All objects below a prefix, with their checksums; what only stands for a folder is none of them. */
async function listBelow(bucket: S3Bucket, prefix: string): Promise<readonly S3Object[]> {
  const objects = (await bucket.list(prefix)).filter(({ key }) => !key.endsWith("/"));
  const checked = new Map<string, S3Object>();
  await inLanes(
    objects.filter(({ hasChecksums }) => hasChecksums),
    ASKED_AT_ONCE,
    async ({ key }) => {
      checked.set(key, await bucket.read({ key }));
    },
  );
  return objects.map((object) => {
    const { etag, checksums } = checked.get(object.key) ?? {};
    return etag === object.etag && checksums !== undefined ? { ...object, checksums } : object;
  });
}

function fileOf(object: S3Object, name: string, bucket: S3Bucket, asked: Asked): RemoteFile {
  const { key, versionId, size, etag, checksums: { sha256, sha1, crc32c } = {} } = object;
  const published: readonly PublishedDigest[] = [
    ...(sha1 === undefined ? [] : [{ algorithm: "sha1", value: toHex(sha1) } as const]),
    ...(crc32c === undefined ? [] : [{ algorithm: "crc32c", value: toHex(crc32c) } as const]),
  ];
  return {
    path: name,
    ...(size !== undefined && { size }),
    ...(sha256 !== undefined && { digest: `sha256:${toHex(sha256)}` as const }),
    ...(published.length > 0 && { published }),
    ...(etag !== undefined && { version: etag }),
    async open(span, validator, signal) {
      const wanted = {
        key,
        versionId,
        ifMatch: validator ?? etag,
        range: rangeHeaders(span, undefined).range,
      };
      try {
        return await bucket.open(wanted, signal);
      } catch (error) {
        // Of what was begun, who began it knows what to do about a replacement.
        const isBegun = validator !== undefined && error instanceof S3Refusal && error.status === 412;
        throw isBegun ? error : wordRefusal(error, { ...asked, key });
      }
    },
  };
}

function toHex(base64: string): string {
  return Buffer.from(base64, "base64").toString("hex");
}
