import { once } from "node:events";
import { createServer } from "node:net";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createNetwork } from "../../src/host/network.ts";
import { NetworkError } from "../../src/model/host.ts";
import { startServer } from "../fakes/http-server.ts";

const test = suite("network");

const network = createNetwork();

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof NetworkError ? error.code : `no network error but ${error}`;
}

test("many requests at once share a signal, and nobody is warned of it", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on("warning", note);
  const { url } = await startServer((_request, response) => setTimeout(() => response.end("x"), 20));
  const { signal } = new AbortController();
  const asked = Array.from({ length: 20 }, () => network.request({ url, signal }));
  for (const response of await Promise.all(asked)) assert.is(await response.text(), "x");
  process.off("warning", note);
  assert.equal(warnings, []);
});

test("a request and its response", async () => {
  let received = "";
  const { url } = await startServer((request, response) => {
    request.on("data", (chunk) => {
      received += chunk;
    });
    request.on("end", () => {
      const { method, headers } = request;
      response.writeHead(201, { "X-Two": ["a", "b"], "Content-Type": "text/plain" });
      response.end(`${method} ${headers["content-length"]} ${headers["x-one"]} é`);
    });
  });
  const response = await network.request({ url, method: "PUT", headers: { "X-One": "1" }, body: "é" });
  assert.is(response.status, 201);
  assert.is(response.headers["x-two"], "a, b");
  assert.is(await response.text(), "PUT 2 1 é");
  assert.is(received, "é");
});

test("errors of the server are responses, redirects too", async () => {
  const { url, requests } = await startServer((request, response) =>
    response.writeHead(request.url === "/" ? 302 : 500, { location: "/next" }).end("no"),
  );
  const response = await network.request({ url });
  assert.is(response.status, 302);
  assert.is(await response.text(), "no");
  assert.equal(requests, ["GET /"]);
});

test("nobody listens", async () => {
  assert.is(await codeOf(network.request({ url: "http://127.0.0.1:1/" })), "ECONNREFUSED");
});

test("no answer in time", async () => {
  const { url } = await startServer(() => {});
  assert.is(await codeOf(network.request({ url, timeoutMs: 40 })), "ETIMEDOUT");
});

test("an answer that is cut short, with a length and without", async () => {
  for (const headers of [{ "content-length": "100" }, {}]) {
    const { url } = await startServer((_request, response) => {
      response.writeHead(200, headers).write("part");
      setTimeout(() => response.destroy(), 10);
    });
    const response = await network.request({ url });
    assert.is(await codeOf(response.text()), "ECONNRESET");
  }
});

test("an answer that stalls", async () => {
  const { url } = await startServer((_request, response) => response.writeHead(200).write("part"));
  const response = await network.request({ url, stallTimeoutMs: 40 });
  assert.is(await codeOf(response.text()), "ETIMEDOUT");
});

test("no end of patience where none is asked for", async () => {
  const { url } = await startServer((_request, response) => {
    response.writeHead(200).write("a");
    setTimeout(() => response.end("b"), 80);
  });
  assert.is(await (await network.request({ url, stallTimeoutMs: 0 })).text(), "ab");
});

test("a server that hangs up", async () => {
  const { url } = await startServer((request) => request.socket.destroy());
  assert.is(await codeOf(network.request({ url })), "ECONNRESET");
});

test("a server that speaks something else", async () => {
  const server = createServer((socket) => socket.end("220 hello\r\n")).unref();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  assert.match(await codeOf(network.request({ url: `http://127.0.0.1:${port}/` })), /^HPE_|ECONNRESET/);
});

test("an interrupt, before the answer and within it", async () => {
  const { url } = await startServer((request, response) => {
    if (request.url === "/part") response.writeHead(200).write("part");
  });
  const controller = new AbortController();
  const waiting = codeOf(network.request({ url, signal: controller.signal }));
  const response = await network.request({ url: `${url}/part`, signal: controller.signal });
  const reading = codeOf(response.text());
  controller.abort();
  assert.is(await waiting, "ABORT_ERR");
  assert.match(await reading, /ABORT_ERR|ECONNRESET/);
});

test("a body that nobody wants is let go", async () => {
  const { url } = await startServer((_request, response) => response.writeHead(200).write("x".repeat(1e6)));
  (await network.request({ url })).discard();
});

for (const url of ["ftp://example.com/x", "file:///etc/passwd", "not a url"]) {
  test(`${url} is no address of the web`, async () => {
    assert.match(await codeOf(network.request({ url })), /^ERR_/);
  });
}

/** Answers after a tenth of a second, whatever our own thread does. */
const SERVER = `
const { parentPort } = require("node:worker_threads");
const server = require("node:http").createServer((request, response) => setTimeout(() => response.end("here"), 100));
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

test("an answer that came while we kept the event loop is not late", async () => {
  const worker = new Worker(SERVER, { eval: true });
  try {
    const [port] = await once(worker, "message");
    const asked = network.request({ url: `http://127.0.0.1:${port}`, timeoutMs: 200 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    // From here on the loop looks at its timers first.
    await new Promise(setImmediate);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    assert.is(await (await asked).text(), "here");
  } finally {
    await worker.terminate();
  }
});

test("closing breaks off what is still under way", async () => {
  const { url } = await startServer(() => {});
  const closed = createNetwork();
  const asked = closed.request({ url }).then(
    () => "answered",
    (error: Error) => error.name,
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  closed.close();
  assert.is(await asked, "NetworkError");
});

test.run();
