import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createHasher } from "../../src/host/hash-file.ts";
import { digestOf } from "../../src/model/digest.ts";
import { PartChanged } from "../../src/model/host.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("hashing files");

/** From here on a thread does it. */
const THREADED = 64 << 20;

/** A file of zeros, which takes no room, with a text at its end. */
function makeFile(size: number, end: string): string {
  const place = path.join(makeFolder(), "file");
  const file = openSync(place, "w");
  ftruncateSync(file, size - end.length);
  writeSync(file, end, size - end.length);
  closeSync(file);
  return place;
}

function contentOf(size: number, end: string): Buffer {
  return Buffer.concat([Buffer.alloc(size - end.length), Buffer.from(end)]);
}

for (const size of [
  4,
  (1 << 20) - 1,
  1 << 20,
  (1 << 20) + 1,
  3_000_001,
  THREADED - 1,
  THREADED,
  THREADED + 1,
]) {
  test(`a file of ${size} bytes`, async () => {
    const digest = digestOf(contentOf(size, "end"));
    assert.equal(await createHasher().hashFile(makeFile(size, "end"), size), { digest, size });
  });
}

test("a file that has grown since it was looked at", async () => {
  const digest = digestOf(contentOf(5000, "end"));
  assert.equal(await createHasher().hashFile(makeFile(5000, "end"), 10), { digest, size: 5000 });
});

test("more large files at once than there are cores", async () => {
  const { hashFile: hash } = createHasher();
  const ends = ["a", "b", "c", "d", "e", "f"];
  const hashed = await Promise.all(ends.map((end) => hash(makeFile(THREADED, end), THREADED)));
  assert.equal(
    hashed.map(({ digest }) => digest),
    ends.map((end) => digestOf(contentOf(THREADED, end))),
  );
});

test("a large file does not keep signals and the live view waiting", async () => {
  const file = makeFile(8 * THREADED, "end");
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 5);
  await createHasher().hashFile(file, 8 * THREADED);
  clearInterval(timer);
  assert.ok(turns >= 10, `our own thread came to turn ${turns} times`);
});

test("a file that is not there has Node's own error, also from a thread", async () => {
  const { hashFile: hash } = createHasher();
  const file = makeFile(THREADED, "end");
  rmSync(file);
  for (const size of [10, THREADED]) {
    const error = await hash(file, size).catch((caught) => caught);
    assert.equal([error.code, error.syscall, error.path], ["ENOENT", "open", file]);
  }
  assert.is((await hash(makeFile(THREADED, "x"), THREADED)).size, THREADED);
});

const [before, after] = [Buffer.from("before"), Buffer.from("after")];

/** A content with a file in its middle, in a thread where that is large. */
function partsAround(file: string, size: number) {
  return [{ bytes: before }, { file, size }, { bytes: after }] as const;
}

for (const size of [5000, THREADED]) {
  test(`bytes around a file of ${size} bytes`, async () => {
    const content = Buffer.concat([before, contentOf(size, "end"), after]);
    assert.equal(await createHasher().hashParts(partsAround(makeFile(size, "end"), size)), {
      digest: digestOf(content),
      size: content.length,
    });
  });

  for (const change of [-1, 1]) {
    test(`a file that has ${change} byte more than the content says, ${size}`, async () => {
      const file = makeFile(size + change, "end");
      const error = await createHasher()
        .hashParts(partsAround(file, size))
        .catch((caught: unknown) => caught);
      assert.instance(error, PartChanged);
      assert.is((error as PartChanged).file, file);
    });
  }
}

test("threads that wait for work do not keep the process from ending", async () => {
  const source = path.resolve(import.meta.dirname, "../../src/host/hash-file.ts");
  const script = `
    import { createHasher } from ${JSON.stringify(source)};
    console.log((await createHasher().hashFile(process.argv[1], ${THREADED})).digest);
  `;
  const { stdout } = await execa(
    "node",
    ["--import", "tsx", "--input-type=module", "--eval", script, makeFile(THREADED, "end")],
    { timeout: 20_000 },
  );
  assert.is(stdout, digestOf(contentOf(THREADED, "end")));
});

test.run();
