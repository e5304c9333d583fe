import { readdirSync, readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import { NetworkError, type NetworkResponse } from "../../src/model/host.ts";
import type { Result } from "../../src/model/result.ts";
import type { SourceReference } from "../../src/model/source.ts";
import { httpSource } from "../../src/sources/http.ts";
import { type Handler, startServer } from "../fakes/http-server.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { makeReference, makeSourceContext } from "../fakes/source-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("http source");

const content = "weights ".repeat(1000);
const sha256 = digestOf(content).slice("sha256:".length);

/** A server, and a source that asks it for `/dir/model.bin`; nobody waits for the pauses between attempts. */
async function serve(handler: Handler, more: Partial<SourceReference> = {}, name = "/dir/model.bin") {
  const { url, requests } = await startServer(handler);
  const clock = createManualClock();
  const context = makeSourceContext(makeFolder(), { clock, random: () => 1 });
  const reference = makeReference(`${url}${name}`, more);
  const pin = () => httpSource.pin(reference, context);
  const fetch = async () => {
    const pinned = await pin();
    return pinned.ok ? httpSource.fetch(reference, pinned.value, context) : pinned;
  };
  return { url, requests, clock, context, pin, fetch };
}

const send: Handler = (_request, response) => response.end(content);

function codes(result: Result<unknown>): string {
  return result.ok ? "ok" : result.diagnostics.map(({ code }) => code).join(" ");
}

type Reference = readonly [source: string, code: string];

const references: readonly Reference[] = [
  ["https://example.com/model.bin", "ok"],
  ["https://example.com/a/b/model.bin?version=3", "ok"],
  ["https://example.com/", "source/not-a-file-url"],
  ["https://example.com", "source/not-a-file-url"],
  ["https://", "source/not-a-file-url"],
  ["https://ada:secret@example.com/model.bin", "source/credentials-in-url"],
  ["https://token@example.com/model.bin", "source/credentials-in-url"],
];

for (const [source, code] of references) {
  test(`parse ${source}`, () => {
    const parsed = httpSource.parse(makeReference(source));
    assert.is(codes(parsed), code);
    assert.not.match(JSON.stringify(parsed.ok ? "" : parsed.diagnostics), /secret|token/);
  });
}

test("with sha256 the server is not asked for the pin", async () => {
  const { pin, requests } = await serve(send, { sha256 });
  const pinned = await pin();
  assert.equal(pinned.ok && pinned.value, {
    scheme: "http",
    identity: { revision: {}, files: { "model.bin": { digest: digestOf(content) } } },
    paths: ["model.bin"],
  });
  assert.equal(requests, []);
});

test("without it the pin is what the server says of the file", async () => {
  const { pin, requests } = await serve((_request, response) => {
    response
      .writeHead(200, { etag: '"1"', "last-modified": "Thu, 01 Jan 1970", "content-length": "5" })
      .end();
  });
  const pinned = await pin();
  assert.equal(pinned.ok && pinned.value.identity, {
    revision: {},
    files: { "model.bin": { size: 5, version: '"1"' } },
  });
  assert.equal(requests, ["HEAD /dir/model.bin"]);
});

test("the file comes into the store under its digest", async () => {
  const { fetch, context } = await serve(send, { sha256 });
  const fetched = await fetch();
  assert.equal(fetched.ok && fetched.value, [
    { path: "model.bin", digest: digestOf(content), size: content.length, mode: 0o644 },
  ]);
  assert.is(readFileSync((await context.store.find(digestOf(content))) ?? "", "utf8"), content);
  assert.is(context.told.at(-1), content.length);
});

for (const [what, answer, outcome] of [
  ["is brought", content, "ok"],
  ["is no other file", "other", "source/digest-mismatch"],
] as const) {
  test(`what is pinned by its digest, although nobody wrote it, ${what}`, async () => {
    const { url, context } = await serve((_request, response) =>
      response.setHeader("etag", '"1"').end(answer),
    );
    const reference = makeReference(`${url}/model.bin`);
    const locked = await httpSource.pin({ ...reference, sha256 }, context);
    assert.ok(locked.ok);
    assert.is(codes(await httpSource.fetch(reference, locked.value, context)), outcome);
  });
}

test("what the store has is not asked for", async () => {
  const { fetch, requests } = await serve(send, { sha256 });
  await fetch();
  assert.is(codes(await fetch()), "ok");
  assert.equal(requests, ["GET /dir/model.bin"]);
});

test("another file than the promised one is refused, and is no other package's loss", async () => {
  const { fetch, context } = await serve((_request, response) => response.end("other"), { sha256 });
  await context.store.write(once("other"));
  assert.is(codes(await fetch()), "source/digest-mismatch");
  assert.ok(await context.store.find(digestOf("other")));
});

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const names: readonly (readonly [address: string, name: string])[] = [
  ["/a%20b.bin", "a_b.bin"],
  ["/%2e%2e%2fetc%2fpasswd", ".._etc_passwd"],
  ["/x.bin?y=/z.pkl", "x.bin"],
  ["/%E4%F6", "_E4_F6"],
];

for (const [address, name] of names) {
  test(`${address} is called ${name}`, async () => {
    const pinned = await (await serve(send, { sha256 }, address)).pin();
    assert.equal(pinned.ok && pinned.value.paths, [name]);
  });
}

/** Sends so many bytes of the content and breaks the connection. */
function breakAfter(response: ServerResponse, bytes: number): void {
  response.write(content.slice(0, bytes), () => setTimeout(() => response.destroy(), 5));
}

function transientOf(result: Result<unknown>): unknown {
  return !result.ok && result.diagnostics[0]?.details?.transient;
}

test("an answer that is cut short is no file, and may go better next time", async () => {
  const { fetch, requests, clock, context } = await serve(
    (_request, response) => {
      response.writeHead(200, { "content-length": String(content.length) });
      breakAfter(response, 100);
    },
    { sha256 },
  );
  const fetched = await fetch();
  assert.is(codes(fetched), "source/unreachable");
  assert.is(transientOf(fetched), true);
  assert.equal([requests.length, clock.sleeps], [5, [500, 1000, 2000, 4000]]);
  assert.not(readdirSync(context.storeDirectory).includes("blobs"));
});

test("a server that asks to be left alone is left alone, and its refusal told in the end", async () => {
  const { fetch, requests, clock } = await serve(
    (_request, response) => response.writeHead(503, { "retry-after": "7" }).end(),
    { sha256 },
  );
  const fetched = await fetch();
  assert.equal(!fetched.ok && fetched.diagnostics[0]?.details, {
    status: 503,
    transient: true,
  });
  assert.equal([requests.length, clock.sleeps], [5, [7_000, 7_000, 7_000, 7_000]]);
});

type Asked = { readonly range: string | undefined; readonly ifRange: string | undefined };

/** A server of parts that breaks each connection after `most` bytes; `change` says what it does otherwise, by request. */
async function serveParts(
  most: number,
  change: (nth: number) => {
    readonly headers?: Record<string, string>;
    readonly status?: number;
  } = () => ({}),
) {
  const asked: Asked[] = [];
  const served = await serve(
    (request, response) => {
      const { range, "if-range": ifRange } = request.headers;
      asked.push({ range, ifRange: ifRange as string | undefined });
      const from = Number(/^bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
      const { headers = {}, status = range === undefined ? 200 : 206 } = change(asked.length);
      const rest = status === 206 ? content.slice(from) : content;
      response.writeHead(status, {
        etag: '"1"',
        "accept-ranges": "bytes",
        "content-length": String(rest.length),
        ...(status === 206 && {
          "content-range": `bytes ${from}-${content.length - 1}/${content.length}`,
        }),
        ...headers,
      });
      if (rest.length <= most) response.end(rest);
      // A client drops what it has received and not read when the connection ends: it gets time to read.
      else response.write(rest.slice(0, most), () => setTimeout(() => response.destroy(), 100));
    },
    { sha256 },
  );
  return { ...served, asked };
}

const third = Math.ceil(content.length / 3);

test("a download that broke goes on where it was", async () => {
  const { fetch, asked, clock, context } = await serveParts(third);
  const fetched = await fetch();
  assert.equal(fetched.ok && fetched.value, [
    { path: "model.bin", digest: digestOf(content), size: content.length, mode: 0o644 },
  ]);
  assert.equal(asked, [
    { range: undefined, ifRange: undefined },
    { range: `bytes=${third}-7999`, ifRange: '"1"' },
    { range: `bytes=${2 * third}-7999`, ifRange: '"1"' },
  ]);
  assert.equal(clock.sleeps, [500, 1_000]);
  assert.is(context.told.at(-1), content.length);
  assert.equal(
    context.told,
    context.told.toSorted((a, b) => a - b),
  );
});

test("but not for ever", async () => {
  const { fetch, asked, clock } = await serveParts(100);
  const fetched = await fetch();
  assert.is(codes(fetched), "source/unreachable");
  assert.is(transientOf(fetched), true);
  assert.equal([asked.length, clock.sleeps], [5, [500, 1_000, 2_000, 4_000]]);
});

test("a server that is busy when it is asked for the rest is asked once more", async () => {
  const { fetch, asked } = await serveParts(2 * third, (nth) => (nth === 2 ? { status: 503 } : {}));
  assert.is(codes(await fetch()), "ok");
  assert.is(asked.length, 3);
});

type Mixture = readonly [
  what: string,
  second: Parameters<typeof serveParts>[1],
  code: string,
  requests: number,
];

/** The content is the one that was promised in all of them: which requests lead to it is what is looked at. */
const mixtures: readonly Mixture[] = [
  [
    "the whole of another version",
    (nth) => (nth > 1 ? { status: 200, headers: { etag: '"2"' } } : {}),
    "source/changed",
    4,
  ],
  ["the whole file", (nth) => (nth > 1 ? { status: 200 } : {}), "source/changed", 4],
  ["a part of another version", (nth) => (nth > 1 ? { headers: { etag: '"2"' } } : {}), "ok", 4],
  [
    "another part",
    (nth) => (nth > 1 ? { headers: { "content-range": "bytes 0-9/10" } } : {}),
    "source/changed",
    4,
  ],
  ["no word about parts", () => ({ headers: { "accept-ranges": "none" } }), "source/unreachable", 5],
  ["a weak ETag, and the digest is known", () => ({ headers: { etag: 'W/"1"' } }), "ok", 2],
  ["no ETag, and the digest is known", () => ({ headers: { etag: "" } }), "ok", 2],
];

for (const [what, change, code, requests] of mixtures) {
  test(`versions are never mixed: a server that sends ${what}`, async () => {
    const { fetch, asked, context } = await serveParts(2 * third, change);
    const fetched = await fetch();
    assert.is(codes(fetched), code);
    assert.is(asked.length, requests);
    assert.is(readdirSync(context.storeDirectory).includes("blobs"), code === "ok");
  });
}

test("a part is found behind a redirect as well", async () => {
  let broken = false;
  const { fetch, requests } = await serve(
    (request, response) => {
      if (request.url !== "/real") return void response.writeHead(302, { location: "/real" }).end();
      const from = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
      response.writeHead(from > 0 ? 206 : 200, {
        etag: '"1"',
        "accept-ranges": "bytes",
        "content-length": String(content.length - from),
        "content-range": `bytes ${from}-${content.length - 1}/${content.length}`,
      });
      if (broken) return void response.end(content.slice(from));
      broken = true;
      breakAfter(response, third);
    },
    { sha256 },
  );
  assert.is(codes(await fetch()), "ok");
  assert.equal(requests, ["GET /dir/model.bin", "GET /real", "GET /dir/model.bin", "GET /real"]);
});

type Refusal = readonly [status: number, headers: Record<string, string>, attempts: number, sleeps: number[]];

const refusals: readonly Refusal[] = [
  [404, {}, 1, []],
  // Asked again with GET: the address may be signed for that alone.
  [403, {}, 2, []],
  [416, {}, 1, []],
  [429, {}, 5, [500, 1000, 2000, 4000]],
  [429, { "retry-after": "3" }, 5, [3000, 3000, 3000, 4000]],
  [429, { ratelimit: '"api";r=0;t=55' }, 5, [55_000, 55_000, 55_000, 55_000]],
  [503, { "retry-after": "3600" }, 5, [300_000, 300_000, 300_000, 300_000]],
  [503, { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" }, 5, [500, 1000, 2000, 4000]],
  [500, {}, 5, [500, 1000, 2000, 4000]],
];

for (const [status, headers, attempts, sleeps] of refusals) {
  test(`${status} ${JSON.stringify(headers)}`, async () => {
    const { pin, requests, clock } = await serve((_request, response) =>
      response.writeHead(status, headers).end(),
    );
    const pinned = await pin();
    assert.is(codes(pinned), "source/refused");
    assert.is(!pinned.ok && pinned.diagnostics[0]?.details?.status, status);
    assert.is(requests.length, attempts);
    assert.equal(clock.sleeps, sleeps);
  });
}

test("nobody listens", async () => {
  const context = makeSourceContext(makeFolder(), { clock: createManualClock() });
  assert.is(
    codes(await httpSource.pin(makeReference("http://127.0.0.1:1/x"), context)),
    "source/unreachable",
  );
});

test("an interrupt ends the attempts", async () => {
  const controller = new AbortController();
  const clock = createManualClock();
  const { url, requests } = await startServer((_request, response) => {
    response.writeHead(500).end();
    controller.abort();
  });
  const context = {
    ...makeSourceContext(makeFolder(), { clock, random: () => 1 }),
    signal: controller.signal,
  };
  const pinned = await httpSource.pin(makeReference(`${url}/x`), context).catch((error: Error) => error.name);
  assert.ok(requests.length === 1 && clock.sleeps.length === 0, String(pinned));
});

test("redirects are followed", async () => {
  const { fetch, requests } = await serve(
    (request, response) => {
      if (request.url === "/real") response.end(content);
      else response.writeHead(302, { location: request.url === "/dir/model.bin" ? "next" : "/real" }).end();
    },
    { sha256 },
  );
  const fetched = await fetch();
  assert.equal(fetched.ok && fetched.value.map(({ path: name }) => name), ["model.bin"]);
  assert.equal(requests, ["GET /dir/model.bin", "GET /dir/next", "GET /real"]);
});

test("but not for ever", async () => {
  const { pin, requests } = await serve((_request, response) =>
    response.writeHead(302, { location: "/again" }).end(),
  );
  assert.is(codes(await pin()), "source/too-many-redirects");
  assert.is(requests.length, 6);
});

test("a redirect to nowhere is a refusal", async () => {
  const { pin } = await serve((_request, response) => response.writeHead(302).end());
  assert.is(codes(await pin()), "source/refused");
});

/** A network of answers that need TLS, which a test server has not. */
function answer(location: string): NetworkResponse {
  return {
    status: 302,
    headers: { location },
    body: (async function* () {})(),
    text: async () => "",
    discard: () => {},
  };
}

for (const [location, code] of [
  ["http://example.com/x", "source/insecure-redirect"],
  ["ftp://example.com/x", "source/bad-redirect"],
] as const) {
  test(`from https to ${location}`, async () => {
    const network = { request: async () => answer(location) };
    const context = makeSourceContext(makeFolder(), { network, clock: createManualClock() });
    assert.is(codes(await httpSource.pin(makeReference("https://example.com/x"), context)), code);
  });
}

for (const [location, code] of [
  ["file:///etc/passwd", "source/bad-redirect"],
  ["http://", "source/bad-redirect"],
] as const) {
  test(`from http to ${location}`, async () => {
    const { pin } = await serve((_request, response) => response.writeHead(302, { location }).end());
    assert.is(codes(await pin()), code);
  });
}

for (const [error, attempts] of [
  ["ENOTFOUND", 1],
  ["CERT_HAS_EXPIRED", 1],
  ["ECONNRESET", 5],
  ["ETIMEDOUT", 5],
] as const) {
  test(`${error} is tried ${attempts} times`, async () => {
    let asked = 0;
    const network = {
      request: async () => {
        asked += 1;
        throw new NetworkError(error, "no");
      },
    };
    const context = makeSourceContext(makeFolder(), { network, clock: createManualClock() });
    assert.is(
      codes(await httpSource.pin(makeReference("https://example.com/x"), context)),
      "source/unreachable",
    );
    assert.is(asked, attempts);
  });
}

test("a file that is replaced between looking and downloading is not taken for the one that was pinned", async () => {
  for (const header of ["etag", "last-modified"]) {
    let version = 0;
    const { fetch, context } = await serve((_request, response) => {
      version += 1;
      response.writeHead(200, { [header]: `"${version}"` }).end(content);
    });
    assert.is(codes(await fetch()), "source/changed");
    assert.is(await context.store.find(digestOf(content)), undefined);
  }
});

test("an ETag that is weak in one answer and strong in the other is the same", async () => {
  const { fetch } = await serve(({ method }, response) => {
    response.writeHead(200, { etag: method === "HEAD" ? '"1"' : 'W/"1"' }).end(content);
  });
  assert.is(codes(await fetch()), "ok");
});

test.run();
