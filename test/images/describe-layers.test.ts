import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describeLayers } from "../../src/images/describe-layers.ts";
import type { Layer } from "../../src/model/image.ts";

const test = suite("describe layers");

const layer = (letter: string): Layer => ({
  mediaType: "application/vnd.oci.image.layer.v1.tar",
  digest: `sha256:${letter.repeat(64)}`,
  diffId: `sha256:${letter.repeat(64)}`,
  size: 1,
});

const configOf = (words: readonly string[], layers: readonly Layer[]): string =>
  JSON.stringify({
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: [
      { created_by: "ENV A=1", empty_layer: true },
      ...words.map((word) => ({ created_by: word })),
      { created_by: "mlpackage: settings", empty_layer: true },
    ],
  });

test("what is below our first layer is the base, and the rest is what it brings", () => {
  const layers = ["a", "b", "c", "d", "e", "f"].map(layer);
  const words = [
    "ADD rootfs.tar /",
    "mlpackage: system packages",
    "mlpackage: packages of conda: numpy",
    "mlpackage: model ridge",
    "mlpackage: server",
    "mlpackage: code",
  ];
  const described = describeLayers(configOf(words, layers), layers);
  assert.equal(
    described.map(({ part }) => part),
    ["base", "system-packages", "packages", "model", "server", "code"],
  );
  assert.is(described[3]?.name, "ridge");
});

test("what a short history leaves out is the base, and a name like a property is none of ours", () => {
  const layers = ["a", "b"].map(layer);
  const [base, odd] = describeLayers(configOf(["mlpackage: constructor"], layers), layers);
  assert.equal([base?.part, base?.createdBy, odd?.part], ["base", undefined, "other"]);
});

test("of an image that is not ours nothing is known", () => {
  const layers = ["a"].map(layer);
  assert.is(describeLayers(configOf(["RUN true"], layers), layers)[0]?.part, "other");
});

test.run();
