import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isUri } from "../../src/config/paths.ts";

const test = suite("paths");

for (const [source, expected] of [
  ["https://example.com/x", true],
  ["azureml:ridge:3", true],
  ["mlflow:models:/ridge/3", true],
  ["az:///models/x", true],
  ["models/a:b", false],
  ["./azureml:x", false],
  ["file:models/x", false],
  ["C:/models", false],
] as const) {
  test(`${source} is ${expected ? "a" : "no"} URI`, () => assert.is(isUri(source), expected));
}

test.run();
