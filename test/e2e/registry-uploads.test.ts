// Blobs and manifests on a real registry, over a connection that fails in every way a connection fails.
import { randomBytes } from "node:crypto";
import * as assert from "uvu/assert";
import { bytesOf } from "../../src/model/chunks.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { BlobContent, Credentials } from "../../src/model/registry.ts";
import { RegistryError } from "../../src/model/registry.ts";
import { createRepository, type RepositoryOptions } from "../../src/registries/repository.ts";
import { makeHost } from "../fakes/host.ts";
import { breakWithin, type Fault, startFaultyRegistry } from "./faulty-registry.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable } from "./workspace.ts";

const REGISTRY = demandVariable("RIG_REGISTRY");
const PRIVATE = demandVariable("RIG_PRIVATE_REGISTRY");
const LOGIN = {
  username: demandVariable("RIG_REGISTRY_USER"),
  password: demandVariable("RIG_REGISTRY_PASSWORD"),
};

const SIZE = 4_000_000;
const CHUNK_BYTES = 1_000_000;
const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

const test = timedSuite("registry uploads");
const { signal } = new AbortController();
const { network, clock } = makeHost();

function connect(registry: string, more: Partial<RepositoryOptions> & { credentials?: Credentials } = {}) {
  const { credentials, ...options } = more;
  return createRepository({
    registry,
    repository: `e2e-${process.pid}/uploads`,
    network,
    clock,
    random: () => 0,
    findCredentials: async () => credentials,
    ...options,
  });
}

/** A blob that no registry has yet. */
function makeContent(size = SIZE): BlobContent & { readonly bytes: Buffer } {
  const bytes = randomBytes(size);
  return {
    bytes,
    size,
    digest: digestOf(bytes),
    async *chunks(start = 0) {
      for (let at = start; at < size; at += 64 * 1024)
        yield bytes.subarray(at, Math.min(at + 64 * 1024, size));
    },
  };
}

/** That the registry itself, with nothing in between, has a blob as it should be. */
async function assertThere(content: ReturnType<typeof makeContent>): Promise<void> {
  const repository = connect(REGISTRY, { attempts: 1 });
  assert.is(await repository.findBlob(content.digest, signal), content.size);
  const chunks = await repository.readBlob(content.digest, signal);
  assert.ok(chunks && Buffer.compare(await bytesOf(chunks), content.bytes) === 0);
}

/** Does something once, with the first request that is meant. */
function once(isMeant: (method: string, url: string) => boolean, act: Fault): Fault {
  let isDone = false;
  return (request, response) => {
    if (isDone || !isMeant(request.method ?? "", request.url ?? "")) return "passed";
    isDone = true;
    return act(request, response);
  };
}

const manners = [
  ["whole", {}, (method: string) => method === "PUT"],
  [
    "in chunks",
    { chunkBytes: CHUNK_BYTES, monolithicUpTo: CHUNK_BYTES },
    (method: string) => method === "PATCH",
  ],
] as const;

