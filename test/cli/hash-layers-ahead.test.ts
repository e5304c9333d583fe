import path from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hashLayersAhead } from "../../src/cli/hash-layers-ahead.ts";
import { layerParts, planModelLayers } from "../../src/images/layers.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { OutputFile } from "../../src/model/outcome.ts";
import type { Part } from "../../src/model/part.ts";
import { modelFolder } from "../../src/steps/image-layout.ts";
import { readText } from "../config/read-fixture.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("hashLayersAhead");

const LARGE: OutputFile = {
  path: "weights/big.bin",
  digest: digestOf("big"),
  size: 64e6,
  mode: 0o644,
  origin: "weights/big.bin",
};

/** What is hashed ahead of a file in a package with this compression. */
function hashedFor(file: Omit<OutputFile, "digest">, compression = "auto", fails = false) {
  const directory = makeFolder({ "weights/big.bin": "weights" });
  const text = `name: demo\nmodels: [{name: m, version: "3", source: weights}]\nbase_image: "a:1"\ninference: {command: [serve]}\nbuild: {compression: ${compression}}\n`;
  const config = readText(text, { directory });
  if (!config.ok) throw new Error(config.diagnostics.map(({ message }) => message).join("; "));
  const [model] = config.value.models;
  assert.ok(model);
  const hashed: (readonly Part[])[] = [];
  const files = {
    ...makeHost().files,
    digestParts: async (parts: readonly Part[]) => {
      hashed.push(parts);
      if (fails) throw new Error("the file is gone");
      return { digest: digestOf(""), size: 0 };
    },
  };
  hashLayersAhead(config.value, files)(model, file);
  return { hashed, model, directory };
}

test("the layer of a large file is hashed as its step will hash it", () => {
  for (const compression of ["auto", "none"]) {
    const { hashed, model, directory } = hashedFor(LARGE, compression);
    const [plan, ...others] = planModelLayers(modelFolder(model), [LARGE], 100);
    assert.ok(plan);
    assert.equal(others, []);
    assert.equal(hashed, [layerParts(plan, () => path.join(directory, "weights/big.bin"))]);
  }
});

test("a small file shares its layer with others: there is nothing to hash yet", () => {
  assert.equal(hashedFor({ ...LARGE, size: 64e6 - 1 }).hashed, []);
});

test("nor is there for a file that is not in the package", () => {
  const { origin: _origin, ...fetched } = LARGE;
  assert.equal(hashedFor(fetched).hashed, []);
});

test("nor where every layer will be compressed", () => {
  assert.equal(hashedFor(LARGE, "gzip").hashed, []);
  assert.equal(hashedFor(LARGE, "zstd").hashed, []);
});

test("what goes wrong is left to the step that needs it", async () => {
  assert.is(hashedFor(LARGE, "auto", true).hashed.length, 1);
  // A rejection that nobody minds would end the process.
  await new Promise((resolve) => setTimeout(resolve, 10));
});

test.run();
