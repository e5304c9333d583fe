import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createDockerEngine } from "../../src/engines/docker-engine.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeHost } from "../fakes/host.ts";
import { startServer } from "../fakes/http-server.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("docker engine");

const INFO = {
  ServerVersion: "28.5.2",
  OSType: "linux",
  Architecture: "x86_64",
  DriverStatus: [["driver-type", "io.containerd.snapshotter.v1"]],
};

const ID = digestOf("image");
const NO_IMAGE = '{"message":"no such image"}';
const HISTORY = [
  { Id: ID, Tags: ["a:1", "a:2"] },
  { Id: "<missing>", Tags: null },
];

/** An engine that has one image, with two names, until it is told to forget it. */
async function connect(info: object = INFO) {
  const socket = path.join(makeFolder(), "docker.sock");
  let nowMs = 0;
  let isThere = true;
  const { requests } = await startServer(({ method, url = "" }, response) => {
    if (url === "/info") response.end(JSON.stringify(info));
    else if (url === "/_ping") response.end("OK");
    else if (method === "POST") response.writeHead(201).end();
    else if (!isThere || /absent|foreign\/history/.test(url)) response.writeHead(404).end(NO_IMAGE);
    else if (url.includes("nothing/history")) response.end("null");
    else if (url.includes("short/history")) response.end('[{"Id": "1", "Tags": null}]');
    else if (url.endsWith("/history")) response.end(JSON.stringify(HISTORY));
    else response.end(JSON.stringify({ Id: ID, RepoTags: ["a:1", "a:2"], RepoDigests: null, Size: 7 }));
  }, socket);
  const real = makeHost();
  const clock = { ...real.clock, monotonic: () => nowMs };
  const host = { ...real, clock, environment: { DOCKER_HOST: `unix://${socket}` } };
  return {
    engine: await createDockerEngine(host),
    requests,
    inspections: () => requests.filter((request) => request.startsWith("GET /images")).length,
    pass: (milliseconds: number) => (nowMs += milliseconds),
    loseImage: () => (isThere = false),
  };
}

test("what an engine can do is asked once", async () => {
  const { engine, requests } = await connect();
  const [first, second] = [await engine.probe(), await engine.probe()];
  assert.ok(first.ok);
  const { endpoint, ...facts } = first.value;
  assert.match(endpoint, /^unix:/);
  assert.equal(facts, { engineVersion: "28.5.2", containerdStore: true, platform: "linux/amd64" });
  assert.is(second, first);
  assert.equal(requests, ["GET /info"]);
});

const architectures = [
  ["aarch64", "linux/arm64"],
  ["armv7l", "linux/arm"],
  ["ppc64le", "linux/ppc64le"],
] as const;

for (const [Architecture, platform] of architectures) {
  test(`${Architecture} is ${platform}`, async () => {
    const { engine } = await connect({
      ...INFO,
      Architecture,
      DriverStatus: [["Backing Filesystem", "extfs"]],
    });
    const probed = await engine.probe();
    assert.ok(probed.ok);
    assert.is(probed.value.platform, platform);
    assert.is(probed.value.containerdStore, false);
  });
}

test("an image is asked for once in a moment, by whichever of its names", async () => {
  const { engine, inspections } = await connect();
  const [one, other] = await Promise.all([engine.identify(ID), engine.identify(ID)]);
  assert.is(one, other);
  assert.is((await engine.identify("a:2"))?.id, ID);
  assert.is(inspections(), 1);
});

for (const word of ["foreign", "nothing", "short"]) {
  test(`an image whose history is of no use is known all the same: ${word}`, async () => {
    const { engine } = await connect();
    assert.equal(await engine.identify(word), {
      id: ID,
      tags: ["a:1", "a:2"],
      repositoryDigests: [],
      sizeBytes: 7,
    });
  });
}

test("the next moment it is asked for anew", async () => {
  const { engine, pass, loseImage } = await connect();
  await engine.identify("a:1");
  loseImage();
  pass(1_000);
  assert.is(await engine.identify("a:1"), undefined);
});

