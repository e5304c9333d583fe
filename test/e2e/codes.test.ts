// What is told of a mistake beside its message: a page for its code, a word at a terminal, an annotation for GitHub.
import { execa } from "execa";
import * as assert from "uvu/assert";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace } from "./workspace.ts";

const workspace = openWorkspace("codes");
const test = timedSuite("codes");
const made = await workspace.makePackage("wrong", "modles: [a.pkl]\nport: 1\n");

test("explain: all codes, one of them, and one that there is not", async () => {
  const list = await made.call(["explain"]);
  assert.is(list.exitCode, 0, list.all);
  assert.ok(list.stdout.split("\n").length > 200, list.stdout);
  const page = await made.call(["explain", "config/unknown-key"]);
  assert.is(page.exitCode, 0, page.all);
  assert.match(page.stdout, "error[config/unknown-key]: unknown key `modles`");
  const unknown = await made.call(["explain", "config/unknown-kee"]);
  assert.is(unknown.exitCode, 64);
  assert.match(unknown.stderr, "did you mean `config/unknown-key`?");
  const excess = await made.call(["explain", "a", "b"]);
  assert.is(excess.exitCode, 64, excess.all);
});

test("explain --json: as data", async () => {
  const { stdout } = await made.call(["explain", "config/unknown-key", "--json"]);
  assert.is(JSON.parse(stdout).code, "config/unknown-key");
});

test("every code that a call tells has a page", async () => {
  const { stdout } = await made.call(["validate", "--json"]);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string }[] };
  assert.is(diagnostics.length, 2);
  for (const { code } of diagnostics) assert.is((await made.call(["explain", code])).exitCode, 0, code);
});

test("at a terminal, the last line says where to read more, once", async () => {
  const said = await atTerminal(["validate"]);
  const lines = said.trimEnd().split(/\r?\n/);
  assert.is(lines.at(-1), "`mlpackage explain config/unknown-key` tells more", said);
  assert.is(said.match(/tells more/g)?.length, 1);
  for (const option of ["--quiet", "--json"])
    assert.not.match(await atTerminal(["validate", option]), "tells more");
});

test("without a terminal, nothing is said of it", async () => {
  assert.not.match((await made.call(["validate"])).all, "tells more");
});

test("GitHub is told each place, and data stays data", async () => {
  const environment = { GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: workspace.folder, CI: "true" };
  const told = await made.call(["validate"], { environment });
  assert.equal(
    told.stderr
      .split("\n")
      .filter((line) => line.startsWith("::"))
      .map(withoutWords),
    [
      "::error file=wrong/mlpackage.yaml,line=4,col=1,endLine=4,endColumn=7,title=config/unknown-key::",
      "::error file=wrong/mlpackage.yaml,line=5,col=1,endLine=5,endColumn=5,title=config/unknown-key::",
    ],
  );
  assert.match(told.stderr, "error[config/unknown-key]: unknown key `modles`");
  const data = await made.call(["apply", "--json"], { environment });
  assert.is(JSON.parse(data.stdout).diagnostics.length, 2);
  assert.is(data.stderr.match(/^::error /gm)?.length, 2, data.stderr);
});

test("GitHub is told of no secret", async () => {
  await made.configure("models: [https://me:sw0rdfish@models.example.com/a.pkl]\n");
  const { stderr } = await made.call(["plan"], { environment: { GITHUB_ACTIONS: "true" } });
  const annotations = stderr.split("\n").filter((line) => line.startsWith("::error "));
  assert.match(annotations.join("\n"), "title=config/bad-value::`models[0]` must not hold credentials");
  assert.not.match(annotations.join("\n"), "sw0rdfish");
});

function withoutWords(annotation: string): string {
  return annotation.slice(0, annotation.indexOf("::", 2) + 2);
}

/** What a person would see; `script` makes the terminal. */
async function atTerminal(args: readonly string[]): Promise<string> {
  const program = new URL("../../dist/mlpackage.js", import.meta.url).pathname;
  const command = ["node", program, ...args].map((word) => `'${word}'`).join(" ");
  const { stdout } = await execa("script", ["-qec", command, "/dev/null"], {
    cwd: made.path,
    env: { CI: undefined, NO_COLOR: "1", TERM: "xterm", MLPACKAGE_CACHE_DIR: workspace.cacheDirectory },
    reject: false,
    timeout: 60_000,
  });
  return stdout;
}

test.run();
