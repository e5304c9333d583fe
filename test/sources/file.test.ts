import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { SourceReference } from "../../src/model/source.ts";
import { fileSource } from "../../src/sources/file.ts";
import { makeReference, makeSourceContext } from "../fakes/source-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("file source");

const files = {
  "ridge.pkl": "ridge",
  "bert/config.json": "{}",
  "bert/weights/a.bin": "a",
  "bert/weights/b.bin": "b",
  "bert/.git/HEAD": "ref",
  "bert/.DS_Store": "x",
  "bert/.hidden": "h",
  "with space/é.pkl": "e",
  "[odd]/a.pkl": "odd",
  "empty/.git/HEAD": "x",
};

async function pathsOf(source: string, more: Partial<SourceReference> = {}): Promise<readonly string[]> {
  const context = makeSourceContext(makeFolder(files));
  const reference = fileSource.parse(makeReference(source, more));
  if (!reference.ok) return reference.diagnostics.map(({ code }) => code);
  const pinned = await fileSource.pin(reference.value, context);
  if (!pinned.ok) return pinned.diagnostics.map(({ code }) => code);
  const fetched = await fileSource.fetch(reference.value, pinned.value, context);
  if (!fetched.ok) return fetched.diagnostics.map(({ code }) => code);
  assert.equal(
    fetched.value.map((file) => file.path),
    pinned.value.paths,
  );
  return fetched.value.map(({ path: name, origin }) => `${name} ← ${origin}`);
}

type Row = readonly [source: string, more: Partial<SourceReference>, paths: readonly string[]];

const rows: readonly Row[] = [
  ["ridge.pkl", {}, ["ridge.pkl ← ridge.pkl"]],
  ["./ridge.pkl", {}, ["ridge.pkl ← ridge.pkl"]],
  ["file:ridge.pkl", {}, ["ridge.pkl ← ridge.pkl"]],
  ["with space/é.pkl", {}, ["é.pkl ← with space/é.pkl"]],
  [
    "bert",
    {},
    [
      "bert/.hidden ← bert/.hidden",
      "bert/config.json ← bert/config.json",
      "bert/weights/a.bin ← bert/weights/a.bin",
      "bert/weights/b.bin ← bert/weights/b.bin",
    ],
  ],
  ["bert/weights/", {}, ["weights/a.bin ← bert/weights/a.bin", "weights/b.bin ← bert/weights/b.bin"]],
  ["bert", { include: ["*.json"] }, ["bert/config.json ← bert/config.json"]],
  ["bert", { include: ["weights/**"], exclude: ["**/b.*"] }, ["bert/weights/a.bin ← bert/weights/a.bin"]],
  ["bert", { exclude: ["weights", "weights/**", ".*"] }, ["bert/config.json ← bert/config.json"]],
  ["bert/weights/*.bin", {}, ["a.bin ← bert/weights/a.bin", "b.bin ← bert/weights/b.bin"]],
  ["bert/**/*.bin", {}, ["weights/a.bin ← bert/weights/a.bin", "weights/b.bin ← bert/weights/b.bin"]],
  ["bert/*/{a,b}.bin", { exclude: ["**/b.bin"] }, ["weights/a.bin ← bert/weights/a.bin"]],
  ["[odd]/a.pkl", {}, ["a.pkl ← [odd]/a.pkl"]],
  ["none.pkl", {}, ["source/not-found"]],
  ["none/*.pkl", {}, ["source/not-found"]],
  ["bert/*.pkl", {}, ["source/empty"]],
  ["bert", { include: ["*.pkl"] }, ["source/empty"]],
  ["empty", {}, ["source/empty"]],
];

for (const [source, more, paths] of rows) {
  test(`${source} ${JSON.stringify(more)}`, async () => assert.equal(await pathsOf(source, more), paths));
}

const sha256Of = (text: string) => digestOf(text).slice("sha256:".length);

test("a file has to be the one that was promised", async () => {
  assert.equal(await pathsOf("ridge.pkl", { sha256: sha256Of("ridge") }), ["ridge.pkl ← ridge.pkl"]);
  assert.equal(await pathsOf("ridge.pkl", { sha256: sha256Of("other") }), ["source/digest-mismatch"]);
  assert.equal(await pathsOf("bert/*.json", { sha256: sha256Of("{}") }), ["config.json ← bert/config.json"]);
});

test("several files have no single digest", async () => {
  assert.equal(await pathsOf("bert", { sha256: sha256Of("{}") }), ["source/sha256-of-folder"]);
});

test("what was promised and what is there are told", async () => {
  const context = makeSourceContext(makeFolder(files));
  const pinned = await fileSource.pin(makeReference("ridge.pkl", { sha256: sha256Of("other") }), context);
  assert.equal(!pinned.ok && pinned.diagnostics[0]?.details, {
    expected: sha256Of("other"),
    actual: sha256Of("ridge"),
  });
});

test("the pin changes with the content, and with nothing else", async () => {
  const pin = async (folder: string) => fileSource.pin(makeReference("bert"), makeSourceContext(folder));
  const [one, same, other] = await Promise.all([
    pin(makeFolder(files)),
    pin(makeFolder(files)),
    pin(makeFolder({ ...files, "bert/weights/a.bin": "A" })),
  ]);
  assert.equal(one, same);
  assert.not.equal(one, other);
});

test("links to files are followed, links in a circle are not", async () => {
  const folder = makeFolder({ "real/a.bin": "a" });
  mkdirSync(path.join(folder, "model"));
  symlinkSync("../real/a.bin", path.join(folder, "model/linked.bin"));
  symlinkSync("../model", path.join(folder, "model/again"));
  symlinkSync("nowhere", path.join(folder, "model/dangling"));
  const pinned = await fileSource.pin(makeReference("model"), makeSourceContext(folder));
  assert.equal(pinned.ok && pinned.value.paths, ["model/linked.bin"]);
});

test("links to folders are followed, links out of the package are refused", async () => {
  const outer = makeFolder({ "package/model/a.bin": "a", "package/shared/b.bin": "b", "secret/c.bin": "c" });
  const folder = path.join(outer, "package");
  symlinkSync("../shared", path.join(folder, "model/shared"));
  const pin = async (source: string, more: Partial<SourceReference> = {}) => {
    const pinned = await fileSource.pin(makeReference(source, more), makeSourceContext(folder));
    return pinned.ok
      ? pinned.value.paths
      : pinned.diagnostics.map(({ code, message }) => `${code} ${message}`);
  };
  assert.equal(await pin("model"), ["model/a.bin", "model/shared/b.bin"]);
  symlinkSync("../../secret", path.join(folder, "model/out"));
  symlinkSync("../../secret/c.bin", path.join(folder, "model/c.txt"));
  const word = (link: string) =>
    `source/link-outside \`${link}\` is a link to a place outside the package's folder`;
  assert.equal(await pin("model"), [word("model/c.txt"), word("model/out")]);
  assert.equal(await pin("model/*.bin"), ["a.bin"]);
  assert.equal(await pin("model/**/*.bin"), [word("model/out")]);
  assert.equal(await pin("model/*/*.bin"), [word("model/out")]);
  assert.equal(await pin("model", { exclude: ["out", "c.txt"] }), ["model/a.bin", "model/shared/b.bin"]);
  assert.equal(await pin("model/c.txt"), [word("model/c.txt")]);
  assert.equal(await pin("model/out/*.bin"), [word("model/out")]);
});

test.run();
