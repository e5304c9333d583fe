import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findUnsafePath } from "../../src/model/file-names.ts";

const test = suite("file names");

const SAFE = [
  "model.bin",
  "a/b/c.bin",
  ".gitattributes",
  "weights-00001-of-00002.safetensors",
  "Größe/模型.bin",
  "a b.txt",
  "...a",
];

for (const path of SAFE) test(`${path} is safe`, () => assert.is(findUnsafePath([path]), undefined));

const UNSAFE: readonly (readonly [path: string, fault: RegExp])[] = [
  ["", /no relative path/],
  ["/etc/passwd", /no relative path/],
  ["../x", /no plain path/],
  ["a/../../x", /no plain path/],
  ["a//b", /no plain path/],
  ["./a", /no plain path/],
  ["a\\..\\b", /character/],
  ["C:/x", /character/],
  ["a\u0000b", /character/],
  ["a\nb", /character/],
  ["gnp\u202Eexe.bin", /character/],
  ["what?.bin", /character/],
  ["end.", /dot or a space/],
  ["end ", /dot or a space/],
  ["NUL", /device/],
  ["sub/con.txt", /device/],
  ["x".repeat(256), /255 bytes/],
  ["ä".repeat(128), /255 bytes/],
  [`${"x/".repeat(600)}y`, /1024 bytes/],
];

for (const [path, fault] of UNSAFE)
  test(`${JSON.stringify(path.slice(0, 30))} is not`, () => {
    const found = findUnsafePath(["model.bin", path]);
    assert.is(found?.path, path);
    assert.match(found?.fault ?? "", fault);
  });

const TOGETHER: readonly (readonly [paths: readonly string[], fault: RegExp])[] = [
  [["a", "a"], /twice/],
  [["README.md", "readme.md"], /same as `README.md`/],
  [["caf\u00e9", "cafe\u0301"], /same as/],
  [["a/b", "a"], /file and a folder/],
  [["A", "a/b/c"], /file and a folder/],
];

for (const [paths, fault] of TOGETHER)
  test(`${JSON.stringify(paths)} are not safe together`, () =>
    assert.match(findUnsafePath(paths)?.fault ?? "", fault));

test.run();
