import { existsSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createContentStore } from "../../src/caches/content-store.ts";
import { createLocalCache } from "../../src/caches/local.ts";
import { blobPlace, recordPlace } from "../../src/caches/places.ts";
import { type CacheOptions, cache } from "../../src/cli/commands/cache.ts";
import type { Session } from "../../src/cli/session.ts";
import { createNodeHost } from "../../src/host/node-host.ts";
import { digestOf } from "../../src/model/digest.ts";
import { makeOutput } from "../fakes/steps.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

const test = suite("the cache command");

function createCalls(workingDirectory = makeFolder()) {
  const cacheDirectory = path.join(workingDirectory, "cache");
  const host = createNodeHost({}, cacheDirectory, "a test");

  /** Calls the command, and gives its exit code, its data and its words. */
  async function call(action: CacheOptions["action"], more: Partial<CacheOptions> = {}, isJson = false) {
    const said = { data: "", words: "" };
    const session: Session = {
      options: {
        file: ["mlpackage.yaml"],
        profile: [],
        directory: ".",
        set: [],
        json: isJson,
        quiet: false,
        verbose: false,
        color: false,
        progress: "plain",
      },
      host,
      cacheDirectory,
      templatesDirectory: "",
      pageDirectory: "dist/page",
      runtimeDirectory: "",
      workingDirectory,
      signal: AbortSignal.timeout(60_000),
      writeData: (text) => {
        said.data += text;
      },
      onTold: () => {},
      terminal: {
        write: (text) => {
          said.words += text;
        },
        color: false,
        columns: () => 80,
        rows: () => 24,
      },
      screen: process.stderr,
      isTerminal: false,
      readInput: async () => new Uint8Array(),
      readVersion: async () => "0.0.0",
    } as Session;
    const code = await cache(session, { action, file: undefined, maximumSize: undefined, ...more });
    return { code, ...said };
  }

  const json = async (action: CacheOptions["action"], more: Partial<CacheOptions> = {}) =>
    JSON.parse((await call(action, more, true)).data);

  const store = createContentStore(cacheDirectory, host.files);
  const records = createLocalCache(cacheDirectory, host.files);
  async function fill(name: string, content: string): Promise<void> {
    const { digest, size } = await store.write(chunksOf(content));
    const output = { ...makeOutput(name), files: [{ path: "file", digest, size, mode: 0o644 }] };
    await records.put(digestOf(name), output);
  }
  return { call, json, fill, host, cacheDirectory, workingDirectory };
}

async function* chunksOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

const short = (name: string) => digestOf(name).slice("sha256:".length, 19);

test("ls: newest use first, with the steps that are known", async () => {
  const { call, json, fill, cacheDirectory } = createCalls();
  await fill("old", "x".repeat(5000));
  await fill("young", "y");
  utimesSync(recordPlace(cacheDirectory, digestOf("old")), 1_000_000_000, 1_000_000_000);
  const entry = { key: digestOf("old"), fingerprint: { inputs: {}, needs: {} }, output: makeOutput("old") };
  writeInto(cacheDirectory, "packages/p.json", JSON.stringify({ steps: { "fetch:m": entry } }));
  const { code, data } = await call("ls");
  assert.is(code, 0);
  const [first = "", second = ""] = data.split("\n");
  assert.ok(first.startsWith(short("young")), first);
  assert.ok(second.endsWith("fetch:m"), second);
  assert.match(second, new RegExp(`^${short("old")}  2001-09-09 01:46     5\\.\\d kB  fetch:m$`));
  const { records } = await json("ls");
  assert.equal(
    records.map(({ key, steps }: { key: string; steps: readonly string[] }) => [key, steps]),
    [
      [digestOf("young"), []],
      [digestOf("old"), ["fetch:m"]],
    ],
  );
});

