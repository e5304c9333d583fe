import type { IncomingMessage, ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import { type Credentials, RegistryError } from "../../src/model/registry.ts";
import { maySendUsTo, originOf } from "../../src/registries/address.ts";
import { createRepository } from "../../src/registries/repository.ts";
import { makeHost } from "../fakes/host.ts";
import { startServer } from "../fakes/http-server.ts";
import { once } from "../fakes/machine.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

/** What a registry may answer, and hardly any does when one wants it to. The rest is in `e2e/shared-registry.test.ts`. */
const test = suite("repository");

const { signal } = new AbortController();
const digest = digestOf("text");
const USER = { username: "ann", password: "s3cret:ü" };

type Seen = { readonly path: string; readonly authorization: string | undefined; readonly body: string };
type Answer = (request: Seen & { readonly method: string }, response: ServerResponse) => void;

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString();
}

/** A server that answers as told, and what it was asked. */
async function start(answer: Answer) {
  const seen: Seen[] = [];
  const server = await startServer(async (request, response) => {
    const { url: path = "", method = "", headers } = request;
    const one = { path, authorization: headers.authorization, body: await textOf(request) };
    seen.push(one);
    answer({ ...one, method }, response);
  });
  return { ...server, seen };
}

function connect(port: number, credentials?: Credentials) {
  return createRepository({
    registry: `127.0.0.1:${port}`,
    repository: "team/cache",
    network: makeHost().network,
    clock: createManualClock(),
    random: () => 0,
    findCredentials: async () => credentials,
  });
}

async function failureOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
  } catch (error) {
    assert.instance(error, RegistryError);
    return (error as Error).message;
  }
  return "it did not fail";
}

/** Gives what it has to who has the token, which `/token` gives. */
const withTokens: Answer = ({ path, authorization }, response) => {
  if (path.startsWith("/token")) response.end(JSON.stringify({ token: "t0ken" }));
  else if (authorization === "Bearer t0ken") response.setHeader("content-length", 4).end("text");
  else {
    const realm = `http://${response.req.headers.host}/token?a=b`;
    const challenge = `Bearer realm="${realm}",service="the registry",scope="repository:team/cache:pull"`;
    response.writeHead(401, { "www-authenticate": challenge }).end();
  }
};

test("a token is asked for once, with user and password, and shown from then on", async () => {
  const { port, seen } = await start(withTokens);
  const repository = connect(port, USER);
  assert.is(await repository.findBlob(digest, signal), 4);
  assert.is(await repository.findBlob(digest, signal), 4);
  const asked = seen.filter(({ path }) => path.startsWith("/token"));
  assert.is(asked.length, 1);
  const query = new URLSearchParams(asked[0]?.path.split("?")[1]);
  assert.equal(
    [...query],
    [
      ["a", "b"],
      ["service", "the registry"],
      ["scope", "repository:team/cache:pull"],
    ],
  );
  const basic = Buffer.from(`${USER.username}:${USER.password}`).toString("base64");
  assert.is(asked[0]?.authorization, `Basic ${basic}`);
});

test("a token is asked for without a login as well: for what is public", async () => {
  const { port, seen } = await start(withTokens);
  assert.is(await connect(port).findBlob(digest, signal), 4);
  assert.is(seen.find(({ path }) => path.startsWith("/token"))?.authorization, undefined);
});

test("an identity token is exchanged for one", async () => {
  const { port, seen } = await start(withTokens);
  assert.is(await connect(port, { identityToken: "id&entity" }).findBlob(digest, signal), 4);
  const { body = "", authorization } = seen.find(({ path }) => path.startsWith("/token")) ?? {};
  assert.is(authorization, undefined);
  const form = Object.fromEntries(new URLSearchParams(body));
  assert.is(form.grant_type, "refresh_token");
  assert.is(form.refresh_token, "id&entity");
});

