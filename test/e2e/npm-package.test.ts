// The package as npm installs it: `npm pack`, and then everything from the tarball alone.
import { cp, mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { timedSuite } from "./timed-suite.ts";
import { openWorkspace } from "./workspace.ts";

const repository = new URL("../..", import.meta.url).pathname;
const workspace = openWorkspace("npm");
const installed = path.join(workspace.folder, "installed");
const test = timedSuite<{ files: readonly string[] }>("npm package", 240_000);

test.before(async (context) => {
  await mkdir(installed);
  // Not the scripts: `prepack` builds `dist/`, which other tests are running from.
  const packed = await execa("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", installed], {
    cwd: repository,
  });
  const [{ filename, files }] = JSON.parse(packed.stdout) as [
    { filename: string; files: { path: string }[] },
  ];
  context.files = files.map((file) => file.path);
  await execa("npm", ["install", "--no-audit", "--no-fund", path.join(installed, filename)], {
    cwd: installed,
  });
});

/** A call of the installed program. */
function npx(args: readonly string[]) {
  const env = { MLPACKAGE_CACHE_DIR: workspace.cacheDirectory, NO_COLOR: "1" };
  return execa("npx", ["--no-install", "mlpackage", ...args], {
    cwd: installed,
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
    "dist/codes.generated.json",
    "dist/runtime/serve.py",
    "dist/runtime/mlpackage_runtime/__init__.py",
  ])
    assert.ok(files.includes(file), `${file} is missing from:\n${files.join("\n")}`);
  assert.equal(
    files.filter((file) => /test|fixtures|^src|\.ts$|__pycache__|\.pyc$|\.map$/.test(file)),
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

test.run();
