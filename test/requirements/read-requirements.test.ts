import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Diagnostic } from "../../src/model/diagnostic.ts";
import type { Choice, Requirements } from "../../src/requirements/format.ts";
import type { FormatName } from "../../src/requirements/formats.ts";
import { readRequirements } from "../../src/requirements/read-requirements.ts";

const test = suite("what files of dependencies come to");

type Asked = Partial<Choice> & { readonly project?: string };

async function read(format: FormatName, text: string, { extras = [], groups = [], project }: Asked = {}) {
  return readRequirements({
    ...{ format, file: { path: format, text }, choice: { extras, groups } },
    ...(project !== undefined && { project: { path: "pyproject.toml", text: project } }),
    locateChoice: () => ({ file: { path: format, text }, range: { start: 0, end: 0 } }),
  });
}

async function found(format: FormatName, text: string, asked?: Asked): Promise<Requirements> {
  const result = await read(format, text, asked);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.value;
}

async function wrong(format: FormatName, text: string, asked?: Asked): Promise<string> {
  const result = await read(format, text, asked);
  assert.not(result.ok, "nothing was found wrong");
  return told(text, result.ok ? [] : result.diagnostics);
}

/** Each diagnostic with the text that it points to. */
function told(text: string, diagnostics: readonly Diagnostic[]): string {
  return diagnostics
    .map(({ code, location }) => `${code} ${text.slice(location?.range.start, location?.range.end)}`)
    .join("\n");
}

const DEMO = '[project]\nname = "demo"\n';

function uvProject(sources: string): string {
  return `${DEMO}dependencies = ["a>=1"]\n[tool.uv]\n${sources}`;
}

const WINDOWS = "marker = \"sys_platform == 'win32'\"";
const LINUX = "marker = \"sys_platform == 'linux'\"";

const sources: readonly (readonly [what: string, sources: string, lines: readonly string[]])[] = [
  [
    "an address for another platform leaves the index to this one",
    `sources.a = [{url = "https://example.com/a-1.whl", ${WINDOWS}}]`,
    ["a>=1 ; sys_platform != 'win32'"],
  ],
  [
    "one line for each address",
    `sources.a = [{url = "https://example.com/w.whl", ${WINDOWS}}, {url = "https://example.com/l.whl", ${LINUX}}]`,
    [
      "a @ https://example.com/l.whl ; sys_platform == 'linux'",
      "a>=1 ; sys_platform != 'win32' and sys_platform != 'linux'",
    ],
  ],
  [
    "a repository for another platform is none of ours",
    `sources.a = {git = "https://example.com/a.git", ${WINDOWS}}`,
    ["a>=1 ; sys_platform != 'win32'"],
  ],
  [
    "indexes for extras change no line",
    'sources.a = [{index = "one", extra = "cpu"}, {index = "two", extra = "gpu"}]',
    ["a>=1"],
  ],
];

for (const [what, text, lines] of sources) {
  test(`sources of uv: ${what}`, async () =>
    assert.equal((await found("pyproject.toml", uvProject(text))).lines, lines));
}

test("sources of uv: an address for an extra is refused where it stands", async () => {
  const entry = '{url = "https://example.com/a.whl", extra = "cpu"}';
  assert.is(
    await wrong("pyproject.toml", uvProject(`sources.a = [${entry}]`)),
    `requirements/bad-file sources.a = [${entry}]`,
  );
});

test("sources of uv: a repository for Linux is refused", async () => {
  const text = uvProject(`sources.a = [{git = "https://example.com/a.git", ${LINUX}}]`);
  assert.match(await wrong("pyproject.toml", text), /^requirements\/repository/);
});

const PYPI = "https://pypi.org/simple";
const ONE = "https://one.example/simple";
const TWO = "https://two.example/simple";

const indexes: readonly (readonly [settings: string, indexes: readonly string[]])[] = [
  [`index-url = "${ONE}"`, [ONE]],
  [`extra-index-url = ["${ONE}"]`, [PYPI, ONE]],
  [`index-url = "${ONE}"\nextra-index-url = ["${TWO}"]`, [ONE, TWO]],
  [`index-url = "${ONE}"\nindex = [{url = "${TWO}", default = true}]`, [TWO]],
  [`index = [{url = "${ONE}"}]`, [PYPI, ONE]],
];

for (const [settings, expected] of indexes) {
  test(`indexes of uv: ${settings}`, async () =>
    assert.equal((await found("pyproject.toml", uvProject(settings))).indexes, expected));
}

test("an index of uv with a password is refused", async () =>
  assert.match(
    await wrong("pyproject.toml", uvProject('index-url = "https://me:secret@one.example/simple"')),
    /^requirements\/bad-file/,
  ));

const settings = [
  'find-links = ["wheels"]',
  "no-index = true",
  'override-dependencies = ["b==1"]',
  'constraint-dependencies = ["b==1"]',
  `index = [{url = "${ONE}", format = "flat"}]`,
];

for (const setting of settings) {
  test(`what has no equal here is told: ${setting}`, async () => {
    const result = await read("pyproject.toml", uvProject(setting));
    assert.ok(result.ok);
    assert.equal(
      result.warnings.map(({ code }) => code),
      ["requirements/setting-left-out"],
    );
  });
}

test("a secondary source of poetry leaves PyPI the first", async () => {
  const text = `[tool.poetry.dependencies]\na = "*"\n[[tool.poetry.source]]\nname = "one"\nurl = "${ONE}"\nsecondary = true\n`;
  assert.equal((await found("pyproject.toml", text)).indexes, [PYPI, ONE]);
});

