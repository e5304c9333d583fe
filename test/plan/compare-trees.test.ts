import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareTrees } from "../../src/plan/compare-trees.ts";

const test = suite("comparing trees");

const BEFORE = { "a.py": "644 one", "b.py": "644 two", "c/d.py": "644 three" };

for (const [name, after, expected] of [
  ["the same", BEFORE, { written: [], removed: [] }],
  ["a file of another content", { ...BEFORE, "b.py": "644 other" }, { written: ["b.py"], removed: [] }],
  ["a file that may be executed now", { ...BEFORE, "b.py": "755 two" }, { written: ["b.py"], removed: [] }],
  ["a new file", { ...BEFORE, "aa.py": "644 one" }, { written: ["aa.py"], removed: [] }],
  [
    "a file that has another name",
    { "a.py": "644 one", "b.py": "644 two", "e.py": "644 three" },
    { written: ["e.py"], removed: ["c/d.py"] },
  ],
  [
    "a folder in the place of a file",
    { ...BEFORE, "a.py": undefined, "a.py/x": "644 one" },
    { written: ["a.py/x"], removed: ["a.py"] },
  ],
  ["nothing", {}, { written: [], removed: ["a.py", "b.py", "c/d.py"] }],
  [
    "a name that every object has",
    { ...BEFORE, constructor: "644 one" },
    { written: ["constructor"], removed: [] },
  ],
] as const) {
  test(name, () => {
    const there = Object.entries(after).filter((entry): entry is [string, string] => entry[1] !== undefined);
    assert.equal(compareTrees(BEFORE, Object.fromEntries(there)), expected);
  });
}

test.run();
