import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import type { LockedPackages } from "../../src/model/lock-file.ts";
import { order } from "../../src/plan/order.ts";
import { vendorGraph } from "../../src/plan/vendor-graph.ts";
import { configOf, pinsOf } from "../fakes/pins.ts";

const test = suite("what is vendored");

const NUMPY = { name: "numpy", version: "2.1.0", digest: digestOf("numpy") };
const location = { file: { path: "mlpackage.yaml", text: "" }, range: { start: 0, end: 0 } };

function idsOf(yaml: string, packages?: LockedPackages): readonly string[] {
  const config = configOf(yaml);
  const pins = { ...pinsOf(config), ...(packages && { packages: { all: { "linux/amd64": packages } } }) };
  const { steps } = vendorGraph(config, pins, () => location);
  assert.equal(order(steps).length, steps.length);
  return steps.map(({ id }) => id);
}

const SCRIPT = "inference: score.py\n";

test("models from elsewhere, the base and the packages", () => {
  const models = "models: [near.bin, {source: 'https://example.com/far.bin', name: far}]\n";
  assert.equal(idsOf(`${SCRIPT}${models}base_image: a:1\n`, { systemPackages: {}, python: [NUMPY] }), [
    "fetch:far",
    "vendor:base",
    "lock:packages",
    "vendor:packages",
  ]);
});

test("where the base has everything, no packages", () => {
  assert.equal(idsOf(`${SCRIPT}base_image: a:1\n`, { systemPackages: {}, python: [] }), ["vendor:base"]);
});

test("a base that is a file of the package stays there", () => {
  const yaml = `${SCRIPT}base_image: {oci_layout: base}\nenvironment: {python: {managed: false}}\n`;
  assert.equal(idsOf(yaml), []);
});

test.run();
