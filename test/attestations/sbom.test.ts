import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { BaseFacts } from "../../src/attestations/facts.ts";
import { writeSbom } from "../../src/attestations/sbom.ts";
import { digestOf } from "../../src/model/digest.ts";
import { AMD64, makeFacts } from "../fakes/image-facts.ts";

const test = suite("SBOM");

const library = fileURLToPath(import.meta.resolve("@cyclonedx/cyclonedx-library/package.json"));
const validate = createValidator();

/** By the schema that CycloneDX itself publishes. */
function createValidator() {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const read = (name: string) =>
    JSON.parse(readFileSync(path.join(path.dirname(library), "res/schema", name), "utf8"));
  for (const name of ["spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json"])
    ajv.addSchema(read(name), `http://cyclonedx.org/schema/${name}`);
  return ajv.compile(read("bom-1.6.SNAPSHOT.schema.json"));
}

const others: Readonly<Record<string, BaseFacts>> = {
  "a base that only an engine has": { kind: "image", reference: "local:1", digest: digestOf("id") },
  "a layout": { kind: "oci-layout", path: "base", digest: digestOf("index") },
  "a Dockerfile": {
    kind: "dockerfile",
    path: "docker/Dockerfile",
    files: [{ path: "docker/Dockerfile", digest: digestOf("FROM") }],
  },
};

for (const [what, facts] of [
  ["something of everything", makeFacts()],
  ["an image of nothing but its base", makeFacts({ models: [], code: [], runtime: [] })],
  ...Object.entries(others).map(([word, base]) => [word, makeFacts({ base })] as const),
] as const) {
  test(`${what}: valid by the schema of CycloneDX 1.6, and no component twice`, () => {
    const sbom = JSON.parse(writeSbom(facts, AMD64));
    assert.ok(validate(sbom), JSON.stringify(validate.errors?.slice(0, 3)));
    const refs = refsOf(sbom);
    assert.is(new Set(refs).size, refs.length);
    assert.ok(refs.length >= 3);
  });
}

test("the schema refuses what is wrong", () => {
  const sbom = JSON.parse(writeSbom(makeFacts(), AMD64));
  assert.not.ok(validate({ ...sbom, components: [{ type: "model", name: "ridge" }] }));
  assert.not.ok(validate({ ...sbom, serialNumber: "1" }));
});

function refsOf(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  const own = (value as { readonly "bom-ref"?: string })["bom-ref"];
  return [...(own === undefined ? [] : [own]), ...Object.values(value).flatMap(refsOf)];
}

type Component = { readonly type: string; readonly name: string; readonly purl?: string };

test("everything that was put in is in it, with its digest where it has one", () => {
  const { components, compositions, metadata } = JSON.parse(writeSbom(makeFacts(), AMD64));
  const named = (components as readonly Component[]).map(
    ({ type, name, purl = "" }) => `${type} ${name} ${purl}`,
  );
  const base = digestOf("base");
  assert.equal(named, [
    `container python:3.12-slim pkg:oci/python@${base}?arch=amd64&repository_url=docker.io/library/python&tag=3.12-slim`,
    "library libc6 pkg:deb/debian/libc6@2:2.36-9?arch=i386",
    "library libgomp1 pkg:deb/debian/libgomp1@12.2.0-14%2Bdeb12u1?arch=amd64",
    "library openssl pkg:conda/openssl@3.3.2?build=hb9d3cd8_0&channel=https://conda.anaconda.org/conda-forge&subdir=linux-64&type=conda",
    "library local-wheel pkg:pypi/local-wheel@1%210.1%2Bcpu",
    "library numpy pkg:pypi/numpy@2.1.0",
    "machine-learning-model ridge ",
    "machine-learning-model bert ",
    "application mlpackage-runtime ",
    "application diabetes ",
  ]);
  const hashOf = (name: string) => components.find((one: Component) => one.name === name).hashes?.[0].content;
  assert.is(hashOf("numpy"), digestOf("numpy").slice(7));
  assert.is(hashOf("ridge"), digestOf("r").slice(7));
  assert.is(hashOf("bert"), undefined);
  assert.is(compositions[0].aggregate, "incomplete");
  assert.ok(compositions[0].assemblies.includes(components[0]["bom-ref"]));
  assert.is(metadata.timestamp, "2023-11-14T22:13:20.000Z");
});

test("the same facts give the same text, and others another number", () => {
  assert.is(writeSbom(makeFacts(), AMD64), writeSbom(makeFacts(), AMD64));
  const numberOf = (text: string): string => JSON.parse(text).serialNumber;
  const changed = writeSbom(makeFacts({ digest: digestOf("another") }), AMD64);
  assert.is.not(numberOf(changed), numberOf(writeSbom(makeFacts(), AMD64)));
  assert.match(
    numberOf(changed),
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test("no secret of an address", () => assert.not.match(writeSbom(makeFacts(), AMD64), "s3cret"));

test("packages of Ubuntu are called so, and architectures as Debian does", () => {
  const systemPackages = { libgomp1: "12.3.0-1ubuntu1~22.04", zlib1g: "1.2.11" };
  const packages = { systemPackages, python: [] };
  const text = writeSbom(makeFacts(), { platform: "linux/arm/v7", packages, conda: [] });
  assert.match(text, "pkg:deb/ubuntu/zlib1g@1.2.11?arch=armhf");
  assert.match(text, "pkg:deb/ubuntu/libgomp1@12.3.0-1ubuntu1~22.04?arch=armhf");
});

test.run();
