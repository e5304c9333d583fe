// Python packages, system packages, base images, variables, user and labels, as they are in the built image.
import * as assert from "uvu/assert";
import { demandImage, docker, runIn } from "./engine.ts";
import { timedSuite } from "./timed-suite.ts";
import { makeWheel } from "./wheel.ts";
import { openWorkspace, PYTHON_IMAGE } from "./workspace.ts";

const workspace = openWorkspace("environment");
const test = timedSuite("environment");

const USES_GREETER = `import greeter


def init():
    pass


def run(data):
    return greeter.greet(data)
`;
const GREETS = "tests: [{request: {body: you}, expect: {json: hello you}}]\n";
const wheels = {
  "wheels/greeter-1.0-py3-none-any.whl": makeWheel(
    "greeter",
    "1.0",
    "def greet(who):\n    return 'hello ' + who\n",
  ),
};

for (const [word, python, files] of [
  [
    "requirements-file",
    "{requirements: requirements.txt, find_links: [wheels]}",
    {
      "requirements.txt": "--no-index\n-r more/other.txt\n",
      "more/other.txt": "greeter == 1.0  # a comment\n",
    },
  ],
  [
    "requirements-without-index",
    "{requirements: requirements.txt, find_links: [wheels]}",
    { "requirements.txt": "--no-index\ngreeter\n" },
  ],
] as const) {
  test(`${word}: installed from a folder of wheels`, async () => {
    const yaml = `environment: {python: ${python}}\n${GREETS}`;
    const made = await workspace.makePackage(word, yaml, { "score.py": USES_GREETER, ...wheels, ...files });
    const { exitCode, stderr } = await made.call(["apply"]);
    assert.is(exitCode, 0, stderr);
  });
}

test("another wheel of the same name is noticed", async () => {
  const made = await workspace.makePackage(
    "wheel",
    `environment: {python: {requirements: requirements.txt, find_links: [wheels]}}\n${GREETS}`,
    { "score.py": USES_GREETER, ...wheels, "requirements.txt": "--no-index\ngreeter\n" },
  );
  assert.is((await made.call(["apply"])).exitCode, 0);
  await made.write({
    "wheels/greeter-1.0-py3-none-any.whl": makeWheel(
      "greeter",
      "1.0",
      "def greet(who):\n    return 'hallo ' + who\n",
    ),
  });
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 3, stderr);
  assert.match(stderr, 'expected "hello you", got "hallo you"');
});

for (const [word, python, files, code, place] of [
  [
    "list",
    "\n    requirements:\n      - gunicorn\n      - no-such-package-e2e == 99\n    index_url: http://127.0.0.1:1/simple",
    {},
    "build/index-unreachable",
    "mlpackage.yaml:8:9",
  ],
  [
    "file",
    "{requirements: requirements.txt}",
    { "requirements.txt": "--no-index\n# a comment\nno-such-package-e2e==99 ; python_version > '3'\n" },
    "build/requirement-not-found",
    "requirements.txt:3:1",
  ],
] as const) {
  test(`a requirement that cannot be had, in a ${word}: one message at its line`, async () => {
    const yaml = `environment:\n  python: ${python}\n`;
    const made = await workspace.makePackage(`missing-${word}`, yaml, files);
    const { exitCode, stderr } = await made.call(["apply"]);
    assert.is(exitCode, 1, stderr);
    assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
    assert.match(stderr, `error[${code}]`);
    assert.match(stderr, "no-such-package-e2e");
    assert.match(stderr, place);
  });
}

test("a system package that does not exist: one message at its place", async () => {
  const made = await workspace.makePackage(
    "apt",
    "environment:\n  system_packages:\n    - no-such-package-e2e\n",
  );
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 1, stderr);
  assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
  assert.match(stderr, "error[build/system-package-not-found]");
  assert.match(stderr, "mlpackage.yaml:6:7");
});

test("a base image that does not exist: one message at its place, within seconds", async () => {
  for (const image of ["mlpackage-e2e-no-such-image:1", "registry.invalid/no/such:1"]) {
    const made = await workspace.makePackage(`base-${image.length}`, `base_image: ${image}\n`);
    const { exitCode, stderr, durationMs } = await made.call(["apply"]);
    assert.is(exitCode, 1, stderr);
    assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
    assert.match(stderr, image);
    assert.match(stderr, "mlpackage.yaml:3:13");
    assert.ok(durationMs < 30_000, `${durationMs} ms`);
  }
});

