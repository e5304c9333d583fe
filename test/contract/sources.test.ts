import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { Source, SourceContext } from "../../src/model/source.ts";
import { azureBlobSource } from "../../src/sources/azure-blob.ts";
import { azureMlSource } from "../../src/sources/azureml.ts";
import { fileSource } from "../../src/sources/file.ts";
import { gcsSource } from "../../src/sources/gcs.ts";
import { httpSource } from "../../src/sources/http.ts";
import { huggingFaceSource } from "../../src/sources/hugging-face.ts";
import { KNOWN_SCHEMES, schemeOf, sourceOf } from "../../src/sources/index.ts";
import { ociSource } from "../../src/sources/oci.ts";
import { s3Source } from "../../src/sources/s3.ts";
import { startServer } from "../fakes/http-server.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { makeReference, makeSourceContext } from "../fakes/source-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { startAzureManagement, WORKSPACE_VARIABLES } from "../rig/servers/azure-management.ts";
import { ACCOUNT, connectionStringOf, startAzurite } from "../rig/servers/azurite.ts";
import { startHub } from "../rig/servers/hugging-face.ts";
import { startMlflow } from "../rig/servers/mlflow.ts";
import { makeModelPack, startRegistry } from "../rig/servers/oci.ts";
import { gcsRow } from "../sources/rows/gcs.ts";
import { s3Row } from "../sources/rows/s3.ts";

/** What is asked of every source, whatever it speaks to: a new one goes into this table. */
const test = suite("sources");

const content = "the model";
const { url } = await startServer((request, response) =>
  request.url === "/model.bin"
    ? response.setHeader("etag", '"1"').end(content)
    : response.writeHead(404).end(),
);
const azurite = await startAzurite({ "models/model.bin": content });
const azureBlobs = { AZURE_STORAGE_CONNECTION_STRING: connectionStringOf(azurite.url) };
const azureMl = await startAzureManagement({
  models: {
    ridge: { "1": { modelUri: `wasbs://models@${ACCOUNT}.blob.core.windows.net/model.bin` } },
  },
  datastores: {},
});
Object.assign(process.env, azureMl.identity);

const registry = await startRegistry({
  "team/model:1": makeModelPack({ "model.bin": Buffer.from(content) }),
});
const repository = registry.url.replace(/^http:/, "oci:");
const hub = await startHub({ "org/repo": { files: { "model.bin": Buffer.from(content) } } });

const gcs = gcsRow.ask((await gcsRow.start(Buffer.from(content))).url);
const s3 = s3Row.ask((await s3Row.start(Buffer.from(content))).url);
const mlflow = await startMlflow({
  artifacts: { "0/r1/artifacts/ridge/model.bin": Buffer.from(content) },
  versions: [{ name: "ridge", version: "3", source: "mlflow-artifacts:/0/r1/artifacts/ridge" }],
});

type Case = {
  readonly source: Source;
  /** A reference to `content`. */
  readonly good: string;
  /** What is refused without a look at the world. */
  readonly malformed: readonly string[];
  /** Well formed, and nothing is there. */
  readonly missing: string;
  readonly environment?: Readonly<Record<string, string>>;
};

