// Dependencies as other tools write them down: what is installed, and that it is the same image as of plain requirements.
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { execa } from "execa";
import * as assert from "uvu/assert";
import { startIndex } from "./python-index.ts";
import { timedSuite } from "./timed-suite.ts";
import { makeWheel } from "./wheel.ts";
import { openWorkspace, type PackageFolder, PYTHON_IMAGE } from "./workspace.ts";

const workspace = openWorkspace("dependencies");
const test = timedSuite("dependency files");

const index = await startIndex("greeter");
const greeter = index.offer(
  "1.0",
  "from wording import HELLO\n\n\ndef greet(who):\n    return f'{HELLO} {who}'\n",
  {
    requires: ["wording>=1"],
  },
);
index.offer("1.1", "raise ImportError('too new')\n", { requires: ["wording>=1"] });
const wording = index.offer("1.0", "HELLO = 'hello'\n", { named: "wording" });
const newer = index.offer("2.0", "HELLO = 'hallo'\n", { named: "wording" });
const other = index.offer("1.0", "", { named: "windowsonly" });

const SCRIPT = `import greeter


def init():
    pass


def run(data):
    return greeter.greet(data)
`;

/** pip asks nothing of a plain address unless it is told to trust it. */
const FILES = {
  "src/score.py": SCRIPT,
  "base/Dockerfile": `FROM ${PYTHON_IMAGE}\nENV PIP_TRUSTED_HOST=${index.host}\n`,
};

function packageOf(environment: string): string {
  return `base_image: {dockerfile: base/Dockerfile}
inference: {entry_script: score.py, source_directory: src}
environment: ${environment}
tests: [{request: {body: you}, expect: {json: hello you}}]
outputs: [{type: oci-archive, path: image.tar}]
`;
}

const made = await workspace.makePackage("all", packageOf("{}"), FILES);

/** Applies from nothing that is remembered, and tells the digest of the image. */
async function imageOf(
  folder: PackageFolder,
  environment: string,
  files: Record<string, string>,
): Promise<string> {
  for (const name of ["mlpackage.lock", "uv.lock", "poetry.lock", "pyproject.toml"])
    rmSync(folder.at(name), { force: true });
  await folder.configure(packageOf(environment));
  await folder.write(files);
  const cache = `${workspace.folder}/cache-${createHash("sha256").update(environment).update(JSON.stringify(files)).digest("hex")}`;
  const { exitCode, stderr } = await folder.call(["apply", "--no-cache"], {
    environment: { MLPACKAGE_CACHE_DIR: cache },
  });
  assert.is(exitCode, 0, stderr);
  rmSync(cache, { recursive: true });
  const { stdout } = await execa("tar", ["-xOf", folder.at("image.tar"), "index.json"]);
  const [manifest] = JSON.parse(stdout).manifests;
  return manifest.digest;
}

const plain = await imageOf(
  made,
  `{python: {index_url: "${index.address}", requirements: ["greeter==1.0", "wording==1.0"]}}`,
  {},
);

const PROJECT = `[project]
name = "demo"
requires-python = ">=3.9"
dependencies = ["greeter == 1.0", "windowsonly; sys_platform == 'win32'"]

[project.optional-dependencies]
old = ["wording<2"]
`;

const POETRY = `[tool.poetry.dependencies]
python = "^3.9"
greeter = "~1.0.0"
windowsonly = {version = "*", platform = "win32"}
wording = "^1.0"
`;

const UV_LOCK = `version = 1
revision = 3
requires-python = ">=3.9"

[[package]]
name = "demo"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "greeter" },
    { name = "windowsonly", marker = "sys_platform == 'win32'" },
]

[[package]]
name = "greeter"
version = "1.0"
source = { registry = "${index.address}" }
dependencies = [
    { name = "wording", version = "1.0", source = { registry = "${index.address}" }, marker = "python_full_version < '4'" },
    { name = "wording", version = "2.0", source = { registry = "${index.address}" }, marker = "python_full_version >= '4'" },
]
wheels = [
    { url = "greeter-1.0-py3-none-any.whl", hash = "${greeter}" },
]

[[package]]
name = "windowsonly"
version = "1.0"
source = { registry = "${index.address}" }
wheels = [{ url = "windowsonly-1.0-py3-none-any.whl", hash = "${other}" }]

[[package]]
name = "wording"
version = "1.0"
source = { registry = "${index.address}" }
wheels = [{ url = "wording-1.0-py3-none-any.whl", hash = "${wording}" }]

[[package]]
name = "wording"
version = "2.0"
source = { registry = "${index.address}" }
wheels = [{ url = "wording-2.0-py3-none-any.whl", hash = "${newer}" }]
`;

