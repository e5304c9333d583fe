// No engine at all: a base from a registry, from an OCI layout and from an archive of one, whole and damaged, and images
// that a real engine runs afterwards.
import { existsSync } from "node:fs";
import { copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { pack } from "tar-stream";
import * as assert from "uvu/assert";
import { bytesOf } from "../../src/model/chunks.ts";
import { docker } from "./engine.ts";
import { startFaultyRegistry } from "./faulty-registry.ts";
import { filesLeft } from "./files-left.ts";
import { addArchitecture, blobIn, makeSmallLayout, readLayout, saveImage, unpack } from "./oci-layout.ts";
import { findTag } from "./registry-api.ts";
import { postScore, serveImage } from "./serve-image.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, ECHO_SCRIPT, openWorkspace, type PackageFolder, PYTHON_IMAGE } from "./workspace.ts";

const REGISTRY = demandVariable("RIG_REGISTRY");
const NO_ENGINE = { environment: { DOCKER_HOST: "unix:///nowhere.sock" } };
const workspace = openWorkspace("alone");
const test = timedSuite("without an engine");

const BASE = `${workspace.prefix}/base`;
await docker(["tag", PYTHON_IMAGE, `${REGISTRY}/${BASE}:1`]);
await docker(["push", "--quiet", `${REGISTRY}/${BASE}:1`]);
await docker(["rmi", `${REGISTRY}/${BASE}:1`]);
const savedBase = path.join(workspace.folder, "base.tar");
await saveImage(PYTHON_IMAGE, savedBase);
const small = path.join(workspace.folder, "small");
await makeSmallLayout(small);

const UNMANAGED = "environment: {python: {managed: false}}\n";
const CODE = "inference: {entry_script: score.py, source_directory: src}\n";
const remote = await workspace.makePackage(
  "remote",
  `base_image: ${REGISTRY}/${BASE}:1
${UNMANAGED}${CODE}models: [model.txt]
outputs: [{type: image, tags: ["${REGISTRY}/\${name}:1"], push: true, load: false}]
`,
  { "model.txt": "m", "src/score.py": ECHO_SCRIPT },
);
const tag = `${REGISTRY}/${remote.name}:1`;

/** What an image answers that an engine has just pulled. */
async function scorePulled(image: string, body: string): Promise<string> {
  await docker(["pull", "--quiet", image]);
  return serveImage(image, (address) => postScore(address, body));
}

function assertOneError(stderr: string, code: string | RegExp): void {
  assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
  assert.match(stderr, code);
  assert.not.match(stderr, "error[bug]");
}

test("apply says which steps need an engine, and how to do without them", async () => {
  const { exitCode, stderr } = await remote.call(["apply"], NO_ENGINE);
  assert.is(exitCode, 69, stderr);
  assertOneError(stderr, "error[engine/unreachable]");
  assert.match(stderr, "and `load:image`, `test` need one");
  assert.match(stderr, "hint: add `--no-test` to skip the tests");
  assert.is(await findTag(REGISTRY, remote.name, "1"), undefined);
});

test("plan, why, doctor and graph need none where the package does not", async () => {
  const planned = await remote.call(["plan", "--no-test", "--detailed-exitcode"], NO_ENGINE);
  assert.is(planned.exitCode, 2, planned.all);
  assert.match(planned.stdout, /build environment: runs/);
  const why = await remote.call(["why", "push", "--no-test"], NO_ENGINE);
  assert.is(why.exitCode, 0, why.all);
  assert.match(why.stdout, "it never ran here");
  const graph = await remote.call(["graph"], NO_ENGINE);
  assert.is(graph.exitCode, 0, graph.all);
});

test("apply --no-test pushes, and an engine pulls and runs it", async () => {
  const { exitCode, stderr } = await remote.call(["apply", "--no-test"], NO_ENGINE);
  assert.is(exitCode, 0, stderr);
  assert.is(await scorePulled(tag, "hello"), '"hello"');
});

test("a second apply has nothing to do, and a changed line is pushed", async () => {
  const again = await remote.call(["apply", "--no-test"], NO_ENGINE);
  assert.is(again.exitCode, 0, again.stderr);
  assert.match(again.stderr, "nothing to do");
  const planned = await remote.call(["plan", "--no-test", "--detailed-exitcode"], NO_ENGINE);
  assert.is(planned.exitCode, 0, planned.all);
  await remote.write({ "src/score.py": ECHO_SCRIPT.replace("return data", "return data + data") });
  const changed = await remote.call(["apply", "--no-test"], NO_ENGINE);
  assert.is(changed.exitCode, 0, changed.stderr);
  assert.not.match(changed.stderr, /▸ (layer|upload|build environment)/);
  assert.is(await scorePulled(tag, "hello"), '"hellohello"');
});

test("with the engine back, the tests are run, of the image that was pushed", async () => {
  const before = await findTag(REGISTRY, remote.name, "1");
  const { exitCode, stderr } = await remote.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, /✔ test image: succeeded/);
  assert.not.match(stderr, "▸ push");
  assert.is(await findTag(REGISTRY, remote.name, "1"), before);
});

