import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ModelOptions, model } from "../../../src/cli/commands/model.ts";
import { digestOf } from "../../../src/model/digest.ts";
import { makeCall, RUN_OPTIONS } from "../../fakes/call.ts";
import { makeArtifact, makeModelPack, startRegistry } from "../../rig/servers/oci.ts";

const test = suite("model");

const artifact = makeModelPack({ "model.gguf": Buffer.from("weights"), "a/config.json": Buffer.from("{}") });
const kit = makeArtifact(
  {
    configType: "application/vnd.kitops.modelkit.config.v1+json",
    config: Buffer.from('{"package": {"name": "ridge\\u001b[2J"}}'),
  },
  [{ mediaType: "application/vnd.kitops.modelkit.model.v1.tar+gzip", content: Buffer.from("no gzip") }],
);
const image = makeArtifact({ configType: "application/vnd.oci.image.config.v1+json" }, []);
const { port } = await startRegistry({
  "team/ridge:1": artifact,
  "team/ridge:kit": kit,
  "team/ridge:image": image,
});
const name = `127.0.0.1:${port}/team/ridge`;

type Call = ReturnType<typeof makeCall>;

function open(files: Readonly<Record<string, string>> = {}, json = false): Call {
  const call = makeCall(files);
  return { ...call, session: { ...call.session, options: { ...call.session.options, json } } };
}

function run(
  { session }: Call,
  action: ModelOptions["action"],
  reference: string,
  more = {},
): Promise<number> {
  const none = { folder: undefined, only: [], force: false };
  return model(session, { ...RUN_OPTIONS, ...none, action, reference, ...more });
}

function codesIn({ said }: Call): readonly string[] {
  return [...said.words.matchAll(/error\[([^\]]+)\]/g)].map(([, code = ""]) => code);
}

function treeOf(folder: string): readonly string[] {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((one) => one.isFile())
    .map((one) => path.relative(folder, path.join(one.parentPath, one.name)))
    .sort();
}

for (const reference of [`${name}:1`, `oci://${name}:1`]) {
  test(`pull of ${reference.replace(/:\d+\//, "/")} lays the whole model out, called after the repository`, async () => {
    const call = open();
    assert.is(await run(call, "pull", reference), 0, call.said.words);
    const folder = path.join(call.workingDirectory, "ridge");
    assert.equal(treeOf(folder), ["a/config.json", "model.gguf"]);
    assert.is(readFileSync(path.join(folder, "model.gguf"), "utf8"), "weights");
    assert.match(call.said.words, `ridge has 2 files of ${name}:1, 0.0 MB: ${digestOf(artifact.manifest)}`);
  });
}

test("pull tells as data what it has brought", async () => {
  const call = open({}, true);
  assert.is(await run(call, "pull", `${name}:1`, { folder: "here" }), 0);
  assert.equal(JSON.parse(call.said.data), {
    reference: `${name}:1`,
    digest: digestOf(artifact.manifest),
    folder: "here",
    files: [
      { path: "a/config.json", digest: digestOf("{}"), size: 2 },
      { path: "model.gguf", digest: digestOf("weights"), size: 7 },
    ],
  });
});

test("pull replaces nothing, unless it is told to, and then what is not of the model stays", async () => {
  const call = open({ "here/model.gguf": "mine", "here/notes.txt": "mine" });
  const folder = path.join(call.workingDirectory, "here");
  assert.is(await run(call, "pull", `${name}:1`, { folder: "here" }), 64);
  assert.equal(codesIn(call), ["cli/place-taken"]);
  assert.is(readFileSync(path.join(folder, "model.gguf"), "utf8"), "mine");
  assert.is(await run(call, "pull", `${name}:1`, { folder: "here", force: true }), 0, call.said.words);
  assert.equal(treeOf(folder), ["a/config.json", "model.gguf", "notes.txt"]);
  assert.is(readFileSync(path.join(folder, "model.gguf"), "utf8"), "weights");
});

test("pull goes through no link, and over no folder", async () => {
  const elsewhere = open({ "config.json": "theirs" }).workingDirectory;
  const linked = open({ "here/x": "" });
  symlinkSync(elsewhere, path.join(linked.workingDirectory, "here/a"));
  const inTheWay = open();
  mkdirSync(path.join(inTheWay.workingDirectory, "here/model.gguf"), { recursive: true });
  const file = open({ here: "a file" });
  for (const call of [linked, inTheWay, file]) {
    assert.is(await run(call, "pull", `${name}:1`, { folder: "here", force: true }), 64);
    assert.equal(codesIn(call), ["cli/place-taken"]);
  }
  assert.is(readFileSync(path.join(elsewhere, "config.json"), "utf8"), "theirs");
  assert.equal(treeOf(path.join(linked.workingDirectory, "here")), ["x"]);
});

