import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { execa } from "execa";
import { type Header, pack } from "tar-stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { wordDifference } from "../../src/images/compare/difference.ts";
import { compareImages } from "../../src/images/compare/images.ts";
import { BrokenImage, type StoredImage } from "../../src/images/compare/stored-image.ts";
import { compress } from "../../src/images/compression.ts";
import { MEDIA_TYPES } from "../../src/images/manifest.ts";
import { type TarEntry, tarParts } from "../../src/images/tar.ts";
import { bytesOf, once } from "../../src/model/chunks.ts";
import { digestOf } from "../../src/model/digest.ts";

const test = suite("comparing images");

/** A layer: its tar, and the blob that it is stored as, which may be compressed. */
type StoredLayer = {
  readonly tar: Uint8Array;
  readonly blob?: Uint8Array;
  readonly mediaType?: string;
  readonly madeBy?: string;
};

type ImageOptions = {
  readonly config?: object;
  readonly history?: readonly object[];
  readonly manifest?: object;
  readonly chunkBytes?: number;
  /** What is sent in place of the blobs of these layers. */
  readonly sent?: Readonly<Record<number, (blob: Uint8Array) => AsyncIterable<Uint8Array>>>;
  readonly space?: { readonly config?: number; readonly manifest?: number };
};

type TestImage = StoredImage & { readonly read: readonly number[] };

function imageOf(layers: readonly StoredLayer[], options: ImageOptions = {}): TestImage {
  const { chunkBytes = 1000, sent = {}, space } = options;
  const blobs = layers.map(({ tar, blob = tar }) => blob);
  const history = layers.map(({ madeBy }, index) => ({ created_by: madeBy ?? `made ${index}` }));
  const config = JSON.stringify(
    {
      os: "linux",
      architecture: "amd64",
      config: { User: "app" },
      rootfs: { type: "layers", diff_ids: layers.map(({ tar }) => digestOf(tar)) },
      history: [...history, { created_by: "settings", empty_layer: true }],
      ...options.config,
    },
    undefined,
    space?.config,
  );
  const manifest = JSON.stringify(
    {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      config: { mediaType: MEDIA_TYPES.config, digest: digestOf(config), size: Buffer.byteLength(config) },
      layers: blobs.map((blob, index) => ({
        mediaType: layers[index]?.mediaType ?? MEDIA_TYPES.layer,
        digest: digestOf(blob),
        size: blob.length,
      })),
      ...options.manifest,
    },
    undefined,
    space?.manifest,
  );
  const read: number[] = [];
  return {
    manifest,
    config,
    read,
    readLayer: ({ digest }) => {
      const index = blobs.findIndex((blob) => digestOf(blob) === digest);
      read.push(index);
      const blob = blobs[index] ?? new Uint8Array();
      return sent[index]?.(blob) ?? inChunks(blob, chunkBytes);
    },
  };
}

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** A tar as mlpackage writes them. */
function ourTar(files: Readonly<Record<string, string | Uint8Array>>, mode = 0o644): Buffer {
  const entries = Object.entries(files).map(([path, content]): TarEntry => {
    const bytes = Buffer.from(content);
    return { type: "file", path, mode, size: bytes.length, content: [{ bytes }] };
  });
  return Buffer.concat(tarParts(entries).map((part) => ("bytes" in part ? part.bytes : new Uint8Array())));
}

type OtherEntry = Partial<Header> & { readonly name: string; readonly content?: string };

const EPOCH = new Date(0);

/** A tar as others write them. */
async function otherTar(...entries: readonly OtherEntry[]): Promise<Buffer> {
  const stream = pack();
  for (const { content = "", ...header } of entries) stream.entry({ mtime: EPOCH, ...header }, content);
  stream.finalize();
  return bytesOf(stream as AsyncIterable<Uint8Array>);
}

/** The words of what differs, in order. */
async function compare(first: StoredImage, second: StoredImage): Promise<readonly string[]> {
  return (await compareImages(first, second)).map(wordDifference);
}

async function compareTars(first: Uint8Array, second: Uint8Array): Promise<readonly string[]> {
  const [a, b] = [first, second].map((tar) => imageOf([{ tar, madeBy: "mlpackage: code" }]));
  assert.ok(a && b);
  return (await compare(a, b)).map((line) => line.replace(/^layer 1 \(mlpackage: code\): /, ""));
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.instance(error, Error);
  return error as Error;
}

