import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compress } from "../../src/images/compression.ts";
import { bytesOf, once } from "../../src/model/chunks.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { Result } from "../../src/model/result.ts";
import type { SourceReference } from "../../src/model/source.ts";
import { ociSource } from "../../src/sources/oci.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { makeReference, makeSourceContext } from "../fakes/source-context.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { makeArtifact, makeModelPack, type ServedArtifact, startRegistry } from "../rig/servers/oci.ts";

const test = suite("oci source");

const weights = Buffer.from("weights ".repeat(1000));

type Entry = { readonly name: string; readonly type?: "symlink" | "directory"; readonly content?: string };

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { name, type, content = "" } of entries)
    if (type === undefined) archive.entry({ name }, content);
    else archive.entry({ name, type, ...(type === "symlink" && { linkname: "/etc/passwd" }) });
  archive.finalize();
  return bytesOf(archive as AsyncIterable<Uint8Array>);
}

/** A registry that has an artifact, and what the source makes of it. */
async function serve(
  artifact: ServedArtifact,
  more: Partial<SourceReference> & { readonly others?: Record<string, ServedArtifact> } = {},
) {
  const { others = {}, ...options } = more;
  const registry = await startRegistry({ "team/model:1": artifact, ...others });
  const context = makeSourceContext(makeFolder(), { clock: createManualClock(), random: () => 1 });
  const reference = makeReference(`${registry.url.replace("http", "oci")}/team/model:1`, options);
  const pin = () => ociSource.pin(reference, context);
  const fetch = async () => {
    const pinned = await pin();
    return pinned.ok ? ociSource.fetch(reference, pinned.value, context) : pinned;
  };
  const textOf = async (digest: `sha256:${string}`) =>
    readFileSync((await context.store.find(digest)) ?? "", "utf8");
  return { ...registry, context, reference, pin, fetch, textOf };
}

function codes(result: Result<unknown>): string {
  return result.ok ? "ok" : result.diagnostics.map(({ code }) => code).join(" ");
}

function pathsOf(result: Result<readonly { readonly path: string }[]>): string {
  return result.ok ? result.value.map(({ path }) => path).join(" ") : codes(result);
}

const digest = `sha256:${"a".repeat(64)}`;

for (const [source, code] of [
  ["oci://registry.example.com/team/ridge:3", "ok"],
  ["oci://registry.example.com:5000/ridge", "ok"],
  ["oci://localhost/ridge:3", "ok"],
  [`oci://registry.example.com/ridge@${digest}`, "ok"],
  [`oci://registry.example.com/ridge:3@${digest}`, "ok"],
  ["oci://team/ridge:3", "source/bad-oci-reference"],
  ["oci://registry.example.com/", "source/bad-oci-reference"],
  ["oci://registry.example.com/Ridge", "source/bad-oci-reference"],
  ["oci://registry.example.com/ridge:", "source/bad-oci-reference"],
  ["oci://registry.example.com/ridge@sha256:abc", "source/bad-oci-reference"],
  ["oci://registry.example.com/../ridge", "source/bad-oci-reference"],
  ["oci://ada:secret@registry.example.com/ridge", "source/bad-oci-reference"],
] as const) {
  test(`parse ${source}`, () => {
    const parsed = ociSource.parse(makeReference(source));
    assert.is(codes(parsed), code);
    assert.not.match(JSON.stringify(parsed.ok ? "" : parsed.diagnostics), /secret/);
  });
}

test("a ModelPack is pinned by its manifest and its files' digests, and nothing of it is brought for that", async () => {
  const artifact = makeModelPack({ "a/model.gguf": weights, "config.json": Buffer.from("{}") });
  const { pin, requests } = await serve(artifact);
  const pinned = await pin();
  assert.equal(pinned.ok && pinned.value, {
    scheme: "oci",
    identity: {
      revision: { digest: digestOf(artifact.manifest) },
      files: {
        "a/model.gguf": { digest: digestOf(weights), size: weights.length },
        "config.json": { digest: digestOf("{}"), size: 2 },
      },
    },
    paths: ["a/model.gguf", "config.json"],
  });
  assert.equal(requests, ["GET /v2/team/model/manifests/1"]);
});

test("what is locked is asked for by its digest, whatever the tag names by now", async () => {
  const artifact = makeModelPack({ "model.bin": weights });
  const { fetch, requests } = await serve(makeModelPack({ "model.bin": Buffer.from("newer") }), {
    locked: {
      revision: { digest: digestOf(artifact.manifest) },
      files: { "model.bin": { digest: digestOf(weights), size: weights.length } },
    } as never,
    others: { "team/model:0": artifact },
  });
  assert.is(pathsOf(await fetch()), "model.bin");
  assert.equal(requests, [
    `GET /v2/team/model/manifests/${digestOf(artifact.manifest)}`,
    `GET /v2/team/model/blobs/${digestOf(weights)}`,
  ]);
});

