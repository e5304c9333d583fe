// `mlpackage verify`: the image that somebody has, and the one that is built from here.
import { createHash } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { timedSuite } from "./timed-suite.ts";
import { demandVariable, openWorkspace, type PackageFolder } from "./workspace.ts";

const workspace = openWorkspace("verify");
const test = timedSuite("verify");

const REGISTRY = demandVariable("RIG_REGISTRY");
const MODEL = "models: [m.bin]\nenvironment: {python: {managed: false}}\n";

async function makePackage(word: string, yaml: string): Promise<PackageFolder> {
  const made = await workspace.makePackage(word, yaml, { "m.bin": "weights" });
  const { exitCode, stderr } = await made.call(["apply", "--no-test"]);
  assert.is(exitCode, 0, stderr);
  return made;
}

test("what was pushed, what the engine has and an archive are what is built from here", async () => {
  const name = `${REGISTRY}/${workspace.prefix}/same:1`;
  const local = `${workspace.prefix}-same:1`;
  const outputs = `outputs:\n  - {type: image, tags: ["${name}"], load: false, push: true}\n  - {type: image, tags: ["${local}"]}\n  - {type: oci-archive, path: image.tar}\n`;
  const made = await makePackage("same", `${MODEL}${outputs}`);
  for (const args of [[], [name], [local], ["image.tar"]]) {
    const { exitCode, stderr } = await made.call(["verify", ...args]);
    assert.is(exitCode, 0, stderr);
    assert.match(stderr, new RegExp(`the same: ${args[0] ?? name} for linux/\\S+ is sha256:`));
  }
});

test("what is installed is installed again, by a builder that remembers nothing", async () => {
  const made = await makePackage(
    "installed",
    "models: [m.bin]\nenvironment: {system_packages: [file]}\noutputs: [{type: oci-archive, path: image.tar}]\n",
  );
  const { exitCode, stderr } = await made.call(["verify"]);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, /RUN set -- .*\bfile=.* \(\d+\.\d+ s\)$/m);
});

/** Changes one byte of a file in one layer of an archive, and all digests that follow from it. */
async function plant(made: PackageFolder, from: string, to: string): Promise<void> {
  const folder = made.at("opened");
  await execa("mkdir", ["-p", folder]);
  await execa("tar", ["--extract", "--file", made.at("image.tar"), "--directory", folder]);
  const blobs = path.join(folder, "blobs/sha256");
  const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  const replace = (
    digest: string,
    change: (text: string) => string,
  ): { readonly digest: string; readonly size: number } => {
    const place = path.join(blobs, digest);
    const bytes = Buffer.from(change(readFileSync(place, "latin1")), "latin1");
    rmSync(place);
    writeFileSync(path.join(blobs, digestOf(bytes)), bytes);
    return { digest: digestOf(bytes), size: bytes.length };
  };
  const index = JSON.parse(readFileSync(path.join(folder, "index.json"), "utf8"));
  const before = index.manifests[0].digest.slice(7);
  const manifest = JSON.parse(readFileSync(path.join(blobs, before), "utf8"));
  const layer = manifest.layers
    .find(({ digest }: { digest: string }) =>
      readFileSync(path.join(blobs, digest.slice(7)), "latin1").includes(from),
    )
    .digest.slice(7);
  const changed = replace(layer, (text) => text.replace(from, to));
  const config = replace(manifest.config.digest.slice(7), (text) => text.replace(layer, changed.digest));
  const rewritten = replace(before, (text) =>
    text.replace(layer, changed.digest).replace(manifest.config.digest.slice(7), config.digest),
  );
  writeFileSync(path.join(folder, "index.json"), JSON.stringify(index).replace(before, rewritten.digest));
  await execa("tar", ["--create", "--file", made.at("changed.tar"), "--directory", folder, "."]);
  renameSync(made.at("changed.tar"), made.at("image.tar"));
  rmSync(folder, { recursive: true });
}

for (const [what, from, to, file, step] of [
  ["the code", "def run(data)", "def run(dat_)", "score.py", "build:image"],
  ["a model", "weights", "weighty", "azureml-models/m/0/m.bin", "layer:m"],
] as const) {
  test(`one byte of ${what} that is another: the file, where in it, and the step that makes it`, async () => {
    const made = await makePackage(
      `planted-${step.split(":")[0]}`,
      `${MODEL}outputs: [{type: oci-archive, path: image.tar}]\n`,
    );
    await plant(made, from, to);
    const { exitCode, stdout, stderr } = await made.call(["verify", "image.tar"]);
    assert.is(exitCode, 1, stderr);
    assert.match(stderr, "image.tar for linux/amd64 is not what is built from here");
    assert.match(stdout, `${file}: content differs from byte `);
    assert.match(stdout, `(${step})`);
    assert.is(stdout.trim().split("\n").length, 1, stdout);
    const json = await made.call(["--json", "verify", "image.tar"]);
    assert.is(JSON.parse(json.stdout).platforms[0].differences.length, 1);
  });
}

test("a changed model is refused: the lock does not have it", async () => {
  const made = await makePackage("changed", `${MODEL}outputs: [{type: oci-archive, path: image.tar}]\n`);
  await made.write({ "m.bin": "others" });
  const { exitCode, stderr } = await made.call(["verify"]);
  assert.is(exitCode, 64, stderr);
  assert.match(stderr, "error[cli/stale-lock]");
});

for (const [name, code] of [
  [`${REGISTRY}/no/such:1`, "verify/no-image"],
  ["mlpackage.yaml", "verify/unreadable"],
] as const) {
  test(`${name} is nothing to compare with`, async () => {
    const made = await makePackage(
      code.replace("/", "-"),
      `${MODEL}outputs: [{type: oci-archive, path: image.tar}]\n`,
    );
    const { exitCode, stderr } = await made.call(["verify", name]);
    assert.is(exitCode, 1, stderr);
    assert.match(stderr, code);
  });
}

test.run();