const CODE = ourTar({ "app/score.py": "print(1)\n", "app/other.py": "x" });
const MODEL = ourTar({ "models/weights.bin": randomBytes(5000) });

test("equal images differ in nothing, and no layer is read", async () => {
  const [first, second] = [
    imageOf([{ tar: MODEL }, { tar: CODE }]),
    imageOf([{ tar: MODEL }, { tar: CODE }]),
  ];
  assert.equal(await compareImages(first, second), []);
  assert.equal([...first.read, ...second.read], []);
});

test("of two images only the layers that differ are read", async () => {
  const changed = ourTar({ "app/score.py": "print(2)\n", "app/other.py": "x" });
  const [first, second] = [
    imageOf([{ tar: MODEL }, { tar: CODE }]),
    imageOf([{ tar: MODEL }, { tar: changed }]),
  ];
  assert.equal(await compareImages(first, second), [
    {
      where: { in: "layer", index: 1, madeBy: "made 1" },
      what: "content",
      path: "app/score.py",
      at: { offset: 6, first: "31 29 0a", second: "32 29 0a" },
    },
  ]);
  assert.equal([...new Set([...first.read, ...second.read])], [1]);
});

test("a line says the layer, what made it, the file, and what the second image has instead", async () => {
  const [first, second] = [0o755, 0o644].map((mode) =>
    imageOf([{ tar: MODEL }, { tar: ourTar({ "app/src/score.py": "" }, mode), madeBy: "mlpackage: code" }]),
  );
  assert.ok(first && second);
  assert.equal(await compare(first, second), [
    "layer 2 (mlpackage: code): app/src/score.py: mode 644 instead of 755",
  ]);
});

const FILE = { name: "a", content: "some text" } as const;
const LINK = { name: "a", type: "symlink", linkname: "b" } as const;
const XATTR = "SCHILY.xattr.user.origin";

