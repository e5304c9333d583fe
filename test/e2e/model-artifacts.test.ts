// Models in a real registry, as oras writes and reads them, and as we do.
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { execa } from "execa";
import { pack } from "tar-stream";
import * as assert from "uvu/assert";
import { bytesOf } from "../../src/model/chunks.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeDockerConfig } from "./docker-config.ts";
import { makeSmallLayout } from "./oci-layout.ts";
import { findTag } from "./registry-api.ts";
import { findTool } from "./second-tools.ts";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, openWorkspace, type PackageFolder } from "./workspace.ts";

const REGISTRY = demandVariable("RIG_REGISTRY");
const PRIVATE = demandVariable("RIG_PRIVATE_REGISTRY");
const USER = demandVariable("RIG_REGISTRY_USER");
const PASSWORD = demandVariable("RIG_REGISTRY_PASSWORD");

const workspace = openWorkspace("models");
const test = timedSuite("model artifacts");
const oras = await findTool("oras");

/** Larger than a piece, so that it comes in several. */
const weights = Buffer.alloc(40 << 20, "weights of a model that is read in pieces; ");
const MODELS = { "ridge.bin": weights, "bert/config.json": "{}", "bert/model.safetensors": "bert" };

async function makePackage(word: string, models: string, outputs = "[]", files = {}): Promise<PackageFolder> {
  const made = await workspace.makePackage(
    word,
    `models: ${models}
base_image: {oci_layout: base}
inference: {command: [serve], source_directory: src}
outputs: ${outputs}
`,
    { "src/serve": "#!/bin/sh", ...files },
  );
  await makeSmallLayout(made.at("base"));
  return made;
}

function treeOf(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const found = files.map(({ parentPath, name }) => {
    const place = path.join(parentPath, name);
    return [path.relative(folder, place), digestOf(readFileSync(place))] as const;
  });
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function makeFolder(
  name: string,
  files: Readonly<Record<string, string | Buffer>> = {},
): Promise<string> {
  const folder = path.join(workspace.folder, name);
  await mkdir(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), content);
  }
  return folder;
}

const pushIn = (folder: string, ...args: readonly string[]) =>
  execa("oras", ["push", "--plain-http", "--no-tty", ...args], { cwd: folder, timeout: 60_000 });

test("models that are pushed have the same digest from wherever, and oras reads them", async () => {
  const reference = (made: string) => `${REGISTRY}/${workspace.prefix}-${made}:1`;
  for (const word of ["one", "other"]) {
    const outputs = `[{type: modelpack, reference: "${reference(word)}"}]`;
    const made = await makePackage(word, "[ridge.bin, {name: bert, source: bert}]", outputs, MODELS);
    const yaml = readFileSync(made.at("mlpackage.yaml"), "utf8").replace(/^name: .*$/m, "name: same");
    await made.write({ "mlpackage.yaml": yaml });
    const applied = await made.call(["apply", "--no-test"]);
    assert.is(applied.exitCode, 0, applied.all);
    assert.match(applied.all, reference(word), applied.all);
  }
  const digests = await Promise.all(
    ["one", "other"].map((word) => findTag(REGISTRY, `${workspace.prefix}-${word}`, "1")),
  );
  assert.ok(digests[0]);
  assert.is(digests[0], digests[1]);
  if (oras === undefined) return;
  const manifest = JSON.parse(await oras("manifest", "fetch", "--plain-http", reference("one")));
  assert.is(manifest.artifactType, "application/vnd.cncf.model.manifest.v1+json");
  const folder = await makeFolder("pulled-by-oras");
  await oras("pull", "--plain-http", "--no-tty", "-o", folder, reference("one"));
  assert.equal(treeOf(folder), {
    "bert/bert/config.json": digestOf("{}"),
    "bert/bert/model.safetensors": digestOf("bert"),
    "ridge/ridge.bin": digestOf(weights),
  });
});

test("what is pushed by hand is pulled and inspected by hand", async () => {
  const made = await makePackage("by-hand", "[ridge.bin, {name: bert, source: bert}]", "[]", MODELS);
  const reference = `${REGISTRY}/${made.name}:1`;
  const pushed = await made.call(["model", "push", reference, "--only", "bert"]);
  assert.is(pushed.exitCode, 0, pushed.all);
  const digest = await findTag(REGISTRY, made.name, "1");
  assert.match(pushed.all, `pushed: ${reference} ${digest}`);
  const again = await made.call(["model", "push", reference, "--only", "bert"]);
  assert.is(again.exitCode, 0, again.all);
  const inspected = await made.call(["model", "inspect", reference, "--json"]);
  assert.is(inspected.exitCode, 0, inspected.all);
  const told = JSON.parse(inspected.stdout);
  assert.equal([told.kind, told.digest, told.config.descriptor.name], ["modelpack", digest, "bert"]);
  const pulled = await made.call(["model", "pull", reference, "here"]);
  assert.is(pulled.exitCode, 0, pulled.all);
  assert.equal(treeOf(made.at("here")), {
    "bert/config.json": digestOf("{}"),
    "bert/model.safetensors": digestOf("bert"),
  });
  const refused = await made.call(["model", "pull", reference, "here"]);
  assert.is(refused.exitCode, 64, refused.all);
  assert.match(refused.all, "cli/place-taken");
});