test("a base image that does not exist, in a Dockerfile of the user's", async () => {
  const made = await workspace.makePackage("base-of-base", "base_image: {dockerfile: base/Dockerfile}\n", {
    "base/Dockerfile": "FROM registry.invalid/no/such:1\n",
  });
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 1, stderr);
  assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
  assert.match(stderr, "error[build/base-image-unavailable]");
  assert.match(stderr, "registry.invalid/no/such:1");
});

test("a base without the interpreter: one message", async () => {
  const made = await workspace.makePackage("no-python", "environment: {python: {interpreter: python9}}\n");
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 1, stderr);
  assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
  assert.match(stderr, /error\[build\/command-not-found\]: .*`python9`/);
  assert.match(stderr, "mlpackage.yaml:4:37");
});

test("managed: false installs nothing", async () => {
  const made = await workspace.makePackage("unmanaged", "environment: {python: {managed: false}}\n");
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  assert.not.match(stderr, "pip");
});

const AWKWARD = {
  quotes: `he said "it's"`,
  dollars: "$HOME ${HOME} $$ $1",
  backslashes: "a\\b \\n \\\\ \\",
  spaces: "  two  spaces  ",
  unicode: "Zürich 東京 🚀",
  hash: "# no comment",
  equals: "a=b=c",
  templates: "{{.Env}} %s `id` $(id)",
  empty: "",
};

test("variables and labels arrive as they were written", async () => {
  // In YAML a JSON string is a string; in ours, a dollar is doubled.
  const written = (value: string) => JSON.stringify(value.replaceAll("$", "$$$$"));
  const entries = Object.entries(AWKWARD);
  const made = await workspace.makePackage(
    "awkward",
    `environment:
  user: "1234:4321"
  variables:
${entries.map(([name, value]) => `    AWKWARD_${name}: ${written(value)}`).join("\n")}
build:
  labels:
${entries.map(([name, value]) => `    awkward.${name}: ${written(value)}`).join("\n")}
`,
  );
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 0, stderr);
  const { Config } = await demandImage(`${made.name}:latest`);
  assert.is(Config.User, "1234:4321");
  for (const [name, value] of entries) {
    assert.is(
      Config.Env.find((entry) => entry.startsWith(`AWKWARD_${name}=`)),
      `AWKWARD_${name}=${value}`,
    );
    assert.is(Config.Labels[`awkward.${name}`], value);
  }
  assert.is(Config.Labels["org.opencontainers.image.title"], made.name);
  assert.is(Config.Labels["org.opencontainers.image.base.name"], PYTHON_IMAGE);
  assert.is(await runIn(`${made.name}:latest`, ["id", "-u"]), "1234");

  // The saved folder says the same.
  assert.is((await made.call(["save", "folder"])).exitCode, 0);
  await docker(["build", "--quiet", "--tag", `${made.name}:saved`, made.at("folder")]);
  const saved = (await demandImage(`${made.name}:saved`)).Config;
  assert.equal([saved.Env, saved.Labels], [Config.Env, Config.Labels]);

  // And no value has added an instruction: both Dockerfiles have as many as that of a plain package.
  const plain = await workspace.makePackage(
    "plain",
    `environment: {variables: {A: a}}\nbuild: {labels: {a: a}}\n`,
  );
  assert.is((await plain.call(["save", "folder"])).exitCode, 0);
  assert.is(
    await countInstructions(made.at("folder/Dockerfile")),
    await countInstructions(plain.at("folder/Dockerfile")),
  );
});

async function countInstructions(file: string): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  const text = (await readFile(file, "utf8")).replace(/\\\n/g, " ");
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
}

test("a name that is nowhere to be found as a user: one message", async () => {
  const made = await workspace.makePackage("user", "environment: {user: nobody-at-all}\n");
  const { exitCode, stderr } = await made.call(["apply"]);
  assert.is(exitCode, 1, stderr);
  assert.is(stderr.match(/^error\[/gm)?.length, 1, stderr);
  assert.match(stderr, "nobody-at-all");
});

test.run();