const kinds: readonly (readonly [
  what: string,
  first: readonly OtherEntry[],
  second: readonly OtherEntry[],
  lines: readonly string[],
])[] = [
  ["a file that is missing", [FILE, { name: "b" }], [FILE], ["b: missing"]],
  ["a file more", [FILE], [FILE, { name: "b" }], ["b: extra"]],
  ["a path that is there twice", [FILE, FILE], [FILE], ["a: missing"]],
  ["another type", [FILE], [LINK], ["a: type symbolic link instead of file"]],
  [
    "a hard link in place of a symbolic one",
    [LINK],
    [{ ...LINK, type: "link" }],
    ["a: type hard link instead of symbolic link"],
  ],
  [
    "another device",
    [{ name: "a", type: "character-device", devmajor: 1, devminor: 3 }],
    [{ name: "a", type: "character-device", devmajor: 1, devminor: 5 }],
    ["a: type character device 1:5 instead of character device 1:3"],
  ],
  ["another mode", [FILE], [{ ...FILE, mode: 0o4755 }], ["a: mode 4755 instead of 644"]],
  [
    "the mode of a folder",
    [{ name: "a/", type: "directory" }],
    [{ name: "a/", type: "directory", mode: 0o700 }],
    ["a: mode 700 instead of 755"],
  ],
  ["another owner", [FILE], [{ ...FILE, uid: 1000, gid: 100 }], ["a: owner 1000:100 instead of 0:0"]],
  [
    "the name of an owner",
    [FILE],
    [{ ...FILE, uname: "app", gname: "users" }],
    ["a: owner 0:0 (app:users) instead of 0:0"],
  ],
  [
    "an owner whose number the plain header has no room for",
    [{ ...FILE, pax: { uid: "4000000" } }],
    [{ ...FILE, pax: { uid: "4000001" } }],
    ["a: owner 4000001:0 instead of 4000000:0"],
  ],
  [
    "another time",
    [FILE],
    [{ ...FILE, mtime: new Date("2024-05-06T07:08:09Z") }],
    ["a: mtime 2024-05-06T07:08:09Z instead of 1970-01-01T00:00:00Z"],
  ],
  [
    "a fraction of a second, and a clock that one side does not have",
    [{ ...FILE, pax: { mtime: "1.5" } }],
    [{ ...FILE, pax: { mtime: "1.25", atime: "2" } }],
    [
      "a: mtime 1970-01-01T00:00:01.250000000Z instead of 1970-01-01T00:00:01.500000000Z",
      "a: atime extra (1970-01-01T00:00:02Z)",
    ],
  ],
  [
    "more in a file",
    [FILE],
    [{ ...FILE, content: "some text more" }],
    ["a: size 14 instead of 9", "a: content differs from byte 9 on: 20 6d 6f 72 65 instead of its end"],
  ],
  [
    "nothing in a file",
    [FILE],
    [{ ...FILE, content: "" }],
    [
      "a: size 0 instead of 9",
      "a: content differs from byte 0 on: its end instead of 73 6f 6d 65 20 74 65 78",
    ],
  ],
  [
    "other bytes in a file",
    [FILE],
    [{ ...FILE, content: "some tent" }],
    ["a: content differs from byte 7 on: 6e 74 instead of 78 74"],
  ],
  [
    "a time before the epoch, and one that no calendar has",
    [{ ...FILE, pax: { mtime: "-1.5" } }],
    [{ ...FILE, pax: { mtime: "9".repeat(30) } }],
    [`a: mtime ${"9".repeat(30)} instead of -1.500000000`],
  ],
  ["another link target", [LINK], [{ ...LINK, linkname: "c" }], ["a: link target c instead of b"]],
  [
    "extended attributes",
    [{ ...FILE, pax: { [XATTR]: "here", "SCHILY.xattr.gone": "1" } }],
    [{ ...FILE, pax: { [XATTR]: "there", "LIBARCHIVE.xattr.new": "2", comment: "3" } }],
    [
      "a: extended attribute user.origin there instead of here",
      "a: extended attribute gone missing (1)",
      "a: extended attribute new extra (2)",
      "a: header record comment extra (3)",
    ],
  ],
  [
    "attributes whose names every object has",
    [{ ...FILE, pax: { "SCHILY.xattr.a": "" } }],
    [{ ...FILE, pax: { "SCHILY.xattr.a": "", constructor: "1", toString: "2" } }],
    ["a: header record constructor extra (1)", "a: header record toString extra (2)"],
  ],
  [
    "the same in another order",
    [FILE, { name: "b" }, { name: "c" }],
    [FILE, { name: "c" }, { name: "b" }],
    ["entries in another order: c instead of b"],
  ],
  [
    "several things at once, in the order of the first",
    [FILE, { name: "b", content: "1" }, { name: "c" }],
    [{ name: "d" }, { name: "b", content: "2", mode: 0o600 }, FILE],
    [
      "b: mode 600 instead of 644",
      "b: content differs from byte 0 on: 32 instead of 31",
      "c: missing",
      "d: extra",
      "entries in another order: b instead of a",
    ],
  ],
];

for (const [what, first, second, lines] of kinds) {
  test(what, async () => {
    assert.equal(await compareTars(await otherTar(...first), await otherTar(...second)), lines);
  });
}

const FRAMED = "says the same, but headers or padding of its tar differ";

test("a tar that says the same in other bytes", async () => {
  const plain = ourTar({ a: "text" });
  const padding = Buffer.from(plain);
  padding[512 + 100] = 1;
  const others = [
    Buffer.concat([plain, Buffer.alloc(8192)]),
    padding,
    ourTar({ "./a": "text" }),
    await otherTar({ name: "a", content: "text", pax: { path: "a" } }),
  ];
  for (const other of others) assert.equal(await compareTars(plain, other), [FRAMED]);
});

test("of the first twenty files it is told where they begin to differ, in whatever order they come", async () => {
  const names = Array.from({ length: 25 }, (_, index) => `file-${index + 10}`);
  const tarOf = (end: string, order: readonly string[]) =>
    ourTar(Object.fromEntries(order.map((name) => [name, `${"x".repeat(Number(name.slice(5)))}${end}`])));
  const [first, second] = [tarOf("1", names), tarOf("2", names.toReversed())].map((tar) =>
    imageOf([{ tar }]),
  );
  assert.ok(first && second);
  const found = (await compareImages(first, second)).flatMap((difference) =>
    difference.what === "content" ? [difference] : [],
  );
  assert.equal(
    found.map(({ path }) => path),
    names,
  );
  assert.equal(
    found.map(({ at }) => at?.offset),
    names.map((name, index) => (index < 20 ? Number(name.slice(5)) : undefined)),
  );
});

