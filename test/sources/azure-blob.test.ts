import { createHash } from "node:crypto";
import {
  BlobSASPermissions,
  ContainerSASPermissions,
  type ContainerSASPermissions as Permissions,
} from "@azure/storage-blob";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { Network, NetworkRequest, NetworkResponse } from "../../src/model/host.ts";
import type { Result } from "../../src/model/result.ts";
import type { SourceReference } from "../../src/model/source.ts";
import { azureBlobSource } from "../../src/sources/azure-blob.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { makeReference, makeSourceContext } from "../fakes/source-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { ACCOUNT, connectionStringOf, KEY, networkOf, startAzurite } from "../rig/servers/azurite.ts";

const test = suite("azure blob source");

const content = "weights ".repeat(1000);
const large = Buffer.alloc(33 << 20, "0123456789abcdef");
const azurite = await startAzurite({
  "models/dir/model.bin": content,
  "models/forest/MLmodel": "flavors: {}",
  "models/forest/data/trees.bin": content,
  "models/forest-2/MLmodel": "other",
  "models/a b#?%/ü.bin": content,
  "models/large.bin": large,
});

type Environment = Readonly<Record<string, string>>;

const connected: Environment = { AZURE_STORAGE_CONNECTION_STRING: connectionStringOf(azurite.url) };

/** What goes between the source and Azurite: notes each request, and may answer otherwise. */
function watch(
  change: (response: NetworkResponse, request: NetworkRequest) => NetworkResponse = (same) => same,
) {
  const [real, requests] = [networkOf(azurite.url), [] as NetworkRequest[]];
  const network: Network = {
    async request(request) {
      requests.push(request);
      return change(await real.request(request), request);
    },
  };
  return { network, requests };
}

function ask(
  source: string,
  { environment = connected, ...more }: Partial<SourceReference> & { environment?: Environment } = {},
  watched = watch(),
) {
  const clock = createManualClock();
  const context = makeSourceContext(makeFolder(), { clock, environment, network: watched.network });
  const reference = makeReference(source, more);
  const pin = () => azureBlobSource.pin(reference, context);
  const fetch = async () => {
    const pinned = await pin();
    return pinned.ok ? azureBlobSource.fetch(reference, pinned.value, context) : pinned;
  };
  return { pin, fetch, context, reference, requests: watched.requests };
}

function outcome(result: Result<unknown>): string {
  return result.ok ? "ok" : result.diagnostics.map(({ code }) => code).join(" ");
}

function told(result: Result<unknown>): string {
  assert.ok(!result.ok, "it succeeded");
  return result.diagnostics.map(({ message, hint }) => `${message}\nhint: ${hint}`).join("\n");
}

function pathsOf(result: Awaited<ReturnType<ReturnType<typeof ask>["fetch"]>>): readonly string[] {
  assert.ok(result.ok, JSON.stringify(!result.ok && result.diagnostics));
  return result.value.map(({ path }) => path);
}

const addresses: readonly (readonly [source: string, outcome: string])[] = [
  ["az://account/models/model.bin", "ok"],
  ["az://account/models/", "ok"],
  ["az://account/models", "ok"],
  ["az:///models/model.bin", "ok"],
  ["az://account/$root/model.bin", "ok"],
  ["az://account/models/model.bin?versionid=2026-01-02T03:04:05.1234567Z", "ok"],
  ["az://account/models/model.bin?versionId=2026-01-02T03%3A04%3A05.1234567Z", "ok"],
  ["az://account/models/model.bin?snapshot=2026-01-02T03:04:05.1234567Z", "ok"],
  ["wasbs://models@account.blob.core.windows.net/model.bin", "ok"],
  ["abfss://models@account.dfs.core.windows.net/model.bin", "ok"],
  ["wasbs://models@account.blob.core.chinacloudapi.cn/model.bin", "ok"],
  ["az://account", "source/not-an-azure-blob"],
  ["az://account/", "source/not-an-azure-blob"],
  ["az://account/Models/x", "source/not-an-azure-blob"],
  ["az://my-account/models/x", "source/not-an-azure-blob"],
  ["az://account.blob.core.windows.net/models/x", "source/not-an-azure-blob"],
  ["az://account/models/%zz", "source/not-an-azure-blob"],
  ["az://account/models/x?sv=2026-01-01&sig=secret", "source/not-an-azure-blob"],
  ["az://account/models/x?versionid=1&sig=secret", "source/not-an-azure-blob"],
  ["az://account/models/x#secret", "source/not-an-azure-blob"],
  ["az://account/models/x/?snapshot=1", "source/not-an-azure-blob"],
  // A login would be sent there.
  ["wasbs://models@account.blob.example.com/model.bin", "source/not-an-azure-blob"],
  ["wasbs://account.blob.core.windows.net/model.bin", "source/not-an-azure-blob"],
];

