// Archives: what `docker load` makes of them, and the tag they borrow.
import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
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
  return steps.find(({ id }) => id === "build")?.output.values.image ?? "";
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

test("a tag that names another image names it afterwards, too", async () => {
  await docker(["tag", PYTHON_IMAGE, tag]);
  const { Id } = await demandImage(tag);
  for (const file of ["image.oci.tar", "image.tar"]) await rm(packed.at(`dist/${file}`));
  const { exitCode, stderr } = await packed.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, "2 succeeded");
  assert.is((await demandImage(tag)).Id, Id);
  await docker(["rmi", tag]);
});

test("an archive that was changed is written anew, the other is not", async () => {
  const before = await readFile(packed.at("dist/image.tar"));
  await packed.write({ "dist/image.tar": "changed" });
  const { exitCode, stderr } = await packed.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.match(stderr, "dist/image.tar is gone or was changed");
  assert.match(stderr, "1 succeeded");
  assert.is((await readFile(packed.at("dist/image.tar"))).length, before.length);
});

test("with an image output as well, the tag is the new image's", async () => {
  await packed.configure(`${CODE}outputs:
  - {type: docker-archive, path: dist/image.tar}
  - {type: image, tags: ["\${name}:latest"]}
build: {labels: {new: "1"}}
`);
  await docker(["tag", PYTHON_IMAGE, tag]);
  const { exitCode, stderr } = await packed.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.is((await demandImage(tag)).Config.Labels.new, "1");
});

test("an archive whose folder is a file: one message", async () => {
  await packed.write({ occupied: "" });
  await packed.configure(`${CODE}outputs: [{type: docker-archive, path: occupied/image.tar}]\n`);
  const { exitCode, stderr } = await packed.call(["apply"]);
  assert.is(exitCode, 1, stderr);
  assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
  assert.not.match(stderr, "error[bug]");
  assert.not.ok(existsSync(packed.at("occupied/image.tar")));
});

test.run();
