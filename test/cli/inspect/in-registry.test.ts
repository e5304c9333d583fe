import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ImagePlace } from "../../../src/cli/inspect/image-place.ts";
import { inRegistry } from "../../../src/cli/inspect/in-registry.ts";
import { readLayers } from "../../../src/cli/inspect/read-layers.ts";
import { describeLayers } from "../../../src/images/describe-layers.ts";
import type { LayerFacts } from "../../../src/images/inspect/layer-facts.ts";
import { readImages } from "../../../src/images/read-images.ts";
import { type Digest, digestOf } from "../../../src/model/digest.ts";
import { RegistryError } from "../../../src/model/registry.ts";
import { imageFiles, makeTar } from "../../fakes/image-files.ts";
import { createMemoryRepository, type MemoryRepository } from "../../fakes/repository.ts";

const test = suite("inRegistry");
const { signal } = new AbortController();

const MODEL = "var/azureml-app/azureml-models/ridge/3";

/** A registry that has an image with a base and a large model, and counts the bytes it gives. */
async function start() {
  const layers = [
    { madeBy: "base", tar: await makeTar({ "etc/hosts": "" }) },
    {
      madeBy: "mlpackage: model ridge",
      tar: await makeTar({ [`${MODEL}/m.bin`]: Buffer.alloc(70_000_000) }),
    },
  ];
  const given = { bytes: 0 };
  const repository: MemoryRepository = createMemoryRepository("registry.example.com/team/one", {
    readBlob: async (digest) => {
      const blob = repository.blobs.get(digest);
      return blob && inChunks(blob);
    },
  });
  async function* inChunks(blob: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < blob.length; at += 65_536) {
      const chunk = blob.subarray(at, at + 65_536);
      given.bytes += chunk.length;
      yield chunk;
    }
  }
  const { "index.json": index, ...files } = imageFiles(layers);
  for (const content of Object.values(files)) {
    const bytes = Buffer.from(content);
    repository.blobs.set(digestOf(bytes), bytes);
    if (bytes.length < 5000) repository.manifests.set(digestOf(bytes), bytes.toString());
  }
  repository.manifests.set("1", String(index));
  const place = await inRegistry("registry.example.com/team/one:1", repository, signal);
  assert.ok(place);
  const described = await describe(place as ImagePlace);
  given.bytes = 0;
  return { place: place as ImagePlace, described, given, repository };
}

async function describe({ root, readText }: ImagePlace) {
  const [image] = await readImages(root, ["linux/amd64"], readText);
  return describeLayers(image?.texts[1] ?? "", image?.layers ?? []);
}

test("of a large model only the beginning is brought, and what was not read is told", async () => {
  const { place, described, given } = await start();
  const told: (readonly [number, number])[] = [];
  const onReading = (...counts: readonly [number, number]) => void told.push(counts);
  const { layers, unread } = await readLayers(place, described, { files: true, full: false, onReading });
  assert.ok(given.bytes < 2_000_000, `${given.bytes} bytes`);
  assert.equal(layers[1]?.facts?.facts, [{ kind: "model-file", path: `${MODEL}/m.bin`, size: 70_000_000 }]);
  assert.match(unread.join("\n"), /model ridge, 70 MB, only the beginning was read: `--full`/);
  assert.is(told.length, 1);
});

test("with --full all of it is, for the digest; a layer that is known is brought no more", async () => {
  const { place, described, given } = await start();
  const known = new Map<Digest, LayerFacts>();
  const { layers, unread } = await readLayers(place, described, { files: true, full: true, known });
  const [fact] = layers[1]?.facts?.facts ?? [];
  assert.is(fact?.kind === "model-file" && fact.digest, digestOf(Buffer.alloc(70_000_000)));
  assert.equal(unread, []);
  const before = given.bytes;
  await readLayers(place, described, { files: true, full: true, known });
  assert.is(given.bytes, before);
});

test("what lies beside an image is told by kind; a registry that does not tell is no fault", async () => {
  const { repository } = await start();
  const subject = digestOf("image");
  const kinds = [
    "application/vnd.cyclonedx+json",
    "application/vnd.in-toto+json",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "text/plain",
  ];
  const referrers = kinds.map((artifactType) => ({
    artifactType,
    mediaType: "",
    digest: digestOf(artifactType),
    size: 1,
  }));
  repository.referrers.set(subject, referrers);
  const place = await inRegistry("registry.example.com/team/one:1", repository, signal);
  assert.equal(await place?.findAttestations([subject]), {
    ...{ isKnown: true, signatures: 1, sboms: 1, provenances: 1, others: 1 },
  });
  const silent = { ...repository, listReferrers: () => Promise.reject(new RegistryError(403, "no")) };
  const other = await inRegistry("registry.example.com/team/one:1", silent, signal);
  assert.equal(await other?.findAttestations([subject]), {
    ...{ isKnown: false, why: "the registry does not tell: no" },
  });
});

test("signatures under a tag, and what a builder attests in the index, count as well", async () => {
  const repository = createMemoryRepository("registry.example.com/team/one");
  const [image, tag] = [digestOf("image"), digestOf("image").replace(":", "-")];
  const annotations = {
    "vnd.docker.reference.type": "attestation-manifest",
    "vnd.docker.reference.digest": image,
  };
  repository.manifests.set("1", JSON.stringify({ manifests: [{ annotations }, { digest: image }] }));
  repository.manifests.set(`${tag}.sig`, "{}");
  const place = await inRegistry("registry.example.com/team/one:1", repository, signal);
  assert.equal(await place?.findAttestations([image]), {
    ...{ isKnown: true, signatures: 1, sboms: 0, provenances: 0, others: 1 },
  });
});

test.run();
