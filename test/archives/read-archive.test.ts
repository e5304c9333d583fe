import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BadArchive } from "../../src/archives/bad-archive.ts";
import { createFilter } from "../../src/archives/create-filter.ts";
import { gatherFiles } from "../../src/archives/gather-files.ts";
import { mostUnpacked, readArchive } from "../../src/archives/read-archive.ts";
import { bytesOf } from "../../src/model/chunks.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { zip } from "../fakes/zip.ts";

const test = suite("archives of models");

type Entry = Parameters<ReturnType<typeof pack>["entry"]>[0];

/** A tar of entries as they are given; of a file, the text is its content. */
async function tar(...entries: readonly (readonly [entry: Entry, text?: string])[]): Promise<Buffer> {
  const writer = pack();
  for (const [entry, text = ""] of entries) writer.entry(entry, text);
  writer.finalize();
  return bytesOf(writer as AsyncIterable<Uint8Array>);
}

const MODEL = [{ name: "ridge/" as string, type: "directory" as const }, ""] as const;
const WEIGHTS = [{ name: "ridge/weights.bin", mode: 0o640 }, "weights"] as const;
const SCRIPT = [{ name: "ridge/run.sh", mode: 0o755 }, "#!/bin/sh"] as const;

async function gather(archive: Uint8Array, chosen: { include?: string[]; exclude?: string[] } = {}) {
  const place = path.join(makeFolder(), "model");
  writeFileSync(place, archive);
  const file = { place, size: archive.length };
  const { files } = makeHost();
  const gathered = await gatherFiles(readArchive(file, files), {
    isWanted: await createFilter({ include: [], exclude: [], ...chosen }),
    mostBytes: mostUnpacked(file),
    write: async (chunks) => ({ text: (await bytesOf(chunks)).toString() }),
  });
  return gathered.map(({ path: name, mode, text }) => [name, mode.toString(8), text.slice(0, 20)]);
}