test("ls: the package a step is of, where one of its steps knows it", async () => {
  const { json, fill, cacheDirectory } = createCalls();
  await fill("layer", "x");
  const steps = Object.fromEntries(
    [
      ["layer:ridge", {}],
      ["render", { name: "diabetes" }],
    ].map(([id, inputs]) => [
      id,
      { key: digestOf("layer"), fingerprint: { inputs, needs: {} }, output: makeOutput("layer") },
    ]),
  );
  writeInto(cacheDirectory, "packages/p.json", JSON.stringify({ steps }));
  const { records } = await json("ls");
  assert.equal(records[0].steps, ["diabetes layer:ridge", "diabetes render"]);
});

test("of an empty cache, or none", async () => {
  for (const action of ["ls", "du", "verify", "gc", "clear"] as const) {
    const { call, json } = createCalls();
    assert.is((await call(action)).code, 0, action);
    assert.type(await json(action), "object");
  }
});

test("du: bytes of each kind, and the limit", async () => {
  const { call, json, fill, cacheDirectory } = createCalls();
  await fill("a", "x".repeat(5000));
  writeInto(cacheDirectory, "quarantine/record-1/x.json", "1234567");
  const { bytes } = await json("du");
  assert.equal([bytes.contents, bytes.quarantine], [5000, 7]);
  assert.ok(bytes.records > 200 && bytes.limit > 1e6);
  assert.match((await call("du")).data, /^contents {6,}5\.0 kB$/m);
});

test("verify: what is damaged is told, put aside and gone the next time", async () => {
  const { call, json, fill, cacheDirectory } = createCalls();
  for (const name of ["a", "b", "c"]) await fill(name, `content of ${name}`);
  assert.equal(await json("verify"), { records: 3, contents: 3, bytes: await total(json), damaged: [] });
  writeFileSync(blobPlace(cacheDirectory, digestOf("content of a")), "content of A");
  writeFileSync(recordPlace(cacheDirectory, digestOf("b")), "{");
  const { code, words } = await call("verify");
  assert.is(code, 1);
  assert.match(words, `record ${short("b")} in the cache is damaged`);
  assert.match(words, `content ${short("content of a")} in the cache is damaged`);
  assert.match(words, "3 records and 3 contents read");
  assert.match(words, "2 damaged");
  const again = await call("verify");
  assert.is(again.code, 0);
  assert.match(again.words, "2 records and 2 contents read");
});

async function total(json: ReturnType<typeof createCalls>["json"]): Promise<number> {
  const { bytes } = await json("du");
  return bytes.records + bytes.contents;
}

test("verify: a large content is read, whatever is remembered of it", async () => {
  const folder = makeFolder();
  const content = "x".repeat(1 << 20);
  await createCalls(folder).fill("a", content);
  // Another process, which remembers what the first one left.
  const { call, host, cacheDirectory } = createCalls(folder);
  const place = blobPlace(cacheDirectory, digestOf(content));
  writeFileSync(place, "y".repeat(1 << 20));
  const { dev, ino, size, mode, mtimeNs, ctimeNs } = (await import("node:fs")).statSync(place, {
    bigint: true,
  });
  const identity = [dev, ino, size, mode, mtimeNs, ctimeNs].join(" ");
  writeInto(
    cacheDirectory,
    "digests.json",
    JSON.stringify([[place, { identity, digest: digestOf(content) }]]),
  );
  assert.is((await host.files.digest(place)).digest, digestOf(content));
  assert.is((await call("verify")).code, 1);
});

test("gc: a size that is none is refused", async () => {
  const { code, words } = await createCalls().call("gc", { maximumSize: "a lot" });
  assert.is(code, 64);
  assert.match(words, /error\[cli\/bad-size\].*`a lot` is not a size/);
});

test("gc: says what it removed", async () => {
  const { call, json, fill, cacheDirectory } = createCalls();
  await fill("a", "x".repeat(5000));
  utimesSync(recordPlace(cacheDirectory, digestOf("a")), 1_000_000_000, 1_000_000_000);
  const { code, words } = await call("gc", { maximumSize: "0" });
  assert.is(code, 0);
  // Its content was written just now: a run may be about to need it.
  assert.match(words, "removed 1 record, 0 contents, 0 leftovers:");
  assert.match(words, "5.0 kB left");
  assert.is((await json("gc", { maximumSize: "1TB" })).records, 0);
});