function poetryLock(version: string, of2: string): string {
  const packages = [
    ["greeter", greeter, `\n[package.dependencies]\nwording = ">=1"\n`],
    ["wording", wording, ""],
    ["windowsonly", other, ""],
  ].map(([name, hash, more]) => {
    const marker = name === "windowsonly" && of2 !== "" ? "markers = \"sys_platform == 'win32'\"\n" : "";
    const files = `files = [{file = "${name}-1.0-py3-none-any.whl", hash = "${hash}"}]\n`;
    const source = `\n[package.source]\ntype = "legacy"\nurl = "${index.address}"\nreference = "own"\n`;
    return `[[package]]\nname = "${name}"\nversion = "1.0"\noptional = false\npython-versions = "*"\n${of2}${marker}${files}${more}${source}\n`;
  });
  return `${packages.join("")}[metadata]\nlock-version = "${version}"\npython-versions = "^3.9"\ncontent-hash = "none"\n`;
}

for (const [what, environment, files] of [
  [
    "pyproject.toml",
    `{python: {requirements: pyproject.toml, extras: [old], index_url: "${index.address}"}}`,
    { "pyproject.toml": PROJECT },
  ],
  [
    "a project of poetry",
    `{python: {requirements: pyproject.toml, index_url: "${index.address}"}}`,
    { "pyproject.toml": POETRY },
  ],
  ["uv.lock", "{python: {requirements: uv.lock}}", { "uv.lock": UV_LOCK }],
  [
    "poetry.lock",
    "{python: {requirements: poetry.lock}}",
    { "poetry.lock": poetryLock("2.1", 'groups = ["main"]\n') },
  ],
  [
    "poetry.lock of poetry 1",
    "{python: {requirements: poetry.lock}}",
    { "poetry.lock": poetryLock("2.0", ""), "pyproject.toml": POETRY },
  ],
  [
    "conda.yaml",
    "{conda: conda.yaml}",
    {
      "conda.yaml": `dependencies:\n  - python=3.11\n  - pip\n  - pip:\n      - --index-url ${index.address}\n      - azureml-defaults\n      - greeter==1.0\n      - wording<2\n`,
    },
  ],
] as const) {
  test(`${what}: the very image that plain requirements give`, async () => {
    assert.is(await imageOf(made, environment, files), plain);
    const lock = readFileSync(made.at("mlpackage.lock"), "utf8");
    assert.match(lock, `greeter: 1.0 ${greeter}`);
    assert.match(lock, `wording: 1.0 ${wording}`);
    assert.not.match(lock, "windowsonly");
  });
}

test("a uv.lock that is as it was leaves nothing to do, and one that is not has to be resolved again", async () => {
  const kept = await workspace.makePackage("kept", packageOf("{python: {requirements: uv.lock}}"), {
    ...FILES,
    "uv.lock": UV_LOCK,
  });
  assert.is((await kept.call(["apply"])).exitCode, 0);
  assert.match((await kept.call(["apply"])).stderr, "nothing to do");
  await kept.write({ "uv.lock": UV_LOCK.replace("python_full_version < '4'", "python_full_version < '5'") });
  const frozen = await kept.call(["apply", "--frozen"]);
  assert.is(frozen.exitCode, 64, frozen.stderr);
  assert.match(frozen.stderr, "the Python packages that are asked for have changed");
  assert.match(frozen.stderr, /mlpackage\.yaml:4:\d+/);
});

test("a wheel that is not the one of the uv.lock is refused", async () => {
  const tampered = await workspace.makePackage("tampered", packageOf("{python: {requirements: uv.lock}}"), {
    ...FILES,
    "uv.lock": UV_LOCK.replace(wording, `sha256:${"0".repeat(64)}`),
  });
  const { exitCode, stderr } = await tampered.call(["apply"]);
  assert.is(exitCode, 1, stderr);
  assert.match(stderr, /error\[build\/digest-mismatch\]/);
});

