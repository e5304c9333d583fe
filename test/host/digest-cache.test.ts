import { existsSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createDigestCache } from "../../src/host/digest-cache.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("digest cache");

/** The smallest file that is remembered. */
const LARGE = 1 << 20;
const large = (letter: string) => letter.repeat(LARGE);

function makeCache(content: string) {
  const folder = makeFolder({ "model.bin": content });
  const cachePath = path.join(folder, "cache", "digests.json");
  const file = path.join(folder, "model.bin");
  return { folder, cachePath, file, cache: createDigestCache(cachePath) };
}

/** An entry for the file as it is now, which says something else of it: so we see whether it was believed. */
async function plantLie(file: string, cachePath: string): Promise<void> {
  const { statSync } = await import("node:fs");
  const { dev, ino, size, mode, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  const identity = [dev, ino, size, mode, mtimeNs, ctimeNs].join(" ");
  writeInto(path.dirname(cachePath), "digests.json", JSON.stringify([[file, { identity, digest: LIE }]]));
}

const LIE = digestOf("a lie");

test("small and large files", async () => {
  for (const content of ["", "small", large("x"), `${large("x")}y`]) {
    const { cache, file } = makeCache(content);
    assert.equal(await cache.digest(file), { digest: digestOf(content), size: content.length });
  }
});

test("a file that has just been written is hashed again, and not remembered", async () => {
  const { cache, file, cachePath } = makeCache(large("a"));
  await cache.digest(file);
  await cache.save();
  assert.not(existsSync(cachePath));
  writeFileSync(file, large("b"));
  assert.is((await cache.digest(file)).digest, digestOf(large("b")));
});

test("a changed time in the past does not make it old: the change itself is young", async () => {
  const { cache, file, cachePath } = makeCache(large("a"));
  utimesSync(file, 0, 0);
  await cache.digest(file);
  await cache.save();
  assert.not(existsSync(cachePath));
});

test("what is remembered is believed while the file stays the same", async () => {
  const { file, cachePath } = makeCache(large("a"));
  await plantLie(file, cachePath);
  assert.is((await createDigestCache(cachePath).digest(file)).digest, LIE);
});

test("but not of a small file, which is read as fast", async () => {
  const { file, cachePath } = makeCache("small");
  await plantLie(file, cachePath);
  assert.is((await createDigestCache(cachePath).digest(file)).digest, digestOf("small"));
});

test("other bytes of the same size and time are seen", async () => {
  const { file, cachePath } = makeCache(large("a"));
  utimesSync(file, 1000, 1000);
  await plantLie(file, cachePath);
  writeFileSync(file, large("b"));
  utimesSync(file, 1000, 1000);
  assert.is((await createDigestCache(cachePath).digest(file)).digest, digestOf(large("b")));
});

test("another file in its place is seen", async () => {
  const { file, folder, cachePath } = makeCache(large("a"));
  await plantLie(file, cachePath);
  writeInto(folder, "other.bin", large("b"));
  renameSync(path.join(folder, "other.bin"), file);
  assert.is((await createDigestCache(cachePath).digest(file)).digest, digestOf(large("b")));
});

for (const text of [
  "",
  "{",
  "null",
  "{}",
  '[["a"]]',
  "[1]",
  '[["FILE",null]]',
  '[["FILE",{"identity":1}]]',
]) {
  test(`a cache that is damaged is as none: ${text}`, async () => {
    const { file, cachePath } = makeCache(large("a"));
    writeInto(path.dirname(cachePath), "digests.json", text.replace("FILE", file));
    assert.is((await createDigestCache(cachePath).digest(file)).digest, digestOf(large("a")));
  });
}

test("nothing new is nothing to write", async () => {
  const { cache, cachePath, file } = makeCache(large("a"));
  await plantLie(file, cachePath);
  const before = readFileSync(cachePath, "utf8");
  const again = createDigestCache(cachePath);
  await again.digest(file);
  await again.save();
  await cache.save();
  assert.is(readFileSync(cachePath, "utf8"), before);
});

test.run();
