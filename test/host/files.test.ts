import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createFiles } from "../../src/host/files.ts";
import { bytesOf } from "../../src/model/chunks.ts";
import { digestOf } from "../../src/model/digest.ts";
import { PartChanged } from "../../src/model/host.ts";
import type { Part } from "../../src/model/part.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("files");

const files = createFiles(path.join(makeFolder(), "digests.json"));

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("half");
  throw new Error("the stream broke");
}

test("what a path names", async () => {
  const folder = makeFolder({ "a.txt": "abc", "run.sh": "#!/bin/sh" });
  symlinkSync("a.txt", path.join(folder, "link"));
  symlinkSync("nowhere", path.join(folder, "dangling"));
  const { mtimeMs: modifiedMs, ctimeMs: changedMs } = statSync(`${folder}/a.txt`);
  assert.equal(await files.status(`${folder}/a.txt`), {
    type: "file",
    size: 3,
    mode: 0o644,
    modifiedMs,
    changedMs,
  });
  assert.is((await files.status(`${folder}/run.sh`))?.mode, 0o755);
  assert.is((await files.status(`${folder}/link`))?.type, "file");
  assert.is((await files.status(folder))?.type, "directory");
  assert.is((await files.status("/dev/null"))?.type, "other");
  for (const nothing of ["none", "dangling", "a.txt/below"]) {
    assert.is(await files.status(`${folder}/${nothing}`), undefined, nothing);
  }
  assert.is(await files.realPath(`${folder}/link`), `${folder}/a.txt`);
  assert.is(await files.realPath(`${folder}/none`), undefined);
});

test("all files below a folder, sorted by code unit", async () => {
  const folder = makeFolder({
    "b.txt": "1",
    "a/z.txt": "22",
    "a.txt": "",
    "B.txt": "",
    é: "",
    "a/b/c": "#!x",
  });
  mkdirSync(path.join(folder, "empty"));
  assert.equal(await files.listTree(folder), [
    { path: "B.txt", size: 0, mode: 0o644 },
    { path: "a.txt", size: 0, mode: 0o644 },
    { path: "a/b/c", size: 3, mode: 0o755 },
    { path: "a/z.txt", size: 2, mode: 0o644 },
    { path: "b.txt", size: 1, mode: 0o644 },
    { path: "é", size: 0, mode: 0o644 },
  ]);
});

test("what is ignored is not even looked into", async () => {
  const folder = makeFolder({ "a.txt": "", "skip/b.txt": "", "deep/skip/c.txt": "" });
  const asked: string[] = [];
  const listed = await files.listTree(folder, (file) => {
    asked.push(file);
    return path.basename(file) === "skip";
  });
  assert.equal(
    listed.map((entry) => entry.path),
    ["a.txt"],
  );
  assert.equal(asked.sort(), ["a.txt", "deep", "deep/skip", "skip"]);
});

test("links to files are files, links to folders lead nowhere", async () => {
  const folder = makeFolder({ "real/a.txt": "a" });
  symlinkSync("real/a.txt", path.join(folder, "linked.txt"));
  symlinkSync(".", path.join(folder, "self"));
  symlinkSync("../real", path.join(folder, "real/round"));
  symlinkSync("nowhere", path.join(folder, "dangling"));
  symlinkSync("circle", path.join(folder, "circle"));
  assert.equal(
    (await files.listTree(folder)).map((entry) => entry.path),
    ["linked.txt", "real/a.txt"],
  );
});

test("with a boundary links to folders are followed, and what leads out is told", async () => {
  const outer = makeFolder({ "package/model/a.txt": "a", "package/shared/b.txt": "bb", "secret/c.txt": "c" });
  const folder = path.join(outer, "package/model");
  symlinkSync("../shared", path.join(folder, "linked"));
  symlinkSync("../model", path.join(outer, "package/shared/round"));
  symlinkSync("../../secret", path.join(folder, "out"));
  symlinkSync("../../secret/c.txt", path.join(folder, "c.txt"));
  symlinkSync("linked", path.join(folder, "again"));
  const listed = await files.listTree(folder, (file) => file === "again", path.join(outer, "package"));
  assert.equal(
    listed.map((entry) => [entry.path, entry.outside]),
    [
      ["a.txt", undefined],
      ["c.txt", "file"],
      ["linked/b.txt", undefined],
      ["out", "directory"],
    ],
  );
});