test("a wheel that the uv.lock takes from a folder", async () => {
  const local = makeWheel("wording", "1.0", "HELLO = 'hello'\n");
  const source = `source = { path = "wheels/wording-1.0-py3-none-any.whl" }`;
  const folder = await workspace.makePackage("local", packageOf("{python: {requirements: uv.lock}}"), {
    ...FILES,
    "wheels/wording-1.0-py3-none-any.whl": local,
    "uv.lock": UV_LOCK.replace(
      /source = [^\n]*\nwheels = \[\{ url = "wording-1.0/,
      `${source}\nwheels = [{ filename = "wording-1.0`,
    ).replace(/(name = "wording", version = "1.0"), source = \{[^}]*\}/, `$1, ${source}`),
  });
  const { exitCode, stderr } = await folder.call(["apply"]);
  assert.is(exitCode, 0, stderr);
});

test("another Python than the conda.yaml asks for: told with its place, and pip is asked nothing", async () => {
  const old = await workspace.makePackage("old-python", packageOf("{conda: conda.yaml}"), {
    ...FILES,
    "conda.yaml": "dependencies:\n  - python=3.8\n  - pip: [no-such-package]\n",
  });
  const { exitCode, stderr } = await old.call(["apply"]);
  assert.is(exitCode, 64, stderr);
  assert.match(
    stderr,
    /error\[requirements\/other-python\]: `conda.yaml` needs Python ==3\.8\.\*, but the base image has 3\.11\.\d+/,
  );
  assert.match(stderr, /mlpackage\.yaml:4:\d+/);
  assert.match(stderr, "such as `python:3.8-slim`");
});

const REQUIREMENTS = `--index-url ${index.address}\n--trusted-host ${index.host}\n`;

test("constraints hold versions down, and ask for nothing", async () => {
  const held = await workspace.makePackage(
    "constraints",
    packageOf("{python: {requirements: requirements.txt}}"),
    {
      ...FILES,
      "requirements.txt": `${REQUIREMENTS}-c deep/constraints.txt\ngreeter\n`,
      "deep/constraints.txt": "greeter<1.1\nwording<2\nwindowsonly==1.0\n",
    },
  );
  const { exitCode, stderr } = await held.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  const lock = readFileSync(held.at("mlpackage.lock"), "utf8");
  assert.match(lock, "greeter: 1.0");
  assert.not.match(lock, "windowsonly");
});

test("requirements with digests: of one that is not the index's, nothing is installed", async () => {
  const environment = packageOf("{python: {requirements: requirements.txt}}");
  const text = `${REQUIREMENTS}greeter==1.0 --hash=${greeter}\nwording==1.0 \\\n    --hash=${newer} \\\n    --hash=${wording}\n`;
  const digests = await workspace.makePackage("digests", environment, { ...FILES, "requirements.txt": text });
  const right = await digests.call(["apply"]);
  assert.is(right.exitCode, 0, right.stderr);
  await digests.write({ "requirements.txt": text.replaceAll(wording, newer) });
  const wrong = await digests.call(["apply"]);
  assert.is(wrong.exitCode, 1, wrong.stderr);
  assert.match(wrong.stderr, /error\[build\/digest-mismatch\]/);
});

test("a wheel that is asked for by its path: refused before anything is built, and told what to write", async () => {
  const local = await workspace.makePackage("path", packageOf("{python: {requirements: requirements.txt}}"), {
    ...FILES,
    "requirements.txt": "-r more.txt\n./wheels/greeter-1.0-py3-none-any.whl  # ours\n-e .\n",
    "more.txt": "wording @ file:///wheels/wording.whl\n",
  });
  const { exitCode, stderr } = await local.call(["plan"]);
  assert.is(exitCode, 1, stderr);
  assert.is(stderr.match(/^error\[plan\/local-requirement\]/gm)?.length, 3, stderr);
  assert.match(stderr, "requirements.txt:2:1");
  assert.match(stderr, "more.txt:1:1");
  assert.match(stderr, "write `greeter==1.0` instead, and `find_links: [wheels]` beside `requirements`");
});

test.run();
