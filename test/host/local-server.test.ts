import http from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { serveLocally } from "../../src/host/local-server.ts";
import { type LocalResponse, type LocalServer, PortTaken } from "../../src/model/local-server.ts";

const test = suite("local server");

const text = (body: LocalResponse["body"], status = 200): LocalResponse => ({
  status,
  headers: { "content-type": "text/plain" },
  body,
});

async function withServer(
  answer: Parameters<typeof serveLocally>[1],
  act: (server: LocalServer, base: URL) => Promise<void>,
): Promise<void> {
  const server = await serveLocally(0, answer);
  try {
    await act(server, new URL(server.address));
  } finally {
    await server.close();
  }
}

/** A request as no browser lets a page make it: with any host, any path. */
function ask(base: URL, path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    http
      .get({ host: base.hostname, port: base.port, path, headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
      .on("error", reject);
  });
}

test("answers who knows the address, and says nothing that may be kept or framed", () =>
  withServer(
    async ({ path, method }) => text(`${method} ${path}`),
    async (_server, base) => {
      const response = await fetch(new URL("events?x=1", base));
      assert.is(await response.text(), "GET /events");
      assert.is(response.headers.get("cache-control"), "no-store");
      assert.match(response.headers.get("content-security-policy") ?? "", "frame-ancestors 'none'");
      assert.is(response.headers.get("referrer-policy"), "no-referrer");
      assert.is(await (await fetch(base)).text(), "GET /");
    },
  ));

test("refuses another token, another host's name, and the page of another site", () =>
  withServer(
    async () => text("secret"),
    async (_server, base) => {
      assert.is(await ask(base, "/"), 403);
      assert.is(await ask(base, `${base.pathname.slice(0, -2)}x/`), 403);
      assert.is(await ask(base, base.pathname, { host: `rebound.example.com:${base.port}` }), 403);
      assert.is(await ask(base, base.pathname, { origin: "http://evil.example.com" }), 403);
      assert.is(await ask(base, base.pathname, { origin: "null" }), 403);
      assert.is(await ask(base, base.pathname, { origin: base.origin }), 200);
    },
  ));

test("each server has a token of its own", () =>
  withServer(
    async () => text(""),
    (_one, first) =>
      withServer(
        async () => text(""),
        async (_other, second) => {
          assert.ok(first.pathname.length > 30);
          assert.is.not(first.pathname, second.pathname);
        },
      ),
  ));

test("a body that is too long is refused, and the next is answered", () =>
  withServer(
    async ({ readBody }) => text(await readBody(10)),
    async (_server, base) => {
      const post = (body: string) => fetch(base, { method: "POST", body });
      assert.is((await post("x".repeat(100_000))).status, 413);
      assert.is(await (await post("0123456789")).text(), "0123456789");
    },
  ));

test("a stream ends when whoever listened has gone", async () => {
  let hasEnded = false;
  await withServer(
    async ({ signal }) => {
      async function* forever() {
        try {
          while (!signal.aborted) {
            yield "data: x\n\n";
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        } finally {
          hasEnded = true;
        }
      }
      return text(forever());
    },
    async (_server, base) => {
      const leaving = new AbortController();
      const response = await fetch(base, { signal: leaving.signal });
      await response.body?.getReader().read();
      leaving.abort();
      for (let tried = 0; tried < 200 && !hasEnded; tried += 1)
        await new Promise((resolve) => setTimeout(resolve, 10));
      assert.ok(hasEnded);
    },
  );
});

test("closes although somebody listens", async () => {
  const server = await serveLocally(0, async ({ signal }) => {
    async function* silent() {
      yield "begun\n";
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    }
    return text(silent());
  });
  const response = await fetch(server.address);
  await response.body?.getReader().read();
  await server.close();
});

test("what goes wrong in an answer breaks that one off, and no other", () =>
  withServer(
    async ({ path }) => {
      if (path === "/broken") throw new Error("broken");
      return text("whole");
    },
    async (_server, base) => {
      const broken = await fetch(new URL("broken", base)).catch(() => undefined);
      assert.is(broken, undefined);
      assert.is(await (await fetch(base)).text(), "whole");
    },
  ));

test("a port that is somebody else's is told", () =>
  withServer(
    async () => text(""),
    async (_server, base) => {
      try {
        await serveLocally(Number(base.port), async () => text(""));
        assert.unreachable();
      } catch (error) {
        assert.instance(error, PortTaken);
        assert.is((error as PortTaken).code, "EADDRINUSE");
      }
    },
  ));

test.run();
