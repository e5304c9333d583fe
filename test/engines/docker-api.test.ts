import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createDockerApi, DockerApiError } from "../../src/engines/docker-api.ts";
import { NetworkError } from "../../src/model/host.ts";
import { makeHost } from "../fakes/host.ts";
import { type Handler, startServer } from "../fakes/http-server.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("docker API");

/** An engine on a unix socket that answers everything in this way. */
async function connect(handler: Handler) {
  const socket = path.join(makeFolder(), "docker.sock");
  const { requests } = await startServer(handler, socket);
  return { api: createDockerApi(`unix://${socket}`, makeHost()), requests };
}

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

test("JSON over the socket", async () => {
  const { api, requests } = await connect((_request, response) => response.end('{"Version":"28"}'));
  assert.equal(await api.json("/version"), { Version: "28" });
  assert.equal(requests, ["GET /version"]);
});

test("queries and bodies", async () => {
  let received = "";
  const { api, requests } = await connect((request, response) => {
    request.on("data", (chunk) => {
      received += chunk;
    });
    request.on("end", () => response.end(JSON.stringify(request.headers)));
  });
  const headers = await api.json<Record<string, string>>("/create", {
    method: "POST",
    query: { name: "a b&c", names: ["x", "y"] },
    headers: { "x-registry-auth": "abc" },
    body: { Image: "é" },
  });
  assert.equal(requests, ["POST /create?name=a+b%26c&names=x&names=y"]);
  assert.is(received, '{"Image":"é"}');
  assert.is(headers["content-type"], "application/json");
  assert.is(headers["content-length"], "14");
  assert.is(headers["x-registry-auth"], "abc");
});

test("an empty answer is nothing", async () => {
  const { api } = await connect((_request, response) => response.writeHead(204).end());
  assert.is(await api.json("/x"), undefined);
});

test("an error has the engine's words", async () => {
  const { api } = await connect((_request, response) =>
    response.writeHead(409).end('{"message":"it is in use"}'),
  );
  const error = await api.json("/x").catch((thrown: unknown) => thrown);
  assert.instance(error, DockerApiError);
  assert.equal([(error as DockerApiError).status, (error as DockerApiError).message], [409, "it is in use"]);
});

test("an error that is no JSON", async () => {
  const { api } = await connect((_request, response) => response.writeHead(502).end(" bad gateway\n"));
  assert.is(await api.json("/x").catch((error) => error.message), "bad gateway");
});

test("what is not there is undefined for find, and only that", async () => {
  const { api } = await connect((request, response) =>
    response.writeHead(request.url === "/gone" ? 404 : 500).end('{"message":"no"}'),
  );
  assert.is(await api.find("/gone"), undefined);
  assert.instance(await api.find("/broken").catch((error: unknown) => error), DockerApiError);
});

test("messages come line by line, however they were cut", async () => {
  const text = '{"status":"é"}\r\n{"id":"2"}\n\n{"id":"3"}';
  const bytes = Buffer.from(text);
  for (const at of [1, 12, 13, 15, 16, 20, bytes.length - 1]) {
    const { api } = await connect((_request, response) => {
      response.write(bytes.subarray(0, at));
      setTimeout(() => response.end(bytes.subarray(at)), 5);
    });
    assert.equal(await collect(api.messages("/x")), [{ status: "é" }, { id: "2" }, { id: "3" }]);
  }
});

test("an engine that hangs up in the middle", async () => {
  const { api } = await connect((_request, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("{");
    setTimeout(() => response.destroy(), 5);
  });
  assert.instance(await api.json("/x").catch((error: unknown) => error), NetworkError);
});

test("no engine", async () => {
  const api = createDockerApi(`unix://${makeFolder()}/none.sock`, makeHost());
  const error = await api.json("/x").catch((thrown: unknown) => thrown);
  assert.is(error instanceof NetworkError && error.code, "ENOENT");
});

test("an engine that does not answer in time", async () => {
  const { api } = await connect(() => {});
  const error = await api.json("/x", { timeoutMs: 30 }).catch((thrown: unknown) => thrown);
  assert.is(error instanceof NetworkError && error.code, "ETIMEDOUT");
});

test("over TCP", async () => {
  const { port } = await startServer((_request, response) => response.end("1"));
  assert.is(await createDockerApi(`tcp://127.0.0.1:${port}`, makeHost()).json("/x"), 1);
});

test.run();
