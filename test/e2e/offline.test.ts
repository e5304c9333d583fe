// What `vendor` and `apply --offline` refuse, and what they make of little: source distributions, several platforms.
import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { UNFINISHED_VENDOR } from "../../src/plan/vendor-data.ts";
import { startServer } from "../fakes/http-server.ts";
import { docker } from "./engine.ts";
import { addArchitecture, makeSmallLayout } from "./oci-layout.ts";
import { startIndex } from "./python-index.ts";
import { BACKEND, makeSourceDistribution } from "./source-distribution.ts";
import { timedSuite } from "./timed-suite.ts";
import { filesBelow, refused, sha256, succeeded } from "./vendor-calls.ts";
import { demandVariable, openWorkspace, PYTHON_IMAGE } from "./workspace.ts";

const workspace = openWorkspace("offline");
const test = timedSuite("offline");

const REGISTRY = demandVariable("RIG_REGISTRY");

const BASE = `${REGISTRY}/${workspace.prefix}/base:1`;
await docker(["tag", PYTHON_IMAGE, BASE]);
await docker(["push", "--quiet", BASE]);
await docker(["image", "rm", BASE]);

const served: string[] = [];
const web = await startServer((request, response) => {
  served.push(request.url ?? "");
  response.setHeader("etag", '"1"').end("weights from afar");
});

const cacheOf = (name: string) => ({
  environment: { MLPACKAGE_CACHE_DIR: path.join(workspace.folder, name) },
});

test("a source distribution is built without a network, with what was brought for it", async () => {
  const index = await startIndex("toolmaker");
  index.offer("1.0", BACKEND);
  const code = "VERSION = 'built'\n";
  index.offerFile(
    "fromsource-1.0.tar.gz",
    await makeSourceDistribution("fromsource", "1.0", { code, backend: "toolmaker" }),
  );
  const source = await workspace.makePackage(
    "source",
    `base_image: ${BASE}\nenvironment: {python: {requirements: r.txt}}\noutputs: [{type: oci-archive, path: image.tar}]\n`,
    { "r.txt": `${index.options}fromsource\n` },
  );
  await succeeded(source, ["vendor", "kept"]);
  const files = filesBelow(source.at("kept/python"));
  assert.equal(files, [
    "linux_amd64/build/toolmaker-1.0-py3-none-any.whl",
    "linux_amd64/fromsource-1.0.tar.gz",
  ]);
  await succeeded(source, ["apply", "--no-test"]);
  const online = sha256(source.at("image.tar"));
  await rm(source.at("image.tar"));
  await succeeded(source, ["apply", "--no-test", "--offline", "--vendor", "kept"], cacheOf("source"));
  assert.is(sha256(source.at("image.tar")), online);
});

const plain = await workspace.makePackage(
  "plain",
  `base_image: ${BASE}
models: [{source: "${web.url}/far.bin", name: far}]
environment: {python: {managed: false}}
outputs: [{type: image, tags: ["${REGISTRY}/${workspace.prefix}/plain:1"], push: true}, {type: oci-archive, path: image.tar}]
`,
);

test("a push is refused before any work, with what to type for the rest", async () => {
  await succeeded(plain, ["vendor", "kept"]);
  const call = ["apply", "--offline", "--vendor", "kept", "--no-test"];
  const told = await refused(plain, call, "cli/offline-push", cacheOf("push"));
  const [, only = ""] = /`--only (.*?)` to do all but that/.exec(told) ?? [];
  assert.match(only, "save:image.tar");
  await succeeded(plain, [...call, "--only", ...only.split(" ")], cacheOf("push"));
  const offline = sha256(plain.at("image.tar"));
  await rm(plain.at("image.tar"));
  await succeeded(plain, ["apply", "--no-test"]);
  assert.is(sha256(plain.at("image.tar")), offline);
});

test("without a network, nothing is looked up: no lock, no folder, half a folder", async () => {
  const archive = ["--only", "save:image.tar", "--no-test"];
  const lock = readFileSync(plain.at("mlpackage.lock"), "utf8");
  const nowhere = await refused(
    plain,
    ["apply", "--offline", ...archive],
    "cli/not-vendored",
    cacheOf("nowhere"),
  );
  assert.match(nowhere, "the model far");
  assert.match(nowhere, "the base image");
  assert.match(nowhere, "then add `--vendor DIR`");
  // What is in the cache needs no network.
  await succeeded(plain, ["apply", "--offline", ...archive]);
  await rm(plain.at("mlpackage.lock"));
  await refused(plain, ["apply", "--offline", ...archive], "cli/stale-lock", cacheOf("nowhere"));
  await plain.write({ "mlpackage.lock": lock });
  await refused(plain, ["apply", "--vendor", "nothing"], "cli/no-vendor-folder");
  await plain.write({ "half/vendor.json": UNFINISHED_VENDOR });
  await refused(plain, ["apply", "--vendor", "half"], "cli/unfinished-vendor-folder");
  await plain.write({ "half/vendor.json": "{" });
  await refused(plain, ["apply", "--vendor", "half"], "cli/no-vendor-folder");
});

test("what is in the folder is not asked for elsewhere, with a network either", async () => {
  served.length = 0;
  await succeeded(plain, ["apply", "--vendor", "kept", "--no-test"], cacheOf("both"));
  assert.equal(served, []);
});

