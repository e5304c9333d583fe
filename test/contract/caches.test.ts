import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createLocalCache } from "../../src/caches/local.ts";
import type { Cache, CacheHit } from "../../src/model/cache.ts";
import { type Digest, digestOf } from "../../src/model/digest.ts";
import { makeHost } from "../fakes/host.ts";
import { createMemoryCache } from "../fakes/memory-cache.ts";
import { makeOutput } from "../fakes/steps.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

/** What is asked of every cache; the one of the tests is asked too, so that it cannot promise more. */
const test = suite("caches");

const caches: Readonly<Record<string, () => Cache>> = {
  local: () => createLocalCache(makeFolder(), makeHost().files),
  "the tests' own": createMemoryCache,
};

/** The record that must be there. */
async function hitOf(cache: Cache, key: Digest): Promise<CacheHit> {
  const found = await cache.get(key);
  if (typeof found === "string") throw new Error(`the record is ${found}`);
  return found;
}

const [one, other] = [digestOf("one"), digestOf("other")];

for (const [name, create] of Object.entries(caches)) {
  test(`${name}: nothing is in a new one`, async () => assert.is(await create().get(one), "absent"));

  test(`${name}: what was put is got, under its key alone`, async () => {
    const cache = create();
    await cache.put(one, makeOutput("made"));
    assert.equal((await hitOf(cache, one)).output, makeOutput("made"));
    assert.is(await cache.get(other), "absent");
  });

  test(`${name}: the last one put counts`, async () => {
    const cache = create();
    await cache.put(one, makeOutput("first"));
    await cache.put(one, makeOutput("second"));
    assert.equal((await hitOf(cache, one)).output, makeOutput("second"));
  });

  test(`${name}: an output comes back whole`, async () => {
    const cache = create();
    const output = {
      digest: other,
      files: [{ path: "a/é.pkl", digest: one, size: 2 ** 40, mode: 0o755, origin: "a b" }],
      values: { nested: { list: [1, null, "x"] }, empty: {} },
    };
    await cache.put(one, output);
    assert.equal((await hitOf(cache, one)).output, output);
  });

  test(`${name}: many at once do not get into each other's way`, async () => {
    const cache = create();
    await Promise.all(Array.from({ length: 20 }, (_, index) => cache.put(one, makeOutput(`${index}`))));
    assert.match(String((await hitOf(cache, one)).output.values.text), /^\d+$/);
  });
}

test.run();