test("that an image is not there is asked each time", async () => {
  const { engine, inspections } = await connect();
  assert.is(await engine.identify("absent"), undefined);
  const once = inspections();
  assert.is(await engine.identify("absent"), undefined);
  assert.is(inspections(), 2 * once);
});

test("after a name has moved nothing is taken for known", async () => {
  const { engine, inspections } = await connect();
  await engine.identify("a:1");
  await engine.tag(ID, "a:3");
  await engine.identify("a:1");
  assert.is(inspections(), 2);
});

test("an engine that nobody asks anything, and is not there, is no error", async () => {
  await createDockerEngine({
    ...makeHost(),
    environment: { DOCKER_HOST: `unix://${makeFolder()}/none.sock` },
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
});

test("an engine that never answers is given up in two seconds", async () => {
  const socket = path.join(makeFolder(), "docker.sock");
  await startServer(() => {}, socket);
  const began = performance.now();
  const engine = await createDockerEngine(makeHost({ environment: { DOCKER_HOST: `unix://${socket}` } }));
  const probed = await engine.probe();
  assert.equal(!probed.ok && probed.diagnostics.map(({ code }) => code), ["engine/unreachable"]);
  assert.ok(performance.now() - began < 2500);
});

const OTHER = digestOf("other");

/** An engine that answers what it is given to load with these messages, and then has the image or not. */
async function connectLoader(messages: readonly object[], hasImage: boolean, status = 200) {
  const socket = path.join(makeFolder(), "docker.sock");
  const received: string[] = [];
  const { requests } = await startServer((request, response) => {
    const { method, url = "", headers } = request;
    const isKnown = hasImage && url.includes(encodeURIComponent(ID));
    if (url === "/info") response.end(JSON.stringify(INFO));
    else if (method === "DELETE") response.end("[]");
    else if (method === "GET" && !isKnown) response.writeHead(404).end(NO_IMAGE);
    else if (method === "GET") response.end(JSON.stringify(HISTORY));
    else {
      request.on("data", (chunk) => received.push(`${headers["content-type"]} ${chunk}`));
      request.on("end", () => {
        response.writeHead(status);
        response.end(messages.map((message) => JSON.stringify(message)).join("\n"));
      });
    }
  }, socket);
  const engine = await createDockerEngine(makeHost({ environment: { DOCKER_HOST: `unix://${socket}` } }));
  const told: string[] = [];
  async function* archive(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("tar");
  }
  const { signal } = new AbortController();
  const loaded = await engine.load(archive(), [OTHER, ID], (text) => told.push(text), signal);
  const removed = requests.filter((request) => request.startsWith("DELETE"));
  return { loaded, told, received, removed };
}

test("an image is loaded as a tar, and called by the id that the engine has it under", async () => {
  const messages = [{ status: "Loading layer", progress: "1/2" }, { stream: "Loaded image ID: x\n" }];
  const { loaded, told, received, removed } = await connectLoader(messages, true);
  assert.is(loaded.ok && loaded.value, ID);
  assert.equal(told, ["Loading layer 1/2"]);
  assert.equal(received, ["application/x-tar tar"]);
  assert.equal(removed, []);
});

for (const [what, messages, hasImage, status] of [
  ["with an error", [{ error: "no space left on device" }], true, 200],
  ["with the words of one", [{ stream: "Error unpacking image: no space left" }], true, 200],
  ["with nothing, and has none", [], false, 200],
  ["with a status", [{ message: "no space left" }], false, 500],
] as const) {
  test(`an engine that answers ${what} has not taken the image, and keeps no half of it`, async () => {
    const { loaded, removed } = await connectLoader(messages, hasImage, status);
    assert.equal(!loaded.ok && loaded.diagnostics.map(({ code }) => code), ["engine/load-failed"]);
    assert.is(removed.length, hasImage ? 1 : 0);
    const hint = loaded.ok ? "" : (loaded.diagnostics[0]?.hint ?? "");
    assert.is(hint.includes("disk is full"), messages.length > 0);
  });
}

test.run();