/** A package of code, documents, a dataset and a model, in the words of one specification. */
async function packageOf(
  types: Readonly<Record<"model" | "code" | "docs" | "dataset", string>>,
  configType: string,
) {
  const layers = await Promise.all(
    Object.entries(types).map(async ([role, mediaType]) => {
      const tar = await tarOf([
        { name: "./", type: "directory" },
        { name: `./${role}/file.bin`, content: role },
      ]);
      return { mediaType, content: mediaType.endsWith("gzip") ? gzipSync(tar) : tar };
    }),
  );
  return makeArtifact({ configType }, layers);
}

const PACKAGES = {
  ModelKit: await packageOf(
    {
      model: "application/vnd.kitops.modelkit.model.v1.tar+gzip",
      code: "application/vnd.kitops.modelkit.code.v1.tar",
      docs: "application/vnd.kitops.modelkit.docs.v1.tar",
      dataset: "application/vnd.kitops.modelkit.dataset.v1.tar",
    },
    "application/vnd.kitops.modelkit.config.v1+json",
  ),
  ModelPack: await packageOf(
    {
      model: "application/vnd.cncf.model.weight.v1.tar+gzip",
      code: "application/vnd.cncf.model.code.v1.tar",
      docs: "application/vnd.cncf.model.doc.v1.tar",
      dataset: "application/vnd.cncf.model.dataset.v1.tar",
    },
    "application/vnd.cncf.model.config.v1+json",
  ),
  "older ModelPack": await packageOf(
    {
      model: "application/vnd.cnai.model.weight.v1.tar",
      code: "application/vnd.cnai.model.code.v1.tar",
      docs: "application/vnd.cnai.model.doc.v1.tar",
      dataset: "application/vnd.cnai.model.dataset.v1.tar",
    },
    "application/vnd.cnai.model.config.v1+json",
  ),
};

for (const [name, artifact] of Object.entries(PACKAGES)) {
  test(`of a ${name} the model is taken, and what else there is where it is asked for`, async () => {
    const { fetch, requests, textOf } = await serve(artifact);
    const fetched = await fetch();
    assert.is(pathsOf(fetched), "model/file.bin");
    assert.is(await textOf(digestOf("model")), "model");
    assert.is(requests.length, 2);
    const { fetch: fetchAll } = await serve(artifact, { include: ["**"], exclude: ["dataset/**"] });
    assert.is(pathsOf(await fetchAll()), "code/file.bin docs/file.bin model/file.bin");
  });
}

test("a layer that is an archive comes once, and its files are pinned by their own digests", async () => {
  const { pin, fetch, requests } = await serve(PACKAGES.ModelKit);
  const pinned = await pin();
  assert.equal(pinned.ok && pinned.value.identity.files, {
    "model/file.bin": { digest: digestOf("model"), size: 5 },
  });
  await fetch();
  assert.is(requests.filter((request) => request.includes("/blobs/")).length, 1);
});

test("files of a Docker Model that have no names are called as its runner calls them", async () => {
  const type = (name: string) => `application/vnd.docker.ai.${name}`;
  const layers = [
    { mediaType: type("gguf.v3"), content: Buffer.from("one") },
    { mediaType: type("gguf.v3"), content: Buffer.from("two") },
    { mediaType: type("mmproj"), content: Buffer.from("eyes") },
    { mediaType: type("license"), content: Buffer.from("free") },
    { mediaType: type("chat.template.jinja"), content: Buffer.from("{{ x }}") },
    { mediaType: type("vllm.config.tar"), content: await tarOf([{ name: "config.json", content: "{}" }]) },
  ];
  const { fetch } = await serve(makeArtifact({ configType: type("model.config.v0.1+json") }, layers));
  assert.is(
    pathsOf(await fetch()),
    "LICENSE config.json model-00001-of-00002.gguf model-00002-of-00002.gguf model.mmproj template.jinja",
  );
});

test("files of a Docker Model that have names keep them", async () => {
  const layers = [
    ["gguf.v3", "q4/llama.gguf"],
    ["model.file", "tokenizer.json"],
  ].map(([type = "", path = ""]) => ({
    mediaType: `application/vnd.docker.ai.${type}`,
    content: Buffer.from(path),
    annotations: { "org.cncf.model.filepath": path },
  }));
  const configType = "application/vnd.docker.ai.model.config.v0.2+json";
  const { fetch } = await serve(makeArtifact({ configType }, layers));
  assert.is(pathsOf(await fetch()), "q4/llama.gguf tokenizer.json");
});

test("of a plain artifact the layers with a title are files, and a folder that ORAS packed is unpacked", async () => {
  const title = "org.opencontainers.image.title";
  const layers = [
    { mediaType: "application/octet-stream", content: weights, annotations: { [title]: "model.bin" } },
    { mediaType: "application/vnd.x.tar", content: Buffer.from("raw"), annotations: { [title]: "kept.tar" } },
    {
      mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
      content: gzipSync(await tarOf([{ name: "folder/a.txt", content: "a" }])),
      annotations: { [title]: "folder", "io.deis.oras.content.unpack": "true" },
    },
    { mediaType: "application/octet-stream", content: Buffer.from("no name") },
  ];
  const { fetch } = await serve(makeArtifact({ configType: "application/vnd.oci.empty.v1+json" }, layers));
  assert.is(pathsOf(await fetch()), "folder/a.txt kept.tar model.bin");
});

