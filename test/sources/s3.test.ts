import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { Result } from "../../src/model/result.ts";
import type { SourceReference } from "../../src/model/source.ts";
import { s3Source } from "../../src/sources/s3.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { makeReference, makeSourceContext } from "../fakes/source-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { type S3Bucket, type S3Error, type S3Version, startS3 } from "../rig/servers/s3.ts";
import { S3RVER_KEYS, startS3rver } from "../rig/servers/s3rver.ts";
import { startService } from "../rig/servers/service.ts";

const test = suite("s3 source");

const content = Buffer.from("weights ".repeat(1000));
const etag = `"${createHash("md5").update(content).digest("hex")}"`;
const KEYS = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "very-secret" };

function ask(
  source: string,
  environment: Readonly<Record<string, string>>,
  more: Partial<SourceReference> = {},
) {
  const clock = createManualClock();
  const context = makeSourceContext(makeFolder(), { clock, random: () => 1, environment });
  const reference = makeReference(source, more);
  const pin = () => s3Source.pin(reference, context);
  const fetch = async () => {
    const pinned = await pin();
    return pinned.ok ? s3Source.fetch(reference, pinned.value, context) : pinned;
  };
  return { pin, fetch, context, clock, reference };
}

async function serve(bucket: S3Bucket, source: string, more: Partial<SourceReference> = {}) {
  const { url, requests } = await startS3(bucket);
  return { url, requests, ...ask(source, { ...KEYS, AWS_ENDPOINT_URL_S3: url }, more) };
}

function object(more: Partial<S3Version> = {}): readonly S3Version[] {
  return [{ body: content, etag, ...more }];
}

function codes(result: Result<unknown>): string {
  return result.ok ? "ok" : result.diagnostics.map(({ code }) => code).join(" ");
}

function told(result: Result<unknown>): string {
  return result.ok ? "" : result.diagnostics.map(({ message, hint }) => `${message}; ${hint}`).join("\n");
}

for (const [source, code] of [
  ["s3://models/a/model.bin", "ok"],
  ["S3://models/a/model.bin", "ok"],
  ["s3://models/a b/ü?.bin", "ok"],
  ["s3://models/a/", "ok"],
  ["s3://models/", "ok"],
  ["s3://models", "ok"],
  ["s3://models/a/model.bin?versionId=3/L4kq", "ok"],
  ["s3://", "source/not-a-bucket-address"],
  ["s3:models/x", "source/not-a-bucket-address"],
  ["s3:///model.bin", "source/not-a-bucket-address"],
  ["s3://mo dels/model.bin", "source/not-a-bucket-address"],
  ["s3://models/a/?versionId=3", "source/not-a-bucket-address"],
  ["s3://AKIAEXAMPLE:very-secret@models/x", "source/credentials-in-url"],
] as const) {
  test(`parse ${source}`, () => {
    const parsed = s3Source.parse(makeReference(source));
    assert.is(codes(parsed), code);
    assert.not.match(told(parsed), /very-secret/);
  });
}

const real = await startS3rver(makeFolder(), {
  "dir/model.bin": content,
  "dir/sub/a b+c/ü(1).txt": Buffer.from("note"),
  "dir/large.bin": Buffer.alloc(33 << 20, 7),
  "directory/other.bin": content,
});
const REAL = { ...S3RVER_KEYS, AWS_ENDPOINT_URL_S3: real.url };

test("a real server: the pin has size and ETag, and the file comes", async () => {
  const { pin, fetch } = ask("s3://models/dir/model.bin", REAL);
  const pinned = await pin();
  assert.equal(pinned.ok && pinned.value, {
    scheme: "s3",
    identity: { revision: {}, files: { "model.bin": { size: content.length, version: etag } } },
    paths: ["model.bin"],
  });
  const fetched = await fetch();
  assert.equal(fetched.ok && fetched.value, [
    { path: "model.bin", digest: digestOf(content), size: content.length, mode: 0o644 },
  ]);
});

for (const source of ["s3://models/dir", "s3://models/dir/"]) {
  test(`a real server: ${source} is all below it, and nothing beside it`, async () => {
    const fetched = await ask(source, REAL, { exclude: ["large.bin"] }).fetch();
    assert.equal(fetched.ok && fetched.value.map(({ path: name, size }) => [name, size]), [
      ["model.bin", content.length],
      ["sub/a b+c/ü(1).txt", 4],
    ]);
  });
}

