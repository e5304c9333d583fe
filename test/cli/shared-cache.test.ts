import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createContentStore } from "../../src/caches/content-store.ts";
import { createLocalCache } from "../../src/caches/local.ts";
import { checkSharedCache, openSharedCache } from "../../src/cli/shared-cache.ts";
import type { Diagnostic } from "../../src/model/diagnostic.ts";
import { digestOf } from "../../src/model/digest.ts";
import { startCacheServer } from "../fakes/cache-server.ts";
import { makeHost } from "../fakes/host.ts";
import { makeOutput } from "../fakes/steps.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("shared cache's settings");

const key = digestOf("key");

function makeKeys(): Record<string, string> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pkcs8 = { type: "pkcs8", format: "pem" } as const;
  const spki = { type: "spki", format: "pem" } as const;
  return {
    "cache.key": privateKey.export(pkcs8).toString(),
    "cache.pub": publicKey.export(spki).toString(),
    "locked.key": privateKey.export({ ...pkcs8, cipher: "aes-256-cbc", passphrase: "x" }).toString(),
    "other.key": other.privateKey.export(pkcs8).toString(),
    "other.pub": other.publicKey.export(spki).toString(),
    "nothing.pem": "",
  };
}

const workingDirectory = makeFolder(makeKeys());

/** Settings are the variables without their common beginning: `{ "": address, _MODE: "write" }`. */
function open(settings: Readonly<Record<string, string>>, warn: (diagnostic: Diagnostic) => void = () => {}) {
  const environment = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`MLPACKAGE_SHARED_CACHE${name}`, value]),
  );
  const host = makeHost({ environment });
  const folder = makeFolder();
  return openSharedCache({
    host,
    workingDirectory,
    local: createLocalCache(folder, host.files),
    store: createContentStore(folder, host.files),
    warn,
    signal: new AbortController().signal,
  });
}

async function demand(
  settings: Readonly<Record<string, string>>,
  warn: (diagnostic: Diagnostic) => void = () => {},
) {
  const opened = await open(settings, warn);
  if (!opened.ok || opened.value === undefined) throw new Error(JSON.stringify(opened));
  return opened.value;
}

test("without a setting there is none", async () => {
  for (const settings of [{}, { "": "" }, { _MODE: "write", _TOKEN: "x" }]) {
    const opened = await open(settings);
    assert.ok(opened.ok && opened.value === undefined);
  }
});

const secret = "hunter2";
type Refusal = readonly [what: string, settings: Record<string, string>, code: string];
const server = "https://cache.example.com";

const refusals: readonly Refusal[] = [
  ["a relative path", { "": "cache" }, "address"],
  ["a path with a dot", { "": "./cache" }, "address"],
  ["another scheme", { "": `s3://${secret}@bucket` }, "address"],
  ["no address", { "": `http://ada:${secret}@exa mple.com` }, "address"],
  ["a query", { "": `${server}?token=${secret}` }, "address"],
  ["a fragment", { "": `${server}#${secret}` }, "address"],
  ["a file of another machine", { "": "file://server/share" }, "address"],
  ["a file address with an encoded slash", { "": "file:///a%2Fb" }, "address"],
  ["a user and a token", { "": `https://ada:${secret}@example.com`, _TOKEN: secret }, "credentials"],
  ["a password that is badly written", { "": `https://ada:${secret}%zz@example.com` }, "credentials"],
  ["a token with a line break", { "": server, _TOKEN: `${secret}\n` }, "credentials"],
  ["a registry without a repository", { "": "oci://registry.example.com" }, "address"],
  ["a registry whose name is none", { "": "oci://exa%20mple/team" }, "address"],
  ["a repository with capitals", { "": "oci://registry.example.com/Team/cache" }, "address"],
  ["a repository with a tag", { "": "oci://registry.example.com/team/cache:1" }, "address"],
  ["a password for a registry", { "": `oci://ada:${secret}@registry.example.com/team` }, "credentials"],
  ["a token for a registry", { "": "oci://registry.example.com/team", _TOKEN: secret }, "credentials"],
  ["another mode", { "": server, _MODE: "readwrite" }, "mode"],
  ["no signing key", { "": server, _SIGNING_KEY: "nowhere.key" }, "key"],
  ["a folder for a key", { "": server, _SIGNING_KEY: "." }, "key"],
  ["a signing key that is public", { "": server, _SIGNING_KEY: "cache.pub" }, "key"],
  ["a signing key with a passphrase", { "": server, _SIGNING_KEY: "locked.key" }, "key"],
  ["a signing key of another kind", { "": server, _SIGNING_KEY: "other.key" }, "key"],
  ["a trusted key of another kind", { "": server, _TRUSTED_KEYS: "cache.pub:other.pub" }, "key"],
  ["a trusted key that is private", { "": server, _TRUSTED_KEYS: "cache.key" }, "key"],
  ["an empty trusted key", { "": server, _TRUSTED_KEYS: "nothing.pem" }, "key"],
];

for (const [what, settings, code] of refusals) {
  test(`${what} is refused`, async () => {
    const opened = await open(settings);
    assert.ok(!opened.ok);
    assert.equal(
      opened.diagnostics.map((diagnostic) => diagnostic.code),
      [`cli/shared-cache-${code}`],
    );
    assert.ok(opened.diagnostics.every(({ hint }) => hint !== undefined));
    assert.not.match(JSON.stringify(opened.diagnostics), new RegExp(secret));
  });
}

