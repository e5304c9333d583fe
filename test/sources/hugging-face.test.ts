import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { Result } from "../../src/model/result.ts";
import type { SourceReference } from "../../src/model/source.ts";
import { huggingFaceSource } from "../../src/sources/hugging-face.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { makeReference, makeSourceContext } from "../fakes/source-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { type HubOptions, type HubRepository, startHub } from "../rig/servers/hugging-face.ts";

const test = suite("hugging face source");

const TOKEN = "hf_abcdefghijklmnopqrstuvwxyz";
const weights = Buffer.alloc(1 << 20, "weights ");
const repository: HubRepository = {
  files: {
    "config.json": Buffer.from('{"layers": 2}'),
    "model.bin": weights,
    "onnx/model.onnx": Buffer.from("onnx"),
    "onnx/deep/vocab.txt": Buffer.from("a b c"),
  },
  revisions: ["v1.0", "feature/one", "refs/pr/7"],
};

/** A hub with `org/repo`, and a source that asks it; nobody waits for the pauses between attempts. */
async function serve(
  more: Partial<HubRepository> = {},
  options: HubOptions = {},
  environment: Readonly<Record<string, string>> = {},
) {
  const hub = await startHub(
    {
      "org/repo": { ...repository, ...more },
      "datasets/org/data": { files: { "a.csv": Buffer.from("1,2") } },
    },
    { tokens: [TOKEN], ...options },
  );
  const home = makeFolder();
  const clock = createManualClock();
  const makeContext = (variables: Readonly<Record<string, string>> = {}) =>
    makeSourceContext(makeFolder(), {
      clock,
      random: () => 1,
      environment: { HOME: home, HF_ENDPOINT: hub.url, ...environment, ...variables },
    });
  const context = makeContext();
  const pin = (source: string, chosen: Partial<SourceReference> = {}, inContext = context) =>
    huggingFaceSource.pin(makeReference(source, chosen), inContext);
  const fetch = async (source: string, chosen: Partial<SourceReference> = {}, inContext = context) => {
    const pinned = await pin(source, chosen, inContext);
    return pinned.ok
      ? huggingFaceSource.fetch(makeReference(source, chosen), pinned.value, inContext)
      : pinned;
  };
  return { hub, home, clock, context, makeContext, pin, fetch, commit: hub.commitOf("org/repo") };
}

function codes(result: Result<unknown>): string {
  return result.ok ? "ok" : result.diagnostics.map(({ code }) => code).join(" ");
}

function namesIn(result: Result<readonly { readonly path: string }[]>): string {
  return result.ok ? result.value.map((file) => file.path).join(" ") : codes(result);
}

for (const [source, code] of [
  ["hf://org/repo", "ok"],
  ["hf://models/org/repo", "ok"],
  ["hf://datasets/org/repo@v1/data/a.csv", "ok"],
  ["hf://org/repo@feature%2Fone/onnx", "ok"],
  ["hf://org/repo@refs/pr/7/onnx", "ok"],
  ["hf://org/repo/file@1.txt", "ok"],
  ["hf://org/repo/", "ok"],
  ["hf://repo", "source/not-a-repository"],
  ["hf://datasets/repo", "source/not-a-repository"],
  ["hf://org/re--po", "source/not-a-repository"],
  ["hf://org/..", "source/not-a-repository"],
  ["hf://org/repo@", "source/not-a-repository"],
  ["hf://org/repo@a%2F..%2Fb", "source/not-a-repository"],
  ["hf://org/repo@%zz", "source/not-a-repository"],
  ["hf://org/repo/a/../b", "source/not-a-repository"],
  ["hf://org/repo/a//b", "source/not-a-repository"],
  ["hf://org/repo?download=true", "source/not-a-repository"],
  [`hf://${TOKEN}@org/repo`, "source/credentials-in-url"],
  ["hf://ada:secret@org/repo", "source/credentials-in-url"],
  [`hf://org/repo@${TOKEN}`, "source/credentials-in-url"],
  ["hf://org/repo?token=secret", "source/credentials-in-url"],
] as const) {
  test(`parse ${source}`, () => {
    const parsed = huggingFaceSource.parse(makeReference(source));
    assert.is(codes(parsed), code);
    const told = parsed.ok ? "" : JSON.stringify(parsed.diagnostics);
    assert.not.match(told, /secret|hf_abc/);
    assert.ok(parsed.ok || parsed.diagnostics[0]?.hint);
  });
}