if (oras !== undefined) {
  test("what oras pushed is a model like any other: locked, brought once, and found offline", async () => {
    const folder = await makeFolder("of-oras", { "model.bin": weights, "vocabulary/a.txt": "a" });
    const name = `${REGISTRY}/${workspace.prefix}-oras`;
    await pushIn(folder, `${name}:1`, "model.bin", "vocabulary");
    const made = await makePackage("reads-oras", `[{name: m, source: "oci://${name}:1"}]`);
    const applied = await made.call(["apply", "--no-test"]);
    assert.is(applied.exitCode, 0, applied.all);
    const lock = readFileSync(made.at("mlpackage.lock"), "utf8");
    assert.match(lock, `${await findTag(REGISTRY, `${workspace.prefix}-oras`, "1")}`);
    assert.match(lock, digestOf(weights));
    assert.match(lock, "vocabulary/a.txt");
    await writeFile(path.join(folder, "model.bin"), "another");
    await pushIn(folder, `${name}:1`, "model.bin");
    const offline = await made.call(["apply", "--no-test", "--offline"]);
    assert.is(offline.exitCode, 0, offline.all);
    const upgraded = await made.call(["lock", "--upgrade", "models"]);
    assert.is(upgraded.exitCode, 0, upgraded.all);
    assert.match(readFileSync(made.at("mlpackage.lock"), "utf8"), digestOf("another"));
  });

  test("a ModelKit and a Docker Model are read from a registry", async () => {
    const tar = pack();
    tar.entry({ name: "model/ridge.bin" }, "ridge");
    tar.finalize();
    const folder = await makeFolder("packages", {
      "kit.json": '{"package":{"name":"ridge"}}',
      "model.tar.gz": gzipSync(await bytesOf(tar as AsyncIterable<Uint8Array>)),
      "docker.json": '{"config":{"format":"gguf"}}',
      "llama.gguf": "gguf",
      LICENSE: "free",
    });
    const [kit, docker] = ["kit", "docker"].map((word) => `${REGISTRY}/${workspace.prefix}-${word}:1`);
    const kitType = "application/vnd.kitops.modelkit";
    const dockerType = "application/vnd.docker.ai";
    await pushIn(
      folder,
      "--config",
      `kit.json:${kitType}.config.v1+json`,
      `${kit}`,
      `model.tar.gz:${kitType}.model.v1.tar+gzip`,
    );
    await pushIn(
      folder,
      "--config",
      `docker.json:${dockerType}.model.config.v0.1+json`,
      `${docker}`,
      `llama.gguf:${dockerType}.gguf.v3`,
      `LICENSE:${dockerType}.license`,
    );
    const made = await makePackage("reads-packages", "[]");
    for (const [reference, files] of [
      [kit, { "model/ridge.bin": digestOf("ridge") }],
      [docker, { LICENSE: digestOf("free"), "llama.gguf": digestOf("gguf") }],
    ] as const) {
      const pulled = await made.call(["model", "pull", `oci://${reference}`, "into", "--force"]);
      assert.is(pulled.exitCode, 0, pulled.all);
      const found = treeOf(made.at("into"));
      for (const [file, digest] of Object.entries(files)) assert.is(found[file], digest, file);
    }
    const inspected = await made.call(["model", "inspect", `${kit}`]);
    assert.match(inspected.stdout, "is a ModelKit");
  });
}

test("a registry with a password is opened by docker's login, and by nothing else", async () => {
  const made = await makePackage("private", "[{name: bert, source: bert}]", "[]", MODELS);
  const reference = `${PRIVATE}/${made.name}:1`;
  const auth = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");
  const environment = await makeDockerConfig(workspace, "login", { auths: { [PRIVATE]: { auth } } });
  const nobody = await makeDockerConfig(workspace, "nobody", {});
  const pushed = await made.call(["model", "push", reference], { environment });
  assert.is(pushed.exitCode, 0, pushed.all);
  const refused = await made.call(["model", "pull", reference, "there"], { environment: nobody });
  assert.is(refused.exitCode, 1, refused.all);
  assert.match(refused.all, `docker login ${PRIVATE}`);
  const pulled = await made.call(["model", "pull", reference, "here"], { environment });
  assert.is(pulled.exitCode, 0, pulled.all);
  assert.is(treeOf(made.at("here"))["bert/model.safetensors"], digestOf("bert"));
  assert.not.match(workspace.printed.join(""), PASSWORD);
});

test.run();
