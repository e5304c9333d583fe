import { readFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import { findLfsRepository } from "../../src/model/git-lfs.ts";
import type { Result } from "../../src/model/result.ts";
import type { SourceReference } from "../../src/model/source.ts";
import { fileSource } from "../../src/sources/file.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { makeReference, makeSourceContext } from "../fakes/source-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { readCase } from "../read-case.ts";
import { type LfsServer, oidOf, pointerOf, startGitLfs } from "../rig/servers/git-lfs.ts";

const test = suite("pointers in the file source");

const ridge = Buffer.from("the weights of ridge");
const large = Buffer.alloc(300_000, "w");

function configOf(remote: string): string {
  return `[core]\n\tbare = false\n[remote "origin"]\n\turl = ${remote}\n\tfetch = +refs/heads/*\n`;
}

async function ask(
  files: Readonly<Record<string, string | Uint8Array>>,
  source: string,
  more: Partial<SourceReference> = {},
) {
  const clock = createManualClock();
  const context = makeSourceContext(makeFolder(files), { clock, random: () => 1 });
  const reference = makeReference(source, more);
  const pinned = await fileSource.pin(reference, context);
  const fetched = pinned.ok ? await fileSource.fetch(reference, pinned.value, context) : pinned;
  return { pinned, fetched, context };
}

async function serve(served: Partial<LfsServer>, source = "models/ridge.pkl", files = {}) {
  const server = await startGitLfs({ contents: [ridge, large], ...served });
  const all = {
    ".git/config": configOf(server.remote),
    "models/ridge.pkl": pointerOf(ridge),
    "models/large.bin": pointerOf(large),
    "models/here.txt": "here",
    ...files,
  };
  return { server, ...(await ask(all, source)) };
}

function told(result: Result<unknown>): string {
  return result.ok
    ? "ok"
    : result.diagnostics.map(({ code, message, hint }) => `${code} ${message}; ${hint}`).join("\n");
}

const PULL = /`git lfs pull --include="models\/ridge\.pkl"`/;

test("a pointer is what it points to, in the store and nowhere else", async () => {
  const { server, pinned, fetched, context } = await serve({}, "models");
  assert.is(told(fetched), "ok");
  assert.ok(pinned.ok && fetched.ok);
  assert.equal(
    fetched.value.map(({ path: name, digest, size, origin }) => [name, digest, size, origin]),
    [
      ["models/here.txt", digestOf("here"), 4, "models/here.txt"],
      ["models/large.bin", digestOf(large), large.length, undefined],
      ["models/ridge.pkl", digestOf(ridge), ridge.length, undefined],
    ],
  );
  const place = (await context.store.find(digestOf(ridge))) ?? "";
  assert.equal(readFileSync(place), ridge);
  assert.is(readFileSync(path.join(context.directory, "models/ridge.pkl"), "utf8"), pointerOf(ridge));
  assert.is(server.batches.length, 1);
  assert.equal(
    server.headers.batch.map(({ authorization }) => authorization),
    [undefined],
  );
  assert.ok(server.headers.object.every(({ authorization }) => authorization === "RemoteAuth let-me-in"));
});

test("what is left out is not asked for, and a digest is that of the object", async () => {
  const server = await startGitLfs({ contents: [ridge] });
  const files = {
    ".git/config": configOf(server.remote),
    "m/a.bin": pointerOf(ridge),
    "m/b.bin": pointerOf(large),
  };
  const chosen = await ask(files, "m", { include: ["*.bin"], exclude: ["b.bin"] });
  assert.is(told(chosen.fetched), "ok");
  assert.equal(server.batches, [[{ oid: oidOf(ridge), size: ridge.length }]]);
  assert.is(told((await ask(files, "m/a.bin", { sha256: oidOf(ridge) })).fetched), "ok");
  assert.match(
    told((await ask(files, "m/a.bin", { sha256: oidOf("x") })).pinned),
    /^source\/digest-mismatch/,
  );
});

for (const status of [401, 403, 404]) {
  test(`a server that says ${status} is not told who we are; the command is told`, async () => {
    for (const served of [{ status }, { objectStatus: status }]) {
      const { fetched } = await serve(served);
      assert.match(told(fetched), /^source\/git-lfs-refused/);
      assert.match(told(fetched), PULL);
    }
  });
}

test("an object that the server does not have", async () => {
  const { fetched } = await serve({ contents: [] });
  assert.match(told(fetched), /^source\/git-lfs-object .*\(404\): Object does not exist/);
  assert.match(told(fetched), PULL);
});

test("other bytes and other sizes are refused, and nothing is kept", async () => {
  const sameSize = Buffer.alloc(ridge.length, "x");
  const wrong = await serve({ wrong: { [oidOf(ridge)]: sameSize } });
  assert.match(told(wrong.fetched), /^source\/digest-mismatch/);
  assert.is(await wrong.context.store.find(digestOf(sameSize)), undefined);
  const short = await serve({ wrong: { [oidOf(ridge)]: Buffer.from("x") } });
  assert.match(told(short.fetched), /^source\/wrong-size/);
  const other = await serve({ answer: (object) => ({ ...object, size: 7 }) });
  assert.match(told(other.fetched), /^source\/wrong-size/);
  assert.is(other.server.headers.object.length, 0);
});

for (const href of ["file:///etc/passwd", "ftp://h/x", "data:,x", "/relative", 7]) {
  test(`an object is never at ${href}`, async () => {
    const { fetched } = await serve({ answer: (object) => ({ ...object, actions: { download: { href } } }) });
    assert.match(told(fetched), /^source\/git-lfs-answer/);
  });
}

test("a header cannot break out of its line, and answers without objects are none", async () => {
  const header = { "X-A": "a\r\nX-B: b" };
  const download = { href: "http://127.0.0.1:1/x", header };
  const broken = await serve({ answer: (object) => ({ ...object, actions: { download } }) });
  assert.match(told(broken.fetched), /^source\/git-lfs-answer/);
  const silent = await serve({ answer: () => ({ oid: "0" }) });
  assert.match(told(silent.fetched), /^source\/git-lfs-answer/);
});

test("more than a hundred objects are asked for in several requests", async () => {
  const contents = Array.from({ length: 205 }, (_, index) => Buffer.from(`object ${index}`));
  const files = Object.fromEntries(contents.map((content, index) => [`many/${index}`, pointerOf(content)]));
  const { server, fetched } = await serve({ contents }, "many", files);
  assert.is(fetched.ok && fetched.value.length, 205);
  assert.equal(
    server.batches.map(({ length }) => length),
    [100, 100, 5],
  );
});

function localPlace(content: Buffer): string {
  const oid = oidOf(content);
  return `.git/lfs/objects/${oid.slice(0, 2)}/${oid.slice(2, 4)}/${oid}`;
}

test("what the clone has is taken from there, if it is right", async () => {
  const files = { ".git/HEAD": "x", "ridge.pkl": pointerOf(ridge), [localPlace(ridge)]: ridge };
  assert.is(told((await ask(files, "ridge.pkl")).fetched), "ok");
  const damaged = { ...files, [localPlace(ridge)]: Buffer.alloc(ridge.length, "x") };
  assert.match(told((await ask(damaged, "ridge.pkl")).fetched), /^source\/git-lfs-pointer/);
  const remote = await serve({}, "models/ridge.pkl", { [localPlace(ridge)]: ridge });
  assert.ok(remote.fetched.ok);
  assert.is(remote.server.batches.length, 0);
  const mended = await serve({}, "models/ridge.pkl", {
    [localPlace(ridge)]: Buffer.alloc(ridge.length, "x"),
  });
  assert.is(told(mended.fetched), "ok");
  assert.is(mended.server.batches.length, 1);
});

test("without a remote, and of what extensions made, the command is told", async () => {
  const files = { "models/ridge.pkl": pointerOf(ridge) };
  for (const more of [{}, { ".git/HEAD": "x" }, { ".git/config": configOf("/srv/models.git") }])
    assert.match(told((await ask({ ...files, ...more }, "models/ridge.pkl")).pinned), PULL);
  const extended = pointerOf(ridge).replace("oid", `ext-0-foo sha256:${oidOf("x")}\noid`);
  const { pinned } = await serve({}, "models/ridge.pkl", { "models/ridge.pkl": extended });
  assert.match(told(pinned), /^source\/git-lfs-pointer/);
});

const endpoints: readonly (readonly [config: string, recommended: string, endpoint: string | undefined])[] = [
  [configOf("https://example.com/a/b"), "", "https://example.com/a/b.git/info/lfs"],
  [configOf("https://me:secret@example.com:8443/a/b.git/"), "", "https://example.com:8443/a/b.git/info/lfs"],
  [configOf("git@example.com:a/b.git"), "", "https://example.com/a/b.git/info/lfs"],
  [configOf("ssh://git@example.com:2222/a/b.git"), "", "https://example.com/a/b.git/info/lfs"],
  [configOf("C:\\models"), "", undefined],
  [configOf("../models.git"), "", undefined],
  [configOf("file:///srv/models.git"), "", undefined],
  [configOf("https://a.example/b"), "[lfs]\n  url = https://lfs.example/c/", "https://lfs.example/c"],
  [
    `${configOf("https://a.example/b")}[lfs]\n url = "http://own/x"`,
    "[lfs]\nurl = http://no/y",
    "http://own/x",
  ],
  ["", '[lfs]\nurl = "git@example.com:a/b" ; ours', "https://example.com/a/b"],
];

for (const [config, recommended, endpoint] of endpoints) {
  test(`the endpoint of ${JSON.stringify(config + recommended)}`, async () => {
    const folder = makeFolder({ ".git/config": config, ".lfsconfig": recommended, "sub/package/a": "" });
    const { files } = makeSourceContext(folder).host;
    const found = await findLfsRepository(path.join(folder, "sub/package"), files);
    assert.equal([found?.endpoint, found?.prefix], [endpoint, "sub/package/"]);
  });
}

test("a worktree has the remote and the objects of its repository", async () => {
  const folder = makeFolder({
    "main/.git/config": configOf("https://example.com/a/b"),
    "main/.git/worktrees/w/commondir": "../..\n",
    "w/.git": "gitdir: ../main/.git/worktrees/w\n",
  });
  const found = await findLfsRepository(path.join(folder, "w"), makeSourceContext(folder).host.files);
  assert.is(found?.endpoint, "https://example.com/a/b.git/info/lfs");
});

test("what DVC keeps is fetched by DVC", async () => {
  const files = { "models/ridge.pkl.dvc": "outs:\n" };
  for (const source of ["models/ridge.pkl", "models/ridge.pkl.dvc"])
    assert.match(
      told((await ask(files, source)).pinned),
      /^source\/dvc-pointer .*`dvc pull models\/ridge\.pkl\.dvc`/,
    );
  assert.is(told((await ask({ ...files, "models/ridge.pkl": "here" }, "models/ridge.pkl")).fetched), "ok");
});

test("`validate` refuses no pointer that can be fetched, and asks nobody", async () => {
  const text = "name: demo\nmodels: [models/ridge.pkl, bert]\ninference: {command: [serve]}\n";
  const package_ = {
    "mlpackage.yaml": text,
    "models/ridge.pkl": pointerOf(ridge),
    "bert/a.bin": pointerOf(large),
    "bert/config.json": "{}",
  };
  const server = await startGitLfs({ contents: [] });
  assert.is(told(await readCase(makeFolder({ ...package_, ".git/config": configOf(server.remote) }))), "ok");
  assert.is(server.batches.length, 0);
  const without = told(await readCase(makeFolder(package_)));
  assert.match(without, PULL);
  assert.match(without, /config\/git-lfs-pointer `bert\/a\.bin`.*--include="bert\/a\.bin"/);
  const alone = {
    ...package_,
    "mlpackage.yaml":
      "name: demo\nmodels: [models/ridge.pkl]\nenvironment: {python: {requirements: [azureml-inference-server-http, scikit-learn]}}\n",
  };
  const served = told(await readCase(makeFolder({ ...alone, ".git/config": configOf(server.remote) })));
  assert.not.match(served, /git-lfs|no-script/);
});

test.run();
