import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Digest, digestOf } from "../../src/model/digest.ts";
import type { Engine } from "../../src/model/engine.ts";
import type { Descriptor, Image } from "../../src/model/image.ts";
import { succeed } from "../../src/model/result.ts";
import { findInterruptedLoad } from "../../src/steps/interrupted-load.ts";
import { only } from "../fakes/only.ts";
import { makeStepContext } from "../fakes/step-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("interrupted loads");

const MEGABYTE = 1e6;
const blobOf = (word: string, megabytes: number): Descriptor => ({
  mediaType: "",
  digest: digestOf(word),
  size: megabytes * MEGABYTE,
});
const [first, small, second, third] = [
  blobOf("first", 100),
  blobOf("small", 1),
  blobOf("second", 50),
  blobOf("third", 50),
];
const layers = [first, small, second, third];
const config = blobOf("config", 0);
const image = only<Image>({ images: [only<Image["images"][number]>({ layers, config } as object)] });

function open(containerdStore = true, endpoint = "unix:///a.sock") {
  const engine: Partial<Engine> = {
    probe: async () => succeed({ endpoint, engineVersion: "", containerdStore, platform: "linux/amd64" }),
  };
  return makeStepContext(makeFolder(), engine);
}

/** As much of an archive as a killed run has sent. */
async function* send(megabytes: number): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(MEGABYTE);
  for (let sent = 0; sent < megabytes; sent += 1) yield chunk;
}

/** Follows a load that is killed after so many megabytes, and tells what the next one finds. */
async function killAfter(
  megabytes: number,
  blobs: readonly Descriptor[] = [...layers, config],
  context = open(),
): Promise<readonly Digest[]> {
  const { follow } = await findInterruptedLoad(image, context);
  let left = megabytes;
  for await (const _chunk of follow(send(300), blobs)) {
    left -= 1;
    if (left === 0) break;
  }
  return (await findInterruptedLoad(image, context)).kept;
}

for (const [megabytes, kept] of [
  [100, []],
  [116, []],
  [118, [first]],
  [166, [first]],
  [169, [first, second]],
  [300, [first, second, third]],
] as const) {
  test(`after ${megabytes} MB ${kept.length} layers are surely there`, async () => {
    assert.equal(
      await killAfter(megabytes),
      kept.map(({ digest }) => digest),
    );
  });
}

test("what was left out of the archive does not count", async () => {
  assert.equal(await killAfter(70, [second, third, config]), [second.digest]);
});

test("a load that is through to its last byte has given all", async () => {
  const context = open();
  const { follow } = await findInterruptedLoad(image, context);
  for await (const _chunk of follow(send(201), [...layers, config]));
  const { kept, forget } = await findInterruptedLoad(image, context);
  assert.equal(
    kept,
    [first, second, third].map(({ digest }) => digest),
  );
  await forget();
  assert.equal((await findInterruptedLoad(image, context)).kept, []);
});

test("another engine was given nothing", async () => {
  const context = open();
  await killAfter(300, undefined, context);
  const elsewhere = { ...context, engine: open(true, "unix:///b.sock").engine };
  assert.equal((await findInterruptedLoad(image, elsewhere)).kept, []);
});

test("nor has one with the classic store kept anything", async () => {
  assert.equal(await killAfter(300, undefined, open(false)), []);
});

test.run();
