import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Fact } from "../../../src/images/inspect/layer-facts.ts";
import { mergeFacts, type ReadLayer } from "../../../src/images/inspect/merge-facts.ts";
import { digestOf } from "../../../src/model/digest.ts";
import type { DescribedLayer } from "../../../src/model/image.ts";

const test = suite("mergeFacts");

function layer(part: DescribedLayer["part"], facts?: readonly Fact[], name?: string): ReadLayer {
  const digest = digestOf(JSON.stringify([part, name]));
  const described = { ...{ mediaType: "", digest, diffId: digest, size: 10, part }, ...(name && { name }) };
  return { layer: described, facts: facts && { facts, unread: [] } };
}

const python = (path: string, name: string, version: string): Fact => ({
  kind: "python",
  path,
  name,
  version,
});

test("what a layer takes away or replaces is not in the image", () => {
  const { packages } = mergeFacts([
    layer("base", [python("a/pip-1/METADATA", "pip", "1"), python("b/wheel/METADATA", "wheel", "1")]),
    layer("packages", [
      { kind: "removal", path: "a/pip-1", isOfContents: false },
      { kind: "removal", path: "b", isOfContents: true },
      python("a/pip-2/METADATA", "pip", "2"),
    ]),
  ]);
  assert.equal(packages.python, [{ name: "pip", version: "2", isOfBase: false }]);
});

test("system packages are told apart from those of the base", () => {
  const status = (...names: readonly string[]): Fact => ({
    kind: "system",
    path: "var/lib/dpkg/status",
    packages: names.map((name) => ({ name, version: "1" })),
  });
  const { packages } = mergeFacts([
    layer("base", [status("libc6")]),
    layer("system-packages", [status("libc6", "file")]),
  ]);
  assert.equal(packages.system, [
    { name: "file", version: "1", isOfBase: false },
    { name: "libc6", version: "1", isOfBase: true },
  ]);
});

test("a model has its files and the size of its layers, and its name where none of them was read", () => {
  const file: Fact = { kind: "model-file", path: "var/azureml-app/azureml-models/b/3/x/m.bin", size: 7 };
  const { models } = mergeFacts([layer("model", [file], "b"), layer("model", undefined, "a")]);
  assert.equal(
    models.map(({ layers: _, ...model }) => model),
    [
      { name: "a", size: 10, files: [] },
      { name: "b", version: "3", size: 10, files: [{ path: "x/m.bin", size: 7 }] },
    ],
  );
});

test.run();
