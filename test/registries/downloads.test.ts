import type { ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesOf } from "../../src/model/chunks.ts";
import { digestOf } from "../../src/model/digest.ts";
import { NetworkError } from "../../src/model/host.ts";
import { Refusal } from "../../src/model/place.ts";
import { RegistryError } from "../../src/model/registry.ts";
import { makeBytes, openRegistry, refuse, type Script } from "./scripted-registry.ts";

const test = suite("downloads");

const { signal } = new AbortController();
const bytes = makeBytes(1000);
const digest = digestOf(bytes);

async function open(script?: Script, more = {}) {
  const registry = await openRegistry(script, more);
  registry.blobs.set(digest, bytes);
  const read = async () => {
    const chunks = await registry.repository.readBlob(digest, signal);
    return chunks && bytesOf(chunks);
  };
  const ranges = () => registry.asked.map(({ range }) => range);
  return { ...registry, read, ranges };
}

async function errorOf(act: Promise<unknown>): Promise<unknown> {
  return act.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Sends a few bytes of an answer and breaks the connection. */
function breakOff(response: ServerResponse, sent: Buffer): void {
  response.write(sent, () => setTimeout(() => response.destroy(), 10));
}

test("a blob comes as it is, and nothing where there is none", async () => {
  const { read, repository, blobs } = await open();
  assert.equal(await read(), bytes);
  assert.is(await repository.findBlob(digest, signal), 1000);
  blobs.clear();
  assert.is(await read(), undefined);
  assert.is(await repository.findBlob(digest, signal), undefined);
});

test("a blob that was read leaves its connection to the next one, an empty one, too", async () => {
  const ports = new Set<number | undefined>();
  const { repository, blobs } = await open(({ socket }) => {
    ports.add(socket.remotePort);
    return false;
  });
  for (const content of [bytes, Buffer.alloc(0), bytes]) {
    blobs.set(digestOf(content), content);
    const chunks = await repository.readBlob(digestOf(content), signal);
    assert.equal(chunks && (await bytesOf(chunks)), content);
  }
  assert.is(ports.size, 1);
});

test("bytes that are not those of the digest are not given for them", async () => {
  const { read, blobs } = await open();
  blobs.set(digest, makeBytes(999));
  const error = await errorOf(read());
  assert.ok(error instanceof RegistryError, String(error));
  assert.match(error.message, `instead of ${digest}`);
});

test("a blob is opened once, whole or a span of it, and what is refused is told with what to do", async () => {
  const { repository, blobs, ranges } = await open();
  const whole = await repository.openBlob(digest, undefined, signal);
  assert.is(whole.status, 200);
  assert.equal(await bytesOf(whole.body), bytes);
  const part = await repository.openBlob(digest, { start: 10, end: 20 }, signal);
  assert.equal(await bytesOf(part.body), bytes.subarray(10, 20));
  await bytesOf((await repository.openBlob(digest, { start: 990 }, signal)).body);
  assert.equal(ranges(), ["", "bytes=10-19", "bytes=990-"]);
  blobs.clear();
  const error = await errorOf(repository.openBlob(digest, undefined, signal));
  assert.ok(error instanceof Refusal, String(error));
  assert.is(error.status, 404);
  assert.match(error.hint ?? "", "push it again");
});

test("the rest of a blob is asked for, as often as something comes", async () => {
  const { read, ranges, clock } = await open((_request, response, count) => {
    if (count > 8) return false;
    const start = (count - 1) * 100;
    const range = { "content-range": `bytes ${start}-999/1000` };
    response.writeHead(start > 0 ? 206 : 200, { "content-length": 1000 - start, ...(start > 0 && range) });
    breakOff(response, bytes.subarray(start, start + 100));
    return true;
  });
  assert.equal(await read(), bytes);
  assert.equal(ranges(), ["", ...[1, 2, 3, 4, 5, 6, 7, 8].map((times) => `bytes=${times}00-`)]);
  assert.equal(
    clock.sleeps,
    Array.from({ length: 8 }, () => 250),
  );
});

test("a registry that sends all of it again costs the bytes, and nothing else", async () => {
  const { read, ranges } = await open((_request, response, count) => {
    response.writeHead(200, { "content-length": 1000 });
    if (count === 1) breakOff(response, bytes.subarray(0, 333));
    else response.end(bytes);
    return true;
  });
  assert.equal(await read(), bytes);
  assert.equal(ranges(), ["", "bytes=333-"]);
});

test("a part that begins too late is not taken", async () => {
  const { read } = await open((_request, response, count) => {
    if (count === 1) breakOff(response.writeHead(200, { "content-length": 1000 }), bytes.subarray(0, 333));
    else response.writeHead(206, { "content-range": "bytes 400-999/1000" }).end(bytes.subarray(400));
    return true;
  });
  assert.instance(await errorOf(read()), RegistryError);
});

test("no more is read than the first answer said", async () => {
  const { read } = await open((_request, response, count) => {
    if (count === 1) breakOff(response.writeHead(200, { "content-length": 1000 }), bytes.subarray(0, 333));
    else
      response
        .writeHead(206, { "content-range": "bytes 333-1999/2000" })
        .end(Buffer.concat([bytes.subarray(333), bytes]));
    return true;
  });
  assert.equal(await read(), bytes);
});

test("a blob that has gone meanwhile is an error, and not its end", async () => {
  const { read } = await open((_request, response, count) => {
    if (count === 1) breakOff(response.writeHead(200, { "content-length": 1000 }), bytes.subarray(0, 333));
    else refuse(response, 404);
    return true;
  });
  const error = await errorOf(read());
  assert.ok(error instanceof RegistryError && error.status === 404, String(error));
});

test("five attempts bring nothing, and there is no sixth", async () => {
  const { read, ranges, clock } = await open((_request, response, count) => {
    if (count === 1) breakOff(response.writeHead(200, { "content-length": 1000 }), bytes.subarray(0, 333));
    else response.destroy();
    return true;
  });
  assert.instance(await errorOf(read()), NetworkError);
  assert.equal(ranges(), ["", ...Array.from({ length: 4 }, () => "bytes=333-")]);
  assert.equal(clock.sleeps, [250, 500, 1000, 2000]);
});

test("one attempt is one, where no more are wanted", async () => {
  const { read, asked } = await open(
    (_request, response) => {
      breakOff(response.writeHead(200, { "content-length": 1000 }), bytes.subarray(0, 333));
      return true;
    },
    { attempts: 1 },
  );
  assert.instance(await errorOf(read()), NetworkError);
  assert.is(asked.length, 1);
});

test.run();