const cases: readonly Case[] = [
  {
    source: fileSource,
    good: "model.bin",
    malformed: ["file://../x", "file:../x", "file:///etc/passwd", "file:a/../../x"],
    missing: "other.bin",
  },
  {
    source: httpSource,
    good: `${url}/model.bin`,
    malformed: ["https://", "https://example.com/", "https://a:b@example.com/x"],
    missing: `${url}/other.bin`,
  },
  {
    source: azureBlobSource,
    good: `az://${ACCOUNT}/models/model.bin`,
    malformed: ["az://", "az://account/", "wasbs://models@example.com/x", "az://account/models/x?sig=y"],
    missing: `az://${ACCOUNT}/models/other.bin`,
    environment: azureBlobs,
  },
  {
    source: azureMlSource,
    good: "azureml:ridge:1",
    malformed: ["azureml:ridge", "azureml://ridge/1", "azureml:ridge@best"],
    missing: "azureml:ridge:2",
    environment: { ...WORKSPACE_VARIABLES, ...azureBlobs, AZURE_RESOURCE_MANAGER_ENDPOINT: azureMl.url },
  },
  {
    source: ociSource,
    good: `${repository}/team/model:1`,
    malformed: ["oci://", "oci://team/model", "oci://registry.example.com", "oci://a:b@example.com/x"],
    missing: `${repository}/team/other:1`,
  },
  {
    source: huggingFaceSource,
    environment: { HF_ENDPOINT: hub.url },
    good: "hf://org/repo",
    malformed: ["hf://", "hf://repo", "hf://a:b@org/repo", "hf://org/repo@", "hf://org/repo/../x"],
    missing: "hf://org/other",
  },
  {
    source: s3Source,
    good: s3.reference.source,
    malformed: ["s3://", "s3:models/x", "s3://key:secret@models/x", "s3://models/a/?versionId=1"],
    missing: "s3://models/other.bin",
    environment: s3.environment,
  },
  {
    source: gcsSource,
    good: gcs.reference.source,
    malformed: ["gs://", "gs:models/x", "gs://models/a/#1"],
    missing: "gs://models/other.bin",
    environment: gcs.environment,
  },
  {
    source: sourceOf("mlflow:") as Source,
    good: "mlflow:models:/ridge/3",
    malformed: ["mlflow:ridge", "mlflow:models:/", "mlflow:models:/ridge/3/x", "mlflow:runs:/r1"],
    missing: "mlflow:models:/ridge/4",
    environment: { HOME: makeFolder(), MLFLOW_TRACKING_URI: mlflow.url },
  },
];

for (const { source, good, malformed, missing, environment = {} } of cases) {
  const makeContext = (): SourceContext =>
    makeSourceContext(makeFolder({ "model.bin": content }), {
      clock: createManualClock(),
      environment: { HOME: makeFolder(), ...environment },
    });

  const name = source.schemes.join(" ") || "path";

  test(`${name}: is found by its schemes`, () => {
    assert.is(sourceOf(good), source);
    for (const scheme of source.schemes) assert.ok(KNOWN_SCHEMES.includes(scheme));
  });

  test(`${name}: pins, and brings what it pinned`, async () => {
    const context = makeContext();
    const reference = source.parse(makeReference(good));
    assert.ok(reference.ok);
    const pinned = await source.pin(reference.value, context);
    assert.ok(pinned.ok);
    const fetched = await source.fetch(reference.value, pinned.value, context);
    assert.ok(fetched.ok);
    const [file] = fetched.value;
    assert.equal([file?.path, file?.size, file?.mode], ["model.bin", content.length, 0o644]);
    assert.is(file?.digest, digestOf(content));
    assert.equal(pinned.value.paths, ["model.bin"]);
    const isInStore = (await context.store.find(digestOf(content))) !== undefined;
    assert.ok(
      file?.origin !== undefined || isInStore,
      "the content is neither in the package nor in the store",
    );
  });

  test(`${name}: a pin is data, the same for the same, and knows no folder of ours`, async () => {
    const [one, other] = [makeContext(), makeContext()];
    const pins = await Promise.all([one, other].map((context) => source.pin(makeReference(good), context)));
    const [first, second] = pins.map((pin) => (pin.ok ? pin.value : undefined));
    assert.equal(first, second);
    assert.equal(JSON.parse(JSON.stringify(first)), first);
    assert.not.match(JSON.stringify(first), one.directory);
  });

  test(`${name}: what is not there is told with a code of its own`, async () => {
    const pinned = await source.pin(makeReference(missing), makeContext());
    assert.ok(!pinned.ok);
    assert.match(pinned.diagnostics[0]?.code ?? "", /^source\/[a-z-]+$/);
  });

  for (const reference of malformed) {
    test(`${name}: refuses ${reference} with a code of its own`, () => {
      const parsed = source.parse(makeReference(reference));
      assert.ok(!parsed.ok);
      assert.match(parsed.diagnostics[0]?.code ?? "", /^source\/[a-z-]+$/);
    });
  }
}

test("every source is asked", () => {
  const known = new Set(KNOWN_SCHEMES.map((scheme) => sourceOf(scheme === "" ? "x" : `${scheme}:x`)));
  assert.equal(known, new Set(cases.map(({ source }) => source)));
});

test("schemes have no case, and a path has none", () => {
  assert.is(sourceOf("HTTPS://example.com/x"), httpSource);
  assert.equal(["a/b:c", "./a:b", "C++/x", "s3+x://y"].map(schemeOf), ["", "", "", "s3+x"]);
  assert.is(sourceOf("gopher://x"), undefined);
});

test.after(async () => {
  await azureMl.stop();
  await azurite.stop();
});

test.run();
