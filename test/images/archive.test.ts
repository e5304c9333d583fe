import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ArchiveOptions, archiveParts, blobsOf } from "../../src/images/archive.ts";
import { describeText, MEDIA_TYPES, parseManifest, writeIndex } from "../../src/images/manifest.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { Image } from "../../src/model/image.ts";
import { makeBase } from "../fakes/base-image.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("archives");

const [one, other] = [makeBase(), makeBase("linux/arm64", "for others")];
const index = writeIndex([one, other]);
const single: Image = { root: one.manifest, images: [one] };
const several: Image = { root: describeText(MEDIA_TYPES.index, index), images: [one, other] };
const texts = new Map([...one.blobs, ...other.blobs, [digestOf(index), index]]);

function bytesOf(image: Image, options: ArchiveOptions = {}): Buffer {
  const parts = archiveParts(
    image,
    ({ digest }) => [{ bytes: Buffer.from(texts.get(digest) ?? "") }],
    options,
  );
  return Buffer.concat(parts.map((part) => ("bytes" in part ? part.bytes : new Uint8Array())));
}

async function unpack(bytes: Buffer): Promise<string> {
  const folder = makeFolder();
  writeFileSync(path.join(folder, "a.tar"), bytes);
  await execa("tar", ["--extract", "--file", "a.tar"], { cwd: folder });
  return folder;
}

function readJson(folder: string, name: string) {
  return JSON.parse(readFileSync(path.join(folder, name), "utf8"));
}

for (const [what, image] of Object.entries({ single, several })) {
  test(`a layout, read back with tar: ${what}`, async () => {
    const folder = await unpack(bytesOf(image));
    assert.equal(readJson(folder, "oci-layout"), { imageLayoutVersion: "1.0.0" });
    const { manifests } = readJson(folder, "index.json");
    assert.equal(manifests, [image.root]);
    assert.ok(parseManifest(readFileSync(path.join(folder, "index.json"), "utf8")));
    const names = readdirSync(path.join(folder, "blobs/sha256"));
    assert.equal(
      names.sort(),
      blobsOf(image)
        .map(({ digest }) => digest.slice("sha256:".length))
        .sort(),
    );
    for (const name of names) {
      assert.is(digestOf(readFileSync(path.join(folder, "blobs/sha256", name))), `sha256:${name}`);
    }
  });

  test(`and docker's own form, of one platform, whose places are there: ${what}`, async () => {
    const folder = await unpack(bytesOf(image));
    const [manifest, ...others] = readJson(folder, "manifest.json");
    assert.equal(others, []);
    assert.equal(manifest.RepoTags, []);
    assert.is(digestOf(readFileSync(path.join(folder, manifest.Config))), one.config.digest);
    assert.is(manifest.Layers.length, 1);
    for (const place of manifest.Layers) assert.ok(existsSync(path.join(folder, place)));
  });
}

for (const [name, full, tag] of [
  ["demo", "docker.io/library/demo:latest", "latest"],
  ["team/demo:1", "docker.io/team/demo:1", "1"],
  ["r.example:5000/team/demo:1.2", "r.example:5000/team/demo:1.2", "1.2"],
] as const) {
  test(`the name ${name}`, async () => {
    const folder = await unpack(bytesOf(single, { name }));
    assert.equal(readJson(folder, "index.json").manifests[0].annotations, {
      "io.containerd.image.name": full,
      "org.opencontainers.image.ref.name": tag,
    });
    assert.equal(readJson(folder, "manifest.json")[0].RepoTags, [name]);
  });
}

test("what whoever reads it has is left out, and named all the same", async () => {
  const [{ digest } = one.manifest] = one.layers;
  const folder = await unpack(bytesOf(single, { without: new Set([digest]) }));
  assert.not(existsSync(path.join(folder, `blobs/${digest.replace(":", "/")}`)));
  assert.is(readdirSync(path.join(folder, "blobs/sha256")).length, 2);
  assert.equal(readJson(folder, "manifest.json")[0].Layers, [`blobs/${digest.replace(":", "/")}`]);
});

test("a blob that two have is there once, and the root last", () => {
  const shared: Image = { ...several, images: [one, { ...other, layers: one.layers }] };
  const digests = blobsOf(shared).map(({ digest }) => digest);
  assert.is(new Set(digests).size, digests.length);
  assert.is(digests.length, 6);
  assert.is(digests.at(-1), shared.root.digest);
  assert.ok(digests.indexOf(one.config.digest) < digests.indexOf(one.manifest.digest));
});

test("the same image is the same archive", () => assert.equal(bytesOf(several), bytesOf(several)));

test.run();