/** What was refused, with the entry it was refused for. */
async function refusal(archive: Uint8Array): Promise<string> {
  const error: unknown = await gather(archive).then(
    (files) => assert.unreachable(`took ${JSON.stringify(files)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof BadArchive)) throw error;
  return [error.fault, error.message, ...(error.entry === undefined ? [] : [error.entry])].join(" | ");
}

const GATHERED = [
  ["ridge/run.sh", "755", "#!/bin/sh"],
  ["ridge/weights.bin", "644", "weights"],
];

test("a tar and a tar.gz give their files, with one of two modes", async () => {
  const plain = await tar(MODEL, WEIGHTS, SCRIPT);
  assert.equal(await gather(plain), GATHERED);
  assert.equal(await gather(gzipSync(plain)), GATHERED);
});

/** As the programs of this machine pack a folder. */
function packed(command: string, ...args: readonly string[]): Buffer {
  const folder = makeFolder({ "ridge/weights.bin": "weights", "ridge/run.sh": "#!/bin/sh" });
  execFileSync("chmod", ["755", path.join(folder, "ridge/run.sh")]);
  execFileSync(command, args, { cwd: folder, stdio: "ignore" });
  return readFileSync(path.join(folder, "model"));
}

for (const [what, command, ...args] of [
  ["tar", "tar", "cf", "model", "ridge"],
  ["tar, from a dot", "tar", "cf", "model", "./ridge"],
  ["tar of POSIX", "tar", "--format=pax", "-cf", "model", "ridge"],
  ["tar and gzip", "tar", "czf", "model", "ridge"],
  ["tar and zstd", "tar", "--zstd", "-cf", "model", "ridge"],
  ["zip", "sh", "-c", "zip -qr model.zip ridge && mv model.zip model"],
  [
    "python's tarfile",
    "python3",
    "-c",
    "import tarfile\nwith tarfile.open('model', 'w:gz') as t: t.add('ridge')",
  ],
] as const)
  test(`what ${what} packs is unpacked`, async () => {
    assert.equal(await gather(packed(command, ...args)), GATHERED);
  });

test("a zip of python's, deflated, of more than its list may hold in one block", async () => {
  const archive = packed(
    "python3",
    "-c",
    `import zipfile
z = zipfile.ZipFile('model', 'w', zipfile.ZIP_DEFLATED)
for i in range(9000): z.writestr(f'parts/a-name-of-some-length-{i:05}', 'x' * 100)`,
  );
  const files = await gather(archive);
  assert.is(files.length, 9000);
  assert.equal(files[8999], ["parts/a-name-of-some-length-08999", "644", "xxxxxxxxxxxxxxxxxxxx"]);
});

test("files are chosen by their paths inside", async () => {
  const archive = await tar(MODEL, WEIGHTS, SCRIPT, [{ name: ".DS_Store" }, "x"]);
  assert.equal(await gather(archive, { include: ["**/*.bin"] }), [GATHERED[1]]);
  assert.equal(await gather(archive, { exclude: ["**/*.sh"] }), [GATHERED[1]]);
});

test("links become the files that they lead to", async () => {
  const archive = await tar(
    [{ name: "snapshots/1/weights.bin", type: "symlink", linkname: "../../blobs/abc" }],
    [{ name: "blobs/abc" }, "weights"],
    [{ name: "same", type: "link", linkname: "blobs/abc" }],
    [{ name: "again", type: "symlink", linkname: "same" }],
  );
  assert.equal(await gather(archive), [
    ["again", "644", "weights"],
    ["blobs/abc", "644", "weights"],
    ["same", "644", "weights"],
    ["snapshots/1/weights.bin", "644", "weights"],
  ]);
  const linked = packed(
    "sh",
    "-c",
    "ln -s weights.bin ridge/link && zip -qry model.zip ridge && mv model.zip model",
  );
  assert.equal((await gather(linked))[0], ["ridge/link", "644", "weights"]);
});

const LEADS_OUT = "has an entry that is a link that leads out of the archive";

const HOSTILE: readonly (readonly [
  what: string,
  archive: () => Uint8Array | Promise<Uint8Array>,
  told: string,
])[] = [
  [
    "a path that leads out",
    () => tar([{ name: "../../etc/cron.d/x" }, "x"]),
    "archive/unsafe | has an entry that is no plain path | ../../etc/cron.d/x",
  ],
  [
    "an absolute path",
    () => tar([{ name: "/etc/passwd" }, "x"]),
    "archive/unsafe | has an entry that is no relative path | /etc/passwd",
  ],
  [
    "a path of a zip that leads out",
    () => zip({ "../x": "x" }),
    "archive/unsafe | has an entry that leads out of it | ../x",
  ],
  [
    "an absolute path of a zip",
    () => zip({ "/x": "x" }),
    "archive/unsafe | has an entry that leads out of it | /x",
  ],
  [
    "a name that Windows keeps",
    () => tar([{ name: "model/NUL.txt" }, "x"]),
    "archive/unsafe | has an entry that has a name in it that Windows keeps for a device | model/NUL.txt",
  ],
  [
    "a link to an absolute path",
    () => tar([{ name: "model", type: "symlink", linkname: "/etc/passwd" }]),
    `archive/unsafe | ${LEADS_OUT} | model`,
  ],
  [
    "a link that leads out",
    () => tar([{ name: "a/model", type: "symlink", linkname: "../../x" }]),
    `archive/unsafe | ${LEADS_OUT} | a/model`,
  ],
  [
    "a hard link that leads out",
    () => tar([{ name: "a/model", type: "link", linkname: "../x" }]),
    `archive/unsafe | ${LEADS_OUT} | a/model`,
  ],
  [
    "a link to a folder, and a file that is written through it",
    () => tar([{ name: "d", type: "symlink", linkname: "." }], [{ name: "d/x" }, "x"]),
    "archive/unsafe | has an entry that is a link to a file that is not part of the model | d",
  ],
  [
    "links in a circle",
    () =>
      tar([{ name: "a", type: "symlink", linkname: "b" }], [{ name: "b", type: "symlink", linkname: "a" }]),
    "archive/unsafe | has an entry that is a link through too many others, or in a loop | a",
  ],
  [
    "a device",
    () => tar([{ name: "null", type: "character-device" }]),
    "archive/unsafe | has an entry that is neither a file nor a folder nor a link | null",
  ],
  [
    "a name twice",
    () => tar([{ name: "a" }, "x"], [{ name: "a" }, "y"]),
    "archive/unsafe | has an entry that is there twice | a",
  ],
  [
    "names that are one on some file systems",
    () => tar([{ name: "Model" }, "x"], [{ name: "model" }, "y"]),
    "archive/unsafe | has an entry that is the same as `Model` on some file systems | model",
  ],
  [
    "a file that is a folder, too",
    () => tar([{ name: "a" }, "x"], [{ name: "a/b" }, "y"]),
    "archive/unsafe | has an entry that is a file and a folder | a",
  ],
  [
    "zeros without end",
    () => gzipSync(Buffer.alloc(200 << 20), { level: 9 }),
    "archive/too-large | would become more than 200 times as large when unpacked",
  ],
  [
    "a file of zeros, compressed",
    async () =>
      gzipSync(await tar([{ name: "zeros", size: 100 << 20 }, "\0".repeat(100 << 20)]), { level: 9 }),
    "archive/too-large | would become more than 200 times as large when unpacked",
  ],
  [
    "a zip that says less than comes",
    () => withSize(deflatedZip(Buffer.alloc(1 << 20)), 10),
    "archive/damaged | is an incomplete zip: too many bytes in the stream. expected 10. got at least 16384",
  ],
  [
    "another checksum",
    () => {
      const bytes = Buffer.from(zip({ model: "weights" }));
      bytes[bytes.indexOf("weights")] = 0x57;
      return bytes;
    },
    "archive/damaged | has an entry whose checksum is wrong | model",
  ],
  [
    "a tar cut off in a file",
    async () => (await tar([{ name: "a" }, "x".repeat(5000)])).subarray(0, 2048),
    "archive/damaged | holds an incomplete tar: its end is missing",
  ],
  [
    "a tar cut off between two files",
    async () => (await tar([{ name: "a" }, "x"], [{ name: "b" }, "y".repeat(512)])).subarray(0, 2048),
    "archive/damaged | holds an incomplete tar: its end is missing",
  ],
  [
    "a tar with a header that was changed",
    async () => {
      const bytes = await tar([{ name: "a" }, "x"], [{ name: "b" }, "y"]);
      bytes[1024] = 0x63;
      return bytes;
    },
    "archive/damaged | holds an incomplete tar: invalid tar header. Maybe the tar is corrupted or it needs to be gunzipped?",
  ],
  [
    "a gzip that is cut off",
    async () => gzipSync(await tar(WEIGHTS)).subarray(0, -12),
    "archive/damaged | is damaged: unexpected end of file",
  ],
  [
    "a zip that is cut off",
    () => zip({ model: "weights" }).subarray(0, -30),
    "archive/damaged | is an incomplete zip: end of central directory record signature not found. Either not a zip file, or file is truncated.",
  ],
  [
    "what is compressed and no tar",
    () => gzipSync("weights"),
    "archive/unknown-format | is compressed, but not a tar",
  ],
  [
    "bzip2",
    () => packed("tar", "cjf", "model", "ridge"),
    "archive/unknown-format | is compressed with a method that is not supported",
  ],
  [
    "no archive",
    () => Buffer.from("weights"),
    "archive/unknown-format | is not an archive in a known format",
  ],
  ["nothing", () => Buffer.alloc(0), "archive/unknown-format | is not an archive in a known format"],
  [
    "a zip that is encrypted",
    () => packed("sh", "-c", "zip -qP secret model.zip ridge/run.sh && mv model.zip model"),
    "archive/unsafe | has an entry that is encrypted | ridge/run.sh",
  ],
];

for (const [what, archive, told] of HOSTILE)
  test(`refuses ${what}`, async () => {
    assert.is(await refusal(await archive()), told);
  });

/** One file, deflated: `zip` of the fakes compresses nothing, so its method and sizes are put right here. */
function deflatedZip(content: Buffer): Buffer {
  const deflated = deflateRawSync(content);
  const bytes = Buffer.from(zip({ model: deflated }));
  for (const [mark, at] of [
    ["PK\x03\x04", 8],
    ["PK\x01\x02", 10],
  ] as const) {
    const header = bytes.indexOf(Buffer.from(mark, "latin1"));
    bytes.writeUInt16LE(8, header + at);
    bytes.writeUInt32LE(content.length, header + at + 14);
  }
  return bytes;
}

function withSize(bytes: Buffer, size: number): Buffer {
  bytes.writeUInt32LE(size, bytes.indexOf(Buffer.from("PK\x01\x02", "latin1")) + 24);
  return bytes;
}

test("what is told of an entry ahead of it does not come into memory", async () => {
  const long = await tar([{ name: "a", pax: { comment: "x".repeat(40 << 20) } }, "x"]);
  assert.is(await refusal(long), "archive/damaged | holds an incomplete tar: header exceeds max size");
});

test.run();
