import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createContentStore } from "../../src/caches/content-store.ts";
import { createQuarantine, type Damage } from "../../src/caches/quarantine.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeHost } from "../fakes/host.ts";
import { makeReadOnly } from "../fakes/read-only.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("content store");

async function* chunksOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("half");
  throw new Error("the stream broke");
}

/** By this process, of whatever is no memory of its own (proc(5), `rchar`). */
function bytesRead(): number {
  return Number(/rchar: (\d+)/.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}

function createStore() {
  const folder = makeFolder();
  const told: Damage[] = [];
  const { files } = makeHost();
  const quarantine = createQuarantine(folder, files, (damage) => told.push(damage));
  return { folder, told, store: createContentStore(folder, files, quarantine) };
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

test("what was written is not read again to be believed", async () => {
  const { store } = createStore();
  const size = 32 << 20;
  const blob = await store.write(chunksOf("x".repeat(size)));
  const before = bytesRead();
  assert.is(await store.find(blob.digest), blob.path);
  assert.ok(bytesRead() - before < size / 2);
});

test("a stream that breaks leaves nothing behind", async () => {
  const { store, folder } = createStore();
  assert.match(String(await store.write(failing()).catch(String)), "the stream broke");
  assert.equal(readdirSync(folder), []);
});

test("a long stream that breaks leaves nothing behind", async () => {
  const { store, folder } = createStore();
  const breaking = async function* () {
    yield Buffer.alloc(1 << 20);
    yield* failing();
  };
  assert.match(String(await store.write(breaking()).catch(String)), "the stream broke");
  assert.equal(readdirSync(path.join(folder, "incoming")), []);
  assert.not(existsSync(path.join(folder, "blobs")));
});

for (const [kind, content] of [
  ["short", "abc"],
  ["long", "x".repeat(1 << 20)],
] as const) {
  test(`what is there already is kept, with whoever has a link to it, and counts as used now: ${kind}`, async () => {
    const { store, folder } = createStore();
    const blob = await store.write(chunksOf(content));
    const link = path.join(folder, "link");
    linkSync(blob.path, link);
    utimesSync(blob.path, 1000, 1000);
    await store.write(chunksOf(content));
    assert.is(statSync(link).ino, statSync(blob.path).ino);
    assert.ok(Date.now() - statSync(blob.path).mtimeMs < 60_000);
    assert.equal(readdirSync(path.dirname(blob.path)), [path.basename(blob.path)]);
  });
}

test("what several write at once is damaged for none of them", async () => {
  const { store, told } = createStore();
  for (let round = 0; round < 100; round += 1) {
    const writers = Array.from({ length: 40 }, async (_, turns) => {
      for (let turn = 0; turn < turns; turn += 1) await undefined;
      await store.write(chunksOf(`the same ${round}`));
    });
    await Promise.all(writers);
  }
  assert.equal(told, []);
});

test("a build takes a blob's mode into the image", async () => {
  const { store } = createStore();
  assert.is(statSync((await store.write(chunksOf("abc"))).path).mode & 0o777, 0o644);
});

const large = "x".repeat((1 << 20) + 1);
const mebibyte = 1 << 20;

const damages: readonly (readonly [what: string, whole: string, change: (bytes: Buffer) => Buffer])[] = [
  ["the first byte flipped", "abc", (bytes) => flip(bytes, 0)],
  ["the last byte flipped", "abc", (bytes) => flip(bytes, 2)],
  ["cut in half", "abcd", (bytes) => bytes.subarray(0, 2)],
  ["emptied", "abc", () => Buffer.alloc(0)],
  ["grown", "abc", (bytes) => Buffer.concat([bytes, bytes])],
  ["a large one, the first byte flipped", large, (bytes) => flip(bytes, 0)],
  ["a large one, a byte in its middle flipped", large, (bytes) => flip(bytes, mebibyte >> 1)],
  ["a large one, the last byte flipped", large, (bytes) => flip(bytes, mebibyte)],
  ["a large one, cut in half", large, (bytes) => bytes.subarray(0, mebibyte >> 1)],
];

function flip(bytes: Buffer, index: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[index] = (flipped[index] ?? 0) ^ 1;
  return flipped;
}

for (const [what, whole, change] of damages) {
  test(`put aside, told once, and mended by the next run: ${what}`, async () => {
    const { store, told } = createStore();
    const blob = await store.write(chunksOf(whole));
    assert.is(await store.find(blob.digest), blob.path);
    const changed = change(readFileSync(blob.path));
    writeFileSync(blob.path, changed);
    const found = await Promise.all([store.find(blob.digest), store.find(blob.digest)]);
    assert.equal(found, [undefined, undefined]);
    assert.is(await store.find(blob.digest), undefined);
    assert.is(told.length, 1);
    assert.is(told[0]?.what, `content ${blob.digest.slice(7, 19)}`);
    assert.ok(readFileSync(told[0]?.movedTo ?? "").equals(changed));
    await store.write(chunksOf(whole));
    assert.is(await store.find(blob.digest), blob.path);
  });
}

test("writing over damaged bytes puts these aside", async () => {
  const { store, told } = createStore();
  const blob = await store.write(chunksOf("abc"));
  writeFileSync(blob.path, "abd");
  await store.write(chunksOf("abc"));
  assert.is(readFileSync(blob.path, "utf8"), "abc");
  assert.is(told.length, 1);
});

test("a folder in the place of a blob does not keep it from being written", async () => {
  const { store, folder } = createStore();
  const hexadecimal = digestOf("abc").slice("sha256:".length);
  mkdirSync(path.join(folder, "blobs", hexadecimal.slice(0, 2), hexadecimal, "x"), { recursive: true });
  assert.is(await store.find(digestOf("abc")), undefined);
  const blob = await store.write(chunksOf("abc"));
  assert.is(await store.find(blob.digest), blob.path);
});

test("a store that is not ours to write still answers", async () => {
  const { store, folder, told } = createStore();
  const whole = await store.write(chunksOf("abc"));
  const damaged = await store.write(chunksOf("def"));
  writeFileSync(damaged.path, "deg");
  await makeReadOnly(folder, async () => {
    assert.is(await store.find(whole.digest), whole.path);
    assert.is(await store.find(damaged.digest), undefined);
    assert.is(await store.find(damaged.digest), undefined);
  });
  assert.equal(told, [{ what: `content ${damaged.digest.slice(7, 19)}` }]);
});

test("a file is taken in as it is, and one that is there already left where it lies", async () => {
  const { store } = createStore();
  const folder = makeFolder({ one: "abc", same: "abc" });
  const inode = statSync(`${folder}/one`).ino;
  const blob = await store.take(`${folder}/one`);
  assert.equal([blob.digest, blob.size], [digestOf("abc"), 3]);
  assert.is(statSync(blob.path).ino, inode);
  assert.not(existsSync(`${folder}/one`));
  assert.equal(await store.take(`${folder}/same`), blob);
  assert.is(statSync(blob.path).ino, inode);
  assert.is(await store.find(blob.digest), blob.path);
});

test.run();
