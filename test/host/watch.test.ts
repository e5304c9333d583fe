// On the real file system: what editors, git and people do to a folder of code.
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { watchPaths } from "../../src/host/watch.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("watching");

/** What was told of a folder since it was asked last; waits for something to be. */
async function watchFolder(folder: string, isIgnored?: (one: string) => boolean) {
  let told: string[] = [];
  const watching = await watchPaths({
    paths: [folder],
    ...(isIgnored !== undefined && { isIgnored }),
    onChange: (changed) => told.push(path.relative(folder, changed)),
    onFault: (error) => {
      throw error;
    },
  });
  return {
    close: watching.close,
    async next(): Promise<readonly string[]> {
      const deadline = Date.now() + 10_000;
      while (told.length === 0 && Date.now() < deadline) await sleep(10);
      await sleep(150);
      const taken = told;
      told = [];
      return taken;
    },
    told: () => told,
  };
}

const at = (folder: string, ...parts: readonly string[]) => path.join(folder, ...parts);

const acts: readonly (readonly [name: string, act: (folder: string) => void, expected: string])[] = [
  ["a file is written", (folder) => writeFileSync(at(folder, "a.py"), "2"), "a.py"],
  [
    "a file is replaced, as editors do it",
    (folder) => {
      writeFileSync(at(folder, ".a.py.swp"), "3");
      renameSync(at(folder, ".a.py.swp"), at(folder, "a.py"));
    },
    "a.py",
  ],
  [
    "a file is moved away and written anew, as vim does it",
    (folder) => {
      renameSync(at(folder, "a.py"), at(folder, "a.py~"));
      writeFileSync(at(folder, "a.py"), "4");
    },
    "a.py",
  ],
  ["a file is removed", (folder) => rmSync(at(folder, "a.py")), "a.py"],
  ["a file comes back", (folder) => writeFileSync(at(folder, "a.py"), "5"), "a.py"],
  [
    "folders in folders are made and filled at once",
    (folder) => {
      mkdirSync(at(folder, "x/y/z"), { recursive: true });
      writeFileSync(at(folder, "x/y/z/deep.py"), "1");
    },
    "x/y/z/deep.py",
  ],
  [
    "a file in a new folder is written",
    (folder) => writeFileSync(at(folder, "x/y/z/deep.py"), "2"),
    "x/y/z/deep.py",
  ],
  ["a folder is moved", (folder) => renameSync(at(folder, "x"), at(folder, "moved")), "moved/y/z/deep.py"],
  [
    "a file in it is written",
    (folder) => writeFileSync(at(folder, "moved/y/z/deep.py"), "3"),
    "moved/y/z/deep.py",
  ],
  ["a folder is removed", (folder) => rmSync(at(folder, "moved"), { recursive: true }), "moved"],
  [
    "an older file takes the place of one",
    (folder) => {
      writeFileSync(at(folder, "old"), "6");
      utimesSync(at(folder, "old"), 1, 1);
      renameSync(at(folder, "old"), at(folder, "a.py"));
    },
    "a.py",
  ],
];

test("whatever is done to a folder is told", async () => {
  const folder = makeFolder({ "a.py": "1" });
  const watching = await watchFolder(folder);
  assert.equal(watching.told(), [], "nothing of what was there before");
  for (const [name, act, expected] of acts) {
    act(folder);
    const told = await watching.next();
    assert.ok(told.includes(expected), `${name}: ${told.join(", ")}`);
  }
  await watching.close();
});

test("what a link leads to is watched", async () => {
  const elsewhere = makeFolder({ "lib.py": "1" });
  const folder = makeFolder();
  symlinkSync(at(elsewhere, "lib.py"), at(folder, "lib.py"));
  const watching = await watchFolder(folder);
  writeFileSync(at(elsewhere, "lib.py"), "2");
  assert.ok((await watching.next()).includes("lib.py"));
  await watching.close();
});

test("what is ignored is not told, and nothing below it", async () => {
  const folder = makeFolder({ "a.py": "1", ".venv/lib/big.py": "1" });
  const watching = await watchFolder(folder, (one) => one.endsWith(".venv"));
  writeFileSync(at(folder, ".venv/lib/big.py"), "2");
  await sleep(200);
  writeFileSync(at(folder, "a.py"), "2");
  assert.equal([...new Set(await watching.next())], ["a.py"]);
  await watching.close();
});

test("nothing is told once it is closed", async () => {
  const folder = makeFolder({ "a.py": "1" });
  const watching = await watchFolder(folder);
  await watching.close();
  writeFileSync(at(folder, "a.py"), "2");
  await sleep(200);
  assert.equal(watching.told(), []);
});

test("a file by itself is watched, whatever takes its place", async () => {
  const folder = makeFolder({ "mlpackage.yaml": "1", other: "1" });
  const file = at(folder, "mlpackage.yaml");
  const watching = await watchFolder(file);
  writeFileSync(at(folder, "other"), "2");
  await sleep(200);
  assert.equal(watching.told(), []);
  writeFileSync(at(folder, "new"), "2");
  renameSync(at(folder, "new"), file);
  assert.ok((await watching.next()).includes(""));
  writeFileSync(file, "3");
  assert.ok((await watching.next()).includes(""));
  rmSync(file);
  assert.ok((await watching.next()).includes(""));
  writeFileSync(file, "4");
  assert.ok((await watching.next()).includes(""));
  await watching.close();
});

test.run();