for (const [how, sizes, carries] of manners) {
  test(`a blob sent ${how} is what is read afterwards`, async () => {
    const content = makeContent();
    const sent: number[] = [];
    await connect(REGISTRY, sizes).writeBlob(content, signal, (bytes) => sent.push(bytes));
    await assertThere(content);
    assert.is(sent.at(-1), SIZE);
  });

  for (const tenth of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    test(`a connection that breaks after ${tenth} tenths of a blob sent ${how}`, async () => {
      const content = makeContent();
      let left = (tenth * SIZE) / 10;
      let isBroken = false;
      const faulty = await startFaultyRegistry(REGISTRY, (request) => {
        if (isBroken || !carries(request.method ?? "")) return "passed";
        const length = Number(request.headers["content-length"]);
        isBroken = left <= length;
        if (isBroken) breakWithin(request, left);
        left -= length;
        return "passed";
      });
      await connect(faulty.address, sizes).writeBlob(content, signal);
      assert.ok(isBroken);
      await assertThere(content);
    });
  }

  for (const status of [429, 500, 502, 503, 504]) {
    test(`a registry that answers ${status} once to a blob sent ${how}`, async () => {
      const content = makeContent();
      const refuse: Fault = (request, response) => {
        request.resume().on("end", () => response.writeHead(status, { "retry-after": "1" }).end());
        return "answered";
      };
      const faulty = await startFaultyRegistry(REGISTRY, once(carries, refuse));
      const began = performance.now();
      await connect(faulty.address, sizes).writeBlob(content, signal);
      assert.ok(performance.now() - began >= 990, "it was to wait for a second");
      await assertThere(content);
    });
  }

  test(`a token that runs out while a blob is sent ${how}`, async () => {
    const content = makeContent();
    let token = 1;
    let carried = 0;
    const faulty = await startFaultyRegistry(REGISTRY, (request, response) => {
      if (request.url?.startsWith("/token")) {
        response.end(JSON.stringify({ token: `t${token}` }));
        return "answered";
      }
      if (carries(request.method ?? "")) carried += 1;
      // The second chunk, or the blob: its token is a new one, and only then it is let through.
      if (carried === (how === "whole" ? 1 : 2) && token === 1) token = 2;
      if (request.headers.authorization === `Bearer t${token}`) return "passed";
      const challenge = `Bearer realm="http://${faulty.address}/token",service="rig"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
      return "answered";
    });
    await connect(faulty.address, sizes).writeBlob(content, signal);
    assert.is(token, 2);
    assert.is(faulty.asked.filter((one) => one.startsWith("POST")).length, 2);
    await assertThere(content);
  });

  test(`an answer to the last request of a blob sent ${how} that never comes`, async () => {
    const content = makeContent();
    const hide = once(
      (method) => method === "PUT",
      (request, response) => {
        // What is written into it goes nowhere; the registry has taken everything by then.
        response.writeHead = () => {
          request.socket.destroy();
          return response;
        };
        return "passed";
      },
    );
    const faulty = await startFaultyRegistry(REGISTRY, hide);
    await connect(faulty.address, sizes).writeBlob(content, signal);
    assert.is(faulty.asked.filter((one) => one.startsWith("POST")).length, 1, faulty.asked.join("\n"));
    assert.ok(faulty.asked.some((one) => one.startsWith("HEAD")));
    await assertThere(content);
  });

  test(`a login for a blob sent ${how}`, async () => {
    const content = makeContent();
    const repository = connect(PRIVATE, { ...sizes, credentials: LOGIN });
    await repository.writeBlob(content, signal);
    assert.is(await repository.findBlob(content.digest, signal), SIZE);
    const error = await connect(PRIVATE, sizes)
      .writeBlob(content, signal)
      .catch((one) => one);
    assert.ok(error instanceof RegistryError && error.status === 401, String(error));
  });
}

test("an upload that breaks each time is given up", async () => {
  const content = makeContent();
  const faulty = await startFaultyRegistry(REGISTRY, (request) => {
    if (request.method === "PUT") breakWithin(request, 1000);
    return "passed";
  });
  const error = await connect(faulty.address)
    .writeBlob(content, signal)
    .catch((one) => one);
  assert.is(error.name, "NetworkError");
  assert.is(faulty.asked.filter((one) => one.startsWith("POST")).length, 5);
});

test("many blobs at once over a connection that fails now and then", async () => {
  let count = 0;
  const faulty = await startFaultyRegistry(REGISTRY, (request, response) => {
    count += 1;
    if (count % 7 === 0) {
      response.writeHead(503).end();
      return "answered";
    }
    if (count % 11 === 0) request.socket.destroy();
    return "passed";
  });
  const repository = connect(faulty.address, { chunkBytes: 300_000, monolithicUpTo: 300_000 });
  const contents = Array.from({ length: 12 }, (_, index) => makeContent(100_000 * (index + 1)));
  await Promise.all(contents.map((content) => repository.writeBlob(content, signal)));
  for (const content of contents) await assertThere(content);
});

test("a download goes on where its connection broke", async () => {
  const content = makeContent();
  await connect(REGISTRY).writeBlob(content, signal);
  const ranges: string[] = [];
  const faulty = await startFaultyRegistry(REGISTRY, (request, response) => {
    if (request.method !== "GET") return "passed";
    ranges.push(request.headers.range ?? "");
    if (ranges.length > 4) return "passed";
    let written = 0;
    const write = response.write.bind(response);
    response.write = (chunk: Buffer) => {
      written += chunk.length;
      if (written > 500_000) setTimeout(() => response.destroy(), 20);
      return written > 500_000 ? false : write(chunk);
    };
    return "passed";
  });
  const chunks = await connect(faulty.address).readBlob(content.digest, signal);
  assert.ok(chunks && Buffer.compare(await bytesOf(chunks), content.bytes) === 0);
  assert.is(ranges.length, 5);
  assert.ok(ranges.slice(1).every((range) => /^bytes=\d+-$/.test(range)));
});

test("a blob is taken over from another repository", async () => {
  const content = makeContent();
  await connect(REGISTRY).writeBlob(content, signal);
  const other = connect(REGISTRY, { repository: `e2e-${process.pid}/mounted` });
  assert.ok(await other.mountBlob(content.digest, `e2e-${process.pid}/uploads`, signal));
  assert.is(await other.findBlob(content.digest, signal), SIZE);
});

test("a blob that the other repository does not have has to be sent", async () => {
  const { digest } = makeContent(10);
  const other = connect(REGISTRY, { repository: `e2e-${process.pid}/mounted` });
  assert.not(await other.mountBlob(digest, `e2e-${process.pid}/uploads`, signal));
});

test("a manifest is found under its tag and under its digest", async () => {
  const repository = connect(REGISTRY);
  const config = Buffer.from("{}");
  const blob = { digest: digestOf(config), size: config.length };
  const chunks = async function* () {
    yield config;
  };
  await repository.writeBlob({ ...blob, chunks }, signal);
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: "application/vnd.oci.empty.v1+json", ...blob },
    layers: [],
  });
  const digest = digestOf(text);
  assert.is(await repository.findManifest("v1", signal), undefined);
  await repository.writeManifest(digest, MANIFEST_TYPE, text, signal);
  assert.is(await repository.findManifest(digest, signal), digest);
  await repository.writeManifest("v1", MANIFEST_TYPE, text, signal);
  for (const reference of ["v1", digest]) {
    assert.is(await repository.findManifest(reference, signal), digest);
    assert.is(await repository.readManifest(reference, signal), text);
  }
});

test("bytes of another digest are refused at once", async () => {
  const content = { ...makeContent(), digest: digestOf("another") };
  const faulty = await startFaultyRegistry(REGISTRY, () => "passed");
  const error = await connect(faulty.address)
    .writeBlob(content, signal)
    .catch((one) => one);
  assert.ok(error instanceof RegistryError && error.status === 400, String(error));
  assert.is(faulty.asked.length, 2);
});

test.run();