test("a real server: a large file comes in signed pieces", async () => {
  const fetched = await ask("s3://models/dir/large.bin", REAL).fetch();
  assert.is(fetched.ok && fetched.value[0]?.digest, digestOf(Buffer.alloc(33 << 20, 7)));
});

type Stranger = readonly [what: string, environment: Record<string, string>, words: RegExp];

const strangers: readonly Stranger[] = [
  [
    "a wrong secret key",
    { ...REAL, AWS_SECRET_ACCESS_KEY: "very-secret" },
    /secret key is wrong; check `AWS_ACC/,
  ],
  ["an unknown key", { ...REAL, AWS_ACCESS_KEY_ID: "AKIAEXAMPLE" }, /does not know the access key; check/],
  [
    "no such profile",
    { AWS_ENDPOINT_URL: real.url, AWS_PROFILE: "nobody" },
    /profile `nobody` gave no cred.*sso login/,
  ],
];

for (const [what, environment, words] of strangers) {
  test(`a real server: ${what}`, async () => {
    const pinned = await ask("s3://models/dir/model.bin", environment).pin();
    assert.match(told(pinned), words);
    assert.not.match(told(pinned), /very-secret/);
  });
}

for (const [source, words] of [
  ["s3://models/nothing", /neither an object `s3:\/\/models\/nothing` nor.*; `aws s3 ls s3:\/\/models\/`/],
  ["s3://nowhere/model.bin", /no bucket `nowhere`; check its name.*AWS_ENDPOINT_URL_S3/],
] as const) {
  test(`a real server: ${source} is not there`, async () => {
    const { pin, clock } = ask(source, REAL);
    assert.match(told(await pin()), words);
    assert.equal(clock.sleeps, []);
  });
}

test("keys and endpoint of a profile", async () => {
  const folder = makeFolder();
  writeFileSync(
    path.join(folder, "config"),
    `[profile team]\nregion = eu-west-1\nendpoint_url = ${real.url}\n`,
  );
  writeFileSync(
    path.join(folder, "credentials"),
    "[team]\naws_access_key_id = S3RVER\naws_secret_access_key = S3RVER\n",
  );
  const environment = {
    AWS_PROFILE: "team",
    AWS_CONFIG_FILE: path.join(folder, "config"),
    AWS_SHARED_CREDENTIALS_FILE: path.join(folder, "credentials"),
  };
  assert.is(codes(await ask("s3://models/dir/model.bin", environment).fetch()), "ok");
});

test("a web identity is changed for keys over our network", async () => {
  const folder = makeFolder();
  writeFileSync(path.join(folder, "token"), "the-token");
  const asked: string[] = [];
  const identities = await startService(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    asked.push(body);
    const keys =
      "<AccessKeyId>S3RVER</AccessKeyId><SecretAccessKey>S3RVER</SecretAccessKey><SessionToken>t</SessionToken>";
    const expiry = "<Expiration>2999-01-01T00:00:00Z</Expiration>";
    const result = `<AssumeRoleWithWebIdentityResult><Credentials>${keys}${expiry}</Credentials></AssumeRoleWithWebIdentityResult>`;
    response.setHeader("content-type", "text/xml");
    response.end(`<AssumeRoleWithWebIdentityResponse>${result}</AssumeRoleWithWebIdentityResponse>`);
  });
  const { context, reference } = ask("s3://models/dir/model.bin", {
    AWS_ENDPOINT_URL_S3: real.url,
    AWS_WEB_IDENTITY_TOKEN_FILE: path.join(folder, "token"),
    AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/reader",
    AWS_REGION: "eu-west-1",
  });
  const { network } = context.host;
  const hosts: string[] = [];
  const host = {
    ...context.host,
    network: {
      request: (wanted: Parameters<typeof network.request>[0]) => {
        const { host: name, pathname } = new URL(wanted.url);
        hosts.push(name);
        const isSts = name.startsWith("sts.");
        return network.request(isSts ? { ...wanted, url: `${identities.url}${pathname}` } : wanted);
      },
    },
  };
  assert.is(codes(await s3Source.pin(reference, { ...context, host })), "ok");
  assert.match(asked.join(), /WebIdentityToken=the-token/);
  assert.equal(hosts, ["sts.eu-west-1.amazonaws.com", new URL(real.url).host]);
});

test("an object with versions is pinned by its version, and a lock asks for that one", async () => {
  const old = { body: Buffer.from("old"), etag: '"old"', versionId: "v1" };
  const { requests, pin, context, reference } = await serve(
    { objects: { "model.bin": [old, ...object({ versionId: "v2" })] } },
    "s3://models/model.bin",
  );
  const pinned = await pin();
  assert.equal(pinned.ok && pinned.value.identity.revision, { version: "v2" });
  const locked = {
    source: reference.source,
    revision: { version: "v1" },
    files: { "model.bin": { digest: digestOf("old"), size: 3 } },
  };
  const asked = { ...reference, locked };
  const again = await s3Source.pin(asked, context);
  assert.ok(again.ok);
  const fetched = await s3Source.fetch(asked, again.value, context);
  assert.equal(fetched.ok && fetched.value.map(({ digest }) => digest), [digestOf("old")]);
  assert.match(requests.at(-1) ?? "", /versionId=v1/);
});

test("a version in the address is the one that comes; one that is gone is told", async () => {
  const objects = {
    "model.bin": [
      { body: Buffer.from("old"), etag: '"old"', versionId: "v1" },
      ...object({ versionId: "v2" }),
    ],
  };
  const { fetch } = await serve({ objects }, "s3://models/model.bin?versionId=v1");
  const fetched = await fetch();
  assert.is(fetched.ok && fetched.value[0]?.digest, digestOf("old"));
  const gone = await (await serve({ objects }, "s3://models/model.bin?versionId=v0")).pin();
  assert.match(told(gone), /no such version of .*list-object-versions --bucket models --prefix model.bin/);
});

const sha256 = createHash("sha256").update(content).digest("base64");

test("the SHA-256 that S3 has of a whole object is its digest, and what is here is not asked for", async () => {
  const checksums = { "x-amz-checksum-sha256": sha256, "x-amz-checksum-type": "FULL_OBJECT" };
  for (const source of ["s3://models/a/model.bin", "s3://models/a/"]) {
    const { pin, fetch, context, requests } = await serve(
      { objects: { "a/model.bin": object({ checksums }) } },
      source,
    );
    const pinned = await pin();
    const file = { digest: digestOf(content), size: content.length };
    assert.equal(pinned.ok && pinned.value.identity.files, { "model.bin": file });
    await context.store.write(once(content));
    assert.is(codes(await fetch()), "ok");
    assert.not(requests.some((request) => request.includes("x-id=GetObject")));
  }
});

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

test("a checksum of checksums is none of the object", async () => {
  const checksums = { "x-amz-checksum-sha256": `${sha256}-3`, "x-amz-checksum-type": "COMPOSITE" };
  const { pin, fetch } = await serve(
    { objects: { "model.bin": object({ checksums }) } },
    "s3://models/model.bin",
  );
  const pinned = await pin();
  assert.equal(pinned.ok && pinned.value.identity.files, {
    "model.bin": { size: content.length, version: etag },
  });
  assert.is(codes(await fetch()), "ok");
});

for (const [value, code] of [
  ["+UsVhA==", "source/digest-mismatch"],
  ["crc", "ok"],
] as const) {
  test(`what comes is compared with a CRC-32C: ${code}`, async () => {
    const checksums = { "x-amz-checksum-crc32c": value === "crc" ? CRC32C : value };
    const { fetch } = await serve(
      { objects: { "model.bin": object({ checksums }) } },
      "s3://models/model.bin",
    );
    assert.is(codes(await fetch()), code);
  });
}

/** Of `content`, computed bit by bit. */
const CRC32C = (() => {
  let sum = 0xffffffff;
  for (const byte of content) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f63b78 : 0);
  }
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(~sum >>> 0);
  return bytes.toString("base64");
})();

test("many requests leave no listeners behind at the signal of the run", async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error): unknown =>
    warning.name === "MaxListenersExceededWarning" && warnings.push(warning);
  process.on("warning", listen);
  const names = Array.from({ length: 25 }, (_, index) => `a/${index}`);
  const { fetch } = await serve(
    { objects: Object.fromEntries(names.map((name) => [name, object()])), pageSize: 1 },
    "s3://models/a/",
  );
  assert.is(codes(await fetch()), "ok");
  process.off("warning", listen);
  assert.equal(warnings, []);
});

test("a folder is listed to its last page", async () => {
  const names = Array.from({ length: 25 }, (_, index) => `f${String(index).padStart(2, "0")}`);
  const objects = Object.fromEntries(names.map((name) => [`a/${name}`, object()]));
  const { fetch, requests } = await serve(
    { objects: { ...objects, "a/empty/": object() }, pageSize: 10 },
    "s3://models/a/",
  );
  const fetched = await fetch();
  assert.equal(fetched.ok && fetched.value.map(({ path: name }) => name), names);
  assert.is(requests.filter((request) => request.includes("list-type=2")).length, 3);
});

test("an object that is replaced between looking and downloading is not taken", async () => {
  const bucket = { objects: { "model.bin": object() } as Record<string, readonly S3Version[]> };
  const { pin, context, reference } = await serve(bucket, "s3://models/model.bin");
  const pinned = await pin();
  assert.ok(pinned.ok);
  bucket.objects["model.bin"] = [{ body: Buffer.from(content).fill(1), etag: '"other"' }];
  assert.is(codes(await s3Source.fetch(reference, pinned.value, context)), "source/changed");
});

type Refused = readonly [error: S3Error, words: RegExp, attempts: number];

const refusals: readonly Refused[] = [
  [
    { status: 403, code: "AccessDenied" },
    /S3 denies access to `s3:\/\/models\/model.bin`; .*s3:GetObject.*s3:ListBucket/,
    1,
  ],
  [{ status: 400, code: "ExpiredToken" }, /have expired; type `aws sso login`/, 1],
  [
    { status: 301, code: "PermanentRedirect", headers: { "x-amz-bucket-region": "eu-west-1" } },
    /in the region `eu-west-1`; set `AWS_REGION=eu-west-1`/,
    1,
  ],
  [
    { status: 307, code: "TemporaryRedirect", headers: { location: "http://127.0.0.1:1/" } },
    /redirects requests for the bucket .*; set `AWS_REGION` to/,
    1,
  ],
  [
    { status: 403, code: "InvalidObjectState" },
    /is archived; .*restore-object --bucket models --key model.bin/,
    1,
  ],
  [{ status: 403, code: "RequestTimeTooSkewed" }, /clock is wrong; set the clock/, 1],
  [{ status: 503, code: "SlowDown" }, /127.0.0.1:\d+ answers 503.*; apply again/, 5],
  [{ status: 500, code: "InternalError" }, /answers 500.*; apply again/, 5],
  [
    { status: 400, code: "Odd", message: "said so" },
    /answers 400 for `s3:\/\/models\/model.bin`: Odd: said so/,
    1,
  ],
];

for (const [error, words, attempts] of refusals) {
  test(`${error.code} says what to do`, async () => {
    const { pin, requests } = await serve({ objects: {}, refuse: () => error }, "s3://models/model.bin");
    const pinned = await pin();
    assert.is(codes(pinned), "source/refused");
    assert.match(told(pinned), words);
    assert.not.match(told(pinned), /very-secret/);
    assert.is(requests.filter((request) => request.startsWith("HEAD")).length, attempts);
  });
}

test("a server that is busy is asked once more, by our own patience", async () => {
  const refuse = (_request: unknown, nth: number): S3Error | undefined =>
    nth === 1 || nth === 3 ? { status: 503, code: "SlowDown", headers: { "retry-after": "7" } } : undefined;
  const { fetch, clock } = await serve(
    { objects: { "model.bin": object() }, refuse },
    "s3://models/model.bin",
  );
  assert.is(codes(await fetch()), "ok");
  assert.equal(clock.sleeps, [7_000, 7_000]);
});

for (const [what, environment] of [
  ["there are no keys", {}],
  ["nothing is to be signed", { ...KEYS, AWS_NO_SIGN_REQUEST: "1" }],
] as const) {
  test(`where ${what}, nobody is named, and a refusal says so`, async () => {
    const signatures: unknown[] = [];
    const { url } = await startS3({
      objects: {},
      refuse: ({ headers }) => {
        signatures.push(headers.authorization);
        return { status: 403, code: "AccessDenied" };
      },
    });
    const pinned = await ask("s3://models/model.bin", { ...environment, AWS_ENDPOINT_URL: url }).pin();
    assert.match(told(pinned), /is not public, and there are no credentials for S3; set `AWS_PROFILE`/);
    assert.equal(new Set(signatures), new Set([undefined]));
  });
}

test.run();
