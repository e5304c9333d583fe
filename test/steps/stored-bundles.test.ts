import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BUNDLE_TYPE } from "../../src/attestations/bundle.ts";
import { PREDICATE_TYPES, writeStatement } from "../../src/attestations/statement.ts";
import { once } from "../../src/model/chunks.ts";
import { type Digest, digestOf } from "../../src/model/digest.ts";
import { findBundles } from "../../src/steps/stored-bundles.ts";
import { createMemoryRepository } from "../fakes/repository.ts";
import { makeBundle, makeKeys } from "../fakes/signer.ts";

const test = suite("findBundles");

const { signal } = new AbortController();
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const subject = digestOf("image");
const keys = makeKeys();
const bundle = makeBundle(
  writeStatement({ name: "image", digest: subject }, PREDICATE_TYPES.signature, {}),
  keys,
);

/** A registry that says `size` of each content, whatever is in it, and counts what is read. */
function hostile(contents: readonly Uint8Array[], size: number) {
  const counted = { bytes: 0, atOnce: 0, mostAtOnce: 0 };
  const repository = createMemoryRepository("team/image", {
    readBlob: async (digest) => {
      const content = contents[Number(digest.slice(-3))] ?? Buffer.alloc(0);
      return read(content);
    },
  });
  async function* read(content: Uint8Array) {
    counted.atOnce += 1;
    counted.mostAtOnce = Math.max(counted.mostAtOnce, counted.atOnce);
    try {
      for await (const chunk of once(content)) {
        await new Promise(setImmediate);
        counted.bytes += chunk.length;
        yield chunk;
      }
    } finally {
      counted.atOnce -= 1;
    }
  }
  const referrers = contents.map((_, index) => {
    const digest = `sha256:${String(index).padStart(64, "0")}` as Digest;
    const empty = { mediaType: "application/vnd.oci.empty.v1+json", digest: digestOf("{}"), size: 2 };
    const layers = [{ mediaType: BUNDLE_TYPE, digest, size }];
    const text = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config: empty, layers });
    repository.manifests.set(digest, text);
    return { digest, size: text.length, mediaType: MANIFEST, artifactType: BUNDLE_TYPE };
  });
  repository.referrers.set(subject, referrers);
  return { repository, counted };
}

test("bundles come in the order of the list, and open with their key", async () => {
  const { repository, counted } = hostile(
    Array.from({ length: 20 }, () => Buffer.from(bundle)),
    bundle.length,
  );
  const found = await findBundles(subject, repository, signal);
  assert.equal(
    found.map(({ digest }) => Number(digest.slice(-3))),
    Array.from({ length: 20 }, (_, index) => index),
  );
  assert.ok(found.every(({ open }) => open(keys.publicKey)?.subjects.includes(subject)));
  assert.ok(counted.mostAtOnce <= 4, `${counted.mostAtOnce} at once`);
});

for (const [what, size] of [
  ["says how large they are", 16 << 20],
  ["calls them small", 1],
] as const) {
  test(`a registry that ${what} has no more read than fits into memory`, async () => {
    const large = Buffer.alloc(16 << 20);
    const contents = [...Array.from({ length: 24 }, () => large), Buffer.from(bundle)];
    const { repository, counted } = hostile(contents, size);
    const found = await findBundles(subject, repository, signal);
    // Of what is under way where nothing is left, and of none after it, a chunk may still come.
    assert.ok(counted.bytes <= 128 << 20, `${counted.bytes} bytes`);
    assert.ok(found.length <= 5, `${found.length} bundles`);
    assert.is(found.at(-1)?.digest.slice(-3), "024");
  });
}

test.run();