test("doctor, plan and why ask for an engine where a step needs one, and only there", async () => {
  const tested = await remote.call(["doctor"], NO_ENGINE);
  assert.is(tested.exitCode, 69, tested.stdout);
  assert.match(tested.stdout, "the engine for load:image, test");
  await remote.configure(`base_image: ${REGISTRY}/${BASE}:1
inference: {command: [serve]}
${UNMANAGED}outputs: [{type: image, tags: ["${REGISTRY}/\${name}:1"], push: true, load: false}]
`);
  const { exitCode, stdout } = await remote.call(["doctor"], NO_ENGINE);
  assert.is(exitCode, 0, stdout);
  assert.match(stdout, `✔ registry ${REGISTRY}`);
  assert.not.match(stdout, /engine|buildx/);
  const planned = await remote.call(["plan", "--detailed-exitcode"], NO_ENGINE);
  assert.is(planned.exitCode, 2, planned.all);
  const why = await remote.call(["why", "push"], NO_ENGINE);
  assert.is(why.exitCode, 0, why.all);
});

const LAYOUTS = {
  "a folder": { name: "base", bring: (made: PackageFolder) => unpack(savedBase, made.at("base")) },
  "an archive": {
    name: "base.tar",
    bring: (made: PackageFolder) => copyFile(savedBase, made.at("base.tar")),
  },
};

for (const [index, [title, { name, bring }]] of Object.entries(LAYOUTS).entries()) {
  test(`a layout as ${title}: an archive that docker load makes a running image of`, async () => {
    const made = await workspace.makePackage(
      `layout-${index}`,
      `base_image: {oci_layout: ${name}}
${UNMANAGED}${CODE}outputs: [{type: oci-archive, path: dist/image.tar}]
`,
      { "src/score.py": ECHO_SCRIPT },
    );
    await bring(made);
    const { exitCode, stderr } = await made.call(["apply", "--no-test"], NO_ENGINE);
    assert.is(exitCode, 0, stderr);
    assert.equal(await readdir(made.at("dist")), ["image.tar"]);
    const again = await made.call(["apply", "--no-test"], NO_ENGINE);
    assert.match(again.stderr, "nothing to do");
    await docker(["load", "--input", made.at("dist/image.tar")]);
    const image = `${made.name}:latest`;
    assert.is(await serveImage(image, (address) => postScore(address, "hello")), '"hello"');
  });

  test(`a layout as ${title}: buildx installs into it`, async () => {
    const made = await workspace.makePackage(
      `built-${index}`,
      `base_image: {oci_layout: ${name}}
tests: [{request: {body: hello}, expect: {json: hello}}]
`,
    );
    await bring(made);
    const { exitCode, stderr } = await made.call(["apply"]);
    assert.is(exitCode, 0, stderr);
    assert.match(stderr, /✔ build environment/);
  });
}

test("a layout of several platforms: buildx installs into the one that is wanted", async () => {
  const made = await workspace.makePackage("several", "base_image: {oci_layout: base}\n");
  await unpack(savedBase, made.at("base"));
  await addArchitecture(made.at("base"), "arm64");
  const index = JSON.parse(await readFile(made.at("base/index.json"), "utf8"));
  index.manifests.reverse();
  await writeFile(made.at("base/index.json"), JSON.stringify(index));
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 0, stderr);
});