test("a stream that breaks leaves nothing behind", async () => {
  const folder = makeFolder();
  const error = await files.writeStream(path.join(folder, "new", "file"), failing()).catch(String);
  assert.match(String(error), "the stream broke");
  assert.equal(readdirSync(path.join(folder, "new")), []);
});

test("and what was there before as it was", async () => {
  const folder = makeFolder({ file: "before" });
  await files.writeStream(path.join(folder, "file"), failing()).catch(String);
  assert.equal(readdirSync(folder), ["file"]);
  assert.is(readFileSync(path.join(folder, "file"), "utf8"), "before");
});

test("writing takes the place of what was there, folders and all", async () => {
  const folder = makeFolder({ "deep/file": "before" });
  await files.writeAtomically(path.join(folder, "deep/file"), "after é");
  await files.writeAtomically(path.join(folder, "other/new"), Uint8Array.of(1, 2));
  assert.is(await files.readText(path.join(folder, "deep/file")), "after é");
  assert.equal([...(await files.readBytes(path.join(folder, "other/new")))], [1, 2]);
  assert.equal(readdirSync(path.join(folder, "deep")), ["file"]);
});

test("what is added stands behind what was there", async () => {
  const file = path.join(makeFolder({ file: "before\n" }), "file");
  await files.append(file, "é\n");
  await files.append(`${file}-new`, "first");
  assert.is(readFileSync(file, "utf8"), "before\né\n");
  assert.is(readFileSync(`${file}-new`, "utf8"), "first");
});

test("two who write at once: one of them wins whole", async () => {
  const file = path.join(makeFolder(), "file");
  const texts = ["a", "b", "c"].map((letter) => letter.repeat(100_000));
  await Promise.all(texts.map((text) => files.writeAtomically(file, text)));
  assert.ok(texts.includes(readFileSync(file, "utf8")));
});

test("removing what is not there, and what is full", async () => {
  const folder = makeFolder({ "a/b/c": "x" });
  await files.remove(path.join(folder, "none"));
  await files.remove(path.join(folder, "a"));
  assert.not(existsSync(path.join(folder, "a")));
});

test("modes", async () => {
  const folder = makeFolder({ file: "x" });
  const file = path.join(folder, "file");
  await files.setMode(file, 0o755);
  assert.is(statSync(file).mode & 0o777, 0o755);
});

test("a temporary folder is new and nobody else's", async () => {
  const parent = path.join(makeFolder(), "not", "there");
  const [one, other] = await Promise.all([
    files.makeTemporaryDirectory(parent, "x-"),
    files.makeTemporaryDirectory(parent, "x-"),
  ]);
  assert.is.not(one, other);
  assert.is(statSync(one).mode & 0o777, 0o700);
});

test("errors are Node's own", async () => {
  const folder = makeFolder({ "locked/file": "x" });
  const code = await files.readText(path.join(folder, "none")).catch((error) => error.code);
  assert.is(code, "ENOENT");
  chmodSync(path.join(folder, "locked"), 0o755);
});

test("there is room, and less of it than of everything", async () => {
  const [free, total] = [await files.freeBytes(makeFolder()), await files.totalBytes(makeFolder())];
  assert.ok(free > 0 && free < total, `${free} of ${total}`);
});

test("the names in a folder, sorted; none where there is no folder", async () => {
  const folder = makeFolder({ b: "", "a/c": "", B: "" });
  assert.equal(await files.list(folder), ["B", "a", "b"]);
  for (const nothing of ["none", "b"]) assert.equal(await files.list(path.join(folder, nothing)), []);
});

