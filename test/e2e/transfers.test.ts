// What is sent to a registry and to the engine, in bytes: each layer once, and none that is there.
import { once } from "node:events";
import { open, readdir } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import * as assert from "uvu/assert";
import { demandImage, docker, findContainers, inspectImage } from "./engine.ts";
import { startEngineProxy } from "./engine-proxy.ts";
import { type Fault, startFaultyRegistry } from "./faulty-registry.ts";
import { filesLeft } from "./files-left.ts";
import { makeSmallLayout } from "./oci-layout.ts";
import { fetchManifest, findTag } from "./registry-api.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, ECHO_SCRIPT, openWorkspace, type PackageFolder } from "./workspace.ts";

const REGISTRY = demandVariable("RIG_REGISTRY");
const workspace = openWorkspace("transfers");
const test = timedSuite("transfers");
const LARGE_BYTES = 70_000_000;
const MODEL_BYTES = 20_000_000;
const CHUNK_BYTES = 256 << 20;
const HUGE_BYTES = 320_000_000;

/** A file that is all zeros but for its beginning: it takes no time to write, and is another one for each word. */
async function writeLarge(file: string, word: string, size: number): Promise<void> {
  const handle = await open(file, "w");
  await handle.truncate(size);
  await handle.write(`${workspace.prefix} ${word}`);
  await handle.close();
}

/** A registry that counts the bytes of layers and knows which of them have come. */
async function startMeter(fault: Fault = () => "passed") {
  const meter = { sent: 0, arrived: new Set<string>(), open: new Set<Promise<unknown>>() };
  const registry = await startFaultyRegistry(REGISTRY, (request, response) => {
    const closed = once(response, "close").finally(() => meter.open.delete(closed));
    meter.open.add(closed);
    const verdict = fault(request, response);
    if (verdict === "answered") return "answered";
    const { method, url = "" } = request;
    if (method !== "PUT" && method !== "PATCH") return verdict;
    if (!url.includes("/blobs/uploads/")) return verdict;
    request.on("data", (chunk: Buffer) => {
      meter.sent += chunk.length;
    });
    const digest = /digest=(sha256(?::|%3A)\w+)/.exec(url)?.[1]?.replace("%3A", ":");
    const writeHead = response.writeHead.bind(response);
    response.writeHead = ((status: number, headers: http.OutgoingHttpHeaders) => {
      if (status === 201 && digest !== undefined) meter.arrived.add(digest);
      return writeHead(status, headers);
    }) as typeof response.writeHead;
    return verdict;
  });
  return {
    address: registry.address,
    arrived: meter.arrived as ReadonlySet<string>,
    /** A run that was killed leaves bytes on their way: they come until its connections are closed. */
    settle: async (): Promise<void> => {
      await Promise.all(meter.open);
    },
    takeSent: (): number => {
      const { sent } = meter;
      meter.sent = 0;
      return sent;
    },
  };
}

/** A package that takes no engine: a small base, a model of so many large files. */
async function makeUpload(
  word: string,
  registry: string,
  model: { readonly word: string; readonly sizes: readonly number[] },
): Promise<PackageFolder> {
  const made = await workspace.makePackage(
    word,
    `base_image: {oci_layout: base}
inference: {command: [serve]}
models: [{name: weights, version: "1", source: weights}]
build: {compression: none}
outputs: [{type: image, tags: ["${registry}/\${name}:1"], push: true, load: false}]
`,
    { "weights/readme.txt": model.word },
  );
  await makeSmallLayout(made.at("base"), workspace.prefix);
  for (const [index, size] of model.sizes.entries())
    await writeLarge(made.at(`weights/${index}.bin`), `${model.word} ${index}`, size);
  return made;
}

async function assertPushed({ name }: PackageFolder, layers: number): Promise<void> {
  assert.is((await fetchManifest(REGISTRY, name, "1")).layers.length, layers);
}

