import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readChannel } from "../../src/conda/read-channel.ts";
import { type SolveRequest, solve } from "../../src/conda/solve.ts";
import type { Host } from "../../src/model/host.ts";
import { startChannel } from "../fakes/conda-channel.ts";
import { makeCondaPackage } from "../fakes/conda-package.ts";
import { makeHost } from "../fakes/host.ts";
import { type Handler, startServer } from "../fakes/http-server.ts";

const test = suite("solving for packages of conda");

const packages = await Promise.all([
  makeCondaPackage({ name: "python", version: "3.11.2", depends: ["__glibc >=2.17", "zlib"] }),
  makeCondaPackage({ name: "python", version: "3.13.0", depends: ["__glibc >=2.35", "zlib"] }),
  makeCondaPackage({ name: "zlib", version: "1.2" }),
  makeCondaPackage({ name: "zlib", version: "1.3" }),
  makeCondaPackage({ name: "pure", noarch: "python", depends: ["python"] }),
  makeCondaPackage({ name: "gpu", depends: ["__cuda >=12"] }),
]);

const host: Host = makeHost({ clock: { ...makeHost().clock, sleep: async () => {} } });
const { signal } = new AbortController();

function ask(channels: readonly string[], specs: readonly string[], more: Partial<SolveRequest> = {}) {
  const read = (url: string) => readChannel(url, { host, signal });
  return solve({ channels, specs, platform: "linux/amd64", read, signal, ...more });
}

async function filesOf(asked: ReturnType<typeof ask>): Promise<readonly string[]> {
  const solved = await asked;
  if (!solved.ok) throw new Error(JSON.stringify(solved.diagnostics));
  return solved.value.map(({ url }) => url.slice(url.lastIndexOf("/") + 1));
}

async function refusal(asked: ReturnType<typeof ask>) {
  const solved = await asked;
  if (solved.ok) throw new Error("it was solved");
  const [first] = solved.diagnostics;
  if (first === undefined) throw new Error("it failed without a reason");
  return first;
}

const plain = await startChannel();
const compressed = await startChannel({ isCompressed: true });
plain.offer(...packages);
compressed.offer(...packages);

for (const [what, { address }] of [
  ["a plain list", plain],
  ["a compressed list", compressed],
] as const)
  test(`${what}: the newest that fit the machine, with their digests`, async () => {
    const solved = await ask([address], ["pure"]);
    if (!solved.ok) throw new Error(JSON.stringify(solved.diagnostics));
    const [pure, python, zlib] = [packages[4], packages[0], packages[3]];
    assert.equal(
      solved.value,
      [pure, python, zlib].map((made) => ({
        name: made?.record.name,
        url: `${address}/${made?.subdir}/${made?.file}`,
        digest: `sha256:${made?.record.sha256}`,
        size: made?.bytes.length,
      })),
    );
  });

test("of a package that several channels have as it is asked for, that of the first is taken", async () => {
  const first = await startChannel();
  first.offer(await makeCondaPackage({ name: "zlib", version: "1.0" }));
  assert.equal(await filesOf(ask([first.address, plain.address], ["zlib"])), ["zlib-1.0-0.conda"]);
  assert.equal(await filesOf(ask([plain.address, first.address], ["zlib"])), ["zlib-1.3-0.conda"]);
  assert.equal(await filesOf(ask([first.address, plain.address], ["zlib>1"])), ["zlib-1.3-0.conda"]);
});

test("of a package that must come from a channel, others offer nothing, in whichever form their list is", async () => {
  for (const isCompressed of [false, true]) {
    const own = await startChannel({ isCompressed });
    own.offer(await makeCondaPackage({ name: "zlib", version: "1.0" }));
    const from = { zlib: [own.address] };
    for (const { address } of [plain, compressed])
      assert.equal(await filesOf(ask([address, own.address], ["zlib", "python"], { from })), [
        "python-3.11.2-0.conda",
        "zlib-1.0-0.conda",
      ]);
    const none = await refusal(ask([plain.address, own.address], ["zlib>1"], { from }));
    assert.is(none.code, "conda/unsolvable");
  }
});

test("where the solver panics, that is told in words, and none of its own reach the terminal", async () => {
  const written: string[] = [];
  const write = process.stderr.write;
  process.stderr.write = (text) => written.push(String(text)) > 0;
  try {
    const broken = await refusal(ask([plain.address], ["conda-forge::zlib"]));
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.is(broken.code, "conda/unsolvable");
    assert.match(broken.excerpt?.join("\n") ?? "", "the solver has broken down");
  } finally {
    process.stderr.write = write;
  }
  assert.equal(written, []);
});

test("what cannot be had is told in the solver's words", async () => {
  const none = await refusal(ask([plain.address], ["python=3.12"]));
  assert.is(none.code, "conda/unsolvable");
  assert.match(none.excerpt?.join("\n") ?? "", "python");
  assert.match((await refusal(ask([plain.address], ["gpu"]))).excerpt?.join("\n") ?? "", "__cuda");
  assert.is(
    (await refusal(ask([plain.address], ["zlib"], { platform: "linux/mips64" }))).code,
    "conda/no-platform",
  );
});

async function channelOf(handler: Handler): Promise<string> {
  return (await startServer(handler)).url;
}

const listing = (records: object) => JSON.stringify({ info: {}, packages: {}, "packages.conda": records });
const listed = (text: string) =>
  channelOf(({ url = "" }, response) => {
    if (url.endsWith("/repodata.json")) response.end(text);
    else response.writeHead(404).end();
  });

const RECORD = { name: "a", version: "1", build: "0", build_number: 0, depends: [], subdir: "linux-64" };
const SHA256 = "0".repeat(64);

for (const [what, text, code] of [
  ["no JSON", "{", "conda/unsolvable"],
  ["no digest", listing({ "a-1-0.conda": { ...RECORD, size: 1 } }), "conda/no-digest"],
  [
    "an address with a secret",
    JSON.stringify({
      info: { base_url: "https://me:secret@evil.example/" },
      packages: {},
      "packages.conda": { "a-1-0.conda": { ...RECORD, sha256: SHA256, size: 1 } },
      repodata_version: 2,
    }),
    "conda/no-digest",
  ],
  [
    "the old format",
    JSON.stringify({ packages: { "a-1-0.tar.bz2": { ...RECORD, sha256: SHA256, size: 1 } } }),
    "conda/old-format",
  ],
] as const)
  test(`a list with ${what}: an error, and the program goes on`, async () => {
    assert.is((await refusal(ask([await listed(text)], ["a"]))).code, code);
  });

test("whoever interrupts need not wait for a channel that says nothing", async () => {
  const silent = await channelOf(() => {});
  const interrupt = new AbortController();
  const read = (url: string) => readChannel(url, { host, signal: interrupt.signal });
  const asked = ask([silent], ["a"], { read, signal: interrupt.signal });
  setTimeout(() => interrupt.abort(new Error("interrupted")), 200);
  const fault: unknown = await asked.then(
    () => undefined,
    (error) => error,
  );
  assert.is((fault as Error).message, "interrupted");
});

test.run();
