import { existsSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createContentStore } from "../../src/caches/content-store.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("content store");

async function* chunksOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("half");
  throw new Error("the stream broke");
}

function createStore() {
  const folder = makeFolder();
  return { folder, store: createContentStore(folder, makeHost().files) };
}

test("bytes are found under their digest", async () => {
  const { store } = createStore();
  const blob = await store.write(chunksOf("ab", "", "c"));
  assert.equal([blob.digest, blob.size], [digestOf("abc"), 3]);
  assert.is(await store.find(digestOf("abc")), blob.path);
});

test("what was never written is not", async () => {
  assert.is(await createStore().store.find(digestOf("abc")), undefined);
});

test("the same bytes twice are one", async () => {
  const { store } = createStore();
  const [one, other] = await Promise.all([store.write(chunksOf("abc")), store.write(chunksOf("a", "bc"))]);
  assert.equal(one, other);
  assert.is(await store.find(one.digest), one.path);
});

test("nothing is a content too", async () => {
  const { store } = createStore();
  const { digest, path: place } = await store.write(chunksOf());
  assert.is(digest, digestOf(""));
  assert.is(await store.find(digest), place);
});

test("a stream that breaks leaves nothing behind", async () => {
  const { store, folder } = createStore();
  assert.match(String(await store.write(failing()).catch(String)), "the stream broke");
  assert.equal(readdirSync(path.join(folder, "incoming")), []);
  assert.not(existsSync(path.join(folder, "blobs")));
});

test("bytes that were changed are not what their name says", async () => {
  const { store } = createStore();
  const blob = await store.write(chunksOf("abc"));
  writeFileSync(blob.path, "abd");
  assert.is(await store.find(blob.digest), undefined);
  await store.write(chunksOf("abc"));
  assert.is(await store.find(blob.digest), blob.path);
});

test.run();
