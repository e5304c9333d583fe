import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  describeText,
  isPlatform,
  MEDIA_TYPES,
  parseConfig,
  parseManifest,
  readImage,
  writeIndex,
  writeManifest,
} from "../../src/images/manifest.ts";
import { readImages } from "../../src/images/read-images.ts";
import { type Digest, digestOf } from "../../src/model/digest.ts";
import type { Layer } from "../../src/model/image.ts";
import { type BaseImage, makeBase, makeConfig } from "../fakes/base-image.ts";

const test = suite("manifests");

const amd64 = makeBase();
const arm64 = makeBase("linux/arm64", "for arm");
const bothIndex = writeIndex([amd64, arm64]);

/** Reads images of which these texts are there. */
async function read(
  root: string,
  platforms: readonly string[],
  ...texts: readonly (string | BaseImage)[]
): Promise<readonly string[]> {
  const blobs = new Map<Digest, string>(
    texts.flatMap((text) => (typeof text === "string" ? [[digestOf(text), text] as const] : [...text.blobs])),
  );
  const images = await readImages(root, platforms, async (digest) => blobs.get(digest));
  return images.map(({ platform, manifest }) => `${platform} ${manifest.digest}`);
}

async function refusal(...args: Parameters<typeof read>): Promise<string> {
  return read(...args).then(
    (found) => `it was read: ${found.join(", ")}`,
    (error: Error) => `${error.constructor.name}: ${error.message}`,
  );
}

function textOf(image: BaseImage): string {
  return image.blobs.get(image.manifest.digest) ?? "";
}

const idOf = ({ platform, manifest }: BaseImage) => `${platform} ${manifest.digest}`;

test("a manifest alone", async () => {
  assert.equal(await read(textOf(amd64), ["linux/amd64"], amd64), [idOf(amd64)]);
});

test("from an index those that are asked for, in that order, and no other is looked at", async () => {
  assert.equal(await read(bothIndex, ["linux/arm64"], arm64), [idOf(arm64)]);
  assert.equal(await read(bothIndex, ["linux/arm64", "linux/amd64"], amd64, arm64), [
    idOf(arm64),
    idOf(amd64),
  ]);
});

test("an index in an index, as in a layout's folder", async () => {
  const { mediaType, digest, size } = describeText(MEDIA_TYPES.index, bothIndex);
  const outer = JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size }] });
  assert.equal(await read(outer, ["linux/amd64"], bothIndex, amd64), [idOf(amd64)]);
});

test("attestations are skipped", async () => {
  const { manifests, ...rest } = JSON.parse(writeIndex([amd64]));
  const attestation = {
    ...describeText(MEDIA_TYPES.manifest, "not there"),
    platform: { os: "unknown", architecture: "unknown" },
    annotations: { "vnd.docker.reference.type": "attestation-manifest" },
  };
  const index = JSON.stringify({ ...rest, manifests: [attestation, ...manifests, attestation] });
  assert.equal(await read(index, ["linux/amd64"], amd64), [idOf(amd64)]);
});

for (const [found, wanted, is] of [
  ["linux/amd64", "linux/amd64", true],
  ["linux/arm64/v8", "linux/arm64", true],
  ["linux/arm64", "linux/arm64/v8", true],
  ["linux/arm/v7", "linux/arm", true],
  ["linux/arm", "linux/arm/v7", true],
  ["linux/arm", "linux/arm/v6", false],
  ["linux/arm/v7", "linux/arm/v6", false],
  ["windows/amd64", "linux/amd64", false],
] as const) {
  test(`${found} is ${is ? "" : "not "}${wanted}`, () => assert.is(isPlatform(found, wanted), is));
}

test("another platform is named", async () => {
  assert.is(
    await refusal(bothIndex, ["linux/s390x"], amd64, arm64),
    "UnreadableImage: it is not made for linux/s390x, but for linux/amd64, linux/arm64",
  );
  assert.is(
    await refusal(textOf(amd64), ["linux/arm64"], amd64),
    "UnreadableImage: it is not made for linux/arm64, but for linux/amd64",
  );
  assert.is(
    await refusal(bothIndex, ["linux/amd64", "linux/s390x"], amd64),
    "UnreadableImage: it is not made for linux/s390x, but for linux/amd64",
  );
});

test("an index that says one platform of an image for another is found out", async () => {
  const liar = writeIndex([{ platform: "linux/arm64", manifest: amd64.manifest }]);
  assert.match(await refusal(liar, ["linux/arm64"], amd64), "not made for linux/arm64, but for linux/amd64");
});

test("what is missing, and what has other bytes", async () => {
  assert.match(
    await refusal(bothIndex, ["linux/amd64"]),
    `its manifest ${amd64.manifest.digest} is not there`,
  );
  assert.match(
    await refusal(textOf(amd64), ["linux/amd64"]),
    `its config ${amd64.config.digest} is not there`,
  );
  const other = readImages(bothIndex, ["linux/amd64"], async () => textOf(arm64));
  assert.match(String(await other.catch(String)), "has other bytes");
});