test("a difference far into a file is found, however the bytes come", async () => {
  const content = randomBytes(300_000);
  const changed = Buffer.from(content);
  changed[250_001] = (changed[250_001] ?? 0) ^ 0xff;
  const tars = [content, changed].map((bytes) => ourTar({ before: "x", big: bytes, after: "y" }));
  for (const sizes of [
    [1 << 20, 512],
    [777, 65_536],
  ]) {
    const [first, second] = tars.map((tar, index) => imageOf([{ tar }], { chunkBytes: sizes[index] ?? 1 }));
    assert.ok(first && second);
    const [difference, ...others] = await compareImages(first, second);
    assert.is(others.length, 0);
    assert.ok(difference?.what === "content");
    assert.is(difference.at?.offset, 250_001);
    assert.is(difference.at?.second.slice(0, 2), Buffer.of(changed[250_001] ?? 0).toString("hex"));
  }
});

const GZIP = `${MEDIA_TYPES.layer}+gzip`;
const ZSTD = `${MEDIA_TYPES.layer}+zstd`;
const DOCKER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";

const zstdOfOthers = async (tar: Uint8Array): Promise<Uint8Array> =>
  (await execa("zstd", ["--stdout", "-"], { input: tar, encoding: "buffer" })).stdout;

const compressed: readonly (readonly [
  what: string,
  mediaType: string,
  write: (tar: Uint8Array) => Uint8Array | Promise<Uint8Array>,
])[] = [
  ["gzip", GZIP, (tar) => gzipSync(tar)],
  [
    "gzip in two members",
    GZIP,
    (tar) => Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))]),
  ],
  ["gzip, as Docker calls it", DOCKER_GZIP, (tar) => gzipSync(tar)],
  ["our zstd, in frames", ZSTD, (tar) => bytesOf(compress(once(tar), { kind: "zstd", level: 3 }))],
  ["zstd of others, in one frame that does not say its size", ZSTD, zstdOfOthers],
  [
    "zstd with frames that say nothing between",
    ZSTD,
    async (tar) =>
      Buffer.concat([
        Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]),
        await zstdOfOthers(tar.subarray(0, 600)),
        await zstdOfOthers(new Uint8Array()),
        await zstdOfOthers(tar.subarray(600)),
      ]),
  ],
];

/** More than a frame of ours, and more than a block. */
const bulk = Buffer.concat([Buffer.alloc(4_500_000, "text that repeats; "), randomBytes(200_000)]);
const bulkTars = ["a", "b"].map((end) => ourTar({ "some/file": Buffer.concat([bulk, Buffer.from(end)]) }));

for (const [what, mediaType, write] of compressed) {
  test(`layers are compared as they are meant: ${what}`, async () => {
    const images = await Promise.all(
      bulkTars.map(async (tar) =>
        imageOf([{ tar, blob: await write(tar), mediaType }], { chunkBytes: 60_000 }),
      ),
    );
    const [first, second] = images;
    assert.ok(first && second);
    assert.equal(await compare(first, second), [
      `layer 1 (made 0): some/file: content differs from byte ${bulk.length} on: 62 instead of 61`,
    ]);
  });

  test(`a layer that breaks off is told as broken: ${what}`, async () => {
    const tar = ourTar({ a: randomBytes(20_000), b: "x" });
    const blob = await write(tar);
    for (const length of [0, 1, 5, 600, blob.length - 9, blob.length - 1]) {
      const first = imageOf([{ tar: CODE }]);
      const second = imageOf([{ tar, blob, mediaType }], {
        sent: { 0: () => once(blob.subarray(0, length)) },
      });
      const error = await failureOf(compareImages(first, second));
      assert.instance(error, BrokenImage, `after ${length} bytes: ${error}`);
      assert.is((error as BrokenImage).side, "second");
      assert.match(error.message, /^layer 1 \(made 0\) of the second image cannot be read: [a-z]/);
    }
  });
}