async function checkOf(settings: Readonly<Record<string, string>>): Promise<string | undefined> {
  const names = Object.entries(settings).map(([name, value]) => [`MLPACKAGE_SHARED_CACHE${name}`, value]);
  const host = makeHost({ environment: Object.fromEntries(names) });
  const { signal } = new AbortController();
  const checked = await checkSharedCache({ host, workingDirectory: makeFolder(), signal });
  return checked.ok ? checked.value : checked.diagnostics.map(({ message }) => message).join();
}

test("doctor's question: none, one that answers, one that does not, one that is no address", async () => {
  assert.is(await checkOf({}), undefined);
  const folder = makeFolder();
  assert.is(await checkOf({ "": folder }), `${folder} answers; runs read it`);
  assert.is(
    await checkOf({ "": folder, _MODE: "write" }),
    `${folder} answers; runs read it, and write to it`,
  );
  const gone = `${folder}/gone`;
  assert.is(await checkOf({ "": gone }), `the shared cache ${gone} does not work: there is no such folder`);
  assert.match((await checkOf({ "": "cache" })) ?? "", "not an absolute path or");
  assert.match((await checkOf({ "": folder, _TRUSTED_KEYS: "no.pub" })) ?? "", "no.pub` cannot be read");
});

test("all that is wrong is told at once", async () => {
  const opened = await open({ "": "cache", _MODE: "x", _SIGNING_KEY: "x", _TRUSTED_KEYS: "x:y" });
  assert.is(opened.ok ? 0 : opened.diagnostics.length, 5);
});

for (const toAddress of [(folder: string) => folder, (folder: string) => `file://${folder}/`]) {
  test(`a folder is written to: ${toAddress("/folder")}`, async () => {
    const folder = path.join(makeFolder(), "with space");
    mkdirSync(folder);
    const cache = await demand({ "": toAddress(folder), _MODE: "write" });
    await cache.put(key, makeOutput("made"));
    await cache.finish();
    assert.equal(readdirSync(folder), ["ac"]);
  });
}

const credentials: readonly (readonly [user: string, settings: Record<string, string>, sent?: string])[] = [
  ["", {}],
  ["", { _TOKEN: secret }, `Bearer ${secret}`],
  ["ada:hunter2@", {}, `Basic ${Buffer.from("ada:hunter2").toString("base64")}`],
  ["ada:a%3Ab%40c@", {}, `Basic ${Buffer.from("ada:a:b@c").toString("base64")}`],
  ["ada@", {}, `Basic ${Buffer.from("ada:").toString("base64")}`],
];

for (const [user, settings, sent] of credentials) {
  test(`is sent to the server, and is nowhere else: ${user}${JSON.stringify(settings)}`, async () => {
    const { url, authorizations, requests, contents, breakWith } = await startCacheServer();
    const address = `${url.replace("//", `//${user}`)}/`;
    const cache = await demand({ "": address, _MODE: "write", ...settings });
    await cache.put(key, makeOutput("made"));
    await cache.finish();
    assert.equal(requests, [`PUT /ac/${key.slice("sha256:".length)}`]);
    assert.equal(authorizations, [sent]);
    const told: Diagnostic[] = [];
    const reading = await demand({ "": address, ...settings }, (diagnostic) => told.push(diagnostic));
    const hit = await reading.get(key);
    assert.is(typeof hit === "string" ? hit : hit.from, url);
    breakWith((_request, response) => {
      response.writeHead(401).end();
      return "answered";
    });
    await reading.get(digestOf("other"));
    await reading.finish();
    assert.is(told.length, 1);
    const everything = [...contents.values()].map((content) => Buffer.from(content).toString());
    assert.not.match(`${JSON.stringify(told)}${everything}`, /hunter2|a:b@c|ada/);
  });
}

test("reads alone where nothing else is said", async () => {
  const folder = makeFolder();
  const cache = await demand({ "": folder });
  await cache.put(key, makeOutput("made"));
  await cache.finish();
  assert.equal(readdirSync(folder), []);
});

test("what it signs it trusts, and so does who has the public key alone", async () => {
  const [folder, unsigned] = [makeFolder(), makeFolder()];
  for (const [directory, more] of [
    [folder, { _SIGNING_KEY: "cache.key" }],
    [unsigned, {}],
  ] as const) {
    const cache = await demand({ "": directory, _MODE: "write", ...more });
    await cache.put(key, makeOutput("made"));
    await cache.finish();
  }
  for (const more of [{ _SIGNING_KEY: "cache.key" }, { _TRUSTED_KEYS: ":cache.pub:" }] as const) {
    assert.is(typeof (await (await demand({ "": folder, ...more })).get(key)), "object");
    assert.is(await (await demand({ "": unsigned, ...more })).get(key), "absent");
  }
});

test("whoever trusts only what is signed, and uploads without a key, is told", async () => {
  const told: Diagnostic[] = [];
  const settings = { "": makeFolder(), _MODE: "write", _TRUSTED_KEYS: "cache.pub" };
  await demand(settings, (diagnostic) => told.push(diagnostic));
  assert.equal(
    told.map(({ code }) => code),
    ["cli/shared-cache-unsigned"],
  );
});

test.run();