test("a branch is pinned to its commit, large files by SHA-256, small ones by what Git calls them", async () => {
  const { pin, commit, hub } = await serve();
  const pinned = await pin("hf://org/repo", { include: ["*.*"] });
  assert.equal(pinned.ok && pinned.value, {
    scheme: "hf",
    identity: {
      revision: { commit },
      files: {
        "config.json": { size: 13, version: "56ba9283acfa5b9d205a78bef5e1cc2b1b00c022" },
        "model.bin": { digest: digestOf(weights), size: weights.length },
      },
    },
    paths: ["config.json", "model.bin"],
  });
  assert.equal(hub.requests, [
    "GET /api/models/org/repo/revision/main?expand=sha",
    `GET /api/models/org/repo/tree/${commit}?recursive=true&expand=false`,
  ]);
});

test("the files come at the commit, large ones from where the hub sends us on to", async () => {
  const { fetch, context, hub, commit } = await serve();
  const fetched = await fetch("hf://org/repo");
  assert.is(namesIn(fetched), "config.json model.bin onnx/deep/vocab.txt onnx/model.onnx");
  const place = await context.store.find(digestOf(weights));
  assert.ok(place !== undefined && weights.equals(readFileSync(place)));
  assert.ok(hub.requests.includes(`GET /org/repo/resolve/${commit}/onnx/deep/vocab.txt`));
  assert.is(hub.largeRequests.length, 1);
});

for (const [source, names] of [
  ["hf://org/repo/onnx", "deep/vocab.txt model.onnx"],
  ["hf://org/repo/onnx/", "deep/vocab.txt model.onnx"],
  ["hf://org/repo/onnx/model.onnx", "model.onnx"],
  ["hf://org/repo@v1.0/config.json", "config.json"],
  ["hf://org/repo@feature%2Fone/config.json", "config.json"],
  ["hf://org/repo@refs/pr/7/config.json", "config.json"],
  ["hf://datasets/org/data", "a.csv"],
  ["hf://datasets/org/data/a.csv", "a.csv"],
  ["hf://org/repo/nothing", "source/no-such-path"],
  ["hf://org/repo/config", "source/no-such-path"],
  ["hf://org/repo@v2.0", "source/no-such-revision"],
  ["hf://org/repo@0123456789012345678901234567890123456789", "source/no-such-revision"],
  ["hf://org/other", "source/no-such-repository"],
  ["hf://org/data", "source/no-such-repository"],
] as const) {
  test(`${source} is ${names}`, async () => {
    const { fetch } = await serve();
    const fetched = await fetch(source);
    assert.is(namesIn(fetched), names);
    assert.ok(fetched.ok || fetched.diagnostics[0]?.hint);
  });
}

test("a commit in the reference is not asked about", async () => {
  const { pin, commit, hub } = await serve();
  assert.is(codes(await pin(`hf://org/repo@${commit}`)), "ok");
  assert.equal(
    hub.requests.map((one) => one.replace(/\?.*/, "")),
    [`GET /api/models/org/repo/tree/${commit}`],
  );
});

test("a long list comes in pages", async () => {
  const { pin, hub } = await serve({}, { pageSize: 2 });
  const pinned = await pin("hf://org/repo");
  assert.is(pinned.ok && pinned.value.paths.length, 4);
  assert.equal(hub.requests.filter((one) => one.includes("/tree/")).length, 3);
});

