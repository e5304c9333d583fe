import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findCredentials, registryAuthHeader } from "../../src/engines/docker-credentials.ts";
import type { ProcessRequest } from "../../src/model/host.ts";
import type { Credentials } from "../../src/model/registry.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("docker credentials");

const base64 = (text: string) => Buffer.from(text).toString("base64");
const ada: Credentials = { username: "ada", password: "pass:word" };

type Helper = { readonly stdout?: string; readonly exitCode?: number };

/** A machine with this config.json and one helper that gives this answer. */
async function find(config: object | string, registry: string, helper: Helper = {}) {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  const asked: ProcessRequest[] = [];
  const host = makeHost({
    environment: { DOCKER_CONFIG: makeFolder({ "config.json": text }), PATH: "/bin", SECRET: "x" },
    processes: {
      async run(request) {
        asked.push(request);
        return { exitCode: helper.exitCode ?? 0, stdout: helper.stdout ?? "", stderr: "" };
      },
    },
  });
  const credentials = await findCredentials(registry, host);
  return { credentials, asked };
}

type Row = readonly [what: string, config: object | string, registry: string, found: Credentials | undefined];

const rows: readonly Row[] = [
  ["kept in the file", { auths: { "r.io": { auth: base64("ada:pass:word") } } }, "r.io", ada],
  ["under an address", { auths: { "https://r.io": { auth: base64("ada:pass:word") } } }, "r.io", ada],
  [
    "Docker Hub's",
    { auths: { "https://index.docker.io/v1/": { auth: base64("ada:pass:word") } } },
    "docker.io",
    ada,
  ],
  ["with a port", { auths: { "r.io:5000": { auth: base64("ada:pass:word") } } }, "r.io:5000", ada],
  ["of another registry", { auths: { "r.io": { auth: base64("ada:pass:word") } } }, "other.io", undefined],
  [
    "a token",
    { auths: { "r.io": { auth: base64("x:"), identitytoken: "token" } } },
    "r.io",
    { identityToken: "token" },
  ],
  ["an empty entry, as a store leaves it", { auths: { "r.io": {} } }, "r.io", undefined],
  ["no colon", { auths: { "r.io": { auth: base64("ada") } } }, "r.io", undefined],
  [
    "an empty password",
    { auths: { "r.io": { auth: base64("ada:") } } },
    "r.io",
    { username: "ada", password: "" },
  ],
  ["no entries", {}, "r.io", undefined],
  ["a file that is damaged", "{", "r.io", undefined],
];

for (const [what, config, registry, found] of rows) {
  test(`credentials: ${what}`, async () => {
    const { credentials, asked } = await find(config, registry);
    assert.equal(credentials, found);
    assert.equal(asked, []);
  });
}

test("no config.json", async () => {
  const host = makeHost({ environment: { HOME: makeFolder() } });
  assert.is(await findCredentials("r.io", host), undefined);
});

const helped = { Username: "ada", Secret: "pass:word" };

test("a helper is asked on its input, with none of our variables but docker's", async () => {
  const config = { credHelpers: { "r.io": "own" }, credsStore: "desktop" };
  const { credentials, asked } = await find(config, "r.io", { stdout: JSON.stringify(helped) });
  assert.equal(credentials, ada);
  const [request] = asked;
  assert.equal([request?.command, request?.args, request?.input], ["docker-credential-own", ["get"], "r.io"]);
  assert.equal(Object.keys(request?.environment ?? {}).sort(), ["DOCKER_CONFIG", "PATH"]);
});

test("the store is asked where a registry has no helper of its own", async () => {
  const config = { credHelpers: { "other.io": "own" }, credsStore: "desktop" };
  const { asked } = await find(config, "docker.io", { stdout: JSON.stringify(helped) });
  assert.equal(
    asked.map(({ command, input }) => [command, input]),
    [["docker-credential-desktop", "https://index.docker.io/v1/"]],
  );
});

test("a helper that keeps a token", async () => {
  const stdout = JSON.stringify({ Username: "<token>", Secret: "token" });
  assert.equal((await find({ credsStore: "s" }, "r.io", { stdout })).credentials, { identityToken: "token" });
});

for (const [what, helper] of [
  ["knows nothing", { exitCode: 1, stdout: "credentials not found in native keychain" }],
  ["speaks no JSON", { stdout: "hello" }],
  ["answers with something else", { stdout: "{}" }],
] as const) {
  test(`after a helper that ${what} comes the file`, async () => {
    const config = { credsStore: "s", auths: { "r.io": { auth: base64("ada:pass:word") } } };
    assert.equal((await find(config, "r.io", helper)).credentials, ada);
  });
}

const decoded = (header: Readonly<Record<string, string>>) =>
  JSON.parse(Buffer.from(header["x-registry-auth"] ?? "", "base64url").toString("utf8"));

test("the engine's header", () => {
  assert.equal(decoded(registryAuthHeader("r.io", ada)), { ...ada, serveraddress: "r.io" });
  assert.equal(decoded(registryAuthHeader("docker.io", { identityToken: "t" })), {
    identitytoken: "t",
    serveraddress: "https://index.docker.io/v1/",
  });
  assert.equal(decoded(registryAuthHeader("r.io", undefined)), {});
});

test("the header is safe in HTTP", () => {
  const header = registryAuthHeader("r.io", { username: "ü", password: "\u00ff>>>???" })["x-registry-auth"];
  assert.match(header ?? "", /^[\w-]+$/);
});

test.run();
