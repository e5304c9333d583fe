import { truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { execa } from "execa";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type TarEntry, tarParts } from "../../src/images/tar.ts";
import { sizeOfParts } from "../../src/model/part.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("tar");

const BLOCK = 512;

function fileOf(name: string, content = "content", mode = 0o644): TarEntry {
  const bytes = Buffer.from(content);
  return {
    type: "file",
    path: name,
    mode,
    size: bytes.length,
    content: bytes.length === 0 ? [] : [{ bytes }],
  };
}

const folderOf = (name: string): TarEntry => ({ type: "directory", path: name });

/** The bytes of an archive that has all of its content at hand. */
function bytesOf(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat(tarParts(entries).map((part) => ("bytes" in part ? part.bytes : new Uint8Array())));
}

function write(bytes: Uint8Array): string {
  const place = path.join(makeFolder(), "a.tar");
  writeFileSync(place, bytes);
  return place;
}

const deep = "deep/".repeat(25);
const ENTRIES: readonly TarEntry[] = [
  folderOf("var"),
  fileOf("var/plain", "plain"),
  fileOf("var/empty", ""),
  fileOf("var/run.sh", "#!/bin/sh", 0o755),
  fileOf("var/block", "x".repeat(BLOCK)),
  fileOf("var/one-more", "x".repeat(BLOCK + 1)),
  fileOf("a".repeat(100)),
  fileOf("b".repeat(101)),
  fileOf(`${deep}${"c".repeat(100)}`),
  fileOf(`${deep}${"d".repeat(101)}`),
  fileOf(`${"long/".repeat(60)}e`),
  folderOf(`${deep}folder`),
  folderOf("f".repeat(120)),
  fileOf("modèle/日本/モデル.bin", "é"),
  folderOf("dossier-é"),
  fileOf("line\nbreak"),
  fileOf("back\\slash and space"),
];

/** What each entry is to be when it is read: a folder's name without its slash. */
const EXPECTED = ENTRIES.map((entry) => {
  const content = entry.type === "file" ? contentOf(entry) : "";
  const mode = entry.type === "file" ? entry.mode : 0o755;
  return {
    name: entry.path,
    type: entry.type,
    mode,
    size: content.length,
    content,
    time: 0,
    owner: [0, 0, "", ""],
  };
});

function contentOf({ content }: Extract<TarEntry, { type: "file" }>): string {
  return content.map((part) => ("bytes" in part ? Buffer.from(part.bytes).toString("latin1") : "")).join("");
}

const PYTHON = `
import json, sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    print(json.dumps([{
        "name": one.name, "type": "directory" if one.isdir() else "file", "mode": one.mode, "size": one.size,
        "content": archive.extractfile(one).read().decode("latin1") if one.isfile() else "",
        "time": one.mtime, "owner": [one.uid, one.gid, one.uname, one.gname],
    } for one in archive]))
`;

test("Python reads every entry as it was meant", async () => {
  const { stdout } = await execa("python3", ["-c", PYTHON, write(bytesOf(ENTRIES))]);
  assert.equal(JSON.parse(stdout), EXPECTED);
});

test("and so does GNU tar", async () => {
  const place = write(bytesOf(ENTRIES));
  const list = await execa("tar", ["--list", "--quoting-style=literal", "--file", place], {
    env: { LC_ALL: "C.UTF-8" },
  });
  const names = ENTRIES.map(({ type, path: name }) => (type === "directory" ? `${name}/` : name));
  assert.is(list.stdout, names.join("\n"));
  assert.is(list.stderr, "");
  const { stdout } = await execa("tar", ["--extract", "--to-stdout", "--file", place]);
  assert.is(
    stdout,
    ENTRIES.map((entry) => (entry.type === "file" ? Buffer.from(contentOf(entry), "latin1") : "")).join(""),
  );
});

test("a name of up to 100 bytes, or one that can be parted, needs no extended header", () => {
  const headers = (name: string) =>
    bytesOf([fileOf(name)])
      .subarray(156, 157)
      .toString();
  assert.equal(["a".repeat(100), `${deep}${"c".repeat(100)}`, `${"p".repeat(155)}/n`].map(headers), [
    "0",
    "0",
    "0",
  ]);
  assert.equal(["b".repeat(101), `${deep}${"d".repeat(101)}`, `${"p".repeat(156)}/n`, "é"].map(headers), [
    "x",
    "x",
    "x",
    "x",
  ]);
});

test("the length of an extended record counts its own digits", async () => {
  // A letter that is not ASCII, of two bytes, so that every one of them needs the record.
  const lengths = [80, 85, 86, 87, 88, 89, 90, 91, 978, 985, 986, 987, 988, 989, 990];
  const names = lengths.map((length) => `${"n".repeat(length)}é`);
  const { stdout } = await execa("python3", [
    "-c",
    PYTHON,
    write(bytesOf(names.map((name) => fileOf(name)))),
  ]);
  assert.equal(
    JSON.parse(stdout).map(({ name }: { readonly name: string }) => name),
    names,
  );
});

test("contents are padded to whole blocks, and two empty ones end it", () => {
  for (const size of [0, 1, BLOCK - 1, BLOCK, BLOCK + 1]) {
    const bytes = bytesOf([fileOf("a", "x".repeat(size))]);
    assert.is(bytes.length, BLOCK + Math.ceil(size / BLOCK) * BLOCK + 2 * BLOCK);
    assert.ok(bytes.subarray(-2 * BLOCK).every((byte) => byte === 0));
  }
});

const GIB = 1024 ** 3;

for (const [size, type] of [
  [8 * GIB - 1, "0"],
  [8 * GIB, "x"],
  [100 * GIB, "x"],
] as const) {
  test(`a file of ${size} bytes, of which nothing but its size is known`, async () => {
    const parts = tarParts([
      { type: "file", path: "w", mode: 0o644, size, content: [{ file: "/nowhere", size }] },
    ]);
    const [header] = parts;
    assert.ok(header && "bytes" in header);
    assert.is(Buffer.from(header.bytes).toString("latin1", 156, 157), type);
    const total = sizeOfParts(parts);
    assert.is(total % BLOCK, 0);
    // A sparse file of that length stands for the content.
    const place = write(header.bytes);
    truncateSync(place, total);
    const { stdout } = await execa("tar", ["--list", "--verbose", "--file", place]);
    assert.match(stdout, new RegExp(`^-rw-r--r-- 0/0 +${size} 1970-01-01 `));
  });
}

test("the same entries are the same bytes", () => assert.equal(bytesOf(ENTRIES), bytesOf(ENTRIES)));

test.run();
