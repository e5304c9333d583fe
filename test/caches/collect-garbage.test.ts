import { existsSync, linkSync, readdirSync, statSync, utimesSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Collection, collectGarbage, collectGarbageIfDue } from "../../src/caches/collect-garbage.ts";
import { createContentStore } from "../../src/caches/content-store.ts";
import { createLocalCache } from "../../src/caches/local.ts";
import { blobPlace, recordPlace } from "../../src/caches/places.ts";
import { type Digest, digestOf } from "../../src/model/digest.ts";
import { makeHost } from "../fakes/host.ts";
import { makeOutput } from "../fakes/steps.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("collecting garbage");

const HOUR = 60 * 60 * 1000;

/** A store in which time passes: blobs have the real time in their inodes, so it is the collector's that goes on. */
function createStore() {
  const directory = makeFolder();
  const host = makeHost();
  const store = createContentStore(directory, host.files);
  const cache = createLocalCache(directory, host.files);
  const laterBy = (hours: number, maximumBytes?: number): Collection => ({
    directory,
    files: host.files,
    clock: { ...host.clock, now: () => Date.now() + hours * HOUR },
    isAlive: host.identity.isAlive,
    maximumBytes,
  });
  const write = async (text: string) => store.write(chunksOf(text));
  /** Records a step whose output is one file of this text, last used so many hours ago. */
  const make = async (text: string, hoursAgo: number): Promise<Digest> => {
    const { digest, size } = await write(text);
    await cache.put(digestOf(`key ${text}`), {
      ...makeOutput(text),
      files: [{ path: "file", digest, size, mode: 0o644 }],
    });
    setAge(recordPlace(directory, digestOf(`key ${text}`)), hoursAgo);
    return digestOf(`key ${text}`);
  };
  return { directory, host, store, cache, laterBy, write, make };
}

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

function setAge(place: string, hours: number): void {
  const seconds = Date.now() / 1000 - hours * 3600;
  utimesSync(place, seconds, seconds);
}

const text = (letter: string) => letter.repeat(10_000);

test("the least recently used goes with its blob, the rest is whole", async () => {
  const { directory, cache, store, laterBy, make } = createStore();
  const [old, young] = [await make(text("a"), 50), await make(text("b"), 10)];
  const { records, blobs, bytesBefore, bytesAfter } = await collectGarbage(laterBy(3, 30_000));
  assert.equal([records, blobs], [1, 1]);
  assert.ok(bytesBefore > 40_000 && bytesAfter < 30_000);
  assert.is(await cache.get(old), "absent");
  assert.is.not(await cache.get(young), "absent");
  assert.not(existsSync(blobPlace(directory, digestOf(text("a")))));
  assert.ok(await store.find(digestOf(text("b"))));
});

test("nothing that was just made goes, whatever the limit", async () => {
  const { cache, laterBy, make, write } = createStore();
  const key = await make(text("a"), 0);
  await write(text("unrecorded"));
  const { records, blobs } = await collectGarbage(laterBy(0, 0));
  assert.equal([records, blobs], [0, 0]);
  assert.is.not(await cache.get(key), "absent");
});

test("what a context has a link to stays for a while", async () => {
  const { directory, laterBy, write } = createStore();
  const blob = await write(text("a"));
  utimesSync(blob.path, 1000, 1000);
  linkSync(blob.path, path.join(directory, "context"));
  assert.is((await collectGarbage(laterBy(0, 0))).blobs, 0);
  assert.is((await collectGarbage(laterBy(2, 0))).blobs, 1);
});

test("what a manifest needs stays while there is room", async () => {
  const { directory, laterBy, write } = createStore();
  const [needed] = [await write(text("a")), await write(text("b"))];
  writeInto(directory, "packages/p.json", JSON.stringify({ steps: { x: { output: needed.digest } } }));
  assert.is((await collectGarbage(laterBy(2, 1e9))).blobs, 1);
  assert.ok(existsSync(needed.path));
});

test("a newer version's record keeps what it needs", async () => {
  const { directory, laterBy, write } = createStore();
  const blob = await write(text("a"));
  writeInto(
    directory,
    path.relative(directory, recordPlace(directory, digestOf("k"))),
    JSON.stringify({ format: 2, of: blob.digest }),
  );
  assert.is((await collectGarbage(laterBy(2, 1e9))).blobs, 0);
});

test("what was dated in the future is dated anew, so that it can grow old", async () => {
  const { directory, laterBy, make } = createStore();
  const place = recordPlace(directory, await make(text("a"), -9000));
  assert.is((await collectGarbage(laterBy(0, 0))).records, 0);
  assert.ok(Math.abs(Date.now() - statSync(place).mtimeMs) < 60_000);
  assert.is((await collectGarbage(laterBy(3, 0))).records, 1);
});

