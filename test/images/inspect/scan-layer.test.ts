import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compress } from "../../../src/images/compression.ts";
import { LIMITS, OversizedImage } from "../../../src/images/inspect/limits.ts";
import { type ScanOptions, scanLayer } from "../../../src/images/inspect/scan-layer.ts";
import { UnreadableImage } from "../../../src/images/read-images.ts";
import { bytesOf, once } from "../../../src/model/chunks.ts";
import { digestOf } from "../../../src/model/digest.ts";
import { makeTar } from "../../fakes/image-files.ts";

const test = suite("scanLayer");

const SITE = "usr/lib/python3.12/site-packages";
const MODEL = "var/azureml-app/azureml-models/ridge/3";

async function scan(tar: Uint8Array, options: Partial<ScanOptions> = {}) {
  return scanLayer(once(tar), { hashesModels: true, ...options });
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, Error);
  return error as Error;
}

test("packages, models, code and the server are found among all else", async () => {
  const tar = await makeTar({
    [`./${SITE}/six-1.2.dist-info/METADATA`]:
      "Metadata-Version: 2.1\nName: six\nVersion: 1.2\n\nName: other\n",
    [`${SITE}/six-1.2.dist-info/RECORD`]: "six.py,,\n",
    [`${SITE}/setuptools/_vendor/inner-1.dist-info/METADATA`]: "Name: inner\nVersion: 1\n",
    [`${SITE}/old.egg-info`]: "Name: old\nVersion: 0.1\n",
    "opt/conda/conda-meta/numpy-base-2.0-py312_0.json": "{",
    "var/lib/dpkg/status":
      "Package: libc6\nStatus: install ok installed\nVersion: 2.36\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n",
    [`${MODEL}/`]: { type: "directory" },
    [`${MODEL}/m.bin`]: "weights",
    "var/azureml-app/app/score.py": "def run(): ...\n",
    "var/azureml-app/app/data.bin": Buffer.from([0, 1, 2]),
    "opt/mlpackage/runtime/mlpackage_runtime/version.py": 'VERSION = "0.1.0"\n',
    "etc/.wh.passwd": "",
    "srv/.wh..wh..opq": "",
    "usr/bin/python3": "binary",
  });
  const { facts, unread, diffId } = await scan(tar);
  assert.is(diffId, digestOf(tar));
  assert.equal(unread, []);
  assert.equal(facts, [
    { kind: "python", path: `${SITE}/six-1.2.dist-info/METADATA`, name: "six", version: "1.2" },
    { kind: "python", path: `${SITE}/old.egg-info`, name: "old", version: "0.1" },
    {
      path: "opt/conda/conda-meta/numpy-base-2.0-py312_0.json",
      kind: "conda",
      name: "numpy-base",
      version: "2.0",
    },
    { kind: "system", path: "var/lib/dpkg/status", packages: [{ name: "libc6", version: "2.36" }] },
    { kind: "model-file", path: `${MODEL}/m.bin`, size: 7, digest: digestOf("weights") },
    {
      kind: "code",
      path: "var/azureml-app/app/score.py",
      size: 15,
      digest: digestOf("def run(): ...\n"),
      text: "def run(): ...\n",
    },
    {
      kind: "code",
      path: "var/azureml-app/app/data.bin",
      size: 3,
      digest: digestOf(Buffer.from([0, 1, 2])),
    },
    { kind: "server", path: "opt/mlpackage/runtime/mlpackage_runtime/version.py", version: "0.1.0" },
    { kind: "removal", path: "etc/passwd", isOfContents: false },
    { kind: "removal", path: "srv", isOfContents: true },
  ]);
});

test("a layer says itself how it is compressed", async () => {
  const tar = await makeTar({ [`${MODEL}/m.bin`]: "weights" });
  const zstd = await bytesOf(compress(once(tar), { kind: "zstd", level: 3 }));
  for (const blob of [tar, gzipSync(tar), zstd]) {
    const { facts, diffId } = await scan(blob);
    assert.is(diffId, digestOf(tar));
    assert.is(facts.length, 1);
  }
});

test("of a layer whose beginning is enough, the rest is not read, and the file in it not hashed", async () => {
  const tar = await makeTar({ [`${MODEL}/m.bin`]: Buffer.alloc(5_000_000), [`${MODEL}/z`]: "x" });
  let sent = 0;
  async function* chunks() {
    for (let start = 0; start < tar.length; start += 1000) {
      sent += 1000;
      yield tar.subarray(start, start + 1000);
    }
  }
  const { facts, diffId } = await scanLayer(chunks(), { hashesModels: true, mostBytes: 1_000_000 });
  assert.equal(facts, [{ kind: "model-file", path: `${MODEL}/m.bin`, size: 5_000_000 }]);
  assert.is(diffId, undefined);
  assert.ok(sent < 1_000_000, `${sent} bytes were read`);
});

test("what makes no sense is told, and the rest is read", async () => {
  const path = `${SITE}/broken-1.dist-info/METADATA`;
  const { facts, unread } = await scan(await makeTar({ [path]: "no fields", [`${MODEL}/m.bin`]: "w" }));
  assert.equal(unread, [`${path} makes no sense`]);
  assert.is(facts.length, 1);
});

test("a long description is read no further than its head", async () => {
  const head = "Name: long\nVersion: 1\n";
  const path = `${SITE}/long-1.dist-info/METADATA`;
  const tar = await makeTar({ [path]: `${head}\n${"x".repeat(3_000_000)}` });
  const { facts } = await scan(tar, { limits: { ...LIMITS, mostMetadataBytes: head.length } });
  assert.equal(facts, [{ kind: "python", path, name: "long", version: "1" }]);
});

for (const [what, limits, files] of [
  ["grows without end", { leastBomb: 1 << 20 }, { zeros: Buffer.alloc(40 << 20) }],
  [
    "has a `var/lib/dpkg/status` of 200 bytes",
    { mostDatabaseBytes: 100 },
    { "var/lib/dpkg/status": "x".repeat(200) },
  ],
  ["has more files", { mostHeldBytes: 300 }, { "a/.wh.b": "", "a/.wh.c": "", "a/.wh.d": "" }],
] as const) {
  test(`a layer that ${what} is refused`, async () => {
    const blob = gzipSync(await makeTar(files));
    const error = await failureOf(scan(blob, { limits: { ...LIMITS, ...limits } }));
    assert.instance(error, OversizedImage);
    assert.match(error.message, what);
  });
}

for (const [what, spoil, message] of [
  ["cut off", (tar: Buffer) => tar.subarray(0, 600), "is no whole tar: "],
  ["no tar", () => Buffer.from("x".repeat(2000)), "is no whole tar: "],
  ["cut off and compressed", (tar: Buffer) => gzipSync(tar).subarray(0, 40), "cannot be decompressed: "],
] as const) {
  test(`a layer that is ${what} is told of`, async () => {
    const tar = await makeTar({ [`${MODEL}/m.bin`]: "weights".repeat(500) });
    const error = await failureOf(scan(spoil(tar)));
    assert.instance(error, UnreadableImage);
    assert.match(error.message, message);
  });
}

test("what the bytes cannot be had for is told as it is", async () => {
  const fault = new Error("the registry is gone");
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(10);
    throw fault;
  }
  assert.is(await failureOf(scanLayer(chunks(), { hashesModels: true })), fault);
});

test.run();