test("a list that broke off is gone on with where it was", async () => {
  let failed = false;
  const { pin, hub } = await serve(
    {},
    {
      pageSize: 2,
      instead: ({ url = "" }) => {
        if (failed || !url.includes("cursor=4")) return undefined;
        failed = true;
        return { status: 429, headers: { ratelimit: '"api";r=0;t=55' } };
      },
    },
  );
  const pinned = await pin("hf://org/repo");
  assert.is(pinned.ok && pinned.value.paths.length, 4);
  const asked = hub.requests.filter((one) => one.includes("/tree/")).map((one) => /cursor=\d/.exec(one)?.[0]);
  assert.equal(asked, [undefined, "cursor=2", "cursor=4", "cursor=4"]);
});

for (const [what, nextPage] of [
  ["leads to another host", () => "https://models.example.com/next"],
  ["leads to no address", () => "http://"],
  ["leads back", () => "?recursive=true&expand=false"],
] as const) {
  test(`a list whose next page ${what} is refused, and nobody is told who we are`, async () => {
    const { pin, hub } = await serve({}, { pageSize: 2, nextPage }, { HF_TOKEN: TOKEN });
    assert.is(codes(await pin("hf://org/repo")), "source/bad-listing");
    assert.is(hub.requests.filter((one) => one.includes("/tree/")).length, 1);
  });
}

for (const [what, body] of [
  ["a page for people", "<html>log in</html>"],
  ["no list", '{"sha": "1"}'],
  ["an entry without a path", '[{"type": "file", "size": 1, "oid": "1"}]'],
  ["a digest that is none", '[{"type": "file", "path": "a", "size": 1, "oid": "1", "lfs": {"oid": "x"}}]'],
  ["a size that is none", '[{"type": "file", "path": "a", "size": -1, "oid": "1"}]'],
] as const) {
  test(`a list that is ${what} is none`, async () => {
    const instead: HubOptions["instead"] = ({ url = "" }) =>
      url.includes("/tree/") ? { status: 200, body } : undefined;
    const { pin } = await serve({}, { instead });
    assert.is(codes(await pin("hf://org/repo")), "source/bad-listing");
  });
}

test("a name that leads out of the model is refused", async () => {
  const { pin } = await serve({ files: { "../outside": Buffer.from("x") } });
  assert.is(codes(await pin("hf://org/repo")), "source/unsafe-name");
});

test("the token is told to the hub, and to nobody it sends us on to", async () => {
  const { fetch, hub } = await serve({ privateTo: [TOKEN] }, {}, { HF_TOKEN: ` ${TOKEN}\n` });
  assert.is(codes(await fetch("hf://org/repo")), "ok");
  assert.equal(new Set(hub.authorizations), new Set([`Bearer ${TOKEN}`]));
  // Where large files are, 400 is answered to whoever says who they are.
  assert.is(hub.largeRequests.length, 1);
});

type Login = readonly [
  what: string,
  variables: Record<string, string>,
  file: string | undefined,
  isSent: boolean,
];

