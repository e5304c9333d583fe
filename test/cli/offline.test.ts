import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createContentStore } from "../../src/caches/content-store.ts";
import { closeWays, withVendored, withVendoredBase } from "../../src/cli/offline.ts";
import { textOf } from "../../src/model/chunks.ts";

import { type Digest, digestOf } from "../../src/model/digest.ts";
import type { Engine, LayerCache } from "../../src/model/engine.ts";
import { NetworkError } from "../../src/model/host.ts";
import { succeed } from "../../src/model/result.ts";
import { isLastingFault } from "../../src/model/retry.ts";
import type { Vendor, VendoredFile } from "../../src/model/vendor.ts";
import { httpSource } from "../../src/sources/http.ts";
import { makeHost } from "../fakes/host.ts";
import { only } from "../fakes/only.ts";
import { AN_ENGINE } from "../fakes/package.ts";
import { createMemoryRepository } from "../fakes/repository.ts";
import { makeSourceContext } from "../fakes/source-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("without a network");

const host = makeHost();
const { files } = host;
const signal = new AbortController().signal;
const REFERENCE = "registry.example.com/base@sha256:1";

/** A vendor folder with the layout of a base, by its texts. */
function makeVendor(texts: Readonly<Record<string, string>>, digest: Digest): Vendor {
  const folder = makeFolder(texts);
  const listed = Object.entries(texts).map(
    ([path, text]): VendoredFile => ({ part: "base", path, digest: digestOf(text), size: text.length }),
  );
  return {
    folder,
    list: { base: { digest, platforms: ["linux/amd64"] }, files: listed },
    demand: async ({ path }) => `${folder}/${path}`,
    find: async (wanted) => {
      const file = listed.find((one) => one.digest === wanted);
      return file && `${folder}/${file.path}`;
    },
  };
}

const closed = closeWays({
  host,
  engine: only<Engine>(AN_ENGINE),
  sourceOf: () => httpSource,
  buildAids: { readSecrets: async () => succeed([]), cacheFrom: [only<LayerCache>({})], cacheTo: [] },
});

test("no request leaves, and none is tried again", async () => {
  try {
    await closed.host.network.request({ url: "http://127.0.0.1:1" });
    assert.unreachable();
  } catch (error) {
    assert.ok(error instanceof NetworkError && isLastingFault(error.code));
  }
});

test("a source asks nobody, and says why", async () => {
  const source = closed.sourceOf("http://127.0.0.1:1/m.bin");
  const reference = { source: "http://127.0.0.1:1/m.bin", include: [], exclude: [] };
  const pinned = await source.pin(reference, makeSourceContext(makeFolder()));
  assert.not(pinned.ok);
  assert.match((!pinned.ok && pinned.diagnostics[0]?.message) || "", "`--offline` allows no connection");
  assert.equal(source.schemes, ["http", "https"]);
});

test("an engine is not sent to a registry", async () => {
  const { engine, buildAids } = closed;
  assert.equal(buildAids.cacheFrom, []);
  for (const answer of [await engine.resolve(REFERENCE), await engine.pull(REFERENCE, () => {}, signal)])
    assert.equal(!answer.ok && answer.diagnostics.map(({ code }) => code), ["cli/offline"]);
});

test("a store has what the folder has, and keeps it", async () => {
  const own = createContentStore(makeFolder(), files);
  const vendor = makeVendor({ "models/a/a.bin": "weights" }, digestOf("base"));
  const store = withVendored(own, vendor, files);
  assert.is(await store.find(digestOf("nothing")), undefined);
  assert.is(await own.find(digestOf("weights")), undefined);
  const place = await store.find(digestOf("weights"));
  assert.is(place && (await files.readText(place)), "weights");
  assert.is(await own.find(digestOf("weights")), place);
});

test("the base is read from the folder by its digest, and all else from its registry", async () => {
  const remote = createMemoryRepository("registry.example.com/base");
  const known = digestOf("an index for many platforms");
  remote.manifests.set(known, "the whole index");
  remote.manifests.set("latest", "what a tag names");
  remote.blobs.set(digestOf("another layer"), Buffer.from("another layer"));
  const texts = { "base/index.json": "an index for one", "base/m": "manifest", "base/l": "layer" };
  const vendor = makeVendor(texts, known);
  const repositoryFor = (platforms: readonly string[]) => withVendoredBase(remote, vendor, platforms, files);
  const repository = repositoryFor(["linux/amd64"]);
  assert.is(await repository.readManifest(known, signal), "an index for one");
  assert.is(await repository.readManifest(digestOf("manifest"), signal), "manifest");
  assert.is(await repository.readManifest("latest", signal), "what a tag names");
  assert.is(await repositoryFor(["linux/arm64"]).readManifest(known, signal), "the whole index");
  for (const layer of ["layer", "another layer"]) {
    const chunks = await repository.readBlob(digestOf(layer), signal);
    assert.is(chunks && (await textOf(chunks)), layer);
  }
});

test.run();