test("a project that asks for extras of its own is asked of no index", async () => {
  const text = `${DEMO}dependencies = ["a", "Demo[fast]"]
[project.optional-dependencies]
fast = ["b"]
test = ["c", "demo[fast]"]
[dependency-groups]
dev = ["demo[test]", "d"]
`;
  assert.equal((await found("pyproject.toml", text)).lines, ["a", "b"]);
  assert.equal((await found("pyproject.toml", text, { groups: ["dev"] })).lines, ["a", "b", "c", "d"]);
});

const LIST = 'b = [{version = "^1", python = "<3.10", optional = true}, {version = "^2", optional = true}]';

test("a list of constraints of poetry that are optional is installed where it is asked for", async () => {
  const text = `[tool.poetry.dependencies]\na = "*"\n${LIST}\n[tool.poetry.extras]\nx = ["b"]\n`;
  assert.equal((await found("pyproject.toml", text)).lines, ["a"]);
  assert.equal((await found("pyproject.toml", text, { extras: ["x"] })).lines, [
    "a",
    "b>=1,<2 ; python_version < '3.10'",
    "b>=2,<3",
  ]);
});

test("and so it is with a lock of poetry 1", async () => {
  const hash = `sha256:${"1".repeat(64)}`;
  const one = (name: string) =>
    `[[package]]\nname = "${name}"\nversion = "1"\nfiles = [{file = "x", hash = "${hash}"}]\n`;
  const lock = `${one("a")}${one("b")}[metadata]\nlock-version = "2.0"\npython-versions = "*"\ncontent-hash = "0"\n`;
  const project = `[tool.poetry.dependencies]\na = "*"\n${LIST}\n[tool.poetry.extras]\nx = ["b"]\n`;
  const lines = async (asked: Asked) =>
    (await found("poetry.lock", lock, { ...asked, project })).lines.map((line) => line.split(" ")[0]);
  assert.equal(await lines({}), ["a==1"]);
  assert.equal(await lines({ extras: ["x"] }), ["a==1", "b==1"]);
});

const GROUPS = `[tool.poetry.dependencies]
a = "*"
[tool.poetry.group.Model_Test]
include-groups = ["other.one"]
[tool.poetry.group.Model_Test.dependencies]
b = "*"
[tool.poetry.group.other-one.dependencies]
c = "*"
`;

test("a group of poetry is found however it is written, with those that it includes", async () =>
  assert.equal((await found("pyproject.toml", GROUPS, { groups: ["model-test"] })).lines, ["a", "b", "c"]));

test("a group of poetry may not include itself, or one that is not there", async () => {
  for (const name of ["model.test", "none"]) {
    const text = GROUPS.replace("other.one", name);
    assert.is(
      await wrong("pyproject.toml", text, { groups: ["model-test"] }),
      `requirements/bad-file "${name}"`,
    );
  }
});

const UV_LOCK = `version = 1
[[package]]
name = "demo"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "a", marker = "extra == 'extra-4-demo-cpu'" }]
[package.optional-dependencies]
all = [{ name = "demo", extra = ["cpu"] }]
cpu = [{ name = "b" }]
${["a", "b"]
  .map(
    (name) => `[[package]]
name = "${name}"
version = "1"
source = { registry = "${PYPI}" }
wheels = [{ url = "https://example.com/x.whl", hash = "sha256:${"1".repeat(64)}" }]
`,
  )
  .join("")}`;

test("an extra that another asks for is asked for", async () => {
  const { lines } = await found("uv.lock", UV_LOCK, { extras: ["all"] });
  assert.equal(
    lines.map((line) => line.split(" ")[0]),
    ["a==1", "b==1"],
  );
});

test("a marker that asks for an extra of another package is refused where it stands", async () => {
  const marker = `"extra == 'extra-5-other-cpu'"`;
  const text = UV_LOCK.replace(`"extra == 'extra-4-demo-cpu'"`, marker);
  assert.is(await wrong("uv.lock", text), `requirements/bad-file ${marker}`);
});

const conda: readonly (readonly [spec: string, line: string])[] = [
  ["setuptools", "setuptools"],
  ["setuptools=68", "setuptools==68.*"],
  ["conda-forge::setuptools==65.5.0=pyhd8ed1ab_0", "setuptools==65.5.0"],
  ["setuptools >=60,<70", "setuptools>=60,<70"],
  ["wheel=*", "wheel"],
];

for (const [spec, line] of conda) {
  test(`pip installs what conda was asked for: ${spec}`, async () =>
    assert.equal((await found("conda.yaml", `dependencies: [python, pip, '${spec}']`)).lines, [line]));
}

test("what is no requirement is told at once", async () => {
  const started = performance.now();
  for (const text of [`${" ".repeat(5_000)}a`, `a${" ".repeat(5_000)}{`, "a".repeat(5_000)])
    await read("conda.yaml", `dependencies: [{pip: ['${text}{']}]`);
  await read("pyproject.toml", `[tool.poetry.dependencies]\na = "^1${" ".repeat(100_000)}!"`);
  assert.ok(performance.now() - started < 4_000);
});

test("a channel that is named with a package is one of the channels, and alone has that package", async () => {
  const text = "channels: [nodefaults, here]\ndependencies: ['there::a>=1', b, 'here::c']\n";
  const { conda } = await found("conda.yaml", text);
  assert.equal(conda, {
    channels: ["https://conda.anaconda.org/here", "https://conda.anaconda.org/there"],
    specs: ["a>=1", "b", "c", "python", "pip"],
    from: { a: ["https://conda.anaconda.org/there"], c: ["https://conda.anaconda.org/here"] },
  });
});

test("versions of conda that pip has no words for are refused", async () =>
  assert.match(
    await wrong("conda.yaml", "dependencies: ['setuptools=60|=61']"),
    /^requirements\/bad-file .*setuptools/,
  ));

test.run();