for (const [what, mediaType, write] of compressed.slice(1)) {
  test(`the same content, compressed otherwise: ${what}`, async () => {
    const blob = await write(CODE);
    const [first, second] = [imageOf([{ tar: CODE }]), imageOf([{ tar: CODE, blob, mediaType }])];
    const differences = await compareImages(first, second);
    assert.is(differences.length, 1);
    assert.is(differences[0]?.what, "compression");
    assert.match(
      differences.map(wordDifference).join(),
      new RegExp(
        `^layer 1 \\(made 0\\): same content, but compressed otherwise: \\S+ of ${blob.length} bytes \\(${digestOf(blob).slice(7, 19)}\\) instead of \\S+ of ${CODE.length} bytes \\(${digestOf(CODE).slice(7, 19)}\\)$`,
      ),
    );
  });
}

test("a layer that breaks off between two entries is broken, and none of its files missing", async () => {
  const first = imageOf([{ tar: CODE }], { sent: { 0: (blob) => once(blob.subarray(0, 1024)) } });
  const error = await failureOf(compareImages(first, imageOf([{ tar: MODEL }])));
  assert.instance(error, BrokenImage);
  assert.match(error.message, "layer 1 (made 0) of the first image cannot be read: it has other bytes than");
});

test("what only says that its content is the same is broken", async () => {
  const first = imageOf([{ tar: CODE }]);
  const second = imageOf([{ tar: CODE, blob: gzipSync(MODEL), mediaType: GZIP }]);
  assert.instance(await failureOf(compareImages(first, second)), BrokenImage);
});

/** A header whose fields are changed, with a checksum that is right. */
function changeHeader(tar: Uint8Array, change: (header: Buffer) => void, at = 0): Buffer {
  const changed = Buffer.from(tar);
  const header = changed.subarray(at, at + 512);
  change(header);
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return changed;
}

const PLAIN = ourTar({ a: "x".repeat(2000) });
const EXTENDED = ourTar({ é: "x".repeat(2000) });
const frameOf = (...bytes: readonly number[]) => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...bytes]);

const hostile: readonly (readonly [what: string, blob: Uint8Array, mediaType?: string])[] = [
  ["no tar", Buffer.alloc(4096, "x")],
  ["a header with another checksum", Buffer.from(PLAIN).fill("b", 0, 1)],
  ["a size that is no number", changeHeader(PLAIN, (header) => header.write("zzzz", 124))],
  ["a size in an encoding that there is not", changeHeader(PLAIN, (header) => header.fill(0x81, 124, 136))],
  ["a size below zero", changeHeader(PLAIN, (header) => header.fill(0xff, 124, 136))],
  ["a size without end", changeHeader(PLAIN, (header) => header.fill(0x7f, 125, 136).fill(0x80, 124, 125))],
  ["a folder with a content", changeHeader(PLAIN, (header) => header.write("5", 156))],
  ["a symbolic link with a content", changeHeader(PLAIN, (header) => header.write("2", 156))],
  ["a hard link with a content", changeHeader(PLAIN, (header) => header.write("1", 156))],
  ["a pipe with a content", changeHeader(PLAIN, (header) => header.write("6", 156))],
  ["an extended header without end", changeHeader(EXTENDED, (header) => header.write("77777777777", 124))],
  ["an extended header of no size", changeHeader(EXTENDED, (header) => header.fill(0x81, 124, 136))],
  ["an extended header of a negative size", changeHeader(EXTENDED, (header) => header.fill(0xff, 124, 136))],
  [
    "a long name without a size",
    changeHeader(EXTENDED, (header) => header.fill(0x81, 124, 136).write("L", 156)),
  ],
  ["no gzip", PLAIN, GZIP],
  ["gzip of no tar", gzipSync(Buffer.alloc(4096, "x")), GZIP],
  ["no zstd", PLAIN, ZSTD],
  ["zstd with a size of terabytes", frameOf(0xe0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0), ZSTD],
  ["zstd with a size that is not true", frameOf(0xa0, 0, 0, 0, 1, 1, 0, 0), ZSTD],
  ["zstd that becomes too much", frameOf(0, 0x58, ...Array(300).fill([0xfa, 0xff, 0xff, 1]).flat()), ZSTD],
  ["zstd of empty blocks without end", Buffer.concat([frameOf(0, 0x58), Buffer.alloc(900_000)]), ZSTD],
  ["zstd with a block of no kind", frameOf(0, 0x58, 7, 0, 0), ZSTD],
  ["zstd with a block of nonsense", frameOf(0, 0x58, 0x45, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8), ZSTD],
  ["a media type that nobody knows", PLAIN, "application/x-layer"],
];

