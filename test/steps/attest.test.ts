import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseManifest } from "../../src/images/manifest.ts";
import { errorDiagnostic } from "../../src/model/diagnostic.ts";
import { type Digest, digestOf } from "../../src/model/digest.ts";
import { RegistryError, type Repository } from "../../src/model/registry.ts";
import { fail } from "../../src/model/result.ts";
import { imageOf } from "../../src/steps/build-image.ts";
import { layoutFiles, makeBase } from "../fakes/base-image.ts";
import { openPackage, type PackageOptions } from "../fakes/package.ts";
import { createMemoryRepository, type MemoryRepository } from "../fakes/repository.ts";
import { createSigner, makeKeys } from "../fakes/signer.ts";

const test = suite("attest");

const NAME = "r.example/team/a";
const STEP = `attest:${NAME}`;
const KEYS = makeKeys();
const FILES = {
  ...layoutFiles([makeBase(), makeBase("linux/arm64", "for others")], "base/"),
  "ridge.pkl": "ridge",
  "src/serve": "#!/bin/sh",
};

type Options = Pick<PackageOptions, "signer" | "publicKeys"> & {
  readonly signed?: boolean;
  readonly more?: string;
  readonly repository?: MemoryRepository;
};

async function open({
  signed = true,
  more = "",
  repository = createMemoryRepository(NAME),
  ...rest
}: Options = {}) {
  const sign = signed ? ", sign: {key: cosign.key}" : "";
  const yaml = `name: demo
models: [ridge.pkl]
base_image: {oci_layout: base}
inference: {command: [serve], source_directory: src}
outputs: [{type: image, tags: ["${NAME}:1", "${NAME}:2"], load: false, push: true, attest: true${sign}}]
${more}`;
  const signer = createSigner(KEYS);
  const publicKeys = { "cosign.key": KEYS.publicKey };
  const opened = await openPackage(yaml, FILES, {
    repositoryOf: () => repository,
    signer,
    publicKeys,
    ...rest,
  });
  return { ...opened, repository, signer };
}

/** What is beside a manifest: the types, and the texts themselves. */
async function besides(digest: Digest, repository: MemoryRepository) {
  const { signal } = new AbortController();
  const listed = await repository.listReferrers(digest, signal);
  return listed.map(({ artifactType, digest: one }) => {
    const manifest = parseManifest(repository.manifests.get(one) ?? "");
    const [layer] = manifest?.kind === "manifest" ? manifest.layers : [];
    const text = Buffer.from(repository.blobs.get(layer?.digest ?? digestOf("")) ?? "").toString();
    return { artifactType, subject: JSON.parse(repository.manifests.get(one) ?? "").subject, text };
  });
}

const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const DOCUMENTS = ["application/vnd.in-toto+json", "application/vnd.cyclonedx+json"];

test("provenance and SBOM are put beside the image, and name it", async () => {
  const { make, repository, outputs } = await open({ signed: false });
  await make(STEP);
  const { root } = imageOf(outputs["build:image"] ?? (await make("build:image")));
  const found = await besides(root.digest, repository);
  assert.equal(
    found.map(({ artifactType }) => artifactType),
    DOCUMENTS,
  );
  for (const { subject } of found) assert.equal(subject, root);
  const [provenance, sbom] = found.map(({ text }) => JSON.parse(text));
  assert.equal(provenance.subject, [{ name: NAME, digest: { sha256: root.digest.slice(7) } }]);
  assert.is(sbom.metadata.component.version, root.digest);
});

test("with a key, what is said and the image itself are signed as well", async () => {
  const { make, repository, signer, outputs } = await open();
  await make(STEP);
  const { root } = imageOf(outputs["build:image"] ?? (await make("build:image")));
  const found = await besides(root.digest, repository);
  assert.equal(
    found.map(({ artifactType }) => artifactType),
    [...DOCUMENTS, BUNDLE, BUNDLE, BUNDLE],
  );
  assert.equal(
    signer.signed.map((text) => JSON.parse(text).predicateType),
    ["https://sigstore.dev/cosign/sign/v1", "https://slsa.dev/provenance/v1", "https://cyclonedx.org/bom"],
  );
  const [provenance] = found;
  assert.ok(signer.signed.includes(provenance?.text ?? ""));
});

