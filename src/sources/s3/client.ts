import type { S3Client } from "@aws-sdk/client-s3";
import type { Host, NetworkResponse } from "../../model/host.ts";
import { readPages } from "../../transfers/pages.ts";
import { findCredentials, readProfile } from "./credentials.ts";
import { createObjectTransport } from "./transport.ts";

/** What S3 says of an object. */
export type S3Object = {
  readonly key: string;
  readonly size?: number | undefined;
  /** As S3 writes it, in quotes. */
  readonly etag?: string | undefined;
  /** Undefined where the bucket keeps no versions. */
  readonly versionId?: string | undefined;
  /** Of the whole object, in base64. */
  readonly checksums?: Partial<Record<"sha256" | "sha1" | "crc32c", string>>;
  /** Whether `read` would tell checksums that a listing does not. */
  readonly hasChecksums?: boolean;
};

export type S3Wanted = {
  readonly key: string;
  readonly versionId?: string | undefined;
  /** Any other object of that key is a 412. */
  readonly ifMatch?: string | undefined;
  /** `bytes=0-99`. */
  readonly range?: string | undefined;
};

/** One bucket. All reject with an `S3Refusal` or a `NetworkError`. */
export type S3Bucket = {
  readonly isAnonymous: boolean;
  read(wanted: S3Wanted): Promise<S3Object>;
  list(prefix: string): Promise<readonly S3Object[]>;
  open(wanted: S3Wanted, signal: AbortSignal): Promise<NetworkResponse>;
};

/** Where a bucket is looked for if nobody says where it is. */
const ANY_REGION = "us-east-1";

/**
 * A bucket by AWS's own client library, which signs and knows the addresses; what it sends goes over our network, and is
 * tried again by our own rules. At an endpoint that is not AWS's, the bucket stands in the path.
 *
 * Errors: `source/no-credentials`.
 */
export async function openBucket(bucket: string, host: Host, signal: AbortSignal): Promise<S3Bucket> {
  const { S3Client, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } = await import(
    "@aws-sdk/client-s3"
  );
  const transport = createObjectTransport(host.network);
  const settings = await settingsOf(host);
  const client: S3Client = new S3Client({
    ...settings.client,
    requestHandler: transport,
    maxAttempts: 1,
    responseChecksumValidation: "WHEN_REQUIRED",
  });

  return {
    isAnonymous: settings.isAnonymous,

    async read({ key, versionId }) {
      const command = new HeadObjectCommand({
        Bucket: bucket,
        Key: key,
        VersionId: versionId,
        ChecksumMode: "ENABLED",
      });
      const said = await client.send(command, { abortSignal: derive(signal) });
      return {
        key,
        size: said.ContentLength,
        etag: said.ETag,
        versionId: said.VersionId === "null" ? undefined : said.VersionId,
        checksums: {
          ...wholeChecksum("sha256", said.ChecksumSHA256, said.ChecksumType),
          ...wholeChecksum("sha1", said.ChecksumSHA1, said.ChecksumType),
          ...wholeChecksum("crc32c", said.ChecksumCRC32C, said.ChecksumType),
        },
      };
    },

    async list(prefix) {
      return readPages(`\`s3://${bucket}/${prefix}\``, async (token) => {
        const entries: S3Object[] = [];
        const wanted = { Bucket: bucket, Prefix: prefix, ContinuationToken: token };
        const page = await client.send(new ListObjectsV2Command(wanted), { abortSignal: derive(signal) });
        for (const { Key, Size, ETag, ChecksumAlgorithm, ChecksumType } of page.Contents ?? []) {
          const hasChecksums =
            ChecksumType !== "COMPOSITE" &&
            (ChecksumAlgorithm ?? []).some((name) => ["SHA256", "SHA1", "CRC32C"].includes(name));
          entries.push({ key: Key ?? "", size: Size, etag: ETag, hasChecksums });
        }
        return { entries, next: page.IsTruncated === true ? page.NextContinuationToken : undefined };
      });
    },

    async open({ key, versionId, ifMatch, range }, during) {
      const wanted = { Bucket: bucket, Key: key, VersionId: versionId, IfMatch: ifMatch, Range: range };
      const { Body } = await client.send(new GetObjectCommand(wanted), { abortSignal: derive(during) });
      const content = transport.contentOf(Body);
      if (content === undefined) throw new Error("the client library replaced the body of an answer");
      return content;
    },
  };
}

/** The library listens to the signal of each request for ever. */
function derive(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal]);
}

async function settingsOf(host: Host) {
  const { environment } = host;
  const profile = await readProfile(host);
  const region = environment.AWS_REGION || environment.AWS_DEFAULT_REGION || profile.region || ANY_REGION;
  const endpoint = environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL || profile.endpoint;
  const credentials = await findCredentials(host, region);
  const identity =
    credentials === undefined
      ? { credentials: { accessKeyId: "", secretAccessKey: "" }, signer: unsigned }
      : { credentials };
  return {
    isAnonymous: credentials === undefined,
    client: { region, ...(endpoint && { endpoint, forcePathStyle: true }), ...identity },
  };
}

const unsigned = { sign: async <T>(request: T): Promise<T> => request };

/** One of a composite object (`…-3`) is that of its parts' checksums, and nobody can compute it of the bytes. */
function wholeChecksum(name: string, value: string | undefined, type: string | undefined) {
  return value === undefined || type === "COMPOSITE" || value.includes("-") ? {} : { [name]: value };
}
