// The package as npm installs it: `npm pack`, and then everything from the tarball alone.
import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { sklearnPickle } from "../fakes/models.ts";
import { type Installed, installPackage } from "./installed-package.ts";
import { timedSuite } from "./timed-suite.ts";
import { ECHO_SCRIPT, openWorkspace } from "./workspace.ts";

const repository = new URL("../..", import.meta.url).pathname;
const workspace = openWorkspace("npm");
const installed = path.join(workspace.folder, "installed");
const test = timedSuite<Installed>("npm package", 240_000);

test.before(async (context) => {
  Object.assign(context, await installPackage(installed));
});

/** A call of the installed program. */
function npx(args: readonly string[], folder = installed) {
  const env = { MLPACKAGE_CACHE_DIR: workspace.cacheDirectory, NO_COLOR: "1" };
  return execa("npx", ["--no-install", "mlpackage", ...args], {
    cwd: folder,
    env,
    reject: false,
    timeout: 300_000,
  });
}

test("has what it needs, and no tests", ({ files }) => {
  assert.ok(files.length > 10);
  for (const file of [
    "package.json",
    "README.md",
    "LICENSE",
    "mlpackage.schema.json",
    "dist/mlpackage.js",
    "dist/library.mjs",
    "dist/library.d.mts",
    "dist/mlpackage.1",
    "dist/codes.generated.json",
    "dist/runtime/serve.py",
    "dist/runtime/mlpackage_runtime/__init__.py",
  ])
    assert.ok(files.includes(file), `${file} is missing from:\n${files.join("\n")}`);
  assert.equal(
    files.filter((file) => /test|fixtures|^src|(?<!\.d)\.m?ts$|__pycache__|\.pyc$|\.map$/.test(file)),
    [],
  );
});

test("brings no package along that runs code when it is installed", async () => {
  const { stdout } = await execa("npm", ["query", ":attr(scripts, [postinstall])"], { cwd: installed });
  assert.equal(JSON.parse(stdout), []);
});

test("--version, --help, schema", async () => {
  const version = await npx(["--version"]);
  assert.match(version.stdout, /^\d+\.\d+\.\d+/, version.stderr);
  assert.match((await npx(["--help"])).stdout, "apply");
  assert.is(JSON.parse((await npx(["schema"])).stdout).title !== undefined, true);
});

test("validate, plan and apply --only render work on the example", async () => {
  const example = path.join(installed, "example");
  await cp(path.join(repository, "fixtures/examples/diabetes"), example, { recursive: true });
  const validated = await npx(["-C", "example", "validate"]);
  assert.is(validated.exitCode, 0, validated.stderr);
  const planned = await npx(["-C", "example", "plan", "--detailed-exitcode"]);
  assert.is(planned.exitCode, 2, planned.stderr);
  const saved = await npx(["-C", "example", "save", "imagefiles", "--no-frozen"]);
  assert.is(saved.exitCode, 0, saved.stderr);
  assert.ok((await readdir(path.join(example, "imagefiles"))).includes("Dockerfile"));
});

test("without a command: what is here, and what to type next", async () => {
  const bare = path.join(installed, "bare");
  await mkdir(bare);
  await writeFile(path.join(bare, "ridge.pkl"), sklearnPickle("sklearn.linear_model._ridge"));
  await writeFile(path.join(bare, "score.py"), ECHO_SCRIPT);
  const call = () => npx([], bare);
  const first = await call();
  assert.is(first.exitCode, 64);
  assert.is(first.stdout, "");
  assert.match(first.stderr, "no mlpackage.yaml here: `mlpackage init` writes one for `ridge.pkl`");
  const made = await npx(["init"], bare);
  assert.is(made.exitCode, 0, made.stderr);
  const second = await call();
  assert.is(second.exitCode, 64);
  assert.match(second.stderr, "mlpackage.yaml is here");
  assert.match(second.stderr, /^ {2}mlpackage apply +build, test/m);
});

test("npx runs the tarball in an empty folder", async ({ tarball }) => {
  const empty = path.join(workspace.folder, "empty");
  await mkdir(empty);
  const { exitCode, stderr } = await execa(
    "npx",
    ["--yes", "--prefer-offline", "--package", `file:${tarball}`, "mlpackage"],
    {
      cwd: empty,
      env: { MLPACKAGE_CACHE_DIR: workspace.cacheDirectory, NO_COLOR: "1" },
      reject: false,
      timeout: 100_000,
    },
  );
  assert.is(exitCode, 64, stderr);
  assert.match(stderr, "`mlpackage init --template` writes one to fill in");
  assert.equal(await readdir(empty), []);
});

test("what is installed stays small", async ({ unpackedBytes }) => {
  assert.ok(unpackedBytes < 14e6, `the package alone has ${unpackedBytes} bytes`);
  const { stdout } = await execa("du", ["-sm", "node_modules"], { cwd: installed });
  assert.ok(Number.parseInt(stdout, 10) < 30, `with all it needs: ${stdout} MB`);
});

test.run();
