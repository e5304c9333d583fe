import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createLocalCache } from "../../src/caches/local.ts";
import { createBystander, createQuarantine, type Damage } from "../../src/caches/quarantine.ts";
import type { Cache } from "../../src/model/cache.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeHost } from "../fakes/host.ts";
import { makeReadOnly } from "../fakes/read-only.ts";
import { makeOutput } from "../fakes/steps.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

/** What every cache does is in `contract/caches.test.ts`. */
const test = suite("local cache");

const key = digestOf("key");
const output = { ...makeOutput("made"), files: [{ path: "a/b", digest: key, size: 1, mode: 0o644 }] };

async function createFilled() {
  const folder = makeFolder();
  const told: Damage[] = [];
  const { files } = makeHost();
  const open = () =>
    createLocalCache(
      folder,
      files,
      createQuarantine(folder, files, (damage) => told.push(damage)),
    );
  const cache = open();
  await cache.put(key, output);
  const hexadecimal = key.slice("sha256:".length);
  const record = path.join("steps", hexadecimal.slice(0, 2), `${hexadecimal}.json`);
  return { folder, told, open, cache, record, place: path.join(folder, record) };
}

async function isHit(cache: Cache): Promise<boolean> {
  return typeof (await cache.get(key)) !== "string";
}

test("a record is one file, whole", async () => {
  const { place } = await createFilled();
  assert.equal(readdirSync(path.dirname(place)), [path.basename(place)]);
  const {
    format,
    key: recordedKey,
    output: recorded,
  } = JSON.parse(readFileSync(place, "utf8").split("\n")[0] ?? "");
  assert.equal([format, recordedKey, recorded], [2, key, output]);
});

test("a record that is cut anywhere is a miss", async () => {
  const { folder, record, place, open, told } = await createFilled();
  const whole = readFileSync(place);
  for (let size = whole.length - 1; size >= 0; size -= 7) {
    writeInto(folder, record, whole);
    assert.ok(await isHit(open()), "whole");
    truncateSync(place, size);
    assert.is(await open().get(key), "damaged", `cut at ${size}`);
  }
  assert.ok(told.length > 20);
});

test("a record with any one byte changed is a miss", async () => {
  const { folder, record, place, open, told } = await createFilled();
  const whole = readFileSync(place);
  for (const [index, byte] of whole.entries()) {
    const flipped = Buffer.from(whole);
    flipped[index] = byte ^ 1;
    writeInto(folder, record, flipped);
    const found = await open().get(key);
    // `"format":2` becomes `"format":3`: a record of another version, for all one can see.
    assert.ok(found === "damaged" || (found === "absent" && byte === 0x32), `byte ${index} gives ${found}`);
  }
  assert.is(told.length, whole.length - 1);
});

const damaged: readonly (readonly [what: string, text: string])[] = [
  ["zeros, as a crash leaves them", "\0".repeat(200)],
  ["nothing", ""],
  ["null", "null"],
  ["a list", "[]"],
  ["a text", '"x"'],
  ["the record of another key", JSON.stringify({ format: 2, key: digestOf("other"), output })],
  ["no output", JSON.stringify({ format: 2, key })],
  ["no check", JSON.stringify({ format: 2, key, output })],
  [
    "files that are none",
    JSON.stringify({ format: 2, key, output: { digest: key, files: [null], values: {} } }),
  ],
];

for (const [what, text] of damaged) {
  test(`put aside, told once, and mended by the next run: ${what}`, async () => {
    const { folder, cache, record, told } = await createFilled();
    writeInto(folder, record, text);
    assert.is(await cache.get(key), "damaged");
    assert.is(await cache.get(key), "damaged");
    assert.is(told.length, 1);
    assert.is(readFileSync(told[0]?.movedTo ?? "", "utf8"), text);
    await cache.put(key, output);
    assert.ok(await isHit(cache));
  });
}

test("who only looks tells of damage once, and leaves it where it is", async () => {
  const { folder, record, place } = await createFilled();
  const told: Damage[] = [];
  const bystander = createBystander((damage) => told.push(damage));
  const open = () => createLocalCache(folder, makeHost().files, bystander);
  writeInto(folder, record, "{");
  assert.is(await open().get(key), "damaged");
  assert.is(await open().get(key), "damaged");
  assert.is(readFileSync(place, "utf8"), "{");
  assert.equal(told, [{ what: `record ${key.slice(7, 19)}`, isLeft: true }]);
});

test("for the next process what was put aside is not there", async () => {
  const { folder, cache, record, open } = await createFilled();
  writeInto(folder, record, "{");
  await cache.get(key);
  assert.is(await open().get(key), "absent");
});

test("a folder in the place of a record is put aside", async () => {
  const folder = makeFolder();
  const cache = createLocalCache(folder, makeHost().files);
  const hexadecimal = key.slice("sha256:".length);
  mkdirSync(path.join(folder, "steps", hexadecimal.slice(0, 2), `${hexadecimal}.json`), { recursive: true });
  assert.is(await cache.get(key), "damaged");
  await cache.put(key, output);
  assert.ok(await isHit(cache));
});

test("a record of a newer version is left alone", async () => {
  const { folder, cache, record, place, told } = await createFilled();
  const newer = JSON.stringify({ format: 3, name: key, made: output });
  writeInto(folder, record, newer);
  assert.is(await cache.get(key), "absent");
  assert.is(readFileSync(place, "utf8"), newer);
  assert.equal(told, []);
});

test("a record that would write outside of its folder is none", async () => {
  const folder = makeFolder();
  const cache = createLocalCache(folder, makeHost().files);
  for (const bad of ["../a", "a/../../b", "/etc/passwd", "a\0b"]) {
    await cache.put(key, { ...output, files: [{ path: bad, digest: key, size: 1, mode: 0o644 }] });
    assert.is(await cache.get(key), "damaged", bad);
  }
});

test("use is noted in the record's time, at most once an hour", async () => {
  const { cache, place } = await createFilled();
  const agoSeconds = (minutes: number) => Math.floor(Date.now() / 1000) - minutes * 60;
  for (const [minutes, isNoted] of [
    [30, false],
    [61, true],
    [-600, true],
  ] as const) {
    utimesSync(place, agoSeconds(minutes), agoSeconds(minutes));
    assert.ok(await isHit(cache));
    const age = Date.now() - statSync(place).mtimeMs;
    assert.is(age >= -1000 && age < 60_000, isNoted, `used ${minutes} minutes ago`);
  }
});

test("a cache that is not ours to write still answers", async () => {
  const { folder, cache, record, place, told } = await createFilled();
  utimesSync(place, 0, 0);
  await makeReadOnly(folder, async () => {
    assert.ok(await isHit(cache));
    assert.is(statSync(place).mtimeMs, 0);
  });
  writeInto(folder, record, "{");
  await makeReadOnly(folder, async () => {
    assert.is(await cache.get(key), "damaged");
    assert.is(await cache.get(key), "damaged");
  });
  assert.equal(told, [{ what: `record ${key.slice(7, 19)}` }]);
});

test.run();
