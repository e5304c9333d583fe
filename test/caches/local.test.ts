import { readdirSync, readFileSync, truncateSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createLocalCache } from "../../src/caches/local.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeHost } from "../fakes/host.ts";
import { makeOutput } from "../fakes/steps.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

/** What every cache does is in `contract/caches.test.ts`. */
const test = suite("local cache");

const key = digestOf("key");
const output = makeOutput("made");

async function createFilled() {
  const folder = makeFolder();
  const cache = createLocalCache(folder, makeHost().files);
  await cache.put(key, output);
  const hexadecimal = key.slice("sha256:".length);
  return { folder, cache, record: path.join("steps", hexadecimal.slice(0, 2), `${hexadecimal}.json`) };
}

test("a record is one file, whole", async () => {
  const { folder, record } = await createFilled();
  assert.equal(readdirSync(path.join(folder, path.dirname(record))), [path.basename(record)]);
  assert.equal(JSON.parse(readFileSync(path.join(folder, record), "utf8")), { key, output });
});

test("a record that is cut anywhere is a miss", async () => {
  const { folder, cache, record } = await createFilled();
  const { length } = readFileSync(path.join(folder, record));
  for (let size = length - 1; size >= 0; size -= 7) {
    truncateSync(path.join(folder, record), size);
    assert.is(await cache.get(key), undefined, `cut at ${size}`);
  }
});

const damaged: readonly (readonly [what: string, text: string])[] = [
  ["zeros, as a crash leaves them", "\0".repeat(200)],
  ["null", "null"],
  ["a list", "[]"],
  ["a text", '"x"'],
  ["the record of another key", JSON.stringify({ key: digestOf("other"), output })],
  ["no output", JSON.stringify({ key })],
  ["an output without files", JSON.stringify({ key, output: { digest: key, values: {} } })],
  ["an output without a digest", JSON.stringify({ key, output: { digest: "", files: [], values: {} } })],
  ["files that are none", JSON.stringify({ key, output: { digest: key, files: [null], values: {} } })],
  [
    "files without a digest",
    JSON.stringify({ key, output: { digest: key, files: [{ path: "a" }], values: {} } }),
  ],
];

for (const [what, text] of damaged) {
  test(`a miss, and mended by the next run: ${what}`, async () => {
    const { folder, cache, record } = await createFilled();
    writeInto(folder, record, text);
    assert.is(await cache.get(key), undefined);
    await cache.put(key, output);
    assert.equal((await cache.get(key))?.output, output);
  });
}

test.run();
