import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createSharedFolder } from "../../../src/caches/shared/shared-folder.ts";
import { digestOf } from "../../../src/model/digest.ts";
import type { Files } from "../../../src/model/host.ts";
import { makeHost } from "../../fakes/host.ts";
import { hitOf, makeMachine, SHORT_PATIENCE_MS } from "../../fakes/machine.ts";
import { makeOutput } from "../../fakes/steps.ts";
import { makeFolder } from "../../fakes/temporary-folder.ts";

/** What a folder that machines share may do beside what `contract/shared-caches.test.ts` asks. */
const test = suite("shared folder");

const { files } = makeHost();
const keyOf = (index: number) => digestOf(`key ${index}`);
const key = keyOf(0);

test("records and contents lie under their digests, and nothing beside them", async () => {
  const directory = makeFolder();
  const place = createSharedFolder({ directory, files });
  await makeMachine(place, { isWritten: true }).make(key, { a: "text" });
  const found = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) =>
    /[0-9a-f]{64}/.test(name),
  );
  const [record, content] = [key, digestOf("text")].map((digest) => digest.slice("sha256:".length));
  assert.equal(found.sort(), [
    `ac/${record?.slice(0, 2)}/${record}`,
    `cas/${content?.slice(0, 2)}/${content}`,
  ]);
});

test("a share that is not there is told, not taken for an empty one", async () => {
  const place = createSharedFolder({ directory: path.join(makeFolder(), "not-mounted"), files });
  const { cache, warnings } = makeMachine(place);
  for (let index = 0; index < 5; index += 1) assert.is(await cache.get(keyOf(index)), "absent");
  assert.equal(
    warnings.map(({ code }) => code),
    ["cache/shared-unavailable"],
  );
  assert.match(warnings[0]?.message ?? "", /there is no such folder$/);
});

test("a share that goes away while it is read", async () => {
  const directory = makeFolder();
  const place = createSharedFolder({ directory, files });
  await makeMachine(place, { isWritten: true }).make(key, { a: "text" });
  const { cache, local, codes } = makeMachine(place);
  const hit = await hitOf(cache, key);
  rmSync(directory, { recursive: true });
  assert.not(await hit.restore());
  assert.is(await local.get(key), "absent");
  await cache.finish();
  assert.equal(codes(), ["cache/shared-unavailable"]);
});

test("a share that takes nothing is told once, and read all the same", async () => {
  const directory = makeFolder();
  // What everybody may not write into, root included.
  for (const name of ["ac", "cas"]) writeFileSync(path.join(directory, name), "");
  const { cache, local, make, codes } = makeMachine(createSharedFolder({ directory, files }), {
    isWritten: true,
  });
  await make(key, { a: "text" });
  await make(keyOf(1), { a: "other" });
  assert.equal(codes(), ["cache/not-uploaded"]);
  assert.equal((await hitOf(local, key)).output.values, { made: "here" });
  assert.is(await cache.get(keyOf(2)), "absent");
  await cache.finish();
  assert.equal(codes(), ["cache/not-uploaded"]);
});

test("folders and the like in the place of files are nothing", async () => {
  const directory = makeFolder();
  const hexadecimal = key.slice("sha256:".length);
  mkdirSync(path.join(directory, "ac", hexadecimal.slice(0, 2), hexadecimal), { recursive: true });
  const { cache, codes } = makeMachine(createSharedFolder({ directory, files }));
  assert.is(await cache.get(key), "absent");
  await cache.finish();
  assert.equal(codes(), []);
});

test("a share that hangs, as one whose server is away, is waited for three times", async () => {
  const hanging: Files = { ...files, status: () => new Promise(() => {}) };
  const place = createSharedFolder({ directory: makeFolder(), files: hanging });
  const { cache, codes } = makeMachine(place, { patienceMs: SHORT_PATIENCE_MS });
  const began = performance.now();
  for (let index = 0; index < 8; index += 1) assert.is(await cache.get(keyOf(index)), "absent");
  assert.ok(performance.now() - began < 3 * SHORT_PATIENCE_MS.answer + 1000);
  assert.equal(codes(), ["cache/shared-unavailable"]);
});

test("a write that hangs is given up, and the run ends", async () => {
  const hanging: Files = { ...files, writeStream: () => new Promise(() => {}) };
  const place = createSharedFolder({ directory: makeFolder(), files: hanging });
  const { cache, codes } = makeMachine(place, { isWritten: true, patienceMs: SHORT_PATIENCE_MS });
  await cache.put(key, makeOutput("made"));
  await cache.finish();
  assert.equal(codes(), ["cache/not-uploaded"]);
});

test.run();
