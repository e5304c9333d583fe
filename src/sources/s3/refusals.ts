import { Refusal, SourceFault } from "../../model/place.ts";
import { S3Refusal } from "./transport.ts";

/** What was asked for, as a message names it. */
export type Asked = {
  readonly bucket: string;
  readonly key: string;
  readonly isAnonymous: boolean;
};

type Wording = { readonly message: string; readonly hint: string };

/** How much of what S3 says itself is told. */
const MOST_SAID = 200;

/** What S3 refused, in words that say what to do about it; any other error as it is. */
export function wordRefusal(error: unknown, asked: Asked): unknown {
  if (!(error instanceof S3Refusal)) return error;
  const { status, headers } = error;
  if (status === 412)
    return new SourceFault(
      "source/changed",
      `\`${nameOf(asked)}\` was replaced during the download`,
      "apply again; turn on versioning in the bucket to keep the locked version",
    );
  const { message, hint } = wordingOf(error, asked);
  return new Refusal(status, message, { headers, hint });
}

function wordingOf(error: S3Refusal, asked: Asked): Wording {
  const { host, status, s3Code, said, region } = error;
  const wording = WORDINGS[s3Code] ?? (REDIRECTS.has(status) ? wordRegion : undefined);
  if (wording !== undefined) return wording(asked, error);
  if (status === 404) return wordNoKey(asked);
  if (status === 401 || status === 403) return wordDenied(asked);
  const reason = [s3Code, said.replace(/\s+/g, " ").slice(0, MOST_SAID)].filter(Boolean).join(": ");
  return {
    message: `${host} answers ${status} for \`${nameOf(asked)}\`${reason === "" ? "" : `: ${reason}`}`,
    hint: region === "" ? "apply again: the part that has arrived is kept" : `the bucket is in \`${region}\``,
  };
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/** By the codes of S3's error documents ("Error responses" in the API reference). */
const WORDINGS: Readonly<Record<string, (asked: Asked, error: S3Refusal) => Wording>> = {
  NoSuchBucket: ({ bucket }, { host }) => ({
    message: `${host} has no bucket \`${bucket}\``,
    hint: "check its name; for a server other than AWS, set `AWS_ENDPOINT_URL_S3` to its address",
  }),
  NoSuchKey: wordNoKey,
  NoSuchVersion: wordNoVersion,
  AccessDenied: wordDenied,
  AllAccessDisabled: wordDenied,
  ExpiredToken: wordExpired,
  TokenRefreshRequired: wordExpired,
  InvalidToken: wordExpired,
  InvalidAccessKeyId: wordWrongKey,
  SignatureDoesNotMatch: wordWrongKey,
  RequestTimeTooSkewed: () => ({
    message: "S3 refuses the request because this machine's clock is wrong",
    hint: "set the clock: `date -u` must be right to within 15 minutes",
  }),
  PermanentRedirect: wordRegion,
  TemporaryRedirect: wordRegion,
  AuthorizationHeaderMalformed: wordRegion,
  IllegalLocationConstraintException: wordRegion,
  InvalidObjectState: (asked) => ({
    message: `\`${nameOf(asked)}\` is archived`,
    hint: `type \`aws s3api restore-object --bucket ${asked.bucket} --key ${asked.key} --restore-request Days=7\``,
  }),
  SlowDown: wordBusy,
  ServiceUnavailable: wordBusy,
};

/** For a version that is not in the bucket any more, or never was. */
export function refuseVersion(asked: Asked): Refusal {
  return refuse(404, wordNoVersion(asked));
}

/** For a key that neither names an object nor has any below it. */
export function refuseKey(asked: Asked): Refusal {
  return refuse(404, wordNoKey(asked));
}

function refuse(status: number, { message, hint }: Wording): Refusal {
  return new Refusal(status, message, { hint });
}

function wordNoVersion(asked: Asked): Wording {
  return {
    message: `S3 has no such version of \`${nameOf(asked)}\``,
    hint: `\`aws s3api list-object-versions --bucket ${asked.bucket} --prefix ${asked.key}\` lists them; type \`mlpackage lock --upgrade models\` to take the newest`,
  };
}

function wordNoKey(asked: Asked): Wording {
  const folder = asked.key.slice(0, asked.key.lastIndexOf("/") + 1);
  return {
    message: `there is neither an object \`${nameOf(asked)}\` nor anything below it`,
    hint: `\`aws s3 ls s3://${asked.bucket}/${folder}\` lists what is there; case counts`,
  };
}

function wordDenied(asked: Asked): Wording {
  if (asked.isAnonymous)
    return {
      message: `\`${nameOf(asked)}\` is not public, and there are no credentials for S3`,
      hint: "set `AWS_PROFILE`, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, and unset `AWS_NO_SIGN_REQUEST`",
    };
  return {
    message: `S3 denies access to \`${nameOf(asked)}\``,
    hint: "give the user that `aws sts get-caller-identity` prints `s3:GetObject` and `s3:ListBucket`; without the latter, S3 also denies what does not exist",
  };
}

function wordExpired(): Wording {
  return {
    message: "the credentials for S3 have expired",
    hint: "type `aws sso login`, or set new `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`",
  };
}

function wordWrongKey(_asked: Asked, { s3Code, host }: S3Refusal): Wording {
  const what =
    s3Code === "InvalidAccessKeyId" ? "does not know the access key" : "says that the secret key is wrong";
  return {
    message: `${host} ${what}`,
    hint: "check `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_PROFILE`; for a server other than AWS, also `AWS_ENDPOINT_URL_S3`",
  };
}

function wordRegion({ bucket }: Asked, { region, host }: S3Refusal): Wording {
  return {
    message:
      region === ""
        ? `${host} redirects requests for the bucket \`${bucket}\``
        : `the bucket \`${bucket}\` is in the region \`${region}\``,
    hint:
      region === ""
        ? `set \`AWS_REGION\` to what \`aws s3api get-bucket-location --bucket ${bucket}\` prints`
        : `set \`AWS_REGION=${region}\``,
  };
}

function wordBusy({ bucket }: Asked): Wording {
  return {
    message: `S3 gets too many requests for the bucket \`${bucket}\``,
    hint: "apply again in a moment: the part that has arrived is kept",
  };
}

function nameOf({ bucket, key }: Asked): string {
  return `s3://${bucket}/${key}`;
}
