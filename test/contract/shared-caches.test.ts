import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createSharedFolder } from "../../src/caches/shared/shared-folder.ts";
import type { SharedKind, SharedPlace } from "../../src/caches/shared/shared-place.ts";
import { createSharedServer } from "../../src/caches/shared/shared-server.ts";
import { sealRecord } from "../../src/caches/shared/signed-records.ts";
import { textOf as textOfAll } from "../../src/model/chunks.ts";
import { type Digest, digestOf } from "../../src/model/digest.ts";
import { readSigningKey } from "../../src/model/signature.ts";
import { startCacheServer } from "../fakes/cache-server.ts";
import { makeHost } from "../fakes/host.ts";
import { hitOf, makeMachine, once } from "../fakes/machine.ts";
import { makeOutput } from "../fakes/steps.ts";
import { makeFolder, writeInto } from "../fakes/temporary-folder.ts";

/** What is asked of every place that machines share, and of the cache in front of it. */
const test = suite("shared caches");

type Shared = {
  readonly place: SharedPlace;
  /** Puts bytes where only who owns the place could put them. */
  readonly tamper: (kind: SharedKind, digest: Digest, bytes: string) => void;
};

const shared: Readonly<Record<string, () => Promise<Shared>>> = {
  folder: async () => {
    const directory = makeFolder();
    return {
      place: createSharedFolder({ directory, files: makeHost().files }),
      tamper: (kind, digest, bytes) => {
        const hexadecimal = digest.slice("sha256:".length);
        writeInto(directory, `${kind}/${hexadecimal.slice(0, 2)}/${hexadecimal}`, bytes);
      },
    };
  },
  server: async () => {
    const { url, contents } = await startCacheServer();
    return {
      place: createSharedServer({ url, network: makeHost().network }),
      tamper: (kind, digest, bytes) =>
        contents.set(`/${kind}/${digest.slice("sha256:".length)}`, Buffer.from(bytes)),
    };
  },
};

const { signal } = new AbortController();
const key = digestOf("key");

async function textOf(chunks: AsyncIterable<Uint8Array> | undefined): Promise<string | undefined> {
  return chunks && textOfAll(chunks);
}

const contentOf = (text: string) => ({ size: Buffer.byteLength(text), chunks: () => once(text) });