for (const [source, expected] of addresses) {
  test(`parse ${source}`, () => {
    const parsed = azureBlobSource.parse(makeReference(source));
    assert.is(outcome(parsed), expected);
    assert.not.match(JSON.stringify(parsed.ok ? "" : parsed.diagnostics), /secret/);
  });
}

test("a blob is pinned by its ETag and size, and brought", async () => {
  const { pin, fetch, context } = ask(`az://${ACCOUNT}/models/dir/model.bin`);
  const pinned = await pin();
  assert.ok(pinned.ok);
  const { revision, files } = pinned.value.identity as unknown as {
    revision: object;
    files: Record<string, { size: number; version: string }>;
  };
  assert.equal([revision, Object.keys(files)], [{}, ["model.bin"]]);
  assert.is(files["model.bin"]?.size, content.length);
  assert.match(files["model.bin"]?.version ?? "", /^"0x[0-9A-F]+"$/);
  assert.not.match(JSON.stringify(pinned.value), /Account|Sig|Eby8/);
  const fetched = await fetch();
  assert.equal(fetched.ok && fetched.value, [
    { path: "model.bin", digest: digestOf(content), size: content.length, mode: 0o644 },
  ]);
  assert.ok(await context.store.find(digestOf(content)));
});

for (const [source, paths] of [
  ["az:///models/dir/model.bin", ["model.bin"]],
  [`wasbs://models@${ACCOUNT}.blob.core.windows.net/dir/model.bin`, ["model.bin"]],
  [`abfss://models@${ACCOUNT}.dfs.core.windows.net/dir/model.bin`, ["model.bin"]],
  [`az://${ACCOUNT}/models/a%20b%23%3F%25/%C3%BC.bin`, ["ü.bin"]],
  [`az://${ACCOUNT}/models/forest`, ["MLmodel", "data/trees.bin"]],
  [`az://${ACCOUNT}/models/forest/`, ["MLmodel", "data/trees.bin"]],
] as const) {
  test(`${source} is found`, async () => assert.equal(pathsOf(await ask(source).fetch()), paths));
}

test("of a folder, `include` chooses", async () => {
  const fetched = await ask(`az://${ACCOUNT}/models/forest`, { include: ["**/*.bin"] }).fetch();
  assert.equal(pathsOf(fetched), ["data/trees.bin"]);
});

test("what an account with folders lists of them is no file", async () => {
  await azurite.put("folders/forest", "", { hdi_isfolder: "true" });
  await azurite.put("folders/forest/data", "", { hdi_isfolder: "true" });
  await azurite.put("folders/forest/data/trees.bin", content);
  assert.equal(pathsOf(await ask(`az://${ACCOUNT}/folders/forest`).fetch()), ["data/trees.bin"]);
});

test("all pages of a folder are read, and read again in case it changed", async () => {
  const names = Array.from({ length: 7 }, (_, index) => `part-${index}.bin`);
  for (const name of names) await azurite.put(`pages/model/${name}`, name);
  const { network, requests } = watch();
  const few: Network = {
    request: (request) =>
      network.request({
        ...request,
        url: request.url.replace("comp=list", "comp=list&maxresults=3"),
      }),
  };
  const source = `az://${ACCOUNT}/pages/model/`;
  // A SAS says nothing of the query.
  const environment = { AZURE_STORAGE_SAS_TOKEN: await signContainer("pages", "rl") };
  const { pin } = ask(source, { environment }, { network: few, requests });
  const pinned = await pin();
  assert.equal(pinned.ok && pinned.value.paths, names);
  assert.is(requests.length, 6);

  let listed = 0;
  const changing: Network = {
    async request(request) {
      listed += 1;
      if (listed === 3) await azurite.put("pages/model/part-0.bin", "new");
      return few.request(request);
    },
  };
  const changed = await ask(source, { environment }, { network: changing, requests: [] }).pin();
  assert.is(outcome(changed), "source/changed");
});

