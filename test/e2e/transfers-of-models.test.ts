// Large models from a web server: killed half-way, wanted twice at once, and without room for them.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace } from "./workspace.ts";

const MEGABYTE = 1_000_000;
const CONTENT = Buffer.alloc(96 * MEGABYTE, "the weights of a model, which are many; ");
const SHA256 = createHash("sha256").update(CONTENT).digest("hex");
const ETAG = '"1"';

/** Sends about so many bytes a second on each connection, and counts them. */
const server = {
  bytesPerSecond: 200 * MEGABYTE,
  sentBytes: 0,
  asked: [] as string[],
  isSized: true,
};

const listener = http.createServer(async (request, response) => {
  server.asked.push(`${request.method} ${request.headers.range ?? "all"}`);
  const [, first = "0", last = ""] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  const isPart = request.headers.range !== undefined && server.isSized;
  const [start, end] = isPart ? [Number(first), Number(last || CONTENT.length - 1) + 1] : [0, CONTENT.length];
  response.writeHead(isPart ? 206 : 200, {
    etag: ETAG,
    ...(server.isSized && { "accept-ranges": "bytes", "content-length": end - start }),
    ...(isPart && { "content-range": `bytes ${start}-${end - 1}/${CONTENT.length}` }),
  });
  if (request.method === "HEAD") return void response.end();
  const step = MEGABYTE / 4;
  for (let at = start; at < end && !response.destroyed; at += step) {
    const chunk = CONTENT.subarray(at, Math.min(at + step, end));
    await new Promise((resolve) => response.write(chunk, resolve));
    server.sentBytes += chunk.length;
    await sleep((step / server.bytesPerSecond) * 1000);
  }
  response.end();
});
await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
listener.unref();
const source = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/weights.bin`;

const workspace = openWorkspace("transfers");
const test = timedSuite("transfers of models");

async function makePackage(word: string, more = "") {
  const made = await workspace.makePackage(word, "");
  await made.configure(`models:\n  - {source: "${source}", name: weights${more}}\n`);
  Object.assign(server, { sentBytes: 0, asked: [], isSized: true, bytesPerSecond: 200 * MEGABYTE });
  return made;
}

const FETCH = ["apply", "--only", "fetch"];

/** What is left of a transfer in a cache folder. */
function leftIn(cacheDirectory: string): readonly string[] {
  const folder = `${cacheDirectory}/transfers`;
  return existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
}

test("a large file comes in pieces, several at once", async () => {
  const made = await makePackage("pieces");
  const { exitCode, stderr } = await made.call(FETCH);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, "✔ fetch weights");
  assert.is(server.asked.filter((asked) => asked.startsWith("GET bytes=")).length, 6);
  assert.is(server.sentBytes, CONTENT.length);
  assert.equal(leftIn(workspace.cacheDirectory), []);
});

test("killed half-way, the next process asks for what is missing, and a third for nothing", async () => {
  const made = await makePackage("killed");
  const environment = { MLPACKAGE_CACHE_DIR: made.at("cache") };
  server.bytesPerSecond = 2 * MEGABYTE;
  const { child, ended } = made.start(FETCH, { environment });
  // Pieces come at once: about 12 MB a second.
  while (server.sentBytes < 40 * MEGABYTE) await sleep(50);
  child.kill("SIGKILL");
  await ended;
  const cameBefore = server.sentBytes;
  await sleep(300);
  Object.assign(server, { sentBytes: 0, asked: [], bytesPerSecond: 200 * MEGABYTE });
  const { exitCode, stderr } = await made.call(FETCH, { environment });
  assert.is(exitCode, 0, stderr);
  // What came in the last second was not noted, and what was in the sockets never arrived.
  const most = CONTENT.length - cameBefore + 25 * MEGABYTE;
  assert.ok(server.sentBytes <= most, `${server.sentBytes} bytes came again, at most ${most}`);
  assert.equal(leftIn(made.at("cache")), []);
  server.asked.length = 0;
  assert.is((await made.call(FETCH, { environment })).exitCode, 0);
  assert.equal(server.asked, []);
});

test("what two packages want at once comes once", async () => {
  const [one, other] = [await makePackage("one"), await makePackage("other")];
  server.bytesPerSecond = 20 * MEGABYTE;
  const environment = { MLPACKAGE_CACHE_DIR: one.at("cache") };
  const ended = await Promise.all([one, other].map((made) => made.start(FETCH, { environment }).ended));
  for (const { exitCode, stderr } of ended) assert.is(exitCode, 0, stderr);
  assert.is(server.sentBytes, CONTENT.length);
});

/** A file system of 40 MB for a cache. */
async function withSmallDisk(folder: string, act: () => Promise<void>): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await execa("mount", ["-t", "tmpfs", "-o", "size=40m", "mlpackage-e2e", folder]);
  try {
    await act();
  } finally {
    await execa("umount", [folder]);
  }
}

test("without room for it nothing is asked for", async () => {
  const made = await makePackage("room");
  const cache = made.at("cache");
  await withSmallDisk(cache, async () => {
    const { exitCode, stderr } = await made.call(FETCH, { environment: { MLPACKAGE_CACHE_DIR: cache } });
    assert.is(exitCode, 1, stderr);
    assert.match(
      stderr,
      /error\[source\/no-space\]: the model needs 96\.0 MB, and the cache folder has room for/,
    );
    assert.match(stderr, "mlpackage cache gc");
    assert.equal(server.asked, ["HEAD all"]);
  });
});

test("where nobody says how large it is, the disk gets full, that is told, and nothing stays", async () => {
  const made = await makePackage("full", `, sha256: ${SHA256}`);
  server.isSized = false;
  const cache = made.at("cache");
  await withSmallDisk(cache, async () => {
    const { exitCode, stderr } = await made.call(FETCH, { environment: { MLPACKAGE_CACHE_DIR: cache } });
    assert.is(exitCode, 1, stderr);
    assert.match(stderr, /disk is full/);
    assert.equal(leftIn(cache), []);
  });
});

test.run();