for (const [what, blob, mediaType = MEDIA_TYPES.layer] of hostile) {
  test(`a layer that means no good ends in an error: ${what}`, async () => {
    for (const chunkBytes of [blob.length, 100]) {
      const first = imageOf([{ tar: CODE }]);
      const second = imageOf([{ tar: blob, mediaType }], { chunkBytes });
      const timeout = new Promise((resolve) => setTimeout(resolve, 10_000, new Error("it hangs")).unref());
      const error = await Promise.race([failureOf(compareImages(first, second)), timeout]);
      assert.instance(error, BrokenImage, String(error));
    }
  });
}

test("after a broken layer of zstd others can be read", async () => {
  const write = (tar: Uint8Array) => bytesOf(compress(once(tar), { kind: "zstd", level: 3 }));
  const [first, second] = [
    imageOf([{ tar: CODE }]),
    imageOf([{ tar: CODE, blob: await write(CODE), mediaType: ZSTD }]),
  ];
  assert.is((await compareImages(first, second)).length, 1);
});

for (const [what, mediaType, write] of compressed) {
  test(`what a layer cannot be had for is told as it is: ${what}`, async () => {
    async function* failing(blob: Uint8Array): AsyncGenerator<Uint8Array> {
      yield blob.subarray(0, 700);
      throw new TypeError("the registry went away");
    }
    const blob = await write(MODEL);
    const second = imageOf([{ tar: MODEL, blob, mediaType }], { sent: { 0: failing } });
    const error = await failureOf(compareImages(imageOf([{ tar: CODE }]), second));
    assert.instance(error, TypeError);
    assert.is(error.message, "the registry went away");
  });
}

test("and so it is while a layer is read again", async () => {
  let times = 0;
  const changed = ourTar({ "app/score.py": "print(2)\n", "app/other.py": "x" });
  async function* failingLater(blob: Uint8Array): AsyncGenerator<Uint8Array> {
    yield blob.subarray(0, 514);
    if (++times > 1) throw new TypeError("the registry went away");
    yield blob.subarray(514);
  }
  const second = imageOf([{ tar: changed }], { sent: { 0: failingLater } });
  assert.is(
    (await failureOf(compareImages(imageOf([{ tar: CODE }]), second))).message,
    "the registry went away",
  );
});

test("layers are closed that are not read to their end", async () => {
  let open = 0;
  async function* counted(blob: Uint8Array): AsyncGenerator<Uint8Array> {
    open++;
    try {
      yield* inChunks(blob, 600);
    } finally {
      open--;
    }
  }
  const tarOf = (text: string) => ourTar({ a: text, b: randomBytes(200_000) });
  const sent = { 0: counted };
  await compareImages(imageOf([{ tar: tarOf("1") }], { sent }), imageOf([{ tar: tarOf("2") }], { sent }));
  const broken = Buffer.concat([tarOf("3").subarray(0, 1024), Buffer.alloc(100_000, "x")]);
  await failureOf(compareImages(imageOf([{ tar: CODE }], { sent }), imageOf([{ tar: broken }], { sent })));
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(open, 0);
});

const layer = (name: string, text = name) => ({ tar: ourTar({ [name]: text }), madeBy: name });

const layerings: readonly (readonly [
  what: string,
  first: readonly StoredLayer[],
  second: readonly StoredLayer[],
  lines: readonly string[],
])[] = [
  [
    "one more in the middle",
    [layer("a"), layer("c")],
    [layer("a"), layer("b"), layer("c")],
    ["layer 2 (b): extra"],
  ],
  ["one less", [layer("a"), layer("b"), layer("c")], [layer("b"), layer("c")], ["layer 1 (a): missing"]],
  ["no layers", [layer("a")], [], ["layer 1 (a): missing"]],
  [
    "two that changed places",
    [layer("a"), layer("b")],
    [layer("b"), layer("a")],
    ["layer 1 (a): missing", "layer 2 (a): extra"],
  ],
  [
    "one less and one that changed: what was made by the same is compared",
    [layer("base"), layer("model"), layer("code", "1")],
    [layer("base"), layer("code", "2")],
    ["layer 2 (model): missing", "layer 3 (code): code: content differs from byte 0 on: 32 instead of 31"],
  ],
];