test("places that hold something else, and bases that cannot be brought, are refused", async () => {
  const before = filesBelow(plain.path);
  assert.match(await refused(plain, ["vendor", "."], "cli/place-taken"), "choose a new or an empty folder");
  await refused(plain, ["vendor", "score.py"], "cli/place-taken");
  assert.equal(filesBelow(plain.path), before);
  const folders = await workspace.makePackage(
    "folders",
    `models: [{source: weights, name: weights}]\nenvironment: {python: {managed: false}}\n`,
    { "weights/a.bin": "a" },
  );
  await refused(folders, ["vendor", "weights/kept"], "cli/place-in-input");
  await folders.write({ Dockerfile: `FROM ${PYTHON_IMAGE}\n` });
  await folders.configure("base_image: {dockerfile: Dockerfile}\nenvironment: {python: {managed: false}}\n");
  assert.match(await refused(folders, ["vendor", "kept"], "cli/offline-dockerfile"), "oci_layout");
  await folders.configure("environment: {python: {managed: false}}\n");
  await refused(folders, ["vendor", "kept", "--frozen"], "cli/stale-lock");
  assert.not(existsSync(folders.at("kept")));
});

test("where it is killed while it fetches, nothing is left, and the next brings all", async () => {
  let isStalled = true;
  const slow = await startServer((request, response) => {
    response.setHeader("etag", '"1"').writeHead(200, { "content-length": 8 });
    if (isStalled && request.method === "GET") response.write("half");
    else response.end("it whole");
  });
  const killed = await workspace.makePackage(
    "killed",
    `models: ["${slow.url}/far.bin"]\nenvironment: {python: {managed: false}}\n`,
  );
  const { child, ended } = killed.start(["vendor", "kept"]);
  const printed = new Promise<void>((resolve) => {
    child.stderr?.on("data", (text) => String(text).includes("fetch far") && setTimeout(resolve, 500));
  });
  await printed;
  child.kill("SIGKILL");
  await ended;
  assert.not(existsSync(killed.at("kept")));
  isStalled = false;
  assert.match(await succeeded(killed, ["vendor", "kept"]), "kept has");
  assert.is(readFileSync(killed.at("kept/models/far/far.bin"), "utf8"), "it whole");
  assert.equal(JSON.parse((await killed.call(["vendor", "kept", "--json"])).stdout).written, 0);
});

test("for several platforms the base is brought for each, and for none that was not asked for", async () => {
  const repository = `${REGISTRY}/${workspace.prefix}/two`;
  const two = await workspace.makePackage(
    "two",
    `base_image: {oci_layout: base}
inference: {command: [serve]}
build: {platforms: [linux/amd64, linux/arm64]}
outputs: [{type: image, tags: ["${repository}:1"], push: true, load: false}]
`,
  );
  await makeSmallLayout(two.at("base"));
  await addArchitecture(two.at("base"), "arm64");
  await succeeded(two, ["apply"]);
  const yaml = (platforms: string) => `base_image: ${repository}:1
inference: {command: [serve]}
build: {platforms: [${platforms}]}
outputs: [{type: oci-archive, path: image.tar}]
`;
  const upon = await workspace.makePackage("upon", yaml("linux/amd64"));
  await succeeded(upon, ["vendor", "kept"]);
  await upon.configure(yaml("linux/amd64, linux/arm64"));
  const call = ["apply", "--offline", "--vendor", "kept"];
  assert.match(
    await refused(upon, call, "cli/not-vendored", cacheOf("two")),
    `the base image ${repository}:1@sha256:`,
  );
  await succeeded(upon, ["vendor", "kept"]);
  await succeeded(upon, call, cacheOf("two"));
  const offline = sha256(upon.at("image.tar"));
  await rm(upon.at("image.tar"));
  await succeeded(upon, ["apply"]);
  assert.is(sha256(upon.at("image.tar")), offline);
});

test("a base that only the engine has is brought from it", async () => {
  const local = await workspace.makePackage(
    "local",
    "environment: {python: {managed: false}}\noutputs: [{type: oci-archive, path: image.tar}]\n",
  );
  await succeeded(local, ["vendor", "kept"]);
  assert.ok(filesBelow(local.at("kept/base")).length > 3);
  await succeeded(local, ["apply", "--offline", "--vendor", "kept", "--no-test"], cacheOf("local"));
});

test("where the disk is full, the folder is not whole, says so, and is completed later", async () => {
  const small = path.join(workspace.folder, "small");
  await execa("mkdir", [small]);
  await execa("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", small]);
  try {
    const { exitCode, stderr } = await plain.call(["vendor", path.join(small, "kept")]);
    assert.is(exitCode, 1, stderr);
    assert.match(stderr, "error[host/file-fault]: the disk is full");
    const half = await refused(
      plain,
      ["apply", "--vendor", path.join(small, "kept")],
      "cli/unfinished-vendor-folder",
    );
    assert.match(half, "is incomplete");
    await execa("mount", ["-o", "remount,size=2g", small]);
    await succeeded(plain, ["vendor", path.join(small, "kept")]);
    const other = plain.at("kept");
    assert.is(
      readFileSync(path.join(small, "kept/vendor.json"), "utf8"),
      readFileSync(path.join(other, "vendor.json"), "utf8"),
    );
    assert.equal(filesBelow(path.join(small, "kept")), filesBelow(other));
  } finally {
    await execa("umount", [small]);
  }
});

test.run();