test("clear: all that can be made again goes, the manifests stay", async () => {
  const { call, fill, cacheDirectory } = createCalls();
  await fill("a", "x");
  for (const name of ["packages/p.json", "digests.json", "quarantine/x/y"])
    writeInto(cacheDirectory, name, "{}");
  assert.is((await call("clear")).code, 0);
  assert.equal(
    readdirSync(cacheDirectory).filter((name) => !["incoming", "locks"].includes(name)),
    ["packages"],
  );
});

test("clear: not while another run is at work, and it says which", async () => {
  const { call, fill, cacheDirectory } = createCalls();
  await fill("a", "x");
  const { execa } = await import("execa");
  const script = `
    import { createNodeHost } from ${JSON.stringify(path.resolve(import.meta.dirname, "../../src/host/node-host.ts"))};
    await createNodeHost({}, ${JSON.stringify(cacheDirectory)}, "apply in /work/x").locks.acquire("abc", {});
    console.log("held");
    setInterval(() => {}, 1000);
  `;
  const other = execa("node", ["--import", "tsx", "--input-type=module", "--eval", script], {
    reject: false,
  });
  await new Promise((resolve) => other.stdout.once("data", resolve));
  const { code, words } = await call("clear");
  assert.is(code, 1);
  assert.match(words, new RegExp(`process ${other.pid} on .* is using the cache: apply in /work/x`));
  assert.ok(existsSync(recordPlace(cacheDirectory, digestOf("a"))));
  other.kill("SIGKILL");
  await other;
  assert.is((await call("clear")).code, 0, "the dead hold nothing");
});

test("export and import, to another cache", async () => {
  const [from, to] = [createCalls(), createCalls()];
  await from.fill("a", "content");
  const exported = await from.call("export", { file: "out.tar" });
  assert.is(exported.code, 0, exported.words);
  assert.match(exported.words, "exported 1 record and 1 content\n");
  const file = path.join(from.workingDirectory, "out.tar");
  const imported = await to.json("import", { file });
  assert.equal(imported, { imported: { file, records: 1, contents: 1, left: 0 } });
  assert.is((await to.call("verify")).code, 0);
  assert.equal((await to.json("ls")).records.length, 1);
});

for (const [what, action, file, code] of [
  ["no file to export to", "export", undefined, 64],
  ["no file to import from", "import", undefined, 64],
  ["a file that is not there", "import", "none.tar", 64],
  ["a file that is no archive", "import", "bad.tar", 1],
] as const) {
  test(`refused: ${what}`, async () => {
    const { call, workingDirectory } = createCalls();
    writeInto(workingDirectory, "bad.tar", "not a tar ".repeat(200));
    const refused = await call(action, { file });
    assert.is(refused.code, code, refused.words);
    assert.match(refused.words, /error\[(cli|cache)\/(no|bad)-archive\]/);
  });
}

test("an action takes nothing that it has no use for, and does nothing then", async () => {
  const { call, fill } = createCalls();
  await fill("a", "x");
  for (const more of [{ file: "foo" }, { maximumSize: "5GB" }]) {
    const { code, words } = await call("clear", more);
    assert.is(code, 64);
    assert.match(words, "error[cli/excess-argument]");
  }
  assert.match((await call("ls")).data, short("a"));
});

test("an export replaces an export, and nothing else", async () => {
  const { call, fill, workingDirectory } = createCalls();
  await fill("a", "x");
  for (let round = 0; round < 2; round += 1) assert.is((await call("export", { file: "cache.tar" })).code, 0);
  writeInto(workingDirectory, "notes.txt", "mine");
  for (const file of ["notes.txt", ".", "/dev/null"]) {
    const { code, words } = await call("export", { file });
    assert.is(code, 64);
    assert.match(words, `error[cli/place-taken]: \`${file}\` `);
  }
});

test.run();
