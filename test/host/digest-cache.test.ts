import { existsSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
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

test("asked to look afresh, it does, and remembers that instead", async () => {
  const { file, cachePath } = await makeSettled();
  await plantLie(file, cachePath);
  const cache = createDigestCache(cachePath);
  assert.is((await cache.digest(file)).digest, LIE);
  assert.is((await cache.digestAfresh(file)).digest, digestOf(large("a")));
  await cache.save();
  assert.is((await createDigestCache(cachePath).digest(file)).digest, digestOf(large("a")));
});

test("many who ask for one file at once have one answer", async () => {
  const { cache, file } = makeCache(large("a"));
  const answers = await Promise.all(Array.from({ length: 20 }, () => cache.digest(file)));
  for (const { digest } of answers) assert.is(digest, digestOf(large("a")));
});

test("what another process wrote meanwhile stays", async () => {
  const { folder, file, cachePath } = await makeSettled();
  const other = path.join(folder, "other.bin");
  const cache = createDigestCache(cachePath);
  await cache.digest(file);
  const entry = { identity: "x", digest: LIE };
  writeInto(path.dirname(cachePath), "digests.json", JSON.stringify([[other, entry]]));
  await cache.save();
  const written = new Map(JSON.parse(readFileSync(cachePath, "utf8")));
  assert.equal([...written.keys()].sort(), [file, other].sort());
});

test("files that are gone are forgotten once there are thousands", async () => {
  const { file, cachePath } = await makeSettled();
  const gone = (count: number) =>
    Array.from({ length: count }, (_, index) => [`/nowhere/${index}`, { identity: "x", digest: LIE }]);
  for (const [count, expected] of [
    [1000, 1001],
    [5000, 1],
  ] as const) {
    writeInto(path.dirname(cachePath), "digests.json", JSON.stringify(gone(count)));
    const cache = createDigestCache(cachePath);
    await cache.digest(file);
    await cache.save();
    assert.is(JSON.parse(readFileSync(cachePath, "utf8")).length, expected);
  }
  assert.equal(readdirSync(path.dirname(cachePath)), ["digests.json"]);
});

/** A file old enough to be remembered. */
async function makeSettled() {
  const made = makeCache(large("a"));
  await delay(2100);
  return made;
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
