import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chooseGarbage } from "../../src/caches/choose-garbage.ts";
import type { Inventory, StoredFile, StoredRecord } from "../../src/caches/inventory.ts";
import { type Digest, digestOf } from "../../src/model/digest.ts";

const test = suite("choosing garbage");

const HOUR = 60 * 60 * 1000;
const NOW = Date.UTC(2026, 10, 22);

const names = new Map<Digest, string>();
function digestNamed(name: string): Digest {
  names.set(digestOf(name), name);
  return digestOf(name);
}

/** A line for each file: `record a 30h 1 x y` needs x and y, `blob x 30h 100` has 100 bytes; ages in hours. */
function makeInventory(lines: readonly string[], remembered = ""): Inventory {
  const files = lines.map((line) => {
    const [kind, name = "", age = "", size = "", ...needs] = line.split(" ");
    const lastUsedMs = NOW - Number.parseFloat(age) * HOUR;
    const file = { digest: digestNamed(name), place: name, size: Number(size), lastUsedMs };
    return {
      ...file,
      kind: kind === "record" ? "record" : "blob",
      needs: new Set(needs.map(digestNamed)),
    } as const;
  });
  return {
    records: files.filter((file): file is StoredRecord & typeof file => file.kind === "record"),
    blobs: files.filter(({ kind }) => kind === "blob"),
    remembered: new Set(remembered.split(" ").map(digestNamed)),
  };
}

const placesOf = (files: readonly StoredFile[]): string => files.map(({ place }) => place).join(" ");

function choose(maximumBytes: number, lines: readonly string[], remembered?: string) {
  const garbage = chooseGarbage(makeInventory(lines, remembered), { maximumBytes, now: NOW, graceMs: HOUR });
  return { gone: placesOf([...garbage.records, ...garbage.blobs]), misdated: placesOf(garbage.misdated) };
}

const three = [
  "record a 30h 1 x",
  "record b 50h 1 y",
  "record c 40h 1 z",
  "blob x 90h 100",
  "blob y 90h 100",
  "blob z 90h 100",
];

const cases: readonly (readonly [what: string, limit: number, lines: readonly string[], gone: string])[] = [
  ["below the limit nothing goes", 303, three, ""],
  ["what was used longest ago goes first", 302, three, "b y"],
  ["and more, until it is enough", 150, three, "b c y z"],
  ["all, where nothing may stay", 0, three, "b c a y z x"],
  ["what nothing needs goes at any size", 1e9, [...three, "blob o 2h 5"], "o"],
  ["unless it is young", 1e9, [...three, "blob o 0.9h 5"], ""],
  ["what another record needs stays", 150, ["record a 9h 1 x", "record b 8h 1 x", "blob x 9h 100"], ""],
  ["and goes with the last of them", 0, ["record a 9h 1 x", "record b 8h 1 x", "blob x 9h 100"], "a b x"],
  ["a record used within the hour stays", 0, ["record a 0.5h 1 x", "blob x 9h 100"], ""],
  ["also where that may not have been noted", 0, ["record a 1.9h 1 x", "blob x 9h 100"], ""],
  ["a blob linked within the hour outlives its record", 0, ["record a 9h 1 x", "blob x 0.5h 100"], "a"],
  ["what needs nothing that is here", 0, ["record a 9h 1 x"], "a"],
];

for (const [what, limit, lines, gone] of cases) {
  test(what, () => {
    assert.is(choose(limit, lines).gone, gone);
  });
}

test("what only a manifest needs stays while there is room, and goes before any record", () => {
  const lines = ["record a 90h 1 x", "blob x 90h 100", "blob m 9h 100", "blob n 8h 100"];
  assert.is(choose(301, lines, "m n x").gone, "");
  assert.is(choose(201, lines, "m n x").gone, "m");
  assert.is(choose(101, lines, "m n x").gone, "m n");
  assert.is(choose(100, lines, "m n x").gone, "a m n x");
});

test("a clock that was set back: the future counts as now, and is dated anew", () => {
  const lines = ["record a -9000h 1 x", "blob x -9000h 100", "record b 9h 1 y", "blob y 9h 100"];
  assert.equal(choose(0, lines), { gone: "b y", misdated: "a x" });
  assert.equal(choose(1e9, ["record a -0.01h 1"]), { gone: "", misdated: "" });
});

test("a clock that was set forward: all looks old, and the order is still right", () => {
  const ancient = three.map((line) => line.replace(/(\d+)h/, "9$1000h"));
  assert.is(choose(302, ancient).gone, "b y");
  assert.is(choose(303, ancient).gone, "");
});

test.run();
