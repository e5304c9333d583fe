import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesOf } from "../../src/model/chunks.ts";
import { contentsFor } from "../../src/steps/image-contents.ts";
import { layersOf } from "../../src/steps/layer.ts";
import { openPackage } from "../fakes/package.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("unpacking a model");

const yaml = (more = "") =>
  `name: demo
models: [{name: bert, source: bert.tar.gz, unpack: true${more}}]
inference: {command: [serve]}
build: {compression: none}
outputs: [{type: dockerfile, path: out}]
`;

function tarOf(files: Readonly<Record<string, string>>): Buffer {
  const folder = makeFolder(files);
  execFileSync("tar", ["czf", "archive", ...Object.keys(files)], { cwd: folder });
  return readFileSync(path.join(folder, "archive"));
}

const FILES = { "bert/config.json": "{}", "bert/weights.bin": "weights", "bert/log.txt": "log" };

test("its files are the model's, under the paths of the archive", async () => {
  const { make, context } = await openPackage(yaml(", exclude: ['**/*.txt']"), {
    "bert.tar.gz": tarOf(FILES),
  });
  const { files } = await make("unpack:bert");
  assert.equal(
    files.map((file) => [file.path, file.size, file.mode, file.origin]),
    [
      ["bert/config.json", 2, 0o644, undefined],
      ["bert/weights.bin", 7, 0o644, undefined],
    ],
  );
  const [, weights] = files;
  const place = weights && (await context.store.find(weights.digest));
  assert.ok(place);
  assert.is(readFileSync(place, "utf8"), "weights");
});

test("the layer is of what was in the archive, and not of the archive", async () => {
  const { make, stepOf } = await openPackage(yaml(), { "bert.tar.gz": tarOf(FILES) });
  const { layers } = layersOf(await make("layer:bert"));
  const folder = await openPackage(
    "name: demo\nmodels: [{name: bert, source: bert}]\ninference: {command: [serve]}\nbuild: {compression: none}\n",
    FILES,
  );
  assert.equal(layers, layersOf(await folder.make("layer:bert")).layers);
  assert.equal(stepOf("layer:bert").needs, ["unpack:bert"]);
  assert.equal(stepOf("save:out").needs, ["render", "unpack:bert"]);
});

test("another archive of the same files makes nothing else anew", async () => {
  const first = await openPackage(yaml(), { "bert.tar.gz": tarOf(FILES) });
  const reversed = Object.fromEntries(Object.entries(FILES).reverse());
  const second = await openPackage(yaml(), { "bert.tar.gz": tarOf(reversed) });
  assert.not.equal((await first.make("fetch:bert")).digest, (await second.make("fetch:bert")).digest);
  assert.is((await first.make("unpack:bert")).digest, (await second.make("unpack:bert")).digest);
});

test("of an archive that is refused halfway, nothing is kept", async () => {
  const folder = makeFolder({ "a-good-file": "weights" });
  execFileSync("sh", ["-c", "ln -s /etc/passwd z && tar czf archive a-good-file z"], { cwd: folder });
  const bytes = readFileSync(path.join(folder, "archive"));
  const { make, run, context } = await openPackage(yaml(), { "bert.tar.gz": bytes });
  await make("fetch:bert");
  const result = await run("unpack:bert");
  assert.not.ok(result.ok);
  const [diagnostic] = result.ok ? [] : result.diagnostics;
  assert.is(diagnostic?.code, "archive/unsafe");
  assert.is(diagnostic?.message, "`bert.tar.gz` has an entry that is a link that leads out of the archive");
  const { storeDirectory } = context as unknown as { readonly storeDirectory: string };
  const kept = readdirSync(storeDirectory, { recursive: true, withFileTypes: true });
  assert.equal(
    kept.filter((entry) => entry.isFile()).map(({ name }) => name),
    [],
  );
});

test("an archive that changes while it is unpacked is told", async () => {
  const { make, run, directory } = await openPackage(yaml(), { "bert.tar.gz": tarOf(FILES) });
  await make("fetch:bert");
  writeFileSync(path.join(directory, "bert.tar.gz"), tarOf({ other: "x" }));
  const error = await run("unpack:bert").catch((reason: unknown) => reason);
  assert.is((error as Error).name, "InputChanged");
});

test("a plain file of a saved folder comes out of the archive", async () => {
  const { make, directory } = await openPackage(yaml(), { "bert.tar.gz": tarOf(FILES) });
  await make("save:out");
  const found = readdirSync(path.join(directory, "out"), { recursive: true, encoding: "utf8" });
  assert.ok(found.some((name) => name.endsWith("bert/weights.bin")));
  assert.not.ok(found.some((name) => name.endsWith("bert.tar.gz")));
});

test("the layer can be read again from the store", async () => {
  const { make, context, stepOf } = await openPackage(yaml(), { "bert.tar.gz": tarOf(FILES) });
  const { layers } = layersOf(await make("layer:bert"));
  const step = { ...stepOf("layer:bert"), needs: ["unpack:bert", "layer:bert"] };
  const [layer] = layers;
  assert.ok(layer);
  const parts = await contentsFor(step, context).partsOf(layer);
  assert.match((await bytesOf(context.host.files.readParts(parts))).toString("latin1"), "bert/weights.bin");
});

test.run();