test("two packages that share a model send it once, one after the other", async () => {
  const meter = await startMeter();
  const model = { word: "shared", sizes: [MODEL_BYTES] };
  const [one, other] = [
    await makeUpload("one", meter.address, model),
    await makeUpload("other", meter.address, model),
  ];
  const first = await one.call(["apply"]);
  assert.is(first.exitCode, 0, first.stderr);
  const sent = meter.takeSent();
  assert.ok(sent > MODEL_BYTES && sent < MODEL_BYTES * 1.01, `${sent} bytes`);
  const second = await other.call(["apply"]);
  assert.is(second.exitCode, 0, second.stderr);
  const more = meter.takeSent();
  assert.ok(more < 100_000, `${more} bytes`);
  for (const made of [one, other]) await assertPushed(made, 2);
});

test("two packages that share a model send it once, at once", async () => {
  const meter = await startMeter();
  const model = { word: "shared at once", sizes: [LARGE_BYTES] };
  const packages = [
    await makeUpload("once-one", meter.address, model),
    await makeUpload("once-other", meter.address, model),
  ];
  for (const { exitCode, stderr } of await Promise.all(packages.map((made) => made.call(["apply"]))))
    assert.is(exitCode, 0, stderr);
  const sent = meter.takeSent();
  assert.ok(sent > LARGE_BYTES && sent < LARGE_BYTES * 1.01, `${sent} bytes`);
  for (const made of packages) await assertPushed(made, 3);
});

test("two runs of one package send it once", async () => {
  const meter = await startMeter();
  const made = await makeUpload("twice", meter.address, { word: "twice", sizes: [LARGE_BYTES] });
  for (const { exitCode, stderr } of await Promise.all([made.call(["apply"]), made.call(["apply"])]))
    assert.is(exitCode, 0, stderr);
  const sent = meter.takeSent();
  assert.ok(sent > LARGE_BYTES && sent < LARGE_BYTES * 1.01, `${sent} bytes`);
  await assertPushed(made, 3);
});

test("killed in the middle of an upload: what had arrived is not sent again", async () => {
  let puts = 0;
  let kill = (): void => {};
  const meter = await startMeter((request) => {
    if (request.method === "PUT" && request.url?.includes("/blobs/uploads/")) {
      puts += 1;
      if (puts === 6) kill();
    }
    return "passed";
  });
  const sizes = Array<number>(8).fill(LARGE_BYTES);
  const made = await makeUpload("killed", meter.address, { word: "killed", sizes });
  const { child, ended } = made.start(["apply"]);
  kill = () => child.kill("SIGKILL");
  assert.is((await ended).exitCode, undefined);
  await meter.settle();
  const arrived = new Set(meter.arrived);
  assert.ok(arrived.size >= 2 && arrived.size < 8, `${arrived.size} layers`);
  assert.is(await findTag(REGISTRY, made.name, "1"), undefined);
  meter.takeSent();
  const next = await made.call(["apply"]);
  assert.is(next.exitCode, 0, next.stderr);
  const most = (8 - arrived.size) * LARGE_BYTES;
  const sent = meter.takeSent();
  assert.ok(sent < most * 1.01, `${sent} bytes, and ${arrived.size} layers had arrived`);
  await assertPushed(made, 10);
});

/** What a layer of this size, larger than a chunk, still takes after the run was killed within its second chunk. */
async function sendAfterKill(word: string, manner: "passed" | "held") {
  let kill = (): void => {};
  const meter = await startMeter((request) => {
    if (request.method !== "PATCH") return "passed";
    const isSecond = !request.headers["content-range"]?.startsWith("0-");
    if (isSecond) request.once("data", () => kill());
    return manner;
  });
  const made = await makeUpload(word, meter.address, { word, sizes: [HUGE_BYTES] });
  const { child, ended } = made.start(["apply"]);
  kill = () => child.kill("SIGKILL");
  assert.is((await ended).exitCode, undefined);
  kill = () => {};
  await meter.settle();
  const noted = await readdir(path.join(workspace.cacheDirectory, "uploads"));
  const first = meter.takeSent();
  const next = await made.call(["apply"]);
  assert.is(next.exitCode, 0, next.stderr);
  assert.not.match(next.all, "_state");
  await assertPushed(made, 3);
  assert.equal(await readdir(path.join(workspace.cacheDirectory, "uploads")), []);
  return { noted: noted.length, first, second: meter.takeSent() };
}

