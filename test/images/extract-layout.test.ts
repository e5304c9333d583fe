import { suite } from "uvu";
import * as assert from "uvu/assert";
import { extractLayout } from "../../src/images/extract-layout.ts";
import { tarParts } from "../../src/images/tar.ts";
import { textOf } from "../../src/model/chunks.ts";

const test = suite("layouts in a tar");

const hex = "0".repeat(64);
const blob = `blobs/sha256/${hex}`;

function tarOf(files: Readonly<Record<string, string>>): Buffer {
  const parts = tarParts(
    Object.entries(files).map(([path, text]) => {
      const bytes = Buffer.from(text);
      return { type: "file", path, mode: 0o644, size: bytes.length, content: [{ bytes }] } as const;
    }),
  );
  return Buffer.concat(parts.map((part) => ("bytes" in part ? part.bytes : new Uint8Array())));
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function extract(bytes: Buffer, size = bytes.length): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for await (const file of extractLayout(inChunks(bytes, size))) found[file.path] = await textOf(file.chunks);
  return found;
}

const LAYOUT = { "oci-layout": "{}", "index.json": "[]", [blob]: "x".repeat(100_000) };

for (const size of [1 << 20, 1000, 512, 7]) {
  test(`the files of a layout, in chunks of ${size} bytes`, async () => {
    assert.equal(await extract(tarOf(LAYOUT), size), LAYOUT);
  });
}

test("paths may begin with the folder itself, as GNU tar writes them", async () => {
  const dotted = Object.fromEntries(Object.entries(LAYOUT).map(([name, text]) => [`./${name}`, text]));
  assert.equal(await extract(tarOf(dotted)), LAYOUT);
});

const others = [
  "manifest.json",
  "../index.json",
  "blobs/../index.json",
  `blobs/sha256/../${hex}`,
  `/blobs/sha256/${hex}`,
  `../${blob}`,
  `a/${blob}`,
  `${blob}0`,
  `blobs/sha256/${"A".repeat(64)}`,
  `blobs/sha512/${hex}`,
  `${blob}\n`,
  ".././index.json",
  "index.json/..",
];

for (const name of others) {
  test(`left alone is ${JSON.stringify(name)}`, async () => {
    assert.equal(await extract(tarOf({ [name]: "evil", "index.json": "[]" })), { "index.json": "[]" });
  });
}

test("links and folders of such a name are left alone", async () => {
  const archive = tarOf({ "index.json": "", "oci-layout": "{}" });
  for (const type of ["1", "2", "3", "5", "6"]) {
    const changed = Buffer.from(archive);
    changed.write(type, 156);
    changed.fill(" ", 148, 156);
    const sum = changed.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    changed.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    assert.equal(await extract(changed), { "oci-layout": "{}" });
  }
});

test("an archive that breaks off", async () => {
  const bytes = tarOf(LAYOUT);
  for (const length of [100, 600, 50_000]) {
    const error = await extract(bytes.subarray(0, length)).catch((thrown: unknown) => thrown);
    assert.instance(error, Error, `after ${length} bytes`);
  }
});

test("what is no archive", async () => {
  assert.instance(await extract(Buffer.alloc(2048, "x")).catch((thrown: unknown) => thrown), Error);
});

test("the fault of who sends it is told as it is", async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield tarOf(LAYOUT).subarray(0, 600);
    throw new Error("the engine went away");
  }
  const read = async () => {
    for await (const { chunks } of extractLayout(failing())) await textOf(chunks);
  };
  assert.match(String(await read().catch(String)), "the engine went away");
});

test("who wants no more closes the archive", async () => {
  let isClosed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      yield tarOf(LAYOUT).subarray(0, 2048);
      for (;;) yield Buffer.alloc(1 << 16);
    } finally {
      isClosed = true;
    }
  }
  for await (const _file of extractLayout(endless())) break;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(isClosed);
});

test.run();