const logins: readonly Login[] = [
  ["none", {}, undefined, false],
  ["the file of `hf auth login`", {}, ".cache/huggingface/token", true],
  ["`HF_HOME`", { HF_HOME: "~/hub home" }, "hub home/token", true],
  ["`HF_TOKEN_PATH`", { HF_TOKEN_PATH: "$HOME/my/token" }, "my/token", true],
  ["`XDG_CACHE_HOME`", { XDG_CACHE_HOME: "~/xdg" }, "xdg/huggingface/token", true],
  ["not to be told", { HF_TOKEN: TOKEN, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" }, undefined, false],
];

for (const [what, variables, file, isSent] of logins) {
  test(`the token: ${what}`, async () => {
    const { pin, hub, home, makeContext } = await serve();
    if (file !== undefined) {
      mkdirSync(path.dirname(path.join(home, file)), { recursive: true });
      writeFileSync(path.join(home, file), `${TOKEN}\n`);
    }
    assert.is(codes(await pin("hf://org/repo", {}, makeContext(variables))), "ok");
    assert.equal(new Set(hub.authorizations), new Set([isSent ? `Bearer ${TOKEN}` : undefined]));
  });
}

type Refused = readonly [
  what: string,
  more: Partial<HubRepository>,
  variables: Record<string, string>,
  code: string,
  told: RegExp,
];

const refusals: readonly Refused[] = [
  [
    "gated, nobody is logged in",
    { gatedTo: [] },
    {},
    "source/gated",
    /accept its terms at http.*\/org\/repo, then set `HF_TOKEN` or type `hf auth login`/,
  ],
  [
    "gated, the terms are not accepted",
    { gatedTo: [] },
    { HF_TOKEN: TOKEN },
    "source/gated",
    /accept its terms at http.*\/org\/repo, and wait/,
  ],
  [
    "private, nobody is logged in",
    { privateTo: [] },
    {},
    "source/no-such-repository",
    /does not exist or is private.*set `HF_TOKEN`/,
  ],
  [
    "private, of others",
    { privateTo: [] },
    { HF_TOKEN: TOKEN },
    "source/no-such-repository",
    /that the token may read it/,
  ],
  [
    "a token that is none",
    {},
    { HF_TOKEN: "hf_unknownunknownunknown" },
    "source/bad-token",
    /type `hf auth login`/,
  ],
  [
    "a token that no header carries",
    {},
    { HF_TOKEN: "hf_secret\nsecret" },
    "source/bad-token",
    /the token alone/,
  ],
  [
    "an endpoint with a password",
    {},
    { HF_ENDPOINT: "https://ada:secret@models.example.com" },
    "source/bad-endpoint",
    /HF_TOKEN/,
  ],
  [
    "an endpoint that is none",
    {},
    { HF_ENDPOINT: "models.example.com" },
    "source/bad-endpoint",
    /https:\/\/HOST/,
  ],
];

for (const [what, more, variables, code, told] of refusals) {
  test(`refused: ${what}`, async () => {
    const { fetch, makeContext } = await serve(more);
    const fetched = await fetch("hf://org/repo", {}, makeContext(variables));
    assert.is(codes(fetched), code);
    const text = fetched.ok ? "" : fetched.diagnostics.map((one) => `${one.message} ${one.hint}`).join();
    assert.match(text, told);
    assert.not.match(JSON.stringify(fetched), /secret|hf_abc|hf_unknown/);
  });
}

test("who asks too often waits as long as the hub says", async () => {
  let asked = 0;
  const instead: HubOptions["instead"] = () => {
    asked += 1;
    return asked > 2 ? undefined : { status: 429, headers: { ratelimit: '"api";r=0;t=55' } };
  };
  const { pin, clock } = await serve({}, { instead });
  assert.is(codes(await pin("hf://org/repo")), "ok");
  assert.equal(clock.sleeps, [55_000, 55_000]);
});

/** Writes what the hub's own client keeps of a repository. */
function writeCache(home: string, commit: string, files: Readonly<Record<string, string | Buffer>>): void {
  const folder = path.join(home, ".cache/huggingface/hub/models--org--repo");
  mkdirSync(path.join(folder, "refs"), { recursive: true });
  writeFileSync(path.join(folder, "refs/main"), commit);
  for (const [name, content] of Object.entries(files)) {
    const place = path.join(folder, "snapshots", commit, name);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, content);
  }
}

const resolved = (requests: readonly string[]) =>
  requests.filter((one) => one.includes("/resolve/")).map((one) => one.replace(/.*\/resolve\/\w+\//, ""));

test("what the hub's own client downloaded is taken from there, if its bytes are the right ones", async () => {
  const { fetch, hub, home, commit, context } = await serve();
  writeCache(home, commit, {
    "model.bin": weights,
    "config.json": '{"layers": 2}',
    "onnx/model.onnx": "xnno",
  });
  assert.is(codes(await fetch("hf://org/repo")), "ok");
  assert.equal(resolved(hub.requests).sort(), ["onnx/deep/vocab.txt", "onnx/model.onnx"]);
  assert.is(await context.store.find(digestOf("xnno")), undefined);
});

test("large bytes of the cache that are others are not taken", async () => {
  const { fetch, hub, home, commit, context } = await serve();
  const other = Buffer.alloc(weights.length, "other");
  writeCache(home, commit, { "model.bin": other });
  assert.is(codes(await fetch("hf://org/repo")), "ok");
  assert.ok(resolved(hub.requests).includes("model.bin"));
  assert.is(await context.store.find(digestOf(other)), undefined);
});

const OFFLINE = { HF_HUB_OFFLINE: "1" };

test("offline, the model is what the cache has of it, and that is said", async () => {
  const { hub, home, commit, pin, fetch, makeContext } = await serve();
  writeCache(home, commit, { "model.bin": weights, "config.json": '{"layers": 2}' });
  const offline = makeContext(OFFLINE);
  const pinned = await pin("hf://org/repo", {}, offline);
  assert.equal(pinned.ok && pinned.value.identity.revision, { commit });
  assert.equal(pinned.ok && pinned.warnings.map(({ code }) => code), ["source/hub-cache-only"]);
  assert.is(namesIn(await fetch("hf://org/repo", {}, offline)), "config.json model.bin");
  assert.is(namesIn(await fetch("hf://org/repo/model.bin", {}, offline)), "model.bin");
  assert.equal(hub.requests, []);
});

test("offline, what a lock names is demanded whole", async () => {
  const { hub, home, commit, fetch, makeContext } = await serve();
  const [config, model] = ['{"layers": 2}', weights].map((content) => ({
    digest: digestOf(content),
    size: content.length,
  }));
  assert.ok(config !== undefined && model !== undefined);
  const locked = {
    source: "hf://org/repo",
    revision: { commit },
    files: { "config.json": config, "model.bin": model },
  };
  // Each under a name of its own: what was listed last is remembered by it.
  const bring = (source: string) => fetch(source, { locked }, makeContext(OFFLINE));
  writeCache(home, commit, { "config.json": '{"layers": 2}' });
  assert.is(codes(await bring("hf://models/org/repo")), "source/changed");
  writeCache(home, commit, { "model.bin": weights });
  assert.is(namesIn(await bring("hf://org/repo/")), "config.json model.bin");
  writeCache(home, commit, { "model.bin": Buffer.alloc(weights.length) });
  assert.is(codes(await bring("hf://models/org/repo/")), "source/changed");
  assert.equal(hub.requests, []);
});

test("offline, what is not in the cache is not asked for", async () => {
  const { hub, home, commit, pin, makeContext } = await serve();
  const offline = makeContext(OFFLINE);
  assert.is(codes(await pin("hf://org/repo", {}, offline)), "source/hub-offline");
  writeCache(home, commit, { "config.json": "{}" });
  assert.is(codes(await pin("hf://org/repo@v1.0", {}, offline)), "source/hub-offline");
  assert.is(codes(await pin("hf://org/repo/model.bin", {}, offline)), "source/hub-offline");
  assert.equal(hub.requests, []);
});

test("a file whose bytes are not what Git calls them is refused before it is kept", async () => {
  const instead: HubOptions["instead"] = ({ url = "" }) =>
    url.endsWith("/config.json") ? { status: 200, body: '{"layers": 3}' } : undefined;
  const { fetch, context } = await serve({}, { instead });
  assert.is(codes(await fetch("hf://org/repo/config.json")), "source/digest-mismatch");
  assert.is(await context.store.find(digestOf('{"layers": 3}')), undefined);
});

test.run();