test("a layer of zstd is unpacked as it comes", async () => {
  const tar = await tarOf([{ name: "model.bin", content: "weights ".repeat(100_000) }]);
  const content = await bytesOf(compress(once(tar), { kind: "zstd", level: 3 }));
  const mediaType = "application/vnd.cncf.model.weight.v1.tar+zstd";
  const configType = "application/vnd.cncf.model.config.v1+json";
  const { fetch, textOf } = await serve(makeArtifact({ configType }, [{ mediaType, content }]));
  assert.is(pathsOf(await fetch()), "model.bin");
  const unpacked = "weights ".repeat(100_000);
  assert.is(await textOf(digestOf(unpacked)), unpacked);
});

async function archived(entries: readonly Entry[], packing = "tar"): Promise<ServedArtifact> {
  const mediaType = `application/vnd.kitops.modelkit.model.v1.${packing}`;
  const configType = "application/vnd.kitops.modelkit.config.v1+json";
  return makeArtifact({ configType }, [{ mediaType, content: await tarOf(entries) }]);
}

const image = makeArtifact({ configType: "application/vnd.oci.image.config.v1+json" }, [
  { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", content: Buffer.from("layer") },
]);

const BAD = {
  "a link": [await archived([{ name: "a", type: "symlink" }]), "source/bad-archive"],
  "a way out": [await archived([{ name: "../a", content: "x" }]), "source/unsafe-name"],
  "no gzip": [await archived([{ name: "a", content: "x" }], "tar+gzip"), "source/bad-archive"],
  "no zstd": [await archived([{ name: "a", content: "x" }], "tar+zstd"), "source/bad-archive"],
  "a bomb": [
    makeArtifact({ configType: "application/vnd.kitops.modelkit.config.v1+json" }, [
      {
        mediaType: "application/vnd.kitops.modelkit.model.v1.tar+gzip",
        content: gzipSync(await tarOf([{ name: "a", content: "0".repeat(8 << 20) }])),
      },
    ]),
    "source/bad-archive",
  ],
  "an image": [image, "source/not-a-model"],
  "no manifest": [{ manifest: '{"mediaType":"x"}', blobs: [] }, "source/not-a-model"],
  "no name": [
    makeArtifact({ configType: "application/vnd.cncf.model.config.v1+json" }, [
      { mediaType: "application/vnd.cncf.model.weight.v1.raw", content: weights },
    ]),
    "source/nameless-layer",
  ],
} as const;

for (const [what, [artifact, code]] of Object.entries(BAD)) {
  test(`an artifact with ${what} is refused, and nothing of it is taken`, async () => {
    const { fetch } = await serve(artifact);
    assert.is(codes(await fetch()), code);
  });
}

function indexOf(entries: readonly (readonly [ServedArtifact, string?])[]): ServedArtifact {
  const manifests = entries.map(([{ manifest }, platform]) => {
    const [os, architecture] = platform?.split("/") ?? [];
    const descriptor = { mediaType: "x", digest: digestOf(manifest), size: manifest.length };
    return { ...descriptor, ...(platform !== undefined && { platform: { os, architecture } }) };
  });
  const mediaType = "application/vnd.oci.image.index.v1+json";
  return { manifest: JSON.stringify({ schemaVersion: 2, mediaType, manifests }), blobs: [] };
}

const forIntel = makeModelPack({ "intel.bin": Buffer.from("intel") });
const forArm = makeModelPack({ "arm.bin": Buffer.from("arm") });

for (const [what, entries, paths] of [
  ["its only model is taken", [[forArm]], "arm.bin"],
  [
    "the model for these containers is taken",
    [
      [forArm, "linux/arm64"],
      [forIntel, "linux/amd64"],
    ],
    "intel.bin",
  ],
  ["none is taken at random", [[forArm], [forIntel]], "source/not-for-platform"],
] as const) {
  test(`of an index ${what}`, async () => {
    const others = { "team/model:a": forArm, "team/model:i": forIntel };
    const { reference, context } = await serve(indexOf(entries), { others });
    const there = { ...context, host: { ...context.host, containerPlatform: "linux/amd64" } };
    const pinned = await ociSource.pin(reference, there);
    assert.is(pinned.ok ? pinned.value.paths.join(" ") : codes(pinned), paths);
  });
}

test("a tag that is not there is told, with its name", async () => {
  const { url, context } = await serve(image);
  const pinned = await ociSource.pin(makeReference(`${url.replace("http", "oci")}/team/model:2`), context);
  assert.is(codes(pinned), "source/not-in-registry");
  assert.match(JSON.stringify(pinned), /team\/model:2/);
});

test.run();
