import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nearest } from "../../src/config/nearest.ts";

const test = suite("nearest");
const keys = [
  "version",
  "name",
  "models",
  "base_image",
  "environment",
  "inference",
  "build",
  "tests",
  "outputs",
];

const words: readonly (readonly [word: string, meant: string | undefined])[] = [
  ["modles", "models"],
  ["model", "models"],
  ["Models", "models"],
  ["baseImage", "base_image"],
  ["base-image", "base_image"],
  ["baseimge", "base_image"],
  ["enviroment", "environment"],
  ["nmae", "name"],
  ["test", "tests"],
  ["ouptuts", "outputs"],
  ["inference_config", "inference"],
  ["zebra", undefined],
  ["x", undefined],
  ["", undefined],
  ["port", undefined],
];

for (const [word, meant] of words) {
  test(`${word} is ${meant}`, () => assert.is(nearest(word, keys), meant));
}

test("a word of any length is refused at once, and is none of ours", () => {
  const began = performance.now();
  assert.is(nearest("inference".repeat(20_000), keys), undefined);
  assert.ok(performance.now() - began < 1000);
});

test("has nothing to choose from", () => assert.is(nearest("name", []), undefined));

test.run();