test("a file is touched unless it is young, and a time of the future is never young", async () => {
  const file = path.join(makeFolder({ file: "x" }), "file");
  const agoSeconds = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;
  for (const [seconds, isTouched] of [
    [100, false],
    [1000, true],
    [-100, true],
  ] as const) {
    utimesSync(file, agoSeconds(seconds), agoSeconds(seconds));
    await files.touch(file, 500_000);
    assert.is(Math.abs(Date.now() - statSync(file).mtimeMs) < 50_000, isTouched, `${seconds} s ago`);
  }
});

/** Bytes, a file, nothing, an empty file and more bytes: `<12345678>x`. */
function makeParts() {
  const folder = makeFolder({ file: "12345678", empty: "" });
  const parts: readonly Part[] = [
    { bytes: Buffer.from("<") },
    { file: path.join(folder, "file"), size: 8 },
    { bytes: new Uint8Array() },
    { file: path.join(folder, "empty"), size: 0 },
    { bytes: Buffer.from(">x") },
  ];
  return { parts, folder };
}

const WHOLE = "<12345678>x";

test("a content of parts, from any place in it", async () => {
  const { parts } = makeParts();
  for (let start = 0; start <= WHOLE.length; start += 1) {
    assert.is(String(await bytesOf(files.readParts(parts, start))), WHOLE.slice(start), `from ${start}`);
  }
  assert.is(String(await bytesOf(files.readParts(parts))), WHOLE);
  assert.equal(await files.digestParts(parts), { digest: digestOf(WHOLE), size: WHOLE.length });
});

test("a part that is longer than a chunk is read from its middle", async () => {
  const text = "0123456789".repeat(300_000);
  const { parts, folder } = makeParts();
  writeInto(folder, "large", text);
  const all = [...parts, { file: path.join(folder, "large"), size: text.length }];
  const start = WHOLE.length + 1_500_007;
  assert.is(String(await bytesOf(files.readParts(all, start))), text.slice(1_500_007));
});

for (const [what, changed] of [
  ["grew", "123456789"],
  ["shrank", "1234567"],
] as const) {
  test(`a file that ${what} since its content was planned is never passed off as it was`, async () => {
    const { parts, folder } = makeParts();
    assert.is((await files.digestParts(parts)).size, WHOLE.length);
    writeInto(folder, "file", changed);
    for (const act of [
      () => bytesOf(files.readParts(parts)),
      () => bytesOf(files.readParts(parts, 5)),
      () => files.digestParts(parts),
    ]) {
      const error = await act().catch((thrown: unknown) => thrown);
      assert.instance(error, PartChanged);
      assert.is((error as PartChanged).file, path.join(folder, "file"));
    }
  });
}

test("one with other bytes of that length has another digest, however soon it is asked for", async () => {
  const { parts, folder } = makeParts();
  for (const text of ["12345678", "abcdefgh", "12345678"]) {
    writeInto(folder, "file", text);
    assert.is((await files.digestParts(parts)).digest, digestOf(`<${text}>x`));
  }
});

test("a file that is gone has Node's own error", async () => {
  const { parts, folder } = makeParts();
  await files.remove(path.join(folder, "file"));
  for (const act of [() => bytesOf(files.readParts(parts)), () => files.digestParts(parts)]) {
    assert.is(await act().catch((error) => error.code), "ENOENT");
  }
});

test("nothing is opened before it is asked for, and what is not read is closed", async () => {
  const large = Buffer.alloc(1 << 20);
  const chunks = files.readParts([{ bytes: large }, { file: "/nowhere", size: 1 }]);
  for await (const chunk of chunks) {
    assert.is(chunk.length, large.length);
    break;
  }
});

test("small parts come together, in their order and with large ones between them", async () => {
  const folder = makeFolder({ small: "abc", large: "x".repeat(100_000) });
  const small = { file: path.join(folder, "small"), size: 3 };
  const large = { file: path.join(folder, "large"), size: 100_000 };
  const text = { bytes: Buffer.from("<>") };
  const chunks: string[] = [];
  for await (const chunk of files.readParts([text, small, large, small, text])) chunks.push(String(chunk));
  assert.is(chunks[0], "<>abc");
  assert.is(chunks.at(-1), "abc<>");
  assert.is(chunks.join(""), `<>abc${"x".repeat(100_000)}abc<>`);
});

test.run();