test("what cannot be had whole leaves nothing", async () => {
  const call = open();
  assert.is(await run(call, "pull", `${name}:kit`), 1);
  assert.equal(codesIn(call), ["source/bad-archive"]);
  assert.not.ok(existsSync(path.join(call.workingDirectory, "ridge")));
});

test("inspect says what it is and what is in it, without bringing it", async () => {
  const call = open();
  assert.is(await run(call, "inspect", `${name}:1`), 0, call.said.words);
  assert.match(call.said.data, `${name}:1 is a ModelPack, ${digestOf(artifact.manifest)}`);
  assert.match(call.said.data, /model +0\.0 MB {2}sha256:[0-9a-f]{64} {2}model\.gguf\n/);
  assert.match(call.said.data, "2 layers, 0.0 MB");
});

test("inspect tells the same as data", async () => {
  const call = open({}, true);
  assert.is(await run(call, "inspect", `${name}:kit`), 0);
  const told = JSON.parse(call.said.data);
  assert.equal([told.kind, told.digest], ["modelkit", digestOf(kit.manifest)]);
  assert.equal(told.config, { package: { name: "ridge\u001b[2J" } });
  assert.equal(
    told.files.map(({ role, packing }: Record<string, string>) => [role, packing]),
    [["model", "tar+gzip"]],
  );
});

test("what somebody else wrote does nothing to a terminal", async () => {
  const call = open();
  assert.is(await run(call, "inspect", `${name}:kit`), 0);
  assert.not.match(call.said.data, "\u001b");
});

for (const [reference, code] of [
  [`${name}:none`, "source/not-in-registry"],
  [`${name}:image`, "source/not-a-model"],
  ["team/ridge:1", "source/bad-oci-reference"],
] as const) {
  test(`${code} is told by inspect and pull alike`, async () => {
    for (const action of ["inspect", "pull"] as const) {
      const call = open();
      assert.is(await run(call, action, reference), 1);
      assert.equal(codesIn(call), [code]);
      assert.match(call.said.words, "hint: ");
    }
  });
}

for (const [action, more] of [
  ["pull", { only: ["ridge"] }],
  ["inspect", { folder: "here" }],
  ["push", { force: true }],
  ["push", { folder: "here" }],
] as const) {
  test(`model ${action} takes no ${Object.keys(more)}`, async () => {
    const call = open();
    assert.is(await run(call, action, `${name}:1`, more), 64);
    assert.equal(codesIn(call), ["cli/excess-argument"]);
  });
}

const PACKAGE =
  "name: demo\nmodels: [ridge.pkl]\nbase_image: {oci_layout: base}\ninference: {command: [serve]}\n";

for (const [what, yaml, more, code, exitCode] of [
  ["a model that there is not", PACKAGE, { only: ["rigde"] }, "cli/unknown-model", 64],
  ["no models", PACKAGE.replace("models: [ridge.pkl]\n", ""), {}, "config/no-models", 64],
  ["a digest", PACKAGE, { reference: `${name}@${digestOf("x")}` }, "cli/push-to-digest", 64],
] as const) {
  test(`push refuses ${what}`, async () => {
    const call = open({ "mlpackage.yaml": yaml, "ridge.pkl": "ridge" });
    mkdirSync(path.join(call.workingDirectory, "base"));
    writeFileSync(path.join(call.workingDirectory, "base/oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    writeFileSync(path.join(call.workingDirectory, "base/index.json"), '{"schemaVersion":2,"manifests":[]}');
    assert.is(await run(call, "push", `${name}:2`, more), exitCode, call.said.words);
    assert.equal(codesIn(call), [code]);
  });
}

test("push asks for no base image: what it cannot reach is the registry of the models alone", async () => {
  const yaml =
    "name: demo\nmodels: [ridge.pkl]\nbase_image: 127.0.0.1:1/base:1\ninference: {command: [serve]}\n";
  const call = open({ "mlpackage.yaml": yaml, "ridge.pkl": "ridge" });
  assert.is(await run(call, "push", `${name}:2`), 1, call.said.words);
  assert.not.match(call.said.words, "base");
  assert.match(call.said.words, /fetch ridge: succeeded/);
});

test.run();
