import { createServer } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SharedCacheOptions } from "../../../src/caches/shared/shared-cache.ts";
import { createSharedServer } from "../../../src/caches/shared/shared-server.ts";
import { sealRecord } from "../../../src/caches/shared/signed-records.ts";
import { digestOf } from "../../../src/model/digest.ts";
import type { StepOutput } from "../../../src/model/outcome.ts";
import type { ContentStore } from "../../../src/model/source.ts";
import { type CacheFault, FAULTS, startCacheServer } from "../../fakes/cache-server.ts";
import { makeHost } from "../../fakes/host.ts";
import { hitOf, LONG_PATIENCE_MS, makeMachine, SHORT_PATIENCE_MS } from "../../fakes/machine.ts";
import { makeOutput } from "../../fakes/steps.ts";

/** What a shared cache costs and says when its server fails; what it does else is in `contract/shared-caches.test.ts`. */
const test = suite("shared cache");

const keyOf = (index: number) => digestOf(`key ${index}`);
const key = keyOf(0);
const password = "hunter2-and-more";
const authorization = `Bearer ${password}`;
const big = "x".repeat(2_000_000);

/** Machines with a server between them; they wait milliseconds where a person's would wait seconds. */
async function serve() {
  const server = await startCacheServer();
  const place = createSharedServer({ url: server.url, authorization, network: makeHost().network });
  const machine = (more: Partial<SharedCacheOptions> = {}) =>
    makeMachine(place, { patienceMs: LONG_PATIENCE_MS, ...more });
  const writer = () => machine({ isWritten: true });
  const countOf = (pattern: RegExp) => server.requests.filter((request) => pattern.test(request)).length;
  return { ...server, machine, writer, countOf };
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

for (const [what, fault] of Object.entries<CacheFault>(FAULTS)) {
  test(`a server that ${what} is asked three times at most, and told of once`, async () => {
    const { machine, breakWith, requests, authorizations } = await serve();
    breakWith(fault);
    const { cache, codes, warnings } = machine({ patienceMs: SHORT_PATIENCE_MS });
    const tookMs = await timed(async () => {
      for (let index = 0; index < 8; index += 1) assert.is(await cache.get(keyOf(index)), "absent");
      await cache.finish();
    });
    // One that keeps us waiting within an answer has cost enough the first time.
    assert.is(requests.length, what === "hangsWithin" ? 1 : 3);
    assert.ok(requests.every((request) => request.startsWith("GET /ac/")));
    assert.equal(codes(), ["cache/shared-unavailable"]);
    assert.ok(tookMs < SHORT_PATIENCE_MS.idle + 1000, `it took ${tookMs} ms`);
    assert.equal([...new Set(authorizations)], [authorization]);
    assert.not.match(JSON.stringify(warnings), new RegExp(`${password}|secret|elsewhere`));
  });

  test(`a server that ${what} at the contents gives no output`, async () => {
    const { machine, writer, breakWith } = await serve();
    await writer().make(key, { a: big });
    breakWith((request, response, content) =>
      request.url?.startsWith("/cas/") ? fault(request, response, content) : undefined,
    );
    const patienceMs = { ...LONG_PATIENCE_MS, idle: SHORT_PATIENCE_MS.idle };
    const { cache, local, store, codes } = machine({ patienceMs });
    assert.not(await (await hitOf(cache, key)).restore());
    assert.is(await local.get(key), "absent");
    assert.is(await store.find(digestOf(big)), undefined);
    await cache.finish();
    assert.equal(codes(), ["cache/shared-unavailable"]);
  });

  test(`a server that ${what} at uploads changes nothing, and is told of once`, async () => {
    const { machine, breakWith, contents } = await serve();
    breakWith((request, response, content) =>
      request.method === "PUT" ? fault(request, response, content) : undefined,
    );
    const { cache, local, make, codes, warnings } = machine({
      isWritten: true,
      patienceMs: { ...SHORT_PATIENCE_MS, answer: LONG_PATIENCE_MS.answer },
    });
    await make(key, { a: big });
    for (let index = 1; index < 6; index += 1) await cache.put(keyOf(index), makeOutput(`${index}`));
    await cache.finish();
    assert.equal(codes(), ["cache/not-uploaded"]);
    assert.is(contents.size, 0);
    assert.not.match(JSON.stringify(warnings), new RegExp(password));
    assert.equal((await hitOf(local, key)).output.values, { made: "here" });
    assert.is(await cache.get(keyOf(9)), "absent");
  });
}

test("nobody listens: three times, and once told", async () => {
  const place = createSharedServer({ url: "http://127.0.0.1:1", network: makeHost().network });
  const { cache, warnings } = makeMachine(place);
  for (let index = 0; index < 5; index += 1) assert.is(await cache.get(keyOf(index)), "absent");
  assert.equal(
    warnings.map(({ code, message }) => [code, message]),
    [
      [
        "cache/shared-unavailable",
        "the shared cache `http://127.0.0.1:1` does not work: connect ECONNREFUSED 127.0.0.1:1",
      ],
    ],
  );
});

test("a server that takes connections and says nothing", async () => {
  const sockets: { destroy(): unknown }[] = [];
  const server = createServer((socket) => sockets.push(socket)).unref();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const place = createSharedServer({ url: `http://127.0.0.1:${port}`, network: makeHost().network });
  const { cache, codes } = makeMachine(place, { patienceMs: SHORT_PATIENCE_MS });
  const tookMs = await timed(async () => {
    for (let index = 0; index < 5; index += 1) await cache.get(keyOf(index));
  });
  assert.ok(tookMs < 3 * SHORT_PATIENCE_MS.answer + 1000, `it took ${tookMs} ms`);
  assert.equal(codes(), ["cache/shared-unavailable"]);
  for (const socket of sockets) socket.destroy();
});

test("a record that trickles is waited for no longer than one that hangs", async () => {
  const { machine, breakWith } = await serve();
  breakWith((_request, response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write(" "), 10).unref();
    response.on("close", () => clearInterval(drip));
    return "answered";
  });
  const { cache, codes } = machine({ patienceMs: SHORT_PATIENCE_MS });
  const tookMs = await timed(() => cache.get(key));
  assert.ok(tookMs < SHORT_PATIENCE_MS.idle + 1000, `it took ${tookMs} ms`);
  await cache.finish();
  assert.equal(codes(), ["cache/shared-unavailable"]);
});

