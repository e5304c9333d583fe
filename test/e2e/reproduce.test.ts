// The same package gives the same image: in another folder, under another umask, with empty caches, at another time.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { utimes } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { docker } from "./engine.ts";
import { addArchitecture, makeSmallLayout } from "./oci-layout.ts";
import { timedSuite } from "./timed-suite.ts";
import { makeWheel } from "./wheel.ts";
import { type FileContents, openWorkspace, type PackageFolder } from "./workspace.ts";

const workspace = openWorkspace("reproduce");
const test = timedSuite("reproduce");

const OUTPUT = "outputs: [{type: oci-archive, path: image.tar}]\n";
const GREETER = makeWheel("greeter", "1.0", "def greet(who):\n    return {'hello', who}\n");

type Case = readonly [
  word: string,
  yaml: string,
  files?: FileContents,
  prepare?: (made: PackageFolder) => Promise<void>,
];

const cases: readonly Case[] = [
  ["nothing-is-run", "environment: {python: {managed: false}}\n"],
  [
    "several-models",
    "environment: {python: {managed: false}}\nmodels: [a.bin, b.bin, folder]\n",
    {
      "a.bin": "a".repeat(100_000),
      "b.bin": "b",
      "folder/c.txt": "c",
      "folder/deep/d.txt": "d",
    },
  ],
  [
    "python-from-a-folder-of-wheels",
    "environment: {python: {requirements: r.txt, find_links: [wheels]}}\n",
    {
      "r.txt": "--no-index\ngreeter\n",
      "wheels/greeter-1.0-py3-none-any.whl": GREETER,
    },
  ],
  [
    "two-platforms",
    "environment: {python: {managed: false}}\nbase_image: {oci_layout: base}\nbuild: {platforms: [linux/amd64, linux/arm64]}\n",
    {},
    async (made) => {
      await makeSmallLayout(made.at("base"));
      await addArchitecture(made.at("base"), "arm64");
    },
  ],
  ["system-packages", "environment: {system_packages: [file, libgomp1]}\n"],
  [
    "a-dockerfile",
    "base_image: {dockerfile: base/Dockerfile}\n",
    {
      "base/Dockerfile": `FROM ${process.env.RIG_PYTHON_IMAGE}\nCOPY hello.txt /hello.txt\n`,
      "base/hello.txt": "hello",
    },
  ],
];

/** The digest of what the archive holds, built in a cache of its own and by a builder that remembers nothing. */
async function buildAfresh(
  made: PackageFolder,
  word: string,
  {
    args = [],
    clock = {},
  }: { readonly args?: readonly string[]; readonly clock?: Record<string, string> } = {},
): Promise<string> {
  await docker(["builder", "prune", "--all", "--force"]);
  const environment = { MLPACKAGE_CACHE_DIR: path.join(workspace.folder, `cache-${word}`), ...clock };
  const { exitCode, stderr } = await made.call(["apply", "--no-test", ...args], { environment });
  assert.is(exitCode, 0, stderr);
  return digestIn(made.at("image.tar"));
}

async function digestIn(archive: string): Promise<string> {
  const { stdout } = await execa("tar", ["--extract", "--to-stdout", "--file", archive, "index.json"]);
  return JSON.parse(stdout).manifests[0].digest;
}

/** The environment of a process whose clock is a year ahead; undefined where this machine has none. */
function inAYear(): Record<string, string> | undefined {
  const places = readdirSync("/usr/lib").map((name) => `/usr/lib/${name}/faketime/libfaketime.so.1`);
  const library = places.find((place) => existsSync(place));
  if (library === undefined) process.stdout.write("not run, for want of faketime\n");
  return library === undefined ? undefined : { LD_PRELOAD: library, FAKETIME: "+365d" };
}

for (const [word, yaml, files = {}, prepare] of cases) {
  test(`the same digest, whoever builds it and when: ${word}`, async () => {
    const text = `${yaml}${OUTPUT}`;
    const one = await workspace.makePackage(`${word}-one`, text, files);
    await prepare?.(one);
    const first = await buildAfresh(one, `${word}-one`);
    const other = await workspace.makePackage(`${word}-other`, text, files);
    await prepare?.(other);
    // The name is the folder's, in these tests.
    await other.write({ "mlpackage.yaml": readFileSync(one.at("mlpackage.yaml")) });
    for (const file of Object.keys(files)) await utimes(other.at(file), 1e9, 1e9);
    // A COPY of the user's own takes the modes that the files have.
    if (word !== "a-dockerfile") await execa("chmod", ["--recursive", "go-rwx", other.path]);
    assert.is(await buildAfresh(other, `${word}-other`, { args: ["--jobs", "1"] }), first);
    const clock = inAYear();
    if (clock !== undefined) assert.is(await buildAfresh(other, `${word}-later`, { clock }), first);
  });
}

test("the date of the commit is the image's, and makes another digest", async () => {
  const made = await workspace.makePackage(
    "date",
    `build: {source_date_epoch: "\${git.timestamp}"}\nenvironment: {python: {managed: false}}\n${OUTPUT}`,
  );
  const git = (...args: string[]) =>
    execa("git", ["-C", made.path, "-c", "user.name=a", "-c", "user.email=a@example.com", ...args], {
      env: { GIT_COMMITTER_DATE: "1700000000 +0000" },
    });
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "all");
  const dated = await buildAfresh(made, "date");
  const { stdout } = await execa("tar", [
    "--extract",
    "--to-stdout",
    "--file",
    made.at("image.tar"),
    "--wildcards",
    "blobs/sha256/*",
  ]);
  assert.match(stdout, '"created":"2023-11-14T22:13:20Z"');
  assert.is.not(dated, await buildAfresh(made, "date", { args: ["--set", "build.source_date_epoch=0"] }));
});

test.run();