test("two at once, and a run that goes on meanwhile, do no harm", async () => {
  const { cache, store, laterBy, make } = createStore();
  for (let index = 0; index < 30; index += 1) await make(`${index}`, 50);
  const kept: Digest[] = [];
  const running = (async () => {
    for (let index = 0; index < 30; index += 1) kept.push(await make(`run ${index}`, 0));
  })();
  const collected = await Promise.all([
    collectGarbage(laterBy(0, 0)),
    collectGarbage(laterBy(0, 0)),
    running,
  ]);
  assert.is(collected[0].records >= 1, true);
  for (const [index, key] of kept.entries()) {
    assert.is.not(await cache.get(key), "absent");
    assert.ok(await store.find(digestOf(`run ${index}`)));
  }
});

test("without a cache there is nothing to do", async () => {
  const { host, laterBy } = createStore();
  const nowhere = path.join(makeFolder(), "none");
  const collected = await collectGarbage({
    ...laterBy(0),
    directory: nowhere,
    files: host.files,
    maximumBytes: 1,
  });
  assert.equal(collected, { records: 0, blobs: 0, leavings: 0, bytesBefore: 0, bytesAfter: 0 });
});

test("on its own it happens once an hour, and again when the clock was set back", async () => {
  const { laterBy, make } = createStore();
  await make(text("a"), 50);
  const done = async (hours: number) => (await collectGarbageIfDue(laterBy(hours, 1e9))) !== undefined;
  assert.equal(
    [await done(0), await done(0), await done(0.9), await done(1.1), await done(-1)],
    [true, false, false, true, true],
  );
});

test("on its own it leaves what nobody needs while there is room", async () => {
  const { laterBy, write } = createStore();
  await write(text("a"));
  assert.is((await collectGarbageIfDue(laterBy(5, 1e9)))?.blobs, 0);
  assert.is((await collectGarbageIfDue(laterBy(10, 1)))?.blobs, 1);
});

test("the limit is a tenth of the disk, and 20 GB at most", async () => {
  const { directory, laterBy, make } = createStore();
  const key = await make(text("a"), 50);
  const small = laterBy(3);
  const { records } = await collectGarbage({
    ...small,
    files: { ...small.files, totalBytes: async () => 50_000 },
  });
  assert.is(records, 1, `${key} in ${directory}`);
});

test("what dead processes left behind goes, and what the living have stays", async () => {
  const { directory, host, laterBy } = createStore();
  const dead = host.identity.id.replace(/-\d+-\d*$/, "-999999999-1");
  const elsewhere = host.identity.id.replace(/^[0-9a-f]+/, "00000000");
  for (const name of [dead, elsewhere, host.identity.id, "nameless"])
    writeInto(directory, `work/${name}/build-1/x`, "x");
  for (const claim of [dead, host.identity.id]) writeInto(directory, `locks/abc.${claim}`, "{}");
  writeInto(directory, "incoming/blob-old/content", "x");
  writeInto(directory, "quarantine/record-1/x.json", "x");
  writeInto(directory, "documents/demo.json", "x");
  writeInto(directory, "given/abc", "");
  writeInto(directory, "uploads/abc", "https://r.example/uploads/1");
  writeInto(directory, "uploads/abc.1.def.partial", "https://");
  writeInto(directory, "steps/aa/x.json.1.abc.partial", "x");
  writeInto(directory, "packages/p.json.1.abc.partial", "x");
  const left = (folder: string) => readdirSync(path.join(directory, folder)).sort();

  assert.is((await collectGarbage(laterBy(0))).leavings, 2);
  assert.equal(left("work"), [elsewhere, host.identity.id, "nameless"].sort());
  assert.equal(left("locks"), [`abc.${host.identity.id}`]);
  assert.equal(left("incoming"), ["blob-old"]);

  assert.is((await collectGarbage(laterBy(25))).leavings, 6);
  assert.equal([left("uploads"), left("given")], [["abc"], []]);
  assert.equal(left("work"), [elsewhere, host.identity.id].sort());
  assert.equal([left("incoming"), left("steps/aa"), left("packages")], [[], [], []]);
  assert.equal(left("quarantine"), ["record-1"]);
  assert.equal(left("documents"), ["demo.json"]);

  assert.is((await collectGarbage(laterBy(8 * 24))).leavings, 5);
  assert.equal(left("uploads"), []);
  assert.equal(left("quarantine"), []);
  assert.equal(left("documents"), []);
});

test.run();
