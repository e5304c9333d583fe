import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readManifest } from "../../src/artifacts/read-artifact.ts";
import { writeModelPack } from "../../src/artifacts/write-model-pack.ts";
import { digestOf } from "../../src/model/digest.ts";

const test = suite("ModelPack");

const FILES = [
  { path: "model.safetensors", digest: digestOf("weights"), size: 7 },
  { path: "config.json", digest: digestOf("{}"), size: 2 },
];
const FACTS = { name: "ridge", version: "3", sourceDateEpoch: 86_400 };

test("is written as the specification says", () => {
  const { configText, config, manifestText } = writeModelPack(FILES, FACTS);
  assert.equal(JSON.parse(configText), {
    descriptor: { createdAt: "1970-01-02T00:00:00Z", name: "ridge", version: "3" },
    config: { format: "safetensors" },
    modelfs: { type: "layers", diffIds: [digestOf("{}"), digestOf("weights")] },
  });
  const manifest = JSON.parse(manifestText);
  assert.equal(manifest.artifactType, "application/vnd.cncf.model.manifest.v1+json");
  assert.equal(manifest.config, config);
  const [settings, weights] = manifest.layers;
  assert.is(settings.mediaType, "application/vnd.cncf.model.weight.config.v1.raw");
  assert.equal(
    [weights.mediaType, weights.digest, weights.size],
    ["application/vnd.cncf.model.weight.v1.raw", digestOf("weights"), 7],
  );
  assert.is(weights.annotations["org.cncf.model.filepath"], "model.safetensors");
  assert.equal(JSON.parse(weights.annotations["org.cncf.model.file.metadata+json"]), {
    name: "model.safetensors",
    mode: 420,
    uid: 0,
    gid: 0,
    size: 7,
    mtime: "1970-01-01T00:00:00Z",
    typeflag: 48,
  });
});

test("is the same for the same files, in whatever order they are found", () => {
  const [one, other] = [FILES, FILES.toReversed()].map((files) => writeModelPack(files, FACTS).manifestText);
  assert.is(one, other);
  assert.is(digestOf(one ?? ""), "sha256:d896dff5c465a5d86a25b93d0e3423e886288264059b6e7ff74fc5e3dcdd648d");
});

test("is read as what it was written from", () => {
  const read = readManifest(writeModelPack(FILES, FACTS).manifestText);
  assert.is(read.is, "artifact");
  const { kind, layers = [] } = read.is === "artifact" ? read.artifact : {};
  assert.is(kind, "modelpack");
  assert.equal(
    layers.map(({ path, role, packing }) => [path, role, packing]),
    [
      ["config.json", "model", "raw"],
      ["model.safetensors", "model", "raw"],
    ],
  );
});

test.run();
