// What stands on a real terminal while a package is built, whatever its size; and what is written where there is none.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as assert from "uvu/assert";
import { openTerminal, type Terminal, type TerminalSize } from "./terminal.ts";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace, type PackageFolder, PYTHON_IMAGE } from "./workspace.ts";

const workspace = openWorkspace("live-view");
const test = timedSuite("live view");

const PROGRAM = new URL("../../dist/mlpackage.js", import.meta.url).pathname;

/** Takes six seconds, and prints what a terminal would obey. */
const SLOW_SCRIPT = `import sys, time
for line in range(30):
    print(f"\\033[2J\\033[31mline {line} モデル 🌊\\033[0m\\007 and it is very long indeed: " + "more " * 50)
    sys.stdout.flush()
    time.sleep(0.2)
`;

/** What no engine has built already; `last` is a command of the shell. */
function dockerfileFor(word: string, last: string): string {
  const command = `echo ${workspace.prefix}-${word} >/dev/null; python3 /slow.py; ${last}`;
  return `FROM ${PYTHON_IMAGE}\nCOPY slow.py /\nRUN ${command}\n`;
}

async function makePackage(word: string, last = "true"): Promise<PackageFolder> {
  return workspace.makePackage(
    word,
    `base_image: {dockerfile: base/Dockerfile}
models: [model.bin, other.bin]
tests: [{name: echo, request: {body: {a: 1}}, expect: {status: 200}}]
environment: {python: {managed: false}}
outputs: [{type: dockerfile, path: saved}]
`,
    {
      "base/Dockerfile": dockerfileFor(word, last),
      "base/slow.py": SLOW_SCRIPT,
      "model.bin": `one ${word}`,
      "other.bin": `two ${word}`,
    },
  );
}

function openAt(
  made: PackageFolder,
  size: TerminalSize,
  environment: Readonly<Record<string, string>> = {},
): Promise<Terminal> {
  return openTerminal({
    ...size,
    folder: made.path,
    command: `node ${PROGRAM} apply`,
    environment: { MLPACKAGE_CACHE_DIR: workspace.cacheDirectory, CI: "", ...environment },
  });
}

/** Within so long a terminal of another size has another frame, on a machine that is busy. */
const REDRAWN_MS = 400;

const isTotals = (line: string): boolean => /^\d+ of \d+ done/.test(line);
const isBuilding = (lines: readonly string[]): boolean =>
  lines.some((line) => /^\S build environment .*line \d/.test(line));

/** Nothing of an earlier frame stands above, below or beside the one that is there. */
function assertOneFrame(lines: readonly string[], { columns, rows }: TerminalSize): void {
  const shown = lines.join("\n");
  assert.is(lines.filter(isTotals).length, 1, shown);
  assert.ok(isTotals(lines.at(-1) ?? ""), shown);
  assert.is(lines.filter((line) => /build env/.test(line) && !/waiting/.test(line)).length, 1, shown);
  assert.ok(lines.length < rows, shown);
  for (const line of lines) assert.ok([...line].length <= columns, line);
}

for (const columns of [80, 200]) {
  test(`at ${columns} columns, a frame while it goes on, and in the end what was done`, async () => {
    const size = { columns, rows: 24 };
    const made = await makePackage(`at-${columns}`);
    const terminal = await openAt(made, size);
    const lines = await terminal.wait("a build that prints", isBuilding);
    assertOneFrame(lines, size);
    const building = lines.find((line) => line.includes("build environment")) ?? "";
    assert.match(building, /^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] build environment +\d+\.\d+ s {2}\[[\w-]+ 3\/\d\]/);
    assert.match(
      building,
      columns === 200 ? /RUN echo .* {2}line \d+ モデル 🌊�? and/ : /\] {2}line \d+ モデル/,
    );
    assert.match(lines.join("\n"), /^ {2}\d waiting: build image, /m);
    assert.not(await terminal.isCursorVisible());
    const { lines: all, exitCode } = await terminal.end();
    const ended = all.join("\n");
    assert.is(exitCode, 0, ended);
    assert.match(ended, /^✔ build environment +\d+\.\d+ s$/m);
    assert.match(ended, /^\d+ succeeded \(\d+\.\d+ s\)$/m);
    assert.not(all.some(isTotals), ended);
    assert.not.match(ended, /waiting|[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    assert.is(all.filter((line) => line.includes("build environment")).length, 1, ended);
    assert.ok(await terminal.isCursorVisible());
    terminal.close();

    const again = await openAt(made, size);
    const second = await again.end();
    assert.match(
      second.lines.join("\n"),
      /^nothing to do: \d+ steps fresh \(\d.* s; the cache saved \d+\.\d+ s\)$/m,
    );
    assert.match(second.lines.join("\n"), /^= \d+ steps fresh: /m);
    assert.not(second.lines.some(isTotals), second.lines.join("\n"));
    again.close();
  });
}

