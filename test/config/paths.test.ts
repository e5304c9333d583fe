import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stemOf } from "../../src/config/paths.ts";

const test = suite("paths");

const digest = `sha256:${"a".repeat(64)}`;

for (const [source, stem] of [
  ["models/ridge.pkl", "ridge"],
  ["https://models.example.com/a/ridge.pkl?version=3", "ridge"],
  ["oci://registry.example.com/team/ridge", "ridge"],
  ["oci://registry.example.com:5000/team/ridge:1.2.3", "ridge"],
  [`oci://registry.example.com/team/ridge:1@${digest}`, "ridge"],
  [`oci://registry.example.com/team/qwen2.5@${digest}`, "qwen2.5"],
] as const) {
  test(`${source} is called ${stem}`, () => assert.is(stemOf(source), stem));
}

test.run();