/** A package on a layout, of which an archive is to be made. */
async function makeOnLayout(word: string, name: string, more = ""): Promise<PackageFolder> {
  return workspace.makePackage(
    word,
    `base_image: {oci_layout: ${name}}
inference: {command: [serve]}
${more}outputs: [{type: oci-archive, path: dist/image.tar}]
`,
  );
}

async function assertRefused(made: PackageFolder, code: string | RegExp, words: string | RegExp) {
  const { exitCode, stderr } = await made.call(["apply"], NO_ENGINE);
  assert.ok(exitCode === 1 || exitCode === 64, stderr);
  assertOneError(stderr, code);
  assert.match(stderr, words);
  assert.not.ok(existsSync(made.at("dist")), "dist");
  assert.equal(await filesLeft(workspace.cacheDirectory), []);
}

type Damage = (folder: string) => Promise<unknown>;

async function layerOf(folder: string): Promise<string> {
  const { manifest } = await readLayout(folder);
  return blobIn(folder, manifest.layers[0]?.digest ?? "");
}

async function flip(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  await writeFile(file, bytes);
}

const DAMAGES: Readonly<Record<string, readonly [Damage, RegExp]>> = {
  "a layer with a flipped byte": [
    async (folder) => flip(await layerOf(folder)),
    /its layer sha256:\w+ has other bytes/,
  ],
  "a layer that is missing": [async (folder) => rm(await layerOf(folder)), /its layer sha256:\w+ is missing/],
  "a configuration with a flipped byte": [
    async (folder) => flip(blobIn(folder, (await readLayout(folder)).manifest.config.digest)),
    /its config sha256:\w+ has other bytes/,
  ],
  "a manifest that is missing": [
    async (folder) => rm(blobIn(folder, (await readLayout(folder)).descriptor.digest)),
    /its manifest sha256:\w+ is not there/,
  ],
  "an index that is no JSON": [
    (folder) => writeFile(path.join(folder, "index.json"), "{"),
    /its manifest is not valid/,
  ],
  "an index of nothing": [
    (folder) => writeFile(path.join(folder, "index.json"), '{"manifests": []}'),
    /it is not made for linux\/amd64/,
  ],
};

/** All of a layout's files as a tar, with others besides. */
async function packLayout(folder: string, more: readonly { name: string; text: string }[] = []) {
  const archive = pack();
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of names.filter((one) => one.isFile())) {
    const place = path.join(entry.parentPath, entry.name);
    archive.entry({ name: path.relative(folder, place) }, await readFile(place));
  }
  for (const { name, text } of more) archive.entry({ name }, text);
  archive.finalize();
  return bytesOf(archive as AsyncIterable<Uint8Array>);
}

for (const [index, [title, [damage, words]]] of Object.entries(DAMAGES).entries()) {
  test(`a layout with ${title}: one error, as a folder and as an archive`, async () => {
    const folder = await makeOnLayout(`damaged-${index}`, "base");
    await makeSmallLayout(folder.at("base"));
    await damage(folder.at("base"));
    await assertRefused(folder, "error[build/base-unreadable]", words);
    const archive = await makeOnLayout(`damaged-${index}-tar`, "base.tar");
    await archive.write({ "base.tar": await packLayout(folder.at("base")) });
    await assertRefused(archive, "error[build/base-unreadable]", words);
  });
}