test("killed in the middle of a large layer: the next run goes on with it, where no half of a chunk arrives", async () => {
  const { noted, first, second } = await sendAfterKill("halved", "held");
  assert.is(noted, 1);
  assert.ok(first > CHUNK_BYTES, `${first} bytes`);
  assert.ok(second < (HUGE_BYTES - CHUNK_BYTES) * 1.01, `${second} bytes`);
});

// This one forgets an upload that broke off within a chunk: it knows a place in it by its last answer alone.
test("killed in the middle of a large layer: the next run begins it anew, where the registry forgot it", async () => {
  const { noted, second } = await sendAfterKill("forgotten", "passed");
  assert.is(noted, 1);
  assert.ok(second > HUGE_BYTES && second < HUGE_BYTES * 1.01, `${second} bytes`);
});

test("SIGTERM in the middle of an upload: 143 at once, nothing left, and the next run succeeds", async () => {
  let isStopping = true;
  let stop = (): void => {};
  const meter = await startMeter((request) => {
    if (request.method === "PUT" && isStopping) {
      let come = 0;
      request.on("data", (chunk: Buffer) => {
        come += chunk.length;
        if (come > LARGE_BYTES / 2) stop();
      });
    }
    return "passed";
  });
  const made = await makeUpload("stopped", meter.address, {
    word: "stopped",
    sizes: [LARGE_BYTES, LARGE_BYTES],
  });
  const { child, ended } = made.start(["apply"]);
  let stoppedAt = 0;
  stop = () => {
    if (stoppedAt === 0) stoppedAt = performance.now();
    child.kill("SIGTERM");
    stop = () => {};
  };
  const { exitCode, stderr } = await ended;
  assert.is(exitCode, 143, stderr);
  assert.ok(performance.now() - stoppedAt < 8000);
  assert.not.match(stderr, "error[");
  assert.equal(await filesLeft(workspace.cacheDirectory), []);
  assert.is(await findTag(REGISTRY, made.name, "1"), undefined);
  isStopping = false;
  const next = await made.call(["apply"]);
  assert.is(next.exitCode, 0, next.stderr);
  await assertPushed(made, 4);
});

const LOADED_BYTES = 100_000_000;

async function makeLoaded(word: string): Promise<PackageFolder> {
  const made = await workspace.makePackage(
    word,
    `environment: {python: {managed: false}}
inference: {entry_script: score.py, source_directory: src}
models: [big.bin]
build: {compression: none}
`,
    { "src/score.py": ECHO_SCRIPT },
  );
  await writeLarge(made.at("big.bin"), word, LOADED_BYTES);
  return made;
}

test("the engine is sent the layers that it lacks", async () => {
  const proxy = await startEngineProxy(path.join(workspace.folder, "counted.sock"));
  const made = await makeLoaded("loaded");
  const apply = async (): Promise<readonly number[]> => {
    const { exitCode, stderr } = await made.call(["apply"], proxy);
    assert.is(exitCode, 0, stderr);
    return proxy.takeLoads();
  };
  const [first = 0, ...others] = await apply();
  assert.equal(others, []);
  // The base is there.
  assert.ok(first > LOADED_BYTES && first < LOADED_BYTES * 1.01, `${first} bytes`);
  assert.equal(await apply(), []);

  await made.write({ "src/score.py": `${ECHO_SCRIPT}# changed\n` });
  const [changed = 0, ...more] = await apply();
  assert.equal(more, []);
  assert.ok(changed > 0 && changed < 1_000_000, `${changed} bytes`);

  const { Id } = await demandImage(`${made.name}:latest`);
  await docker(["rmi", "--force", Id]);
  assert.ok((await apply()).length > 0);
  assert.is((await demandImage(`${made.name}:latest`)).Id, Id);
});

