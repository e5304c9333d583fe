import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { indexArchive } from "../../../src/images/inspect/index-archive.ts";
import { makeTar } from "../../fakes/image-files.ts";

const test = suite("indexArchive");

function open(bytes: Buffer) {
  const read = { bytes: 0 };
  const files = indexArchive(async (offset, count) => {
    const found = bytes.subarray(offset, offset + count);
    read.bytes += found.length;
    return found;
  });
  return { files, read };
}

test("files are found by their headers alone", async () => {
  const long = `blobs/${"x".repeat(300)}`;
  const tar = await makeTar({
    "./index.json": "{}",
    blobs: { type: "directory" },
    [long]: Buffer.alloc(1_000_000, 1),
    link: { type: "symlink", linkname: "index.json" },
    last: "end",
  });
  const { files, read } = open(tar);
  const found = await files;
  assert.equal([...found.keys()], ["index.json", long, "last"]);
  const { offset = 0, size = 0 } = found.get("last") ?? {};
  assert.is(tar.subarray(offset, offset + size).toString(), "end");
  assert.ok(read.bytes < 10_000, `${read.bytes} bytes were read`);
});

for (const [what, bytes, message] of [
  ["text", Buffer.from("name: a\n".repeat(100)), "it is no tar"],
  ["short", Buffer.from("x"), "it is no tar"],
  ["compressed", gzipSync(Buffer.from("x".repeat(5000))), "`gunzip` it first"],
] as const) {
  test(`what is ${what} is refused`, async () => {
    const error = await open(Buffer.from(bytes)).files.catch((thrown: Error) => thrown);
    assert.instance(error, Error);
    assert.match((error as Error).message, message);
  });
}

test("a size that no file has is refused", async () => {
  const tar = await makeTar({ a: "content", b: "more" });
  tar.write("99999999999", 1024 + 124, "latin1");
  const error = await open(tar).files.catch((thrown: Error) => thrown);
  assert.instance(error, Error);
  assert.match((error as Error).message, "it is no whole tar");
});

test.run();