test("what is no layout, and no archive of one: one error", async () => {
  const missing = await makeOnLayout("no-layout", "base");
  await assertRefused(missing, /error\[(config|plan)\//, "base");
  const empty = await makeOnLayout("empty-layout", "base");
  await empty.write({ "base/readme.txt": "no layout" });
  await assertRefused(empty, "error[plan/no-layout]", "index.json");
  const whole = await packLayout(small);
  for (const [word, bytes] of [
    ["text", Buffer.from("this is no tar ".repeat(100))],
    ["cut-short", whole.subarray(0, 1500)],
    ["no-file", Buffer.alloc(0)],
  ] as const) {
    const made = await makeOnLayout(`archive-${word}`, "base.tar");
    await made.write({ "base.tar": bytes });
    await assertRefused(made, "error[build/base-unreadable]", "the base image cannot be used");
  }
});

test("an archive whose entries lead elsewhere writes nothing there", async () => {
  const evil = ["../evil.txt", "../../evil.txt", "blobs/sha256/../../../../evil.txt", "/tmp/evil-e2e.txt"];
  const more = evil.map((name) => ({ name, text: "evil" }));
  const made = await makeOnLayout("evil", "base.tar");
  await made.write({ "base.tar": await packLayout(small, more) });
  const { exitCode, stderr } = await made.call(["apply"], NO_ENGINE);
  assert.is(exitCode, 0, stderr);
  assert.not.ok(existsSync("/tmp/evil-e2e.txt"));
  const names = await readdir(workspace.folder, { recursive: true });
  assert.equal(
    names.filter((name) => name.endsWith("evil.txt")),
    [],
  );
});

test("a damaged layout that something is installed into: one error", async () => {
  for (const [index, damage] of [
    async (folder: string) => flip(await layerOf(folder)),
    async (folder: string) => rm(await layerOf(folder)),
    (folder: string) => writeFile(path.join(folder, "index.json"), "{"),
    async (folder: string) => {
      await rm(folder, { recursive: true });
      await writeFile(folder, "this is no tar ".repeat(100));
    },
    async (folder: string) => {
      await rm(folder, { recursive: true });
      await writeFile(folder, Buffer.alloc(1024));
    },
  ].entries()) {
    const made = await workspace.makePackage(`damaged-build-${index}`, "base_image: {oci_layout: base}\n");
    await makeSmallLayout(made.at("base"), `of ${made.name}`);
    await damage(made.at("base"));
    const { exitCode, stderr } = await made.call(["apply"]);
    assert.is(exitCode, 1, stderr);
    assertOneError(stderr, "error[build/");
  }
});

/** A registry that has other bytes than it should where a path says so. */
function startLyingRegistry(isMeant: (url: string, method: string) => boolean) {
  return startFaultyRegistry(REGISTRY, (request, response) => {
    const { url = "", method = "" } = request;
    if (!isMeant(url, method)) return "passed";
    void (async () => {
      const answer = await fetch(`http://${REGISTRY}${url}`, {
        headers: { accept: request.headers.accept ?? "*/*" },
      });
      const bytes = Buffer.from(await answer.arrayBuffer());
      // Of a text it is a space that is put in: it says what it said.
      const lie = bytes[0] === 0x7b ? Buffer.concat([Buffer.from(" "), bytes]) : flipped(bytes);
      response.writeHead(200, {
        "content-type": answer.headers.get("content-type") ?? "",
        "content-length": lie.length,
      });
      response.end(lie);
    })();
    return "answered";
  });
}

function flipped(bytes: Buffer): Buffer {
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  return bytes;
}

test("a registry that sends other bytes than the base's: refused", async () => {
  const baseLayout = path.join(workspace.folder, "python");
  await unpack(savedBase, baseLayout);
  const { manifest } = await readLayout(baseLayout);
  for (const [index, isMeant] of [
    (url: string, method: string) => method === "GET" && url.includes("/manifests/"),
    (url: string) => url.includes(manifest.config.digest),
    (url: string, method: string) => method === "GET" && url.includes(manifest.layers[0]?.digest ?? ""),
  ].entries()) {
    const lying = await startLyingRegistry(isMeant);
    const made = await workspace.makePackage(
      `lying-${index}`,
      `base_image: ${lying.address}/${BASE}:1
inference: {command: [serve]}
outputs: [{type: oci-archive, path: dist/image.tar}]
`,
    );
    // A cache of its own: what one package has of the base, another need not ask for.
    const environment = { ...NO_ENGINE.environment, MLPACKAGE_CACHE_DIR: `${made.path}-cache` };
    const { exitCode, stderr } = await made.call(["apply"], { environment });
    assert.is(exitCode, 1, stderr);
    assertOneError(stderr, /error\[(registry\/failed|build\/base-unreadable)\]/);
    assert.match(stderr, /instead of sha256:|has other bytes/);
    assert.not.ok(existsSync(made.at("dist")));
  }
});

test.run();