for (const [what, first, second, lines] of layerings) {
  test(`layers that are added or removed: ${what}`, async () => {
    const [a, b] = [imageOf(first), imageOf(second)];
    const found = await compare(a, b);
    assert.equal(
      found.filter((line) => line.startsWith("layer")),
      lines,
    );
    // All else is what the history says of them.
    assert.ok(
      found.every((line) => /^layer|^config: \/history\/\d: /.test(line)),
      found.join("\n"),
    );
  });
}

test("what made a layer is left out where the history does not tell of all", async () => {
  for (const history of [undefined, [], [null, null], [{ created_by: "one" }, { created_by: "two" }], [{}]]) {
    const [first, second] = [CODE, MODEL].map((tar) => imageOf([{ tar }], { config: { history } }));
    assert.ok(first && second);
    const lines = await compare(first, second);
    assert.is(lines.length, 3);
    for (const line of lines) assert.match(line, /^layer 1: /);
  }
});

const values: readonly (readonly [what: string, first: object, second: object, lines: readonly string[]])[] =
  [
    [
      "a time",
      { created: "1970-01-01T00:00:00Z" },
      { created: "2024-05-06T07:08:09Z" },
      ['/created: "2024-05-06T07:08:09Z" instead of "1970-01-01T00:00:00Z"'],
    ],
    [
      "values of other kinds, below each other",
      { config: { User: "app", Labels: { "a/b~c": "1" } } },
      { config: { User: ["app"], Labels: { "a/b~c": "2" } } },
      ['/config/User: ["app"] instead of "app"', '/config/Labels/a~1b~0c: "2" instead of "1"'],
    ],
    [
      "names that one side does not have, and names of what every object has",
      { config: { gone: null } },
      { config: { toString: 1 } },
      ["/config/gone: missing (null)", "/config/toString: extra (1)"],
    ],
    [
      "one more in the middle of a list",
      { config: { Env: ["A=1", "B=2", "C=3"] } },
      { config: { Env: ["A=1", "N=0", "B=2", "C=4"] } },
      ['/config/Env/1: extra ("N=0")', '/config/Env/2: "C=4" instead of "C=3"'],
    ],
  ];

for (const [what, first, second, lines] of values) {
  test(`configurations that differ: ${what}`, async () => {
    const [a, b] = [
      imageOf([{ tar: CODE }], { config: first }),
      imageOf([{ tar: CODE }], { config: second }),
    ];
    assert.equal(
      await compare(a, b),
      lines.map((line) => `config: ${line}`),
    );
    assert.equal([...a.read, ...b.read], []);
  });
}

test("a difference in the configuration is data: a pointer and both values", async () => {
  const [first, second] = ["a", "b"].map((variant) => imageOf([], { config: { variant } }));
  assert.ok(first && second);
  assert.equal(await compareImages(first, second), [
    { where: { in: "config" }, what: "value", pointer: "/variant", first: '"a"', second: '"b"' },
  ]);
});

test("of a long value is shown where it differs", async () => {
  const values = ["1", "2"].map((one) => `${"x".repeat(500)}${one}${"y".repeat(500)}`);
  const [first, second] = values.map((Cmd) => imageOf([], { config: { config: { Cmd } } }));
  assert.ok(first && second);
  const shown = (one: string) => `…${"x".repeat(20)}${one}${"y".repeat(59)}…`;
  assert.equal(await compare(first, second), [`config: /config/Cmd: ${shown("2")} instead of ${shown("1")}`]);
});

test("lists that are too long to be aligned are compared by their places", async () => {
  const [first, second] = ["a", "b"].map((end) => {
    const Env = Array.from({ length: 3000 }, (_, index) => `${end}${index}`);
    return imageOf([], { config: { config: { Env } } });
  });
  assert.ok(first && second);
  const lines = await compare(first, second);
  assert.is(lines.length, 3000);
  assert.is(lines[0], 'config: /config/Env/0: "b0" instead of "a0"');
});

