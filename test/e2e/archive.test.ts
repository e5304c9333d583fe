// Archives: what `docker load` makes of them. The engine has no part in writing them.
import { readdir, readFile } from "node:fs/promises";
import * as assert from "uvu/assert";
import { demandImage, docker, inspectImage } from "./engine.ts";
import { postScore, serveImage } from "./serve-image.ts";
import { timedSuite } from "./timed-suite.ts";
import { ECHO_SCRIPT, openWorkspace, PYTHON_IMAGE } from "./workspace.ts";

const CODE = "inference: {entry_script: score.py, source_directory: src}\n";
const workspace = openWorkspace("archive");
const packed = await workspace.makePackage(
  "packed",
  `${CODE}outputs:
  - {type: oci-archive, path: dist/image.oci.tar}
  - {type: docker-archive, path: dist/image.tar}
`,
  { "src/score.py": ECHO_SCRIPT },
);
const tag = `${packed.name}:latest`;
const test = timedSuite("archive");

async function imageId(): Promise<string> {
  const { stdout } = await packed.call(["apply", "--json"]);
  const { steps } = JSON.parse(stdout) as { steps: { id: string; output: { values: { image: string } } }[] };
  return steps.find(({ id }) => id === "load:image")?.output.values.image ?? "";
}

test("both are written, and the engine has no tag of them", async () => {
  const { exitCode, stderr } = await packed.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.equal((await readdir(packed.at("dist"))).sort(), ["image.oci.tar", "image.tar"]);
  assert.is(await inspectImage(tag), undefined);
  const again = await packed.call(["apply"]);
  assert.match(again.stderr, "nothing to do", again.stderr);
});

for (const file of ["image.oci.tar", "image.tar"]) {
  test(`docker load brings back the image of ${file}: its name, its id, its answers`, async () => {
    const built = await imageId();
    await docker(["rmi", "--force", built]);
    const loaded = await docker(["load", "--input", packed.at(`dist/${file}`)]);
    assert.match(loaded, `Loaded image: ${tag}`);
    assert.is((await demandImage(tag)).Id, built);
    assert.is(await serveImage(tag, (address) => postScore(address, "hello")), '"hello"');
    await docker(["rmi", tag]);
    await packed.call(["apply"]);
  });
}

const SMALL = "base_image: {dockerfile: base/Dockerfile}\ninference: {command: [serve]}\n";
const small = await workspace.makePackage(
  "small",
  `${SMALL}outputs:
  - {type: oci-archive, path: dist/image.oci.tar}
  - {type: docker-archive, path: dist/image.tar}
`,
  { "base/Dockerfile": "FROM scratch\nCOPY a.txt /\n", "base/a.txt": "a" },
);
const smallTag = `${small.name}:latest`;

test("a tag that names another image names it afterwards, too, and the engine was given nothing", async () => {
  await docker(["tag", PYTHON_IMAGE, smallTag]);
  const { Id } = await demandImage(smallTag);
  const { exitCode, stderr } = await small.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.not.match(stderr, /load|test image/);
  assert.is((await demandImage(smallTag)).Id, Id);
  await docker(["rmi", smallTag]);
});

test("both types are the same bytes", async () => {
  const [oci, other] = ["dist/image.oci.tar", "dist/image.tar"].map((file) => readFile(small.at(file)));
  assert.ok((await oci)?.equals((await other) ?? Buffer.of()));
});

test("an archive that was changed is written anew, the other is not", async () => {
  const before = await readFile(small.at("dist/image.tar"));
  await small.write({ "dist/image.tar": "changed" });
  const { exitCode, stderr } = await small.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, "dist/image.tar is gone or was changed");
  assert.match(stderr, "1 succeeded");
  assert.is((await readFile(small.at("dist/image.tar"))).length, before.length);
});

test("with an image output as well, the tag is the new image's", async () => {
  await small.configure(`${SMALL}outputs:
  - {type: docker-archive, path: dist/image.tar}
  - {type: image, tags: ["\${name}:latest"]}
build: {labels: {new: "1"}}
`);
  await docker(["tag", PYTHON_IMAGE, smallTag]);
  const { exitCode, stderr } = await small.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.is((await demandImage(smallTag)).Config.Labels.new, "1");
});

test("an archive whose folder is a file: one message", async () => {
  await small.write({ occupied: "" });
  await small.configure(`${SMALL}outputs: [{type: docker-archive, path: occupied/image.tar}]\n`);
  const { exitCode, stderr } = await small.call(["apply"]);
  assert.is(exitCode, 1, stderr);
  assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
  assert.not.match(stderr, "error[bug]");
});

test.run();
