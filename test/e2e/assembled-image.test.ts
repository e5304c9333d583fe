// The image that is put together without an engine: what plain `docker build` makes of the same package, what other
// tools make of it, for several platforms, and the same bytes wherever it is made.
import { createReadStream } from "node:fs";
import { readFile, utimes } from "node:fs/promises";
import path from "node:path";
import * as assert from "uvu/assert";
import { docker, runIn } from "./engine.ts";
import { differencesOf, readImageTree, readTarTree } from "./image-tree.ts";
import { addArchitecture, makeSmallLayout, readBlobText, saveImage, unpack } from "./oci-layout.ts";
import { fetchManifest, findTag } from "./registry-api.ts";
import { findTool } from "./second-tools.ts";
import { postScore, serveImage } from "./serve-image.ts";
import { timedSuite } from "./timed-suite.ts";
import { makeWheel } from "./wheel.ts";
import { demandVariable, openWorkspace, PYTHON_IMAGE } from "./workspace.ts";

const REGISTRY = demandVariable("RIG_REGISTRY");
const workspace = openWorkspace("assembled");
const test = timedSuite("assembled image");

const AWKWARD = {
  AWKWARD_dollars: "$HOME ${HOME} $$ $1",
  AWKWARD_quotes: `he said "it's"`,
  AWKWARD_spaces: "  two  spaces  ",
  AWKWARD_unicode: "Zürich 東京 🚀",
  AWKWARD_backslashes: "a\\b \\n \\",
};
const written = (value: string): string => JSON.stringify(value.replaceAll("$", "$$$$"));
const entries = Object.entries(AWKWARD);

/** Answers with all that the image was made of: models, variables, an installed package, a module beside the script. */
const SCRIPT = `import os
import greeter
from deep.helper import shout


def init():
    pass


def run(data):
    root = os.environ["AZUREML_MODEL_DIR"]
    with open(os.path.join(root, "words/3/lists/words.txt")) as file:
        words = file.read()
    size = os.path.getsize(os.path.join(root, "weights/0/weights.bin"))
    return [greeter.greet(data), shout(words), size, os.environ["AWKWARD_dollars"]]
`;
const ANSWER = JSON.stringify(["hello you", "WORDS", 100_000, AWKWARD.AWKWARD_dollars]).replaceAll(",", ", ");

const rich = await workspace.makePackage(
  "rich",
  `models:
  - weights.bin
  - {name: words, version: "3", source: lists}
inference: {entry_script: score.py, source_directory: src}
environment:
  python: {requirements: requirements.txt, find_links: [wheels]}
  variables:
${entries.map(([name, value]) => `    ${name}: ${written(value)}`).join("\n")}
build:
  labels:
${entries.map(([name, value]) => `    label.${name}: ${written(value)}`).join("\n")}
outputs:
  - {type: image, tags: ["\${name}:latest"]}
  - {type: image, tags: ["${REGISTRY}/\${name}:1"], push: true, load: false}
  - {type: dockerfile, path: imagefiles}
  - {type: oci-archive, path: dist/image.oci.tar}
  - {type: docker-archive, path: dist/image.tar}
`,
  {
    "weights.bin": Buffer.alloc(100_000, "weights"),
    "lists/words.txt": "words",
    "lists/deep/more/empty.txt": "",
    "lists/deep/name with spaces, é and 東京.txt": "x",
    [`lists/${"long-".repeat(30)}/${"name-".repeat(30)}.txt`]: "x",
    "requirements.txt": "--no-index\ngreeter\n",
    "wheels/greeter-1.0-py3-none-any.whl": makeWheel(
      "greeter",
      "1.0",
      "def greet(who):\n    return 'hello ' + who\n",
    ),
    "src/score.py": SCRIPT,
    "src/deep/helper.py": "def shout(text):\n    return text.upper()\n",
    "src/run.sh": "#!/bin/sh\n",
  },
);
const latest = `${rich.name}:latest`;
const pushed = `${REGISTRY}/${rich.name}:1`;

test("has the files that plain docker build makes of the saved folder", async () => {
  const { exitCode, stderr } = await rich.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  await docker(["build", "--quiet", "--tag", `${rich.name}:plain`, rich.at("imagefiles")]);
  const [ours, plain] = [await readImageTree(latest), await readImageTree(`${rich.name}:plain`)];
  assert.ok(ours.size > 1000, `${ours.size} files`);
  // pip writes the time of the installation into what it compiles.
  const differences = differencesOf(ours, plain).filter((line) => !/^\S+\/greeter\.[^/]*\.pyc: /.test(line));
  assert.equal(differences, []);
});

