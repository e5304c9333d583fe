import { createHash, generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { Result } from "../../src/model/result.ts";
import type { SourceReference } from "../../src/model/source.ts";
import { gcsSource } from "../../src/sources/gcs.ts";
import { makeHost } from "../fakes/host.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { makeReference, makeSourceContext } from "../fakes/source-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { type GcsBucket, type GcsVersion, startGcs } from "../rig/servers/gcs.ts";
import { startService } from "../rig/servers/service.ts";

const test = suite("gcs source");

const content = Buffer.from("weights ".repeat(1000));
const md5 = createHash("md5").update(content).digest("base64");

function ask(
  source: string,
  environment: Readonly<Record<string, string>>,
  more: Partial<SourceReference> = {},
) {
  const clock = createManualClock();
  const context = makeSourceContext(makeFolder(), { clock, random: () => 1, environment });
  const reference = makeReference(source, more);
  const pin = () => gcsSource.pin(reference, context);
  const fetch = async () => {
    const pinned = await pin();
    return pinned.ok ? gcsSource.fetch(reference, pinned.value, context) : pinned;
  };
  return { pin, fetch, context, clock, reference };
}

async function serve(bucket: GcsBucket, source: string, more: Partial<SourceReference> = {}) {
  const { url, requests } = await startGcs(bucket);
  return { url, requests, ...ask(source, { STORAGE_EMULATOR_HOST: url.replace("http://", "") }, more) };
}

function object(more: Partial<GcsVersion> = {}): readonly GcsVersion[] {
  return [{ body: content, generation: "7", ...more }];
}

function codes(result: Result<unknown>): string {
  return result.ok ? "ok" : result.diagnostics.map(({ code }) => code).join(" ");
}

function told(result: Result<unknown>): string {
  return result.ok ? "" : result.diagnostics.map(({ message, hint }) => `${message}; ${hint}`).join("\n");
}

for (const [source, code] of [
  ["gs://models/a/model.bin", "ok"],
  ["gs://models/a/model.bin#1700000000000001", "ok"],
  ["gs://models/a#b?/ü.bin", "ok"],
  ["gs://models/a/", "ok"],
  ["gs://models", "ok"],
  ["gs://", "source/not-a-bucket-address"],
  ["gs:models/x", "source/not-a-bucket-address"],
  ["gs:///model.bin", "source/not-a-bucket-address"],
  ["gs://mo dels/x", "source/not-a-bucket-address"],
  ["gs://models/a/#7", "source/not-a-bucket-address"],
] as const) {
  test(`parse ${source}`, () => assert.is(codes(gcsSource.parse(makeReference(source))), code));
}

test("an object is pinned by its generation, and comes", async () => {
  const { pin, fetch } = await serve({ objects: { "a/model.bin": object() } }, "gs://models/a/model.bin");
  const pinned = await pin();
  assert.equal(pinned.ok && pinned.value, {
    scheme: "gs",
    identity: {
      revision: { generation: "7" },
      files: { "model.bin": { size: content.length, version: "7" } },
    },
    paths: ["model.bin"],
  });
  const fetched = await fetch();
  assert.equal(fetched.ok && fetched.value, [
    { path: "model.bin", digest: digestOf(content), size: content.length, mode: 0o644 },
  ]);
});

const two = { "m.bin": [{ body: Buffer.from("old"), generation: "6" }, ...object()] };

test("a generation in the address or in a lock is the one that comes; one that is gone is told", async () => {
  const named = await (await serve({ objects: two }, "gs://models/m.bin#6")).fetch();
  assert.is(named.ok && named.value[0]?.digest, digestOf("old"));
  const { context, reference } = await serve({ objects: two }, "gs://models/m.bin");
  const locked = {
    source: reference.source,
    revision: { generation: "6" },
    files: { "m.bin": { digest: digestOf("old"), size: 3 } },
  };
  const pinned = await gcsSource.pin({ ...reference, locked }, context);
  assert.ok(pinned.ok);
  assert.is(codes(await gcsSource.fetch({ ...reference, locked }, pinned.value, context)), "ok");
  const gone = await (await serve({ objects: two }, "gs://models/m.bin#5")).pin();
  assert.is(codes(gone), "source/changed");
  assert.match(
    told(gone),
    /no longer has the generation 5; `gcloud storage ls -a gs:\/\/models\/m.bin`.*lock --upgrade models/,
  );
});

test("a folder is listed to its last page, by names relative to it", async () => {
  const names = Array.from({ length: 25 }, (_, index) => `ä b/f${String(index).padStart(2, "0")}`);
  const objects = Object.fromEntries(names.map((name) => [`a/${name}`, object()]));
  const bucket = { objects: { ...objects, "a/empty/": object(), "ab/x": object() }, pageSize: 10 };
  for (const source of ["gs://models/a", "gs://models/a/"]) {
    const fetched = await (await serve(bucket, source)).fetch();
    assert.equal(fetched.ok && fetched.value.map(({ path: name }) => name), names);
  }
});

for (const [what, digests, code] of [
  ["the right MD5", { md5Hash: md5 }, "ok"],
  ["another MD5", { md5Hash: "AAAAAAAAAAAAAAAAAAAAAA==" }, "source/digest-mismatch"],
  ["of a composite object, another CRC-32C", { crc32c: "AAAAAA==" }, "source/digest-mismatch"],
  ["none", {}, "ok"],
] as const) {
  test(`what comes is compared with what is published: ${what}`, async () => {
    const { fetch } = await serve({ objects: { "m.bin": object({ digests }) } }, "gs://models/m.bin");
    assert.is(codes(await fetch()), code);
  });
}

test("a large file comes in pieces of one generation", async () => {
  const large = Buffer.alloc(33 << 20, 7);
  const { fetch, requests } = await serve(
    { objects: { "m.bin": object({ body: large }) } },
    "gs://models/m.bin",
  );
  const fetched = await fetch();
  assert.is(fetched.ok && fetched.value[0]?.digest, digestOf(large));
  const media = requests.filter((request) => request.includes("alt=media"));
  assert.is(media.length, 3);
  assert.ok(media.every((request) => request.includes("generation=7")));
});

test("what is stored compressed comes as it is stored where its name says so", async () => {
  const packed = gzipSync(content);
  const { fetch } = await serve(
    { objects: { "m.bin.gz": object({ body: packed, isGzip: true }) } },
    "gs://models/m.bin.gz",
  );
  const fetched = await fetch();
  assert.equal(fetched.ok && fetched.value.map(({ digest, size }) => [digest, size]), [
    [digestOf(packed), packed.length],
  ]);
});

test("and is refused where its name does not, unless it is left out", async () => {
  const objects = { "a/m.bin": object({ body: gzipSync(content), isGzip: true }), "a/n.bin": object() };
  const refused = await (await serve({ objects }, "gs://models/a")).fetch();
  assert.is(codes(refused), "source/stored-compressed");
  assert.match(told(refused), /gs:\/\/models\/a\/m.bin` is stored compressed.*without `--gzip-local`/);
  assert.is(codes(await (await serve({ objects }, "gs://models/a", { exclude: ["m.bin"] })).fetch()), "ok");
});

test("an object that is replaced between looking and downloading is not taken", async () => {
  const bucket = { objects: { "m.bin": object() } as Record<string, readonly GcsVersion[]> };
  const { pin, context, reference } = await serve(bucket, "gs://models/m.bin");
  const pinned = await pin();
  assert.ok(pinned.ok);
  bucket.objects["m.bin"] = object({ generation: "8" });
  assert.is(codes(await gcsSource.fetch(reference, pinned.value, context)), "source/changed");
});

for (const [source, words] of [
  ["gs://models/a/x", /neither an object `gs:\/\/models\/a\/x` nor.*`gcloud storage ls gs:\/\/models\/a\/`/],
  ["gs://nowhere/x", /no bucket `gs:\/\/nowhere`; .*gcloud storage ls/],
] as const) {
  test(`${source} is not there`, async () => {
    const pinned = await (await serve({ objects: {} }, source)).pin();
    assert.is(codes(pinned), "source/refused");
    assert.match(told(pinned), words);
  });
}

for (const [status, attempts] of [
  [429, 5],
  [503, 5],
  [400, 1],
] as const) {
  test(`${status} is tried ${attempts} times`, async () => {
    const { pin, requests } = await serve({ objects: {}, refuse: () => status }, "gs://models/m.bin");
    assert.is(codes(await pin()), "source/refused");
    assert.is(requests.length, attempts);
  });
}

test("where nobody is named, a refusal says how to log in", async () => {
  const pinned = await (await serve({ objects: {}, token: "t" }, "gs://models/m.bin")).pin();
  assert.match(
    told(pinned),
    /is not public, and there are no credentials.*gcloud auth application-default login/,
  );
});

/** The addresses of Google are answered by servers of ours; all that is asked goes over this network. */
async function world(token = "right") {
  const storage = await startGcs({ objects: { "m.bin": object() }, token: "right" });
  const bodies: string[] = [];
  const tokens = await startService(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    bodies.push(`${request.url} ${body}`);
    response.setHeader("content-type", "application/json");
    if (token === "")
      response.writeHead(400).end('{"error":"invalid_grant","error_description":"Token has been revoked."}');
    else
      response.end(
        JSON.stringify({
          access_token: token,
          accessToken: token,
          expireTime: "2999-01-01T00:00:00Z",
          expires_in: 3600,
          token_type: "Bearer",
        }),
      );
  });
  const { network } = makeHost();
  const hosts: string[] = [];
  const routed: typeof network = {
    request: (wanted) => {
      const url = new URL(wanted.url);
      hosts.push(url.host);
      const to = url.host === "storage.googleapis.com" ? storage.url : tokens.url;
      return network.request({ ...wanted, url: `${to}${url.pathname}${url.search}` });
    },
  };
  const pinWith = (environment: Readonly<Record<string, string>>) => {
    const context = makeSourceContext(makeFolder(), {
      clock: createManualClock(),
      network: routed,
      environment,
    });
    return gcsSource.pin(makeReference("gs://models/m.bin"), context);
  };
  return { pinWith, hosts, bodies };
}

function write(name: string, data: object | string): string {
  const folder = makeFolder();
  writeFileSync(path.join(folder, name), typeof data === "string" ? data : JSON.stringify(data));
  return folder;
}

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const serviceAccount = {
  type: "service_account",
  client_email: "reader@example.iam.gserviceaccount.com",
  private_key: privateKey,
  private_key_id: "1",
};
const user = {
  type: "authorized_user",
  client_id: "id",
  client_secret: "very-secret",
  refresh_token: "refresh",
};

test("a service account's file", async () => {
  const { pinWith, bodies } = await world();
  const folder = write("key.json", serviceAccount);
  const pinned = await pinWith({ GOOGLE_APPLICATION_CREDENTIALS: path.join(folder, "key.json") });
  assert.is(codes(pinned), "ok");
  assert.match(bodies.join(), /assertion=/);
});

const kinds: readonly (readonly [what: string, data: object, hosts: readonly string[]])[] = [
  ["what gcloud left", user, ["oauth2.googleapis.com"]],
  [
    "impersonation",
    {
      type: "impersonated_service_account",
      source_credentials: user,
      service_account_impersonation_url:
        "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/r@example.iam.gserviceaccount.com:generateAccessToken",
    },
    ["oauth2.googleapis.com", "iamcredentials.googleapis.com"],
  ],
  [
    "a federated identity",
    {
      type: "external_account",
      audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: "https://sts.googleapis.com/v1/token",
      credential_source: { file: path.join(write("token", "the-token"), "token") },
    },
    ["sts.googleapis.com"],
  ],
];

for (const [what, data, hosts] of kinds) {
  test(`${what} is changed for a token over our network`, async () => {
    const asked = await world();
    const pinned = await asked.pinWith({
      CLOUDSDK_CONFIG: write("application_default_credentials.json", data),
    });
    assert.is(codes(pinned), "ok", told(pinned));
    assert.equal(asked.hosts, [...hosts, "storage.googleapis.com"]);
  });
}

test("the machine, where it is one of Google's", async () => {
  const { pinWith, hosts, bodies } = await world();
  assert.is(codes(await pinWith({ K_SERVICE: "job" })), "ok");
  assert.equal(hosts, ["metadata.google.internal", "storage.googleapis.com"]);
  assert.match(bodies.join(), /service-accounts\/default\/token/);
});

test("credentials that were revoked, or are none, are told without a word of them", async () => {
  const { pinWith } = await world("");
  const revoked = await pinWith({ CLOUDSDK_CONFIG: write("application_default_credentials.json", user) });
  const damaged = await pinWith({
    GOOGLE_APPLICATION_CREDENTIALS: path.join(write("k.json", '{"private_key": very-secret'), "k.json"),
  });
  const missing = await pinWith({ GOOGLE_APPLICATION_CREDENTIALS: "/nowhere/k.json" });
  for (const result of [revoked, damaged, missing]) {
    assert.is(codes(result), "source/no-credentials");
    assert.match(told(result), /; type `gcloud auth application-default login`/);
    assert.not.match(told(result), /very-secret/);
  }
  assert.match(told(revoked), /invalid_grant/);
});

test("who may not read is told what role that takes", async () => {
  const { pinWith } = await world("wrong");
  const pinned = await pinWith({ K_SERVICE: "job" });
  assert.match(told(pinned), /denies access to `gs:\/\/models\/m.bin`; .*roles\/storage.objectViewer/);
});

test.run();
