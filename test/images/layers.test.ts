import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type LayerPlan, layerParts, planLayer, planModelLayers } from "../../src/images/layers.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { OutputFile } from "../../src/model/outcome.ts";

const test = suite("layers");

const LARGE = 64e6;

function fileOf(path: string, size = 1, mode = 0o644): OutputFile {
  return { path, digest: digestOf(path), size, mode };
}

/** What each layer holds, its files by their names alone. */
function planned(files: readonly OutputFile[], mostLayers = 100): readonly string[] {
  return planModelLayers("/m/1", files, mostLayers).map((plan) =>
    plan.files.map(({ path }) => path.replace("m/1/", "")).join(" "),
  );
}

const small = ["b.json", "a.txt", "deep/c.txt"].map((name) => fileOf(name));
const large = ["w3", "w1", "w2", "w4", "w5"].map((name) => fileOf(name, LARGE));

type Row = readonly [
  what: string,
  files: readonly OutputFile[],
  mostLayers: number,
  expected: readonly string[],
];

const rows: readonly Row[] = [
  ["no file, no layer", [], 100, []],
  ["small files share one", small, 100, ["a.txt b.json deep/c.txt"]],
  ["each large one has its own", large.slice(0, 2), 100, ["w1", "w3"]],
  ["small ones come first", [...large.slice(0, 2), ...small], 100, ["a.txt b.json deep/c.txt", "w1", "w3"]],
  ["a byte less is small", [fileOf("a", LARGE - 1), fileOf("b", LARGE)], 100, ["a", "b"]],
  ["just as many as there may be", large, 5, ["w1", "w2", "w3", "w4", "w5"]],
  ["more than there may be share", large, 4, ["w1 w2", "w3 w4", "w5"]],
  [
    "and leave one to the small ones",
    [...small, ...large],
    3,
    ["a.txt b.json deep/c.txt", "w1 w2 w3", "w4 w5"],
  ],
  ["one holds all", [...small, ...large.slice(0, 2)], 1, ["a.txt b.json deep/c.txt w1 w3"]],
  ["one of large files", large, 1, ["w1 w2 w3 w4 w5"]],
];

for (const [what, files, mostLayers, expected] of rows) {
  test(what, () => {
    assert.equal(planned(files, mostLayers), expected);
    assert.equal(planned(files.toReversed(), mostLayers), expected);
  });
}

test("never more than there may be, and every file once", () => {
  for (let count = 0; count < 12; count += 1) {
    for (let most = 1; most < 12; most += 1) {
      const files = [...small, ...Array.from({ length: count }, (_, index) => fileOf(`w${index}`, LARGE))];
      const layers = planned(files, most);
      assert.ok(layers.length <= most, `${count} files in ${layers.length} of ${most} layers`);
      assert.equal(layers.join(" ").split(" ").sort(), files.map(({ path }) => path).sort());
    }
  }
});

test("a layer has the folders of its files, the highest first, and none above its own", () => {
  const { folders, files } = planLayer("/var/app/", [fileOf("b/c/d.txt"), fileOf("b-e/f.txt")]);
  assert.equal(folders, ["var/app", "var/app/b", "var/app/b-e", "var/app/b/c"]);
  assert.equal(
    files.map(({ path }) => path),
    ["var/app/b-e/f.txt", "var/app/b/c/d.txt"],
  );
});

test("a layer without files has its folder", () => {
  assert.equal(planLayer("/var/app", []), { files: [], folders: ["var/app"] });
});

/** Mode and name of each header; what is between them has no bytes at hand. */
function headersOf(plan: LayerPlan): readonly string[] {
  return layerParts(plan, ({ path }) => `/there/${path}`).flatMap((part) => {
    const bytes = "bytes" in part ? Buffer.from(part.bytes).toString("latin1") : "";
    return bytes.slice(257, 262) === "ustar"
      ? [`${bytes.slice(104, 107)} ${bytes.slice(0, 100).replace(/\0.*/s, "")}`]
      : [];
  });
}

test("all may read, and run what anybody may run, whatever the modes here", () => {
  const files = [0o600, 0o444, 0o777, 0o100, 0o070].map((mode, index) => fileOf(`f${index}`, 1, mode));
  assert.equal(headersOf(planLayer("/a", files)), [
    "755 a/",
    "644 a/f0",
    "644 a/f1",
    "755 a/f2",
    "755 a/f3",
    "644 a/f4",
  ]);
});

test("the bytes of a file are read where it lies, an empty one has none", () => {
  const parts = layerParts(
    planLayer("/a", [fileOf("full", 7), fileOf("empty", 0)]),
    ({ path }) => `/there/${path}`,
  );
  assert.equal(
    parts.filter((part) => "file" in part),
    [{ file: "/there/full", size: 7 }],
  );
});

test.run();