test("a content may take longer than that, as long as it comes", async () => {
  const { machine, writer, breakWith } = await serve();
  await writer().make(key, { a: "012345" });
  breakWith((request, response, content) => {
    if (content === undefined || !request.url?.startsWith("/cas/")) return undefined;
    const bytes = [...content];
    response.writeHead(200, { "content-length": bytes.length });
    const drip = setInterval(() => {
      const byte = bytes.shift();
      if (byte !== undefined) response.write(Buffer.from([byte]));
      else response.end(() => clearInterval(drip));
    }, SHORT_PATIENCE_MS.idle / 4);
    return "answered";
  });
  const { cache, codes } = machine({ patienceMs: SHORT_PATIENCE_MS });
  assert.ok(await (await hitOf(cache, key)).restore());
  assert.equal(codes(), []);
});

test("one fault, or two, do not stop it; nor do answers that there is nothing", async () => {
  const { machine, breakWith, requests } = await serve();
  const { cache, codes } = machine();
  for (let index = 0; index < 12; index += 1) {
    breakWith(index % 3 === 0 ? undefined : FAULTS.fails);
    await cache.get(keyOf(index));
  }
  assert.is(requests.length, 12);
  breakWith();
  await cache.get(keyOf(99));
  await cache.finish();
  assert.equal(codes(), []);
});

test("a run that is over before the third fault says so all the same", async () => {
  const { machine, breakWith } = await serve();
  breakWith(FAULTS.fails);
  const { cache, codes, warnings } = machine();
  await cache.get(key);
  assert.equal(codes(), []);
  await cache.finish();
  assert.equal(codes(), ["cache/shared-unavailable"]);
  assert.match(warnings[0]?.message ?? "", /answers 500$/);
});

test("this machine's own records are asked for nowhere else", async () => {
  const { machine, requests } = await serve();
  const { cache } = machine();
  await cache.put(key, makeOutput("made"));
  assert.equal((await hitOf(cache, key)).output, makeOutput("made"));
  assert.equal(requests, []);
});

test("an answer is remembered for the run, a fault is not", async () => {
  const { machine, writer, breakWith, requests } = await serve();
  await writer().make(key, { a: "text" });
  const asked = requests.length;
  const { cache } = machine();
  breakWith(FAULTS.fails);
  assert.is(await cache.get(key), "absent");
  breakWith();
  for (const wanted of [key, key, keyOf(1), keyOf(1)]) await cache.get(wanted);
  assert.is(requests.length - asked, 3);
});