function makeSigningKey() {
  const { privateKey } = generateKeyPairSync("ed25519");
  const signingKey = readSigningKey(privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  if (signingKey === undefined) throw new Error("the key cannot be read");
  return signingKey;
}

const [signingKey, otherKey] = [makeSigningKey(), makeSigningKey()];

/** Records that say something of `a`, which is in the place, and must not be believed. */
const file = { path: "a", digest: digestOf("text"), size: 4, mode: 0o644 };
const good = { format: "mlpackage-step-record-1", key, output: { ...makeOutput("made"), files: [file] } };
const withFile = (more: object) => ({ ...good, output: { ...good.output, files: [{ ...file, ...more }] } });
const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const hostile: readonly (readonly [what: string, text: string])[] = [
  ["nothing", ""],
  ["no JSON", "<html>"],
  ["null", "null"],
  ["a list", "[]"],
  ["cut short", JSON.stringify(good).slice(0, -1)],
  ["of another format", JSON.stringify({ ...good, format: "mlpackage-step-record-2" })],
  ["for another key", JSON.stringify({ ...good, key: digestOf("other") })],
  ["without an output", JSON.stringify({ ...good, output: undefined })],
  ["with values that are a list", JSON.stringify({ ...good, output: { ...good.output, values: [] } })],
  ["of a file in the package", JSON.stringify(withFile({ origin: "a" }))],
  ["of a file without an origin that has one", JSON.stringify(withFile({ origin: null }))],
  ["leading up", JSON.stringify(withFile({ path: "b/../../a" }))],
  ["of an absolute path", JSON.stringify(withFile({ path: "/etc/passwd" }))],
  ["of a path with a backslash", JSON.stringify(withFile({ path: "..\\a" }))],
  ["of no path", JSON.stringify(withFile({ path: "" }))],
  ["of a digest that is none", JSON.stringify(withFile({ digest: "sha256:../../a" }))],
  ["of a negative size", JSON.stringify(withFile({ size: -1 }))],
  ["of a size that is none", JSON.stringify(withFile({ size: "4" }))],
  ["without a size", JSON.stringify(withFile({ size: undefined }))],
  ["of a file that is more than itself", JSON.stringify(withFile({ mode: 0o4755 }))],
  ["of a file twice", JSON.stringify({ ...good, output: { ...good.output, files: [file, file] } })],
  ["deeper than anything", JSON.stringify(good).replace('"made"', nested)],
  ["longer than any", JSON.stringify({ ...good, filler: "x".repeat(5 * 1024 * 1024) })],
];

for (const [name, create] of Object.entries(shared)) {
  test(`${name}: nothing is in a new one`, async () => {
    const { place } = await create();
    assert.is(await place.read("ac", key, signal), undefined);
    assert.is(await place.read("cas", key, signal), undefined);
    assert.not(await place.has(key, 0, signal));
  });

  test(`${name}: bytes are read as they were written, under their kind and digest alone`, async () => {
    const { place } = await create();
    const text = "é\0".repeat(1_000_000);
    const digest = digestOf(text);
    await place.write("cas", digest, contentOf(text), signal);
    assert.is(await textOf(await place.read("cas", digest, signal)), text);
    assert.ok(await place.has(digest, 3_000_000, signal));
    assert.not(await place.has(digest, 2_999_999, signal), "half a content is none");
    assert.is(await place.read("ac", digest, signal), undefined);
  });

  test(`${name}: nothing is a content too`, async () => {
    const { place } = await create();
    await place.write("cas", digestOf(""), contentOf(""), signal);
    assert.is(await textOf(await place.read("cas", digestOf(""), signal)), "");
  });

  test(`${name}: many may write at once, and what is read is one of it, whole`, async () => {
    const { place } = await create();
    const texts = Array.from({ length: 10 }, (_, index) => `${index}`.repeat(100_000));
    await Promise.all(texts.map((text) => place.write("ac", key, contentOf(text), signal)));
    assert.ok(texts.includes((await textOf(await place.read("ac", key, signal))) ?? ""));
  });

  test(`${name}: what one machine made, another has without making it`, async () => {
    const { place } = await create();
    const output = await makeMachine(place, { isWritten: true }).make(key, {
      "a/b.txt": "text",
      c: "",
      "same.txt": "text",
    });
    const other = makeMachine(place);
    const hit = await hitOf(other.cache, key);
    assert.equal(hit.output, output);
    assert.is(hit.from, place.name);
    assert.is(await other.local.get(key), "absent", "looking has touched something");
    assert.is(await other.store.find(digestOf("text")), undefined);
    assert.ok(await hit.restore());
    assert.is(readFileSync((await other.store.find(digestOf("text"))) ?? "", "utf8"), "text");
    assert.equal((await hitOf(other.local, key)).output, output);
    assert.is((await hitOf(other.cache, key)).from, undefined);
    assert.equal(other.codes(), []);
  });

  test(`${name}: a machine that only reads writes nothing`, async () => {
    const { place } = await create();
    await makeMachine(place).make(key, { a: "text" });
    assert.is(await place.read("ac", key, signal), undefined);
    assert.not(await place.has(digestOf("text"), 4, signal));
  });

  test(`${name}: an output that names files of the package is nobody else's`, async () => {
    const { place } = await create();
    const { cache, local } = makeMachine(place, { isWritten: true });
    await cache.put(key, { ...makeOutput("made"), files: [{ ...file, origin: "a" }] });
    await cache.finish();
    assert.is(await place.read("ac", key, signal), undefined);
    assert.equal((await hitOf(local, key)).output.files[0]?.origin, "a");
  });

  test(`${name}: what is not there any more makes no output`, async () => {
    const { place, tamper } = await create();
    tamper("ac", key, JSON.stringify(good));
    const { cache, local, codes } = makeMachine(place);
    assert.not(await (await hitOf(cache, key)).restore());
    assert.is(await local.get(key), "absent");
    assert.is(await cache.get(key), "absent", "it is tried again and again");
    assert.equal(codes(), []);
  });

  for (const lie of ["tex", "texts and more", "best"]) {
    test(`${name}: other bytes are not taken, and are mended: ${lie}`, async () => {
      const { place, tamper } = await create();
      await makeMachine(place, { isWritten: true }).make(key, { a: "text" });
      const digest = digestOf("text");
      tamper("cas", digest, lie);
      const mending = makeMachine(place, { isWritten: true });
      const isTaken = await (await hitOf(mending.cache, key)).restore();
      // What begins as it should is cut off where it should end.
      assert.is(isTaken, lie.startsWith("text"));
      assert.is((await mending.store.find(digest)) !== undefined, isTaken);
      assert.equal(mending.codes(), isTaken ? [] : ["cache/damaged-content"]);
      if (isTaken) return;
      await mending.make(key, { a: "text" });
      assert.is(await textOf(await place.read("cas", digest, signal)), "text");
    });
  }

  test(`${name}: the record that the hostile ones differ from is taken`, async () => {
    const { place, tamper } = await create();
    tamper("ac", key, JSON.stringify(good));
    assert.equal((await hitOf(makeMachine(place).cache, key)).output, good.output);
  });

  for (const [what, text] of hostile) {
    test(`${name}: a record ${what} is a miss, told once`, async () => {
      const { place, tamper } = await create();
      tamper("ac", key, text);
      tamper("ac", digestOf("a third"), text);
      const { cache, codes } = makeMachine(place);
      assert.is(await cache.get(key), "absent");
      assert.is(await cache.get(digestOf("a third")), "absent");
      await cache.finish();
      assert.equal(codes(), ["cache/damaged-record"]);
    });
  }

  test(`${name}: what a trusted key signed is taken`, async () => {
    const { place } = await create();
    const output = await makeMachine(place, { isWritten: true, signingKey }).make(key, { a: "text" });
    for (const trustedKeys of [[], [signingKey], [otherKey, signingKey]]) {
      const { cache, codes } = makeMachine(place, { trustedKeys });
      assert.equal((await hitOf(cache, key)).output, output);
      assert.equal(codes(), []);
    }
  });

  const signed = sealRecord(key, good.output, signingKey) ?? "";
  const forgeries: readonly (readonly [what: string, text: string, code: string])[] = [
    ["unsigned", JSON.stringify(good), "cache/unsigned"],
    ["signed by another", sealRecord(key, good.output, otherKey) ?? "", "cache/bad-signature"],
    ["changed since", signed.replace('"text":"made"', '"text":"evil"'), "cache/bad-signature"],
    ["of another mode since", signed.replace('"mode":420', '"mode":493'), "cache/bad-signature"],
    ["with more since", signed.replace("{", '{"more":1,'), "cache/bad-signature"],
    ["signed with nothing", JSON.stringify({ ...good, signature: "" }), "cache/bad-signature"],
    ["signed with a list", JSON.stringify({ ...good, signature: ["x"] }), "cache/unsigned"],
    [
      "signed for another key",
      sealRecord(digestOf("other"), good.output, signingKey) ?? "",
      "cache/damaged-record",
    ],
  ];

  for (const [what, text, code] of forgeries) {
    test(`${name}: with keys to trust, a record ${what} is a miss`, async () => {
      const { place, tamper } = await create();
      assert.not.equal(text, signed);
      tamper("ac", key, text);
      const { cache, codes } = makeMachine(place, { trustedKeys: [signingKey] });
      assert.is(await cache.get(key), "absent");
      assert.equal(codes(), [code]);
    });
  }

  test(`${name}: says where it is`, async () => {
    const { place } = await create();
    assert.ok(path.isAbsolute(place.name) || URL.canParse(place.name));
  });
}

test.run();