test("indexes that lead to each other come to an end", async () => {
  let asked = 0;
  const { manifest } = amd64;
  const index = writeIndex([{ platform: "linux/amd64", manifest }]);
  // Nobody can write indexes that hold each other's digests: this one stands for a long way down.
  let root = index;
  const texts = new Map<Digest, string>();
  for (let depth = 0; depth < 10; depth += 1) {
    texts.set(digestOf(root), root);
    root = writeIndex([{ platform: "linux/amd64", manifest: describeText(MEDIA_TYPES.index, root) }]);
  }
  const read = readImages(root, ["linux/amd64"], async (digest) => {
    asked += 1;
    return texts.get(digest);
  });
  assert.match(String(await read.catch(String)), "its indexes refer to each other");
  assert.ok(asked <= 3, `${asked} texts were asked for`);
});

const descriptor = describeText(MEDIA_TYPES.config, "x");

for (const hostile of [
  "",
  "no JSON",
  "null",
  "[]",
  "7",
  '"text"',
  "{}",
  '{"manifests":{}}',
  '{"layers":[]}',
  JSON.stringify({ config: descriptor }),
  JSON.stringify({ config: descriptor, layers: {} }),
  JSON.stringify({ config: null, layers: [] }),
  JSON.stringify({ config: { ...descriptor, digest: "sha256:../../x" }, layers: [] }),
  JSON.stringify({ config: { ...descriptor, digest: ["sha256"] }, layers: [] }),
  JSON.stringify({ config: { ...descriptor, size: -1 }, layers: [] }),
  JSON.stringify({ config: { ...descriptor, size: 1e300 }, layers: [] }),
  JSON.stringify({ config: { ...descriptor, size: "1" }, layers: [] }),
  JSON.stringify({ config: descriptor, layers: [descriptor, { digest: "md5:0" }] }),
  JSON.stringify({ config: descriptor, layers: [null] }),
]) {
  test(`no manifest: ${hostile.slice(0, 60)}`, async () => {
    assert.is(parseManifest(hostile), undefined);
    assert.is(await refusal(hostile, ["linux/amd64"]), "UnreadableImage: its manifest is not valid");
  });
}

test("of an index what is no descriptor is left out", () => {
  const manifests = [null, 7, {}, { digest: "sha256:x" }, { ...descriptor, platform: 7 }, descriptor];
  assert.equal(parseManifest(JSON.stringify({ manifests })), { kind: "index", manifests: [descriptor] });
});

for (const hostile of [
  "null",
  "{}",
  '{"os":"linux"}',
  '{"os":"linux","architecture":7}',
  '{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":{}}}',
  '{"os":"linux","architecture":"amd64","rootfs":{"diff_ids":["sha256:x"]}}',
]) {
  test(`no configuration: ${hostile}`, () => assert.is(parseConfig(hostile), undefined));
}

/** A manifest and a configuration that are each right. */
function describe(config: string, layers: readonly Layer[]): readonly [manifest: string, config: string] {
  return [writeManifest(describeText(MEDIA_TYPES.config, config), layers), config];
}

const [layer] = amd64.layers;
assert.ok(layer);

test("a manifest and a configuration that do not agree", async () => {
  const [manifest, config] = describe(makeConfig("linux/amd64", [layer.diffId, layer.diffId]), [layer]);
  assert.is(readImage(manifest, config), undefined);
  assert.match(await refusal(manifest, ["linux/amd64"], config), "do not agree");
  assert.is(readImage(textOf(amd64), makeConfig("linux/amd64", [])), undefined);
});

test("what has a manifest and is no image", async () => {
  const [manifest, config] = describe('{"chart":"x"}', []);
  assert.match(await refusal(manifest, ["linux/amd64"], config), "it is no image");
});

for (const [docker, oci] of [
  ["application/vnd.docker.image.rootfs.diff.tar", "application/vnd.oci.image.layer.v1.tar"],
  ["application/vnd.docker.image.rootfs.diff.tar.gzip", "application/vnd.oci.image.layer.v1.tar+gzip"],
  ["application/vnd.docker.image.rootfs.diff.tar.zstd", "application/vnd.oci.image.layer.v1.tar+zstd"],
  ["application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.oci.image.layer.v1.tar+gzip"],
  ["application/x-of-others", "application/x-of-others"],
] as const) {
  test(`a layer of ${docker}`, () => {
    const text = makeConfig("linux/amd64", [layer.diffId]);
    const described = { ...describeText("application/vnd.docker.container.image.v1+json", text) };
    const manifest = writeManifest(described, [{ ...layer, mediaType: docker }]);
    const image = readImage(manifest, text);
    assert.equal(
      image?.layers.map(({ mediaType }) => mediaType),
      [oci],
    );
    assert.is(image?.config.mediaType, MEDIA_TYPES.config);
  });
}

test("what we write has no more than it must, and is read back", () => {
  const text = textOf(amd64);
  assert.equal(Object.keys(JSON.parse(text)), ["schemaVersion", "mediaType", "config", "layers"]);
  assert.equal(Object.keys(JSON.parse(text).layers[0]), ["mediaType", "digest", "size"]);
  const variant = writeIndex([{ platform: "linux/arm/v7", manifest: amd64.manifest }]);
  assert.equal(JSON.parse(variant).manifests[0].platform, {
    architecture: "arm",
    os: "linux",
    variant: "v7",
  });
  assert.equal(parseManifest(variant), {
    kind: "index",
    manifests: [{ ...amd64.manifest, platform: "linux/arm/v7" }],
  });
});

test.run();