test("manifests that differ", async () => {
  const one = imageOf([{ tar: CODE }]);
  const annotated = imageOf([{ tar: CODE }], { manifest: { annotations: { by: "hand" } } });
  assert.equal(await compare(one, annotated), ['manifest: /annotations: extra ({"by":"hand"})']);
  const other = imageOf([{ tar: CODE, mediaType: "application/vnd.docker.image.rootfs.diff.tar" }]);
  assert.equal(await compare(one, other), [
    `manifest: /layers/0/mediaType: "application/vnd.docker.image.rootfs.diff.tar" instead of "${MEDIA_TYPES.layer}"`,
  ]);
  assert.equal(other.read, []);
});

test("texts that say the same in other bytes", async () => {
  const [first, manifest, config] = [
    imageOf([{ tar: CODE }]),
    imageOf([{ tar: CODE }], { space: { manifest: 2 } }),
    imageOf([{ tar: CODE }], { space: { config: 2 } }),
  ];
  const line = "says the same, but its text is written otherwise";
  assert.equal(await compare(first, manifest), [`manifest: ${line}`]);
  assert.equal(await compare(first, config), [`config: ${line}`]);
});

test("two configurations that say of one blob that its tar is another", async () => {
  const [first, second] = [CODE, MODEL].map((tar) => imageOf([{ tar, blob: CODE }]));
  assert.ok(first && second);
  assert.equal(await compare(first, second), [
    `config: /rootfs/diff_ids/0: "${digestOf(MODEL)}" instead of "${digestOf(CODE)}"`,
  ]);
});

test("texts that make no sense", async () => {
  const good = imageOf([{ tar: CODE }]);
  let deep: unknown = "end";
  for (let depth = 0; depth < 100; depth++) deep = [deep];
  const broken: readonly StoredImage[] = [
    { ...good, manifest: "no JSON" },
    { ...good, manifest: '{"manifests":[]}' },
    { ...good, config: `${good.config} ` },
    { ...good, manifest: `${"[".repeat(1e5)}${"]".repeat(1e5)}` },
    imageOf([{ tar: CODE }], { config: { deep } }),
  ];
  for (const image of broken) {
    const error = await failureOf(compareImages(good, image));
    assert.instance(error, BrokenImage, String(error));
    assert.is((error as BrokenImage).side, "second");
    assert.match(error.message, "the second image");
    assert.is(((await failureOf(compareImages(image, good))) as BrokenImage).side, "first");
  }
});

test("nothing that an image holds moves the cursor", async () => {
  const evil = "\u001b[2J\r\n\u202e";
  const first = [{ ...FILE, name: evil, pax: { [`SCHILY.xattr.${evil}`]: evil } }];
  const second = [{ ...FILE, name: evil, mode: 0o600, uname: evil, pax: { mtime: evil } }];
  const images = [await otherTar(...first), await otherTar(...second)].map((tar, index) =>
    imageOf([{ tar, madeBy: evil }], { config: { [`${evil}${index}`]: evil } }),
  );
  const [a, b] = images;
  assert.ok(a && b);
  const lines = await compare(a, b);
  assert.ok(lines.length >= 6, lines.join("\n"));
  for (const line of lines) assert.not.match(line, /[\p{Cc}\p{Cf}]/u);
});

test("a line has a length that can be read, whatever an image holds", async () => {
  const long = "x".repeat(100_000);
  const tars = [
    await otherTar({ name: long, type: "symlink", linkname: `${long}1`, pax: { [long]: long } }),
    await otherTar({ name: long, type: "symlink", linkname: `${long}2`, pax: { mtime: long } }),
  ];
  const [a, b] = tars.map((tar) => imageOf([{ tar, madeBy: long }], { config: { [long]: tar.length } }));
  assert.ok(a && b);
  const lines = await compare(a, b);
  assert.ok(lines.length >= 4, String(lines.length));
  for (const line of lines) assert.ok(line.length < 700, `${line.length}: ${line.slice(0, 100)}`);
});

test.run();
