// The hooks for pre-commit, in a repository of git whose commits the real pre-commit looks at.
import { copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { findTool } from "./second-tools.ts";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace, type PackageFolder } from "./workspace.ts";

const test = timedSuite("pre-commit");
const workspace = openWorkspace("hooks");
const program = new URL("../../dist/mlpackage.js", import.meta.url).pathname;
const manifest = new URL("../../.pre-commit-hooks.yaml", import.meta.url).pathname;
const preCommit = await findTool("pre-commit");
const hooks = path.join(workspace.folder, "hooks");
const bin = path.join(workspace.folder, "bin");

const FILES = { "score.py": "def init(): ...\n\n\ndef run(data): ...\n" };
const environment = {
  PATH: `${bin}:${process.env.PATH}`,
  PRE_COMMIT_HOME: path.join(workspace.folder, "pre-commit"),
  MLPACKAGE_CACHE_DIR: workspace.cacheDirectory,
  ...{ GIT_AUTHOR_NAME: "t", GIT_AUTHOR_EMAIL: "t@example.com" },
  ...{ GIT_COMMITTER_NAME: "t", GIT_COMMITTER_EMAIL: "t@example.com" },
};

function run(folder: string, program: string, ...args: readonly string[]) {
  return execa(program, args, { cwd: folder, env: environment, reject: false, all: true, timeout: 120_000 });
}

async function must(folder: string, program: string, ...args: readonly string[]): Promise<string> {
  const { exitCode, all, stdout } = await run(folder, program, ...args);
  assert.is(exitCode, 0, all);
  return stdout;
}

/** A package in a repository whose commits go past the hook. */
async function openRepository(word: string): Promise<PackageFolder> {
  const made = await workspace.makePackage(word, "inference: score.py\n", FILES);
  const revision = await must(hooks, "git", "rev-parse", "HEAD");
  await made.write({
    ".pre-commit-config.yaml": `repos: [{repo: "${hooks}", rev: ${revision}, hooks: [{id: mlpackage-validate-system}]}]\n`,
  });
  await must(made.path, "git", "init", "--quiet");
  await must(made.path, "pre-commit", "install");
  return made;
}

if (preCommit !== undefined) {
  test.before(async () => {
    await mkdir(hooks);
    await mkdir(bin);
    await symlink(program, path.join(bin, "mlpackage"));
    await copyFile(manifest, path.join(hooks, ".pre-commit-hooks.yaml"));
    await must(hooks, "git", "init", "--quiet");
    await must(hooks, "git", "add", "--all");
    await must(hooks, "git", "commit", "--quiet", "--message", "hooks");
  });

  test("the list of hooks is right by pre-commit's own schema", async () => {
    await preCommit("validate-manifest", manifest);
  });

  test("what the guide says for it is right, and names hooks that there are", async () => {
    const guide = await readFile(new URL("../../schemas/guide/work.md", import.meta.url), "utf8");
    const [, text = ""] = /```yaml\n(# \.pre-commit-config\.yaml\n.*?)```/s.exec(guide) ?? [];
    const place = path.join(workspace.folder, "config.yaml");
    await writeFile(place, text);
    await preCommit("validate-config", place);
    const ids = [...(await readFile(manifest, "utf8")).matchAll(/^- id: (.*)$/gm)].map(([, id = ""]) => id);
    assert.equal(ids, ["mlpackage-validate", "mlpackage-validate-system"]);
    for (const id of ids) assert.match(text, id);
  });

  test("a commit with a file that is wrong is refused, with its place; a right one goes through", async () => {
    const made = await openRepository("one");
    await made.configure("inference: scor.py\n");
    await must(made.path, "git", "add", "--all");
    const refused = await run(made.path, "git", "commit", "--message", "bad");
    assert.is(refused.exitCode, 1, refused.all);
    assert.match(refused.all ?? "", "error[config/missing-file]");
    assert.match(refused.all ?? "", /mlpackage\.yaml:\d+:\d+/);
    assert.is((await run(made.path, "git", "rev-parse", "HEAD")).exitCode, 128, "nothing was committed");
    await made.configure("inference: score.py\n");
    await must(made.path, "git", "add", "--all");
    const taken = await run(made.path, "git", "commit", "--message", "good");
    assert.is(taken.exitCode, 0, taken.all);
    assert.match(taken.all ?? "", /mlpackage validate\.+Passed/);
  });

  test("each package is looked at by itself, and one that is wrong is enough", async () => {
    const made = await openRepository("several");
    await made.write({
      "a b/mlpackage.yaml": "name: a\ninference: score.py\n",
      "a b/score.py": FILES["score.py"],
      "c/mlpackage.yaml": "name: c\ninference: missing.py\n",
    });
    await must(made.path, "git", "add", "--all");
    const refused = await run(made.path, "git", "commit", "--message", "three");
    assert.is(refused.exitCode, 1, refused.all);
    assert.is(refused.all?.match(/error\[/g)?.length, 1, refused.all);
    assert.match(refused.all ?? "", "missing.py");
    await must(made.path, "git", "rm", "--quiet", "--cached", "c/mlpackage.yaml");
    const taken = await run(made.path, "git", "commit", "--message", "two");
    assert.is(taken.exitCode, 0, taken.all);
  });

  test("a commit without one of these files has nothing to wait for", async () => {
    const made = await openRepository("other");
    await must(made.path, "git", "add", "score.py", ".pre-commit-config.yaml");
    const taken = await run(made.path, "git", "commit", "--message", "script");
    assert.is(taken.exitCode, 0, taken.all);
    assert.match(taken.all ?? "", "(no files to check)Skipped");
  });
}

test.run();
