// What every lock promises by its `image_format`: the bytes below. Whoever changes them raises `IMAGE_FORMAT`.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { clampTimes } from "../../src/images/clamp-times.ts";
import { tarParts } from "../../src/images/tar.ts";
import { bytesOf } from "../../src/model/chunks.ts";
import { digestOf } from "../../src/model/digest.ts";
import { IMAGE_FORMAT } from "../../src/model/image.ts";
import { imageOf } from "../../src/steps/build-image.ts";
import { layoutFiles, makeBase } from "../fakes/base-image.ts";
import { openPackage } from "../fakes/package.ts";

const test = suite("the image format");

/** By the format that they are of, which no two have alike. */
const DIGESTS: Readonly<Record<number, { readonly image: string; readonly clamped: string }>> = {
  1: {
    image: "sha256:32ad0bb4ecbae5ae1a5b981048a4b4a07dda2d454ffde8c7a6156988c69c35ac",
    clamped: "sha256:6e9200e051b447dfdaba63c9b50c1cf8315319255849a695a557483722cb21e9",
  },
};

const RAISE = "equal inputs give other bytes: raise `IMAGE_FORMAT`, and the `version` of the step kind";

const yaml = `name: demo
models: [{name: ridge, source: ridge.pkl, version: "3"}, {name: words, source: words}]
base_image: {oci_layout: base}
environment: {python: {managed: false}, variables: {WORDS: "1"}}
inference: {entry_script: score.py, source_directory: src}
build: {labels: {team: risk}, source_date_epoch: 1000000000}
outputs: [{type: oci-archive, path: a.tar}]
`;
const FILES = {
  ...layoutFiles([makeBase()], "base/"),
  "ridge.pkl": "ridge",
  "words/deep/all.txt": "the same words again\n".repeat(100_000),
  "src/score.py": "score",
  "src/deep/run.sh": "#!/bin/sh",
};

test("equal inputs are the same image, with layers of each kind", async () => {
  const { make } = await openPackage(yaml, FILES);
  const image = imageOf(await make("build:image"));
  const compressed = image.images[0]?.layers.filter(({ mediaType }) => mediaType.endsWith("+zstd"));
  assert.is(compressed?.length, 1);
  assert.is(image.root.digest, DIGESTS[IMAGE_FORMAT]?.image, RAISE);
});

test("and so is what our commands have made", async () => {
  const parts = tarParts([
    { type: "directory", path: "usr" },
    { type: "file", path: "usr/new", mode: 0o755, size: 3, content: [{ bytes: Buffer.from("new") }] },
  ]);
  const tar = Buffer.concat(parts.map((part) => ("bytes" in part ? part.bytes : new Uint8Array())));
  setTime(tar.subarray(512, 1024), 1_700_000_000);
  const clamped = await bytesOf(clampTimes(oneByOne(tar), 1_000_000_000));
  assert.is(digestOf(clamped), DIGESTS[IMAGE_FORMAT]?.clamped, RAISE);
});

/** In the header of an entry, whose checksum is that of all its bytes with spaces in the checksum's place. */
function setTime(header: Buffer, seconds: number): void {
  header.write(`${seconds.toString(8).padStart(11, "0")}\0`, 136, "latin1");
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}

async function* oneByOne(bytes: Uint8Array) {
  yield bytes;
}

test.run();