test("killed in the middle of a load: what the engine took whole is not sent again", async () => {
  const made = await makeLoaded("killed-load");
  await made.configure(`environment: {python: {managed: false}}
inference: {entry_script: score.py, source_directory: src}
models: [big.bin, second.bin, third.bin, fourth.bin]
build: {compression: none}
`);
  for (const word of ["second", "third", "fourth"])
    await writeLarge(made.at(`${word}.bin`), `killed ${word}`, LOADED_BYTES);
  let kill = (): void => {};
  const proxy = await startEngineProxy(path.join(workspace.folder, "killed.sock"), (request) => {
    let come = 0;
    request.on("data", (chunk: Buffer) => {
      come += chunk.length;
      if (come > LOADED_BYTES * 2.5) kill();
    });
    return "passed";
  });
  const { child, ended } = made.start(["apply"], proxy);
  kill = () => child.kill("SIGKILL");
  assert.is((await ended).exitCode, undefined);
  kill = () => {};
  assert.is(proxy.takeLoads().length, 1);
  const { exitCode, stderr } = await made.call(["apply"], proxy);
  assert.is(exitCode, 0, stderr);
  const [rest = 0, ...others] = proxy.takeLoads();
  assert.equal(others, []);
  assert.ok(rest > LOADED_BYTES && rest < LOADED_BYTES * 2.1, `${rest} bytes`);
  assert.equal(await readdir(path.join(workspace.cacheDirectory, "given")), []);
});

/** What the engine says of an image's history. */
async function historyOf(image: string): Promise<string> {
  const { pathname } = new URL(demandVariable("DOCKER_HOST"));
  return new Promise((resolve, reject) => {
    const asked = http.get({ socketPath: pathname, path: `/images/${image}/history` }, async (answer) => {
      let text = "";
      for await (const chunk of answer.setEncoding("utf8")) text += chunk;
      resolve(text);
    });
    asked.on("error", reject);
  });
}

test("an engine that has lost what it lists is sent all of it", async () => {
  const made = await makeLoaded("lost");
  assert.is((await made.call(["apply"])).exitCode, 0);
  const { Id } = await demandImage(`${made.name}:latest`);
  const history = await historyOf(Id);
  await docker(["rmi", "--force", Id]);
  await docker(["image", "prune", "--force"]);
  await made.write({ "src/score.py": `${ECHO_SCRIPT}# changed\n` });
  const proxy = await startEngineProxy(path.join(workspace.folder, "lost.sock"), (request, response) => {
    if (!decodeURIComponent(request.url ?? "").includes(`/images/${Id}/history`)) return "passed";
    response.writeHead(200, { "content-type": "application/json" }).end(history);
    return "answered";
  });
  const { exitCode, stderr } = await made.call(["apply"], proxy);
  assert.is(exitCode, 0, stderr);
  const [partly = 0, whole = 0, ...others] = proxy.takeLoads();
  assert.equal(others, []);
  assert.ok(partly < 1_000_000 && whole > LOADED_BYTES, `${partly} and ${whole} bytes`);
  assert.is.not((await demandImage(`${made.name}:latest`)).Id, Id);
});

for (const [word, isTold] of [
  ["refused", false],
  ["broken", true],
] as const) {
  test(`an engine that says in its answer that it could not load (${word}): one error, and no image`, async () => {
    const made = await makeLoaded(word);
    const fault = JSON.stringify({ errorDetail: { message: "spoilt" }, error: "the load was spoilt" });
    const proxy = await startEngineProxy(path.join(workspace.folder, `${word}.sock`), (request, response) => {
      if (request.method !== "POST" || !request.url?.includes("/images/load")) return "passed";
      if (isTold) {
        // The engine is told everything, and what it says of it is not what its client hears.
        response.write = () => true;
        const end = response.end.bind(response);
        response.end = (() => end(`${fault}\n`)) as typeof response.end;
        const writeHead = response.writeHead.bind(response);
        response.writeHead = ((status: number) =>
          writeHead(status, { "content-type": "application/json" })) as typeof response.writeHead;
        return "passed";
      }
      request.resume().on("end", () => response.writeHead(200).end(`${fault}\n`));
      return "answered";
    });
    const { exitCode, stderr } = await made.call(["apply"], proxy);
    assert.is(exitCode, 1, stderr);
    assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
    assert.match(stderr, "error[engine/load-failed]");
    assert.match(stderr, "the load was spoilt");
    assert.is(await inspectImage(`${made.name}:latest`), undefined);
    const label = `label=org.opencontainers.image.title=${made.name}`;
    assert.is(await docker(["images", "--all", "--quiet", "--filter", label]), "");
    assert.equal(await findContainers(workspace.prefix, "test"), []);
    const next = await made.call(["apply"]);
    assert.is(next.exitCode, 0, next.stderr);
  });
}

test.run();