test("a terminal that becomes narrow, low and wide again has one frame each time", async () => {
  const made = await makePackage("resized");
  const terminal = await openAt(made, { columns: 100, rows: 24 });
  await terminal.wait("a build that prints", isBuilding);
  for (const size of [
    { columns: 40, rows: 24 },
    { columns: 160, rows: 24 },
    { columns: 20, rows: 24 },
    { columns: 80, rows: 20 },
    { columns: 80, rows: 6 },
  ]) {
    await terminal.resize(size);
    await sleep(REDRAWN_MS);
    assertOneFrame(await terminal.read(), size);
  }
  const { exitCode } = await terminal.end();
  assert.is(exitCode, 0);
  terminal.close();
});

test("what failed says why, and its last lines stay", async () => {
  const made = await makePackage("failing", "echo the reason; exit 3");
  const terminal = await openAt(made, { columns: 80, rows: 24 });
  const { lines, exitCode } = await terminal.end();
  const ended = lines.join("\n");
  assert.is(exitCode, 1);
  assert.match(ended, /^✘ build environment +\d+\.\d+ s {2}\S.*$/m);
  assert.match(ended, /^⊘ \d steps blocked: build image, load image/m);
  assert.match(ended, /^ {2}\| .*the reason$/m);
  assert.match(ended, /^\d+ succeeded, .*1 failed, \d+ blocked \(.* s\)$/m);
  terminal.close();
});

test("NO_COLOR leaves the frames, without colours", async () => {
  const made = await makePackage("plain-colours");
  const size = { columns: 80, rows: 24 };
  const [plain, colored] = await Promise.all([
    openAt(made, size, { NO_COLOR: "1" }),
    openAt(await makePackage("colours"), size),
  ]);
  assertOneFrame(await plain.wait("a build that prints", isBuilding), size);
  await colored.wait("a build that prints", isBuilding);
  const hasColors = async (terminal: Terminal) =>
    (await terminal.read({ withColors: true })).join("\n").includes("\u001b[");
  assert.not(await hasColors(plain));
  assert.ok(await hasColors(colored));
  plain.close();
  colored.close();
});

test("a dumb terminal has plain lines", async () => {
  const made = await makePackage("dumb");
  const terminal = await openTerminal({
    ...{ columns: 80, rows: 50, folder: made.path },
    command: `TERM=dumb node ${PROGRAM} apply --only render`,
    environment: { MLPACKAGE_CACHE_DIR: workspace.cacheDirectory, CI: "" },
  });
  const { lines, exitCode } = await terminal.end();
  assert.is(exitCode, 0);
  assert.match(lines.join("\n"), /^▸ render .*: it never ran here$/m);
  terminal.close();
});

/** What cannot be drawn over, wherever it is written to. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/;

test("a pipe has plain lines, and frames where it asks for them", async () => {
  const made = await makePackage("piped");
  const plain = await made.call(["apply", "--only", "render"], {
    environment: { FORCE_COLOR: "", NO_COLOR: "" },
  });
  assert.match(plain.stderr, /^▸ render .*: it never ran here$/m);
  assert.not.match(plain.stderr, CONTROLS);
  const frames = await made.call(["apply", "--progress", "tty", "--no-cache", "--only", "build"]);
  assert.is(frames.exitCode, 0, frames.stderr);
  assert.match(frames.stderr, /\d of \d+ done/);
  assert.match(frames.stderr, "\u001b[");
  assert.match(frames.stderr, /\n\d+ succeeded .*\(\d+\.\d+ s.*\)$/);
});

test("under GitHub Actions, what was printed is folded, and the job has a summary", async () => {
  const summary = path.join(workspace.folder, "summary.md");
  await writeFile(summary, "before\n");
  const environment = { CI: "true", GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary };
  const made = await makePackage("github");
  const good = await made.call(["apply", "--no-frozen"], { environment });
  assert.is(good.exitCode, 0, good.stderr);
  const group = /::group::✔ build environment: succeeded in \d+\.\d+ s\n([\s\S]*?)\n::endgroup::\n/.exec(
    good.stderr,
  );
  assert.match(group?.[1] ?? "", /^ {4}\| line 29 モデル 🌊�? and it is/m);
  assert.not.match(good.stderr, CONTROLS);
  const first = await readFile(summary, "utf8");
  assert.match(first, /^before\n### ✔ \S+: succeeded\n/);
  assert.match(first, /^\| ✔ \| build environment \| \d+\.\d+ s \| it never ran here \|$/m);
  assert.match(first, /^\| ✔ \| echo \| /m);
  assert.match(first, /^\| linux\/\w+ \| <code>sha256&#58;[0-9a-f]{64}<\/code> \|$/m);

  const bad = await makePackage("github-bad", "echo ::error::not-from-us; exit 3");
  const failed = await bad.call(["apply", "--no-frozen"], { environment });
  assert.is(failed.exitCode, 1);
  assert.match(failed.stderr, /^✘ build environment: failed in .*\n {4}/m);
  assert.not.match(failed.stderr, /^\s*::error::not-from-us/m);
  const second = (await readFile(summary, "utf8")).slice(first.length);
  assert.match(second, /^### ✘ \S+: failed\n/);
  assert.match(second, /^error\[build\/\S+\]: /m);
});

test.run();