test("what the store has is not downloaded again, and nothing is twice", async () => {
  const { machine, writer, countOf } = await serve();
  await writer().make(key, { a: "text", b: "text", c: "other", d: "" });
  const { cache, make } = machine();
  await make(keyOf(1), { x: "other" });
  assert.ok(await (await hitOf(cache, key)).restore());
  assert.is(countOf(/^GET \/cas\//), 2);
});

test("contents go before the record that names them, and only those that are not there", async () => {
  const { writer, requests } = await serve();
  await writer().make(key, { a: "text" });
  assert.equal(
    requests.map((request) => request.replace(/\/[0-9a-f]{64}$/, "")),
    ["HEAD /cas", "PUT /cas", "PUT /ac"],
  );
  await writer().make(keyOf(1), { a: "text" });
  assert.equal(
    requests.slice(3).map((request) => request.replace(/\/[0-9a-f]{64}$/, "")),
    ["HEAD /cas", "PUT /ac"],
  );
});

test("without one of its contents a record is not uploaded", async () => {
  const { writer, breakWith, contents } = await serve();
  const lost = digestOf("b").slice("sha256:".length);
  breakWith((request, response) => {
    if (request.method !== "PUT" || !request.url?.endsWith(lost)) return undefined;
    response.writeHead(507).end();
    return "answered";
  });
  const { make, warnings } = writer();
  await make(key, { a: "a", b: "b" });
  assert.not([...contents.keys()].some((path) => path.startsWith("/ac/")));
  assert.match(
    warnings[0]?.message ?? "",
    /the upload to the shared cache `http.*` is incomplete: it answers 507$/,
  );
});

test("a step does not wait for its upload, and the end does", async () => {
  const { writer, breakWith, contents } = await serve();
  let answer = (): void => {};
  breakWith((request, response) => {
    if (request.method !== "PUT") return undefined;
    answer = () => response.writeHead(200).end();
    return "answered";
  });
  const { cache, codes } = writer();
  await cache.put(key, makeOutput("made"));
  const finishing = cache.finish();
  await new Promise((resolve) => setTimeout(resolve, 30));
  answer();
  await finishing;
  assert.equal([codes(), contents.size], [[], 0]);
});

test("an interrupt ends all waiting at once, and is nobody's fault", async () => {
  const { machine, breakWith } = await serve();
  breakWith(FAULTS.hangs);
  const controller = new AbortController();
  const { cache, codes } = machine({
    isWritten: true,
    signal: controller.signal,
  });
  setTimeout(() => controller.abort(), 30);
  const tookMs = await timed(async () => {
    await cache.put(key, makeOutput("made"));
    assert.is(await cache.get(keyOf(1)), "absent");
    await cache.finish();
  });
  assert.ok(tookMs < 5000, `it took ${tookMs} ms`);
  assert.equal(codes(), []);
});

test("a disk of ours that is full is no miss", async () => {
  const { machine, writer } = await serve();
  await writer().make(key, { a: "text" });
  const full = Object.assign(new Error("no space"), { code: "ENOSPC", syscall: "write" });
  const refuse = () => Promise.reject(full);
  const store = {
    ...{ find: async () => undefined, write: refuse, take: refuse },
    ...{ gatherIn: refuse, freeBytes: async () => 0 },
  };
  const hit = await hitOf(machine({ store }).cache, key);
  assert.is(await hit.restore().catch((error: unknown) => error), full);
});

test("time that our own disk takes is not the server's", async () => {
  const { machine, writer } = await serve();
  await writer().make(key, { a: "text" });
  const { store } = machine();
  const slow: ContentStore = {
    ...store,
    write: async (chunks) => {
      const blob = await store.write(chunks);
      await new Promise((resolve) => setTimeout(resolve, 2 * SHORT_PATIENCE_MS.idle));
      return blob;
    },
  };
  const { cache, warnings } = machine({ store: slow, patienceMs: SHORT_PATIENCE_MS });
  assert.ok(await (await hitOf(cache, key)).restore(), JSON.stringify(warnings));
});

test("dozens of files come and go, a few at a time", async () => {
  const { machine, writer, countOf } = await serve();
  const files = Object.fromEntries(Array.from({ length: 24 }, (_, index) => [`f${index}`, `${index}`]));
  await writer().make(key, files);
  const { cache, warnings } = machine();
  assert.ok(await (await hitOf(cache, key)).restore(), JSON.stringify(warnings));
  assert.is(countOf(/^GET \/cas\//), 24);
});

test("a record has no more than the output, and no credential", async () => {
  const output: StepOutput = { ...makeOutput("made"), digest: key };
  assert.equal(JSON.parse(sealRecord(key, output) ?? ""), { format: "mlpackage-step-record-1", key, output });
  const { writer, contents } = await serve();
  await writer().make(key, { a: "text" });
  const everything = [...contents.values()].map((content) => Buffer.from(content).toString()).join("\n");
  assert.match(everything, /mlpackage-step-record-1/);
  assert.not.match(everything, new RegExp(password));
});

test.run();