test("a token that has run out is renewed, and what was sent is sent again", async () => {
  const written: string[] = [];
  let token = 0;
  const { port } = await start(({ path, method, authorization, body }, response) => {
    if (path.startsWith("/token")) {
      token += 1;
      response.end(JSON.stringify({ access_token: `t${token}` }));
    } else if (authorization !== `Bearer t${token}` || (token === 1 && method === "PUT")) {
      const challenge = `Bearer realm="http://${response.req.headers.host}/token"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    } else if (method === "POST") response.writeHead(202, { location: "/upload/1?state=x" }).end();
    else {
      written.push(`${path} ${body}`);
      response.writeHead(201).end();
    }
  });
  await connect(port, USER).writeBlob({ digest, size: 4, chunks: () => once("text") }, signal);
  assert.equal(written, [`/upload/1?state=x&digest=${encodeURIComponent(digest)} text`]);
});

test("who a blob lies with is not told who we are", async () => {
  const elsewhere = await start((_request, response) => response.end("text"));
  const { port } = await start(({ authorization }, response) => {
    if (authorization === undefined) response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end();
    else response.writeHead(307, { location: `${elsewhere.url}/blob?signature=1` }).end();
  });
  const chunks = await connect(port, USER).readBlob(digest, signal);
  const collected: Uint8Array[] = [];
  for await (const chunk of chunks ?? []) collected.push(chunk);
  assert.is(Buffer.concat(collected).toString(), "text");
  assert.equal(elsewhere.seen, [{ path: "/blob?signature=1", authorization: undefined, body: "" }]);
});

const refusals: readonly (readonly [
  what: string,
  answer: Answer,
  credentials: Credentials | undefined,
  message: RegExp,
])[] = [
  [
    "wants a login that nobody has",
    (_request, response) => response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end(),
    undefined,
    /wants a login: `docker login 127\.0\.0\.1:\d+`/,
  ],
  [
    "sends passwords to a place without TLS",
    (_request, response) =>
      response.writeHead(401, { "www-authenticate": 'Bearer realm="http://example.com/token"' }).end(),
    USER,
    /a place we tell no password/,
  ],
  [
    "gives a token that no header can carry",
    ({ path }, response) =>
      path.startsWith("/token")
        ? response.end('{"token": "a\\r\\nb"}')
        : response
            .writeHead(401, {
              "www-authenticate": `Bearer realm="http://${response.req.headers.host}/token"`,
            })
            .end(),
    USER,
    /gives no token/,
  ],
  [
    "refuses the login",
    ({ path }, response) =>
      path.startsWith("/token")
        ? response.writeHead(403).end("s3cret:ü is wrong")
        : response
            .writeHead(401, {
              "www-authenticate": `Bearer realm="http://${response.req.headers.host}/token"`,
            })
            .end(),
    USER,
    /^its tokens are refused to us$/,
  ],
  [
    "sends us round and round",
    (_request, response) => response.writeHead(302, { location: "/again" }).end(),
    undefined,
    /from place to place/,
  ],
  [
    "sends us to a place without TLS",
    (_request, response) => response.writeHead(302, { location: "http://example.com/" }).end(),
    undefined,
    /a place we do not go to/,
  ],
  [
    "says what is wrong",
    (_request, response) =>
      response.writeHead(429).end('{"errors": [{"code": "TOOMANYREQUESTS", "message": "slow down"}]}'),
    undefined,
    /^it answers 429: slow down$/,
  ],
  [
    "says it in no words of registries",
    (_request, response) => response.writeHead(502).end("<html>"),
    undefined,
    /^it answers 502$/,
  ],
];

for (const [what, answer, credentials, message] of refusals) {
  test(`a registry that ${what}`, async () => {
    const { port } = await start(answer);
    assert.match(await failureOf(connect(port, credentials).readBlob(digest, signal)), message);
  });
}

test("a manifest larger than any is not read to its end", async () => {
  const { port } = await start((_request, response) => response.end("x".repeat(5 * 1024 * 1024)));
  assert.match(await failureOf(connect(port).readManifest("latest", signal)), /more than 4194304 bytes/);
});

test("what a registry says stays one line", async () => {
  const { port } = await start((_request, response) =>
    response.writeHead(400).end(JSON.stringify({ errors: [{ message: "no\n::error::forged\r\nlines" }] })),
  );
  const message = await failureOf(connect(port).readBlob(digest, signal));
  assert.is(message, "it answers 400: no ::error::forged lines");
});

test("of several ways to log in the one with a token is taken", async () => {
  const { port, seen } = await start(({ path, authorization }, response) => {
    if (path.startsWith("/token")) response.end(JSON.stringify({ token: "t0ken" }));
    else if (authorization === "Bearer t0ken") response.setHeader("content-length", 4).end("text");
    else {
      const realm = `http://${response.req.headers.host}/token`;
      const challenges = [`Basic realm="a, b"`, `Bearer Realm="${realm}", service="s"`, 'Basic realm="c"'];
      response.writeHead(401, { "www-authenticate": challenges }).end();
    }
  });
  assert.is(await connect(port, USER).findBlob(digest, signal), 4);
  assert.is(seen.length, 3);
});

test("credentials are looked for once", async () => {
  const { port } = await start(withTokens);
  let asked = 0;
  const repository = createRepository({
    registry: `127.0.0.1:${port}`,
    repository: "team/cache",
    network: makeHost().network,
    clock: createManualClock(),
    random: () => 0,
    findCredentials: async () => {
      asked += 1;
      return USER;
    },
  });
  await Promise.all(Array.from({ length: 4 }, () => repository.findBlob(digest, signal)));
  assert.is(asked, 1);
});

const origins: readonly (readonly [registry: string, origin: string])[] = [
  ["registry.example.com", "https://registry.example.com"],
  ["Registry.Example.com:443", "https://registry.example.com"],
  ["registry.example.com:5000", "https://registry.example.com:5000"],
  ["docker.io", "https://registry-1.docker.io"],
  ["localhost:5000", "http://localhost:5000"],
  ["127.0.0.1:80", "http://127.0.0.1"],
  ["127.1:5000", "http://127.0.0.1:5000"],
  ["[::1]:5000", "http://[::1]:5000"],
];

for (const [registry, origin] of origins) {
  test(`${registry} is spoken to at ${origin}`, () => assert.is(originOf(registry), origin));
}

const places: readonly (readonly [address: string, origin: string, may: boolean])[] = [
  ["https://blobs.example.com/x", "https://registry.example.com", true],
  ["http://blobs.example.com/x", "https://registry.example.com", false],
  ["http://127.0.0.1:2375/containers/create", "https://registry.example.com", false],
  ["http://127.0.0.1:9000/x", "http://127.0.0.1:5000", true],
  ["http://blobs.example.com/x", "http://127.0.0.1:5000", false],
  ["file:///etc/passwd", "http://127.0.0.1:5000", false],
  ["", "http://127.0.0.1:5000", false],
];

for (const [address, origin, may] of places) {
  test(`${origin} ${may ? "may" : "may not"} send us to ${address || "nowhere"}`, () =>
    assert.is(maySendUsTo(address, origin), may));
}

test("an upload that is told no place to go to", async () => {
  const { port } = await start((_request, response) => response.writeHead(202).end());
  const content = { digest, size: 4, chunks: () => once("text") };
  assert.match(await failureOf(connect(port).writeBlob(content, signal)), /where to upload to/);
});

test.run();