test("an image for several platforms: each has both, and their index its provenance", async () => {
  const { make, repository, outputs } = await open({
    more: "build: {platforms: [linux/amd64, linux/arm64]}",
  });
  await make(STEP);
  const { root, images } = imageOf(outputs["build:image"] ?? (await make("build:image")));
  assert.is(images.length, 2);
  for (const { manifest, platform } of images) {
    const found = await besides(manifest.digest, repository);
    assert.is(found.length, 5);
    assert.match(found[1]?.text ?? "", `arch=${platform.split("/")[1]}`);
  }
  const ofIndex = await besides(root.digest, repository);
  assert.equal(
    ofIndex.map(({ artifactType }) => artifactType),
    [DOCUMENTS[0], BUNDLE, BUNDLE],
  );
});

test("the same package says the same on another machine", async () => {
  const texts = await Promise.all(
    [1, 2].map(async () => {
      const { make, repository, outputs } = await open({ signed: false });
      await make(STEP);
      const { root } = imageOf(outputs["build:image"] ?? (await make("build:image")));
      return (await besides(root.digest, repository)).map(({ text }) => text);
    }),
  );
  assert.equal(texts[0], texts[1]);
});

test("what is there is neither sent nor signed again, by whoever it was signed", async () => {
  const repository = createMemoryRepository(NAME);
  const first = await open({ repository });
  const output = await first.make(STEP);
  const done = repository.done.length;
  const second = await open({ repository });
  assert.equal((await second.make(STEP)).digest, output.digest);
  assert.equal(second.signer.signed, []);
  assert.equal(
    repository.done.slice(done).filter((what) => what.startsWith("write")),
    [],
  );
  assert.is(await second.findMissing(STEP, output), undefined);
});

test("a signature by another key is no reason to leave ours out", async () => {
  const repository = createMemoryRepository(NAME);
  const first = await open({ repository });
  await first.make(STEP);
  const others = makeKeys();
  const signer = createSigner(others);
  const second = await open({ repository, signer, publicKeys: { "cosign.key": others.publicKey } });
  await second.make(STEP);
  assert.is(signer.signed.length, 3);
});

test("what is gone is missed: from the list, or itself", async () => {
  const { make, repository, outputs, findMissing } = await open();
  const output = await make(STEP);
  const { root } = imageOf(outputs["build:image"] ?? output);
  const listed = repository.referrers.get(root.digest) ?? [];
  repository.referrers.set(root.digest, listed.slice(1));
  assert.is(await findMissing(STEP, output), `an attestation in ${NAME}`);
  repository.referrers.set(root.digest, listed);
  assert.is(await findMissing(STEP, output), undefined);
  const last = listed.at(-1)?.digest ?? "";
  const text = repository.manifests.get(last) ?? "";
  repository.manifests.delete(last);
  assert.is(await findMissing(STEP, output), `an attestation in ${NAME}`);
  repository.manifests.set(last, text);
  await make(STEP);
  assert.is(await findMissing(STEP, output), undefined);
});

test("who cannot sign or is refused has put nothing there", async () => {
  const repository = createMemoryRepository(NAME);
  const refusal = errorDiagnostic("sign/wrong-password", "no");
  const signer = { ...createSigner(KEYS), sign: async () => fail(refusal) };
  const { make, run, outputs } = await open({ repository, signer });
  await make("build:image");
  await make("fetch:ridge");
  const failed = await run(STEP);
  assert.equal(failed.ok ? [] : failed.diagnostics.map(({ code }) => code), ["sign/wrong-password"]);
  assert.equal(repository.done, []);
  assert.ok(outputs["build:image"]);

  const replaced: Partial<Repository> = {
    writeReferrers: () => Promise.reject(new RegistryError(403, "no")),
  };
  const refused = await open({ repository: createMemoryRepository(NAME, replaced) });
  await refused.make("build:image");
  await refused.make("fetch:ridge");
  const second = await refused.run(STEP);
  assert.equal(second.ok ? [] : second.diagnostics.map(({ code }) => code), ["registry/refused"]);
});

test("it comes after each push to its repository, and has no secret and no place of this machine in its key", async () => {
  const { stepOf, directory } = await open();
  const step = stepOf(STEP);
  assert.equal(step.after, [`push:${NAME}:1`, `push:${NAME}:2`]);
  assert.not.match(JSON.stringify(step.inputs), directory);
  assert.equal(step.inputs.keys, [{ reference: "cosign.key", publicKey: KEYS.publicKey }]);
});

test.run();
