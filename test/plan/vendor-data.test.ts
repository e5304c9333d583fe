import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { VendorList } from "../../src/model/vendor.ts";
import {
  readVendorList,
  UNFINISHED_VENDOR,
  VENDOR_BEGINNING,
  writeVendorList,
} from "../../src/plan/vendor-data.ts";

const test = suite("the list of a vendor folder");

const digest = digestOf("it");
const file = { part: "base", path: "base/index.json", digest, size: 3 } as const;
const list: VendorList = {
  base: { digest, platforms: ["linux/amd64", "linux/arm64"] },
  files: [
    file,
    {
      ...{
        part: "system",
        platform: "linux/amd64",
        name: "libc6:i386",
        version: "1:2.36-9",
        digest,
        size: 0,
      },
      path: "debian/linux_amd64/libc6_1%3a2.36-9_i386.deb",
    },
    { part: "model", name: "far", path: "models/far/deep/..weights", digest, size: 4_000_000_000 },
    { part: "build", platform: "linux/amd64", path: "python/linux_amd64/build/tool.whl", digest, size: 1 },
    {
      ...{ part: "python", platform: "linux/amd64", name: "numpy", version: "2.1.0", digest, size: 1 },
      path: "python/linux_amd64/numpy.whl",
    },
  ],
};

test("what is written is read again, and sorted", () => {
  const text = writeVendorList({ ...list, files: list.files.toReversed() });
  assert.equal(readVendorList(text), list);
  assert.is(text, writeVendorList(list));
  assert.ok(text.startsWith(VENDOR_BEGINNING));
  assert.equal(readVendorList(writeVendorList({ files: [] })), { files: [] });
});

test("a folder that is not whole has no list", () => {
  assert.ok(UNFINISHED_VENDOR.startsWith(VENDOR_BEGINNING));
  assert.is(readVendorList(UNFINISHED_VENDOR), undefined);
});

for (const [what, change] of [
  ["a path that leads out", { path: "base/../../secret" }],
  ["an absolute path", { path: "/etc/passwd" }],
  ["a folder that is none of ours", { path: "elsewhere/a" }],
  ["a folder and no file", { path: "base/" }],
  ["a dot", { path: "base/./a" }],
  ["a backslash", { path: "base\\a" }],
  ["a line break", { path: "base/a\nb" }],
  ["no path", { path: 1 }],
  ["no digest", { digest: "sha256:1" }],
  ["a size that is no number", { size: "1" }],
  ["a part that nobody knows", { part: "toString" }],
  ["a package without a version", { part: "python", platform: "linux/amd64", name: "numpy" }],
] as const) {
  test(`a list with ${what} is none`, () => {
    const text = JSON.stringify({ mlpackage_vendor: 1, files: [{ ...file, ...change }] });
    assert.is(readVendorList(text), undefined);
  });
}

for (const [what, data] of [
  ["a newer list", { mlpackage_vendor: 2, files: [] }],
  ["a list of no files", { mlpackage_vendor: 1 }],
  ["a base without platforms", { mlpackage_vendor: 1, files: [], base: { digest } }],
  ["a path twice", { mlpackage_vendor: 1, files: [file, file] }],
  ["something else", []],
  ["nothing", null],
] as const) {
  test(`${what} is none`, () => assert.is(readVendorList(JSON.stringify(data)), undefined));
}

test("what is no JSON is none", () => assert.is(readVendorList("{"), undefined));

test.run();
