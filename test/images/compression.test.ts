import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { execa } from "execa";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Compression, chooseCompression, compress, suffixOf } from "../../src/images/compression.ts";
import { bytesOf, once } from "../../src/model/chunks.ts";

const test = suite("compression");

const SAMPLE = 64 * 1024;
const text = Buffer.from("the same words again, and some others; ".repeat(SAMPLE / 39));
const chance = randomBytes(SAMPLE);

/** Numbers of four bytes, near each other, as weights are: the first three bytes are chance, the last hardly. */
const floats = Buffer.from(new Float32Array(SAMPLE / 4).map(() => (Math.random() - 0.5) / 10).buffer);

/** Chance in one half of the samples. */
const half = Buffer.concat([text.subarray(0, SAMPLE / 2), chance.subarray(SAMPLE / 2)]);

function beginningWith(...head: readonly (string | number)[]): Buffer {
  const bytes = head.map((one) => (typeof one === "string" ? Buffer.from(one, "latin1") : Buffer.of(one)));
  return Buffer.concat([...bytes, text]).subarray(0, SAMPLE);
}

const choices: readonly (readonly [
  what: string,
  name: string,
  head: Uint8Array,
  kind: Compression["kind"],
])[] = [
  ["text", "vocab.txt", text, "zstd"],
  ["zeros", "empty.bin", Buffer.alloc(SAMPLE), "zstd"],
  ["nothing", "empty.bin", Buffer.alloc(0), "zstd"],
  ["chance", "model.bin", chance, "none"],
  ["floating-point numbers", "model.bin", floats, "none"],
  ["half of it chance", "model.bin", half, "none"],
  ["GGUF", "model", beginningWith("GGUF", 3), "none"],
  ["safetensors", "model", beginningWith(200, 1, 0, 0, 0, 0, 0, 0, "{"), "none"],
  ["safetensors by its name", "MODEL.SafeTensors", text, "none"],
  ["ONNX by its name", "model.onnx", text, "none"],
  ["a name that only ends like one", "not-onnx", text, "zstd"],
  ["zip, as of PyTorch", "model.pt", beginningWith("PK\x03\x04"), "none"],
  ["gzip", "model.pkl.gz", beginningWith(0x1f, 0x8b, 8), "none"],
  ["zstd", "model.bin", beginningWith(0x28, 0xb5, 0x2f, 0xfd), "none"],
  ["Parquet", "features", beginningWith("PAR1"), "none"],
  ["JSON", "model.json", beginningWith('{"a": [1]}'), "zstd"],
];

for (const [what, name, head, kind] of choices) {
  test(`${what}: ${kind}`, () => assert.is(chooseCompression(name, [head]).kind, kind));
}

test("all samples count, and the head of the first", () => {
  assert.is(chooseCompression("a", [text, chance, chance]).kind, "none");
  assert.is(chooseCompression("a", [text, beginningWith("GGUF"), text]).kind, "zstd");
});

test("media types tell what was used", () => {
  assert.equal(
    ([{ kind: "none" }, { kind: "gzip", level: 1 }, { kind: "zstd", level: 1 }] as const).map(suffixOf),
    ["", "+gzip", "+zstd"],
  );
});

/** More than two frames of zstd, in chunks that fall across their borders. */
const content = Buffer.concat([
  Buffer.alloc(5 << 20, text),
  randomBytes(1 << 20),
  Buffer.alloc(4 << 20, "x"),
]);

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

const kinds: readonly Compression[] = [
  { kind: "none" },
  ...[1, 6, 9].map((level) => ({ kind: "gzip", level }) as const),
  ...[1, 3, 19].map((level) => ({ kind: "zstd", level }) as const),
];

async function decompress({ kind }: Compression, bytes: Buffer): Promise<Uint8Array> {
  if (kind === "none") return bytes;
  if (kind === "gzip") return gunzipSync(bytes);
  const { stdout } = await execa("zstd", ["--decompress", "--stdout"], { input: bytes, encoding: "buffer" });
  return stdout;
}

for (const compression of kinds) {
  const { kind } = compression;
  const level = "level" in compression ? ` at level ${compression.level}` : "";
  test(`${kind}${level} is read by others, and the same however it came`, async () => {
    const sizes = [content.length, 1 << 20, 1_000_003];
    const [bytes = Buffer.alloc(0), ...again] = await Promise.all(
      sizes.map((size) => bytesOf(compress(inChunks(content, size), compression))),
    );
    for (const one of again) assert.ok(bytes.equals(one));
    assert.ok(content.equals(await decompress(compression, bytes)));
    assert.ok(kind === "none" || bytes.length < content.length / 2);
  });
}

test("the header of gzip says neither time nor system", async () => {
  const bytes = await bytesOf(compress(once(text), { kind: "gzip", level: 6 }));
  assert.equal([...bytes.subarray(0, 10)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
});

async function* failing(): AsyncGenerator<Uint8Array> {
  yield chance;
  throw new Error("the file changed");
}

for (const compression of kinds) {
  test(`content that breaks off is told: ${compression.kind}`, async () => {
    const error = await bytesOf(compress(failing(), compression)).catch((thrown: unknown) => thrown);
    assert.match(String(error), "the file changed");
  });
}

/** Gives bytes for ever, and notes when nobody wants more. */
function createEndless() {
  const state = { isClosed: false };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield chance;
    } finally {
      state.isClosed = true;
    }
  }
  return { chunks, state };
}

for (const compression of kinds) {
  test(`who wants no more closes what is read: ${compression.kind}`, async () => {
    const { chunks, state } = createEndless();
    for await (const _chunk of compress(chunks(), compression)) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(state.isClosed);
  });
}

test.run();
