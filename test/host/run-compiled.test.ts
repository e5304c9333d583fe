import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildSync } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("runCompiled");

const bundle = buildSync({
  stdin: {
    contents: `import { runCompiled } from "./src/host/run-compiled.ts"; runCompiled(...process.argv.slice(2, 5));`,
    resolveDir: new URL("../..", import.meta.url).pathname,
    loader: "ts",
  },
  bundle: true,
  write: false,
  platform: "node",
  format: "cjs",
});

/** A program that says its word, its place and what it can require. */
const programOf = (word: string) =>
  `const say = () => "${word} " + __filename.split("/").pop() + " " + typeof require("node:path").join;\nconsole.log(say());\n`;

function setUp(word = "one") {
  const folder = makeFolder();
  const [start, program, kept] = ["start.cjs", "program.js", "cache/compiled"].map((name) =>
    path.join(folder, name),
  );
  writeFileSync(start ?? "", bundle.outputFiles[0]?.text ?? "");
  writeFileSync(program ?? "", programOf(word));
  mkdirSync(path.join(folder, "cache"));
  const run = () =>
    execFileSync(process.execPath, [start ?? "", program ?? "", kept ?? "", "test"], { encoding: "utf8" });
  const keptFile = () =>
    path.join(kept ?? "", readdirSync(kept ?? "").find((name) => name.startsWith("test-")) ?? "");
  return { folder, program: program ?? "", kept: kept ?? "", run, keptFile };
}

test("a program runs the same with what was kept of it", () => {
  const { run, keptFile } = setUp();
  assert.is(run(), "one program.js function\n");
  const written = statSync(keptFile()).mtimeMs;
  assert.is(run(), "one program.js function\n");
  assert.is(statSync(keptFile()).mtimeMs, written, "it was kept anew: what was there was of no use");
  assert.is(statSync(keptFile()).mode & 0o777, 0o600);
});

test("another program of the same length and time is not mistaken for it", () => {
  const { run, program } = setUp("one");
  run();
  const { atime, mtime } = statSync(program);
  writeFileSync(program, programOf("two"));
  utimesSync(program, atime, mtime);
  assert.is(run(), "two program.js function\n");
});

test("what is damaged is made anew", () => {
  const { run, keptFile } = setUp();
  run();
  for (const damage of [damaged, (content: Buffer) => content.subarray(0, 100), () => Buffer.alloc(0)]) {
    const whole = readFileSync(keptFile());
    writeFileSync(keptFile(), damage(whole));
    assert.is(run(), "one program.js function\n");
    assert.is.not(readFileSync(keptFile()).compare(damage(whole)), 0);
  }
});

function damaged(content: Buffer): Buffer {
  const copy = Buffer.from(content);
  for (let at = 64; at < copy.length; at += 7) copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

test("no cache is made for it, and none is needed", () => {
  const { run, folder, kept } = setUp();
  execFileSync("rmdir", [path.dirname(kept)]);
  assert.is(run(), "one program.js function\n");
  assert.not.ok(readdirSync(folder).includes("cache"));
});

test.run();