test("has the configuration that plain docker build gives it", async () => {
  const configOf = async (image: string): Promise<Readonly<Record<string, unknown>>> => {
    const [{ Config, Os, Architecture }] = JSON.parse(await docker(["image", "inspect", image]));
    const { Env, Labels, Cmd, Entrypoint, User, WorkingDir, ExposedPorts } = Config;
    return {
      Env,
      Labels,
      Cmd,
      Entrypoint: Entrypoint ?? [],
      User,
      WorkingDir,
      ExposedPorts,
      Os,
      Architecture,
    };
  };
  const config = await configOf(latest);
  assert.equal(config, { ...(await configOf(`${rich.name}:plain`)), Entrypoint: [] });
  for (const [name, value] of entries) {
    assert.ok((config.Env as string[]).includes(`${name}=${value}`), name);
    assert.is((config.Labels as Record<string, string>)[`label.${name}`], value);
  }
});

test("answers as the one that plain docker build makes", async () => {
  for (const image of [latest, `${rich.name}:plain`])
    assert.is(await serveImage(image, (address) => postScore(address, "you")), ANSWER, image);
});

test("is what the registry has: the engine pulls it, and it answers", async () => {
  await docker(["pull", "--quiet", pushed]);
  assert.is(await serveImage(pushed, (address) => postScore(address, "you")), ANSWER);
});

test("skopeo reads the registry and both archives, and all are one image", async () => {
  const skopeo = await findTool("skopeo");
  if (skopeo === undefined) return;
  const inspected = JSON.parse(await skopeo("inspect", "--tls-verify=false", `docker://${pushed}`));
  assert.is(inspected.Digest, await findTag(REGISTRY, rich.name, "1"));
  assert.is(inspected.Labels["label.AWKWARD_unicode"], AWKWARD.AWKWARD_unicode);
  const configs: string[] = [];
  for (const [word, source] of [
    ["registry", `docker://${pushed}`],
    ["oci", `oci-archive:${rich.at("dist/image.oci.tar")}`],
    ["docker", `docker-archive:${rich.at("dist/image.tar")}`],
  ] as const) {
    const folder = path.join(workspace.folder, `skopeo-${word}`);
    await skopeo("copy", "--quiet", "--src-tls-verify=false", source, `dir:${folder}`);
    const manifest = JSON.parse(await readFile(path.join(folder, "manifest.json"), "utf8"));
    configs.push(manifest.config.digest);
  }
  assert.is(new Set(configs).size, 1, configs.join("\n"));
});

test("crane finds it valid, and takes the files out of it", async () => {
  const crane = await findTool("crane");
  if (crane === undefined) return;
  await crane("validate", "--insecure", "--fast", "--remote", pushed);
  const exported = path.join(workspace.folder, "crane.tar");
  await crane("export", "--insecure", pushed, exported);
  const tree = await readTarTree(createReadStream(exported));
  const folder = "var/azureml-app/azureml-models/words/3/lists";
  for (const file of ["deep/more/empty.txt", "deep/name with spaces, é and 東京.txt"])
    assert.match(tree.get(`${folder}/${file}`) ?? "nothing", /^file 644 0:0/);
  assert.match(tree.get("var/azureml-app/src/run.sh") ?? "nothing", /^file 755 0:0/);
});

for (const compression of ["gzip", "zstd"] as const) {
  test(`compression: ${compression} is pushed, pulled and run`, async () => {
    const made = await workspace.makePackage(
      compression,
      `models: [weights.txt]
environment: {python: {managed: false}}
build: {compression: ${compression}}
outputs: [{type: image, tags: ["${REGISTRY}/\${name}:1"], push: true, load: false}]
`,
      { "weights.txt": "weights ".repeat(1_000_000) },
    );
    const { exitCode, stderr } = await made.call(["apply", "--no-test"]);
    assert.is(exitCode, 0, stderr);
    const tag = `${REGISTRY}/${made.name}:1`;
    const { layers } = await fetchManifest(REGISTRY, made.name, "1");
    const ours = layers.slice(-3).map(({ mediaType }) => mediaType);
    assert.equal(ours, Array(3).fill(`application/vnd.oci.image.layer.v1.tar+${compression}`));
    await docker(["pull", "--quiet", tag]);
    assert.is(await serveImage(tag, (address) => postScore(address, "hello")), '"hello"');
    const weights = "/var/azureml-app/azureml-models/weights/0/weights.txt";
    assert.is(await runIn(tag, ["stat", "-c", "%s", weights]), "8000000");
    const crane = await findTool("crane");
    // It reads gzip alone.
    if (crane === undefined || compression !== "gzip") return;
    await crane("validate", "--insecure", "--remote", tag);
  });
}