test("a large blob comes in pieces, each of the version that was found", async () => {
  const { fetch, requests } = ask(`az://${ACCOUNT}/models/large.bin`);
  const fetched = await fetch();
  assert.is(fetched.ok && fetched.value[0]?.digest, `sha256:${sha256Of(large)}`);
  const ranges = requests
    .filter(({ method }) => method === "GET")
    .map(({ headers }) => headers?.["x-ms-range"]);
  assert.equal(ranges.toSorted(), ["bytes=0-16777215", "bytes=16777216-33554431", "bytes=33554432-34603007"]);
  assert.ok(requests.slice(1).every(({ headers }) => /^"0x/.test(headers?.["if-match"] ?? "")));
});

function sha256Of(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

test("a blob that is replaced after it was pinned is not taken for it", async () => {
  await azurite.put("models/moving.bin", "one");
  const { pin, reference, context } = ask(`az://${ACCOUNT}/models/moving.bin`);
  const pinned = await pin();
  assert.ok(pinned.ok);
  await azurite.put("models/moving.bin", "two");
  assert.is(outcome(await azureBlobSource.fetch(reference, pinned.value, context)), "source/changed");
});

test("bytes that are not those of Content-MD5 are refused", async () => {
  const spoilt = watch((response, { method }) =>
    method === "GET" ? { ...response, body: once(content.replace("w", "W")) } : response,
  );
  const fetched = await ask(`az://${ACCOUNT}/models/dir/model.bin`, {}, spoilt).fetch();
  assert.is(outcome(fetched), "source/digest-mismatch");
});

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

test("where blobs have versions, the version is the revision, and is what is asked for", async () => {
  const versionId = "2026-01-02T03:04:05.1234567Z";
  const versioned = () =>
    watch((response) => ({ ...response, headers: { ...response.headers, "x-ms-version-id": versionId } }));
  const first = ask(`az://${ACCOUNT}/models/dir/model.bin`, {}, versioned());
  const pinned = await first.pin();
  assert.ok(pinned.ok);
  assert.equal(pinned.value.identity.revision, { versionId });
  assert.ok((await azureBlobSource.fetch(first.reference, pinned.value, first.context)).ok);
  const asked = first.requests.map(({ method, url }) => [method, new URL(url).searchParams.get("versionid")]);
  assert.equal(asked, [
    ["HEAD", null],
    ["GET", versionId],
  ]);

  const again = ask(`az://${ACCOUNT}/models/dir/model.bin`, {}, versioned());
  await azureBlobSource.fetch(again.reference, pinned.value, again.context);
  assert.ok(again.requests.every(({ url }) => new URL(url).searchParams.get("versionid") === versionId));
});

test("a snapshot is what the blob was then", async () => {
  await azurite.put("models/kept.bin", "then");
  const blob = azurite.service.getContainerClient("models").getBlobClient("kept.bin");
  const { snapshot = "" } = await blob.createSnapshot();
  await azurite.put("models/kept.bin", "now");
  const { pin, fetch } = ask(`az://${ACCOUNT}/models/kept.bin?snapshot=${snapshot}`);
  const pinned = await pin();
  assert.equal(pinned.ok && pinned.value.identity.revision, { snapshot });
  const fetched = await fetch();
  assert.is(fetched.ok && fetched.value[0]?.digest, digestOf("then"));
});

/** A SAS of a container, as `az storage container generate-sas` makes them. */
async function signContainer(container: string, permissions: string, days = 1): Promise<string> {
  const url = await azurite.service.getContainerClient(container).generateSasUrl({
    permissions: ContainerSASPermissions.parse(permissions) as Permissions,
    startsOn: new Date(Date.now() - 10 * 86_400_000),
    expiresOn: new Date(Date.now() + days * 86_400_000),
  });
  return new URL(url).search;
}

const source = `az://${ACCOUNT}/models/dir/model.bin`;
const blob = azurite.service.getContainerClient("models").getBlobClient("dir/model.bin");
const ofBlob = await blob.generateSasUrl({
  permissions: BlobSASPermissions.parse("r"),
  expiresOn: new Date(Date.now() + 86_400_000),
});

const logins: readonly (readonly [what: string, environment: Environment])[] = [
  ["a key and an account", { AZURE_STORAGE_ACCOUNT: ACCOUNT, AZURE_STORAGE_KEY: KEY }],
  ["a key alone", { AZURE_STORAGE_KEY: KEY }],
  ["the name that MLflow has for it", { AZURE_STORAGE_ACCESS_KEY: KEY }],
  ["a SAS of the blob", { AZURE_STORAGE_SAS_TOKEN: new URL(ofBlob).search.slice(1) }],
  ["a SAS of its container", { AZURE_STORAGE_SAS_TOKEN: await signContainer("models", "r") }],
  [
    "a connection string with a SAS",
    {
      AZURE_STORAGE_CONNECTION_STRING: `BlobEndpoint=${azurite.url}/${ACCOUNT};SharedAccessSignature=${new URL(ofBlob).search.slice(1)}`,
    },
  ],
  [
    "a connection string as Azure prints it",
    {
      AZURE_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=https;EndpointSuffix=core.windows.net;AccountName=${ACCOUNT};AccountKey=${KEY}`,
    },
  ],
];

for (const [what, environment] of logins) {
  test(`${what} lets us in`, async () => {
    assert.equal(pathsOf(await ask(source, { environment }).fetch()), ["model.bin"]);
  });
}

const wrong = Buffer.from("wrong").toString("base64");

type Fault = readonly [what: string, source: string, environment: Environment, told: RegExp];

const faults: readonly Fault[] = [
  [
    "no such blob",
    `az://${ACCOUNT}/models/none.bin`,
    connected,
    /404 \(BlobNotFound\) for `\/devstoreaccount1\/models\/none.bin`\nhint: `az storage blob list .*--prefix none.bin/,
  ],
  [
    "no such container",
    `az://${ACCOUNT}/nothing/model.bin`,
    connected,
    /404 \(ContainerNotFound\).*\nhint: `az storage container list --account-name devstoreaccount1/,
  ],
  ["nothing below a prefix", `az://${ACCOUNT}/models/none/`, connected, /no file in .* matches `include`/],
  [
    "another key",
    source,
    { AZURE_STORAGE_KEY: wrong },
    /403 \((AuthorizationFailure|AuthenticationFailed)\).*\nhint: /,
  ],
  [
    "a SAS that has expired",
    source,
    { AZURE_STORAGE_SAS_TOKEN: await signContainer("models", "r", -1) },
    /403 .*\nhint: /,
  ],
  [
    "a SAS for something else",
    source,
    { AZURE_STORAGE_SAS_TOKEN: await signContainer("models", "l") },
    /403 \(AuthorizationPermissionMismatch\).*\nhint: the SAS must allow reading/,
  ],
  [
    "no connection string",
    source,
    { AZURE_STORAGE_CONNECTION_STRING: "secret" },
    /not a connection string.*\nhint: set it to what `az storage account show-connection-string/,
  ],
  ["no account", "az:///models/x", {}, /is not set\nhint: set `AZURE_STORAGE_ACCOUNT`/],
  [
    "an address as the account",
    "az:///models/x",
    { AZURE_STORAGE_ACCOUNT: "https://x.example.com" },
    /is not the name of a storage account\nhint: /,
  ],
];

for (const [what, address, environment, expected] of faults) {
  test(`fault: ${what}`, async () => {
    const said = told(await ask(address, { environment }).fetch());
    assert.match(said, expected);
    assert.not.match(said, /sig=|secret|Eby8|d3Jvbmc/);
  });
}

/** Codes that Azurite does not answer with, as Azure does. */
const codes: readonly (readonly [status: number, code: string, told: RegExp])[] = [
  [
    403,
    "AuthenticationFailed",
    /hint: the key is not one of `devstoreaccount1`: `az storage account keys list/,
  ],
  [403, "KeyBasedAuthenticationNotPermitted", /hint: the account does not accept keys: .*`az login`/],
  [403, "AuthorizationFailure", /hint: the account's firewall/],
  [409, "BlobArchived", /hint: it is archived: type `az storage blob set-tier/],
  [409, "PublicAccessNotPermitted", /hint: the key is not/],
  [412, "ConditionNotMet", /hint: the blob was replaced/],
  [302, "", /answers 302/],
];

for (const [status, code, expected] of codes) {
  test(`Azure answers ${status} ${code}`, async () => {
    const refusing = watch((response) => ({
      ...response,
      status,
      headers: { "x-ms-error-code": code, location: "https://elsewhere.example.com/" },
      text: async () => "",
    }));
    const pinned = await ask(source, {}, refusing).pin();
    assert.match(told(pinned), expected);
    assert.is(refusing.requests.length, 1);
  });
}

test("what is busy is asked again", async () => {
  const busy = watch((response) => ({ ...response, status: 503, headers: {}, text: async () => "" }));
  assert.is(outcome(await ask(source, {}, busy).pin()), "source/refused");
  assert.is(busy.requests.length, 5);
});

test("a list that is none is asked for again, and told", async () => {
  const garbled = watch((response) => ({ ...response, text: async () => "<html>" }));
  assert.is(outcome(await ask(`az://${ACCOUNT}/models/`, {}, garbled).pin()), "source/unreachable");
  assert.is(garbled.requests.length, 5);
});

test("the key of one account is sent to no other", async () => {
  const { network, requests } = watch();
  const refused: Network = {
    async request(request) {
      requests.push(request);
      return await network.request({ ...request, url: `${azurite.url}/${ACCOUNT}/models/none` });
    },
  };
  const environment = { AZURE_STORAGE_ACCOUNT: ACCOUNT, AZURE_STORAGE_KEY: KEY, ...connected };
  await ask("az://another/models/x", { environment }, { network: refused, requests }).pin();
  const toOther = requests.filter(({ url }) => url.startsWith("https://another."));
  assert.ok(toOther.length > 0);
  assert.ok(toOther.every(({ headers }) => headers?.authorization === undefined));
});

test.after(() => azurite.stop());

test.run();
