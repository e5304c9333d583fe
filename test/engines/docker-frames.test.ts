import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readFrames } from "../../src/engines/docker-frames.ts";

const test = suite("readFrames");

function frame(stream: number, content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

async function* chunksOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function read(...chunks: readonly Uint8Array[]) {
  const texts = { stdout: "", stderr: "" };
  for await (const { stream, text } of readFrames(chunksOf(...chunks))) texts[stream] += text;
  return texts;
}

const euro = Buffer.from("€");
const whole = Buffer.concat([
  frame(1, "out 1\n"),
  frame(2, "err é\n"),
  frame(1, ""),
  frame(1, euro.subarray(0, 1)),
  frame(2, "between"),
  frame(1, euro.subarray(1)),
]);
const expected = { stdout: "out 1\n€", stderr: "err é\nbetween" };

test("one chunk", async () => assert.equal(await read(whole), expected));

test("two chunks, cut anywhere", async () => {
  for (let at = 0; at <= whole.length; at += 1) {
    assert.equal(await read(whole.subarray(0, at), whole.subarray(at)), expected, `cut at ${at}`);
  }
});

test("a byte at a time", async () => {
  assert.equal(await read(...[...whole].map((byte) => Uint8Array.of(byte))), expected);
});

test("a frame that is cut short is left out", async () => {
  assert.equal(await read(frame(1, "whole"), frame(1, "cut").subarray(0, -1)), {
    stdout: "whole",
    stderr: "",
  });
});

test("nothing", async () => assert.equal(await read(), { stdout: "", stderr: "" }));

test.run();