const PLATFORMS = "build: {platforms: [linux/amd64, linux/arm64]}\n";
const LAYOUT = "base_image: {oci_layout: base}\nenvironment: {python: {managed: false}}\n";

type PlatformConfig = { readonly architecture: string; readonly config: { readonly Labels: object } };

test("for several platforms: an index, in the registry, in an archive, and in the engine", async () => {
  const made = await workspace.makePackage(
    "platforms",
    `${LAYOUT}${PLATFORMS}models: [model.txt]
outputs:
  - {type: image, tags: ["${REGISTRY}/\${name}:1"], push: true}
  - {type: oci-archive, path: dist/image.oci.tar}
tests: [{request: {body: hello}, expect: {json: hello}}]
`,
    { "model.txt": "m" },
  );
  await saveImage(PYTHON_IMAGE, made.at("base.tar"));
  await unpack(made.at("base.tar"), made.at("base"));
  await addArchitecture(made.at("base"), "arm64");
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  const index = await fetchManifest(REGISTRY, made.name, "1");
  assert.equal(
    index.manifests?.map(({ platform }) => platform),
    [
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm64" },
    ],
  );
  const folder = made.at("unpacked");
  await unpack(made.at("dist/image.oci.tar"), folder);
  for (const { digest, platform } of index.manifests ?? []) {
    const manifest = await fetchManifest(REGISTRY, made.name, digest);
    assert.equal(await readBlobText(folder, digest), manifest);
    const config = await readBlobText<PlatformConfig>(folder, manifest.config?.digest ?? "");
    assert.is(config.architecture, platform?.architecture);
    assert.is(manifest.layers.length, 5);
  }
  const tag = `${REGISTRY}/${made.name}:1`;
  assert.is(await serveImage(tag, (address) => postScore(address, "hello")), '"hello"');
  const crane = await findTool("crane");
  if (crane !== undefined)
    await crane("validate", "--insecure", "--fast", "--remote", tag, "--platform", "linux/arm64");
});

test("docker's form of an archive has one platform, and a platform the base lacks is told", async () => {
  for (const [word, build, code] of [
    ["two-in-one", PLATFORMS, "save/one-platform"],
    ["no-such-platform", "build: {platforms: [linux/amd64, linux/s390x]}\n", "build/base-unreadable"],
    ["no-platform-at-all", "build: {platforms: [linux/s390x]}\n", "build/base-unreadable"],
  ] as const) {
    const made = await workspace.makePackage(
      word,
      `${LAYOUT}${build}inference: {command: [serve]}
outputs: [{type: docker-archive, path: dist/image.tar}]
`,
    );
    await makeSmallLayout(made.at("base"));
    await addArchitecture(made.at("base"), "arm64");
    const { exitCode, stderr } = await made.call(["apply"]);
    assert.is(exitCode, 1, stderr);
    assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
    assert.match(stderr, `error[${code}]`);
    if (code === "build/base-unreadable")
      assert.match(stderr, "not made for linux/s390x, but for linux/amd64");
    assert.not.ok((await made.call(["plan"])).stdout.includes("save dist/image.tar: fresh"));
  }
});

for (const compression of ["auto", "gzip", "zstd"]) {
  test(`compression: ${compression} is the same bytes from two folders, with two caches`, async () => {
    const digests: string[] = [];
    const archives: Buffer[] = [];
    for (const word of ["here", "there"]) {
      const name = `${workspace.prefix}-same-${compression}`;
      const made = await workspace.makePackage(`${compression}-${word}`, "", {
        "mlpackage.yaml": `name: ${name}
${LAYOUT}models: [model.txt, {name: other, source: files}]
inference: {command: [serve]}
build: {compression: ${compression}}
outputs:
  - {type: image, tags: ["${REGISTRY}/\${name}:1"], push: true, load: false}
  - {type: oci-archive, path: "\${name}.tar"}
`,
        "model.txt": "weights ".repeat(1_000_000),
        "files/b.txt": "b",
        "files/a.txt": "a",
      });
      await makeSmallLayout(made.at("base"));
      await utimes(made.at("model.txt"), digests.length, digests.length);
      const environment = { MLPACKAGE_CACHE_DIR: `${made.path}-cache` };
      const { exitCode, stderr } = await made.call(["apply"], { environment });
      assert.is(exitCode, 0, stderr);
      digests.push((await findTag(REGISTRY, name, "1")) ?? "nothing");
      archives.push(await readFile(made.at(`${name}.tar`)));
    }
    assert.is(digests[0], digests[1]);
    assert.ok(archives[0]?.equals(archives[1] ?? Buffer.of()));
  });
}

test.run();
