import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Header, pack } from "tar-stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ArchiveStore, exportStore, importStore } from "../../src/caches/archive.ts";
import { createContentStore } from "../../src/caches/content-store.ts";
import { createLocalCache } from "../../src/caches/local.ts";
import { blobName, blobPlace, recordName } from "../../src/caches/places.ts";
import { writeRecord } from "../../src/caches/record.ts";
import { type Digest, digestOf } from "../../src/model/digest.ts";
import { makeHost } from "../fakes/host.ts";
import { makeOutput } from "../fakes/steps.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("archive of a cache");

function createStore(): ArchiveStore {
  const directory = path.join(makeFolder(), "cache");
  const { files } = makeHost();
  const store = createContentStore(directory, files);
  return {
    directory,
    files,
    store,
    cache: createLocalCache(directory, files),
    signal: AbortSignal.timeout(60_000),
  };
}

async function* chunksOf(...texts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

const keyOf = (name: string): Digest => digestOf(`key ${name}`);

function outputOf(name: string, contents: readonly string[]) {
  const files = contents.map((content) => ({
    path: `${name}/${contents.indexOf(content)}`,
    digest: digestOf(content),
    size: content.length,
    mode: 0o644,
  }));
  return { ...makeOutput(name), files };
}

async function record(to: ArchiveStore, name: string, contents: readonly string[]): Promise<void> {
  for (const content of contents) await to.store.write(chunksOf(content));
  await to.cache.put(keyOf(name), outputOf(name, contents));
}

const large = "x".repeat(5_000_001);

async function createExported() {
  const from = createStore();
  await record(from, "a", ["one", "", large]);
  await record(from, "b", ["one"]);
  await record(from, "nothing", []);
  const archive = path.join(makeFolder(), "cache.tar");
  return { from, archive, exported: await exportStore(archive, from) };
}

/** All files below a folder, with what is in them. */
function snapshot(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const places = names.map(({ parentPath, name }) => path.join(parentPath, name)).sort();
  return Object.fromEntries(
    places.map((place) => [path.relative(folder, place), digestOf(readFileSync(place))]),
  );
}

test("what one cache exports another has, byte for byte", async () => {
  const { from, archive, exported } = await createExported();
  assert.equal(exported, { records: 3, blobs: 3, left: 0 });
  const to = createStore();
  const imported = await importStore(to.files.readStream(archive), to);
  assert.equal(imported, { ok: true, value: exported, warnings: [] });
  assert.equal(snapshot(to.directory), snapshot(from.directory));
  assert.is(Object.keys(snapshot(to.directory)).length, 6);
});

test("the same cache gives the same archive, and any tar can read it", async () => {
  const { from, archive } = await createExported();
  const again = path.join(makeFolder(), "again.tar");
  await exportStore(again, from);
  assert.ok(readFileSync(archive).equals(readFileSync(again)));
  const folder = makeFolder();
  const result = await makeHost().processes.run({
    command: "/usr/bin/env",
    args: ["tar", "-xf", archive, "-C", folder],
    environment: { PATH: process.env.PATH ?? "" },
  });
  assert.is(result.exitCode, 0, result.stderr);
  assert.equal(snapshot(folder), snapshot(from.directory));
});

test("what is there already stays, the rest is added", async () => {
  const { archive } = await createExported();
  const to = createStore();
  await record(to, "b", ["one"]);
  await record(to, "mine", ["mine"]);
  assert.ok((await importStore(to.files.readStream(archive), to)).ok);
  for (const name of ["a", "b", "nothing", "mine"])
    assert.is(typeof (await to.cache.get(keyOf(name))), "object", name);
  assert.ok(await to.store.find(digestOf(large)));
});

test("a record without its files is left out, and so is one that is damaged", async () => {
  const from = createStore();
  await record(from, "a", ["one"]);
  await record(from, "b", ["two"]);
  await record(from, "c", ["three"]);
  writeFileSync(blobPlace(from.directory, digestOf("two")), "TWO");
  writeInto(from.directory, recordName(keyOf("c")), "{");
  const archive = path.join(makeFolder(), "cache.tar");
  assert.equal(await exportStore(archive, from), { records: 1, blobs: 1, left: 2 });
});

test("an archive that is cut anywhere gives no record without its files", async () => {
  const { archive } = await createExported();
  const { length } = readFileSync(archive);
  let refused = 0;
  for (const size of [length - 1025, length - 2000, length - 4000, length >> 1, 5000, 700, 100]) {
    truncateSync(archive, size);
    const to = createStore();
    const imported = await importStore(to.files.readStream(archive), to);
    if (!imported.ok) refused += 1;
    for (const [name, contents] of [["a", ["one", "", large]] as const, ["b", ["one"]] as const]) {
      if (typeof (await to.cache.get(keyOf(name))) === "string") continue;
      for (const content of contents) assert.ok(await to.store.find(digestOf(content)), `cut at ${size}`);
    }
  }
  assert.ok(refused >= 6, `only ${refused} were refused`);
});

test("an interrupt leaves no archive behind", async () => {
  const { from } = await createExported();
  const folder = makeFolder();
  const signal = AbortSignal.abort();
  assert.is(
    await exportStore(path.join(folder, "x.tar"), { ...from, signal }).catch(({ name }) => name),
    "AbortError",
  );
  assert.equal(readdirSync(folder), []);
});

type Member = Partial<Header> & { readonly name: string; readonly content?: string };

async function tarOf(members: readonly Member[]): Promise<Uint8Array> {
  const archive = pack();
  for (const { content = "", ...header } of members) {
    if (header.type === undefined) archive.entry(header, content);
    else archive.entry(header).end(undefined);
  }
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const good = { name: blobName(digestOf("good")), content: "good" };
const victim = recordName(keyOf("victim"));

const hostile: readonly (readonly [what: string, member: Member])[] = [
  ["a path that leads out", { name: "../outside", content: "x" }],
  ["a path that leads out of its folder", { name: "blobs/../../outside", content: "x" }],
  ["an absolute path", { name: `${makeFolder()}/outside`, content: "x" }],
  ["a link", { name: blobName(digestOf("x")), type: "symlink", linkname: "/etc/passwd" }],
  ["a hard link", { name: blobName(digestOf("x")), type: "link", linkname: "/etc/passwd" }],
  ["a device", { name: blobName(digestOf("x")), type: "character-device" }],
  ["a folder", { name: "steps/aa", type: "directory" }],
  ["a file of another kind", { name: "packages/a.json", content: "{}" }],
  ["a file in the cache's root", { name: "digests.json", content: "[]" }],
  ["a blob in another's folder", { name: `blobs/zz/${digestOf("x").slice(7)}`, content: "x" }],
  ["a blob with other bytes", { name: blobName(digestOf("x")), content: "y" }],
  ["a record that is none", { name: victim, content: "{}" }],
  ["a record of another key", { name: victim, content: writeRecord(keyOf("a"), outputOf("a", [])) }],
  [
    "a record that was changed by hand",
    {
      name: victim,
      content: writeRecord(keyOf("victim"), outputOf("a", [])).replace('"text":"a"', '"text":"b"'),
    },
  ],
  [
    "a record whose files would lie elsewhere",
    {
      name: victim,
      content: writeRecord(keyOf("victim"), {
        ...makeOutput("x"),
        files: [{ path: "../../outside", digest: digestOf("x"), size: 1, mode: 0o644 }],
      }),
    },
  ],
];

for (const [what, member] of hostile) {
  test(`refused: ${what}`, async () => {
    const to = createStore();
    const tar = await tarOf([good, member, { name: blobName(digestOf("after")), content: "after" }]);
    const imported = await importStore(chunksOf(tar), to);
    assert.equal(!imported.ok && imported.diagnostics.map(({ code }) => code), ["cache/bad-archive"]);
    assert.equal(readdirSync(path.dirname(to.directory)), ["cache"]);
    const written = Object.keys(snapshot(to.directory));
    assert.ok(written.includes(good.name));
    // Bytes under a wrong name are kept under their own, where they can do no harm.
    const others = written.filter((name) => name !== good.name && name !== blobName(digestOf("y")));
    assert.equal(others, []);
    assert.is(await to.cache.get(keyOf("victim")), "absent");
  });
}

for (const [what, bytes] of [
  ["text", Buffer.from("hello ".repeat(1000))],
  ["random bytes", Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 251))],
] as const) {
  test(`refused: ${what}`, async () => {
    const to = createStore();
    const imported = await importStore(chunksOf(bytes), to);
    assert.equal(!imported.ok && imported.diagnostics.map(({ code }) => code), ["cache/bad-archive"]);
  });
}

test("refused: a record too large to be one, before it is read", async () => {
  const to = createStore();
  const [header] = [(await tarOf([{ name: victim, content: "" }])).slice(0, 512)];
  // The size in octal, at byte 124; the sum of all bytes, taken with its own field blank, at byte 148.
  const huge = Buffer.from(header);
  huge.write("77777777777", 124, "ascii");
  huge.write("        ", 148, "ascii");
  const sum = huge.reduce((total, byte) => total + byte, 0);
  huge.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "ascii");
  let given = 0;
  const endless = async function* () {
    yield huge as Uint8Array;
    for (; given < 200; given += 1) yield Buffer.alloc(1 << 20);
  };
  const imported = await importStore(endless(), to);
  assert.match(String(!imported.ok && imported.diagnostics[0]?.message), "too large for a record");
  assert.ok(given < 20, `${given} MiB were read`);
});

test("a newer version's record is left out", async () => {
  const to = createStore();
  const tar = await tarOf([good, { name: victim, content: JSON.stringify({ format: 3 }) }]);
  const imported = await importStore(chunksOf(tar), to);
  assert.equal(imported.ok && imported.value, { records: 0, blobs: 1, left: 1 });
});

test.run();
