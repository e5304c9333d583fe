import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BadPackage } from "../../src/conda/bad-package.ts";
import { unzstd } from "../../src/conda/unzstd.ts";

const test = suite("decompressing as it comes");

const BLOCK_BYTES = 1 << 17;

/** RFC 8878: a window of 128 KB, then blocks of four bytes that each become 128 KB of zeros. */
function zeros(blocks: number): Buffer {
  const block = Buffer.alloc(4);
  block.writeUIntLE((BLOCK_BYTES << 3) | (1 << 1), 0, 3);
  const last = Buffer.from([1, 0, 0]);
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x38]),
    ...Array<Buffer>(blocks).fill(block),
    last,
  ]);
}

async function* single(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}

test("what a small chunk becomes is handed on long before all of it is there", async () => {
  const bomb = zeros(12_000);
  assert.ok(bomb.length < 50_000);
  let bytes = 0;
  let fault: unknown;
  try {
    for await (const chunk of unzstd(single(bomb), 300 * 2 ** 20)) bytes += chunk.length;
  } catch (error) {
    fault = error;
  }
  assert.instance(fault, BadPackage);
  assert.ok(bytes > 0 && bytes <= 300 * 2 ** 20, `${bytes}`);
});

test("all of it comes where it is within the limit", async () => {
  let bytes = 0;
  for await (const chunk of unzstd(single(zeros(100)), 100 * BLOCK_BYTES)) bytes += chunk.length;
  assert.is(bytes, 100 * BLOCK_BYTES);
});

test.run();
