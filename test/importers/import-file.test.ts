// Each format as its documentation has it: what comes of every key, and what is told of those that come to nothing.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseDocument } from "../../src/document/parse.ts";
import { writeDraft } from "../../src/drafts/write-draft.ts";
import { assertGolden } from "../assert-golden.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";
import { fixtures, importFrom, renderDraft } from "./import-fixture.ts";

const test = suite("import file");

const cases = readdirSync(fixtures, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

/** A model's folder lies in that of the package. */
const FROM: Readonly<Record<string, string>> = { "mlflow-every-key": "forest", "mlflow-functions": "model" };

for (const name of cases) {
  test(`converts ${name}`, async () => {
    const result = await importFrom(join(fixtures, name), FROM[name] ?? ".");
    assert.ok(result.ok, renderDraft(result));
    assertGolden(join(fixtures, `${name}.expected.txt`), renderDraft(result));
  });
}

test("sees the fixtures", () => assert.ok(cases.length >= 15, `only ${cases.length} cases`));

test("no password is told of, where a file has one", async () => {
  for (const name of ["azure-v1-every-key", "azure-v1-older-keys", "bentoml-every-key"]) {
    const text = renderDraft(await importFrom(join(fixtures, name), "."));
    assert.not.match(text, /top-secret|user:secret/);
  }
});

/** What is refused: the files, which of them is converted, and what is said. */
const REFUSED: readonly (readonly [
  what: string,
  files: Record<string, string>,
  from: string,
  told: RegExp,
])[] = [
  ["a file that is not there", {}, "cog.yaml", /^error\[import\/missing-file\]: there is no `cog\.yaml`/],
  [
    "a folder with nothing known",
    { "a.txt": "x" },
    ".",
    /import\/unknown-format.*has no file that can be converted\nhint: write one of `cog\.yaml`, .*`Kitfile`/s,
  ],
  ["a file of another kind", { "a.yaml": "a: 1" }, "a.yaml", /import\/unknown-format/],
  ["a list", { "cog.yaml": "- 1" }, "cog.yaml", /import\/unknown-format/],
  [
    "two files in a folder",
    { "cog.yaml": "a: 1", Kitfile: "a: 1" },
    ".",
    /import\/several-files.*`Kitfile`, `cog\.yaml`\nhint: write one of them, such as `--from Kitfile`/s,
  ],
  [
    "an empty file",
    { "cog.yaml": "# nothing\n" },
    "cog.yaml",
    /^error\[document\/empty\]: the file is empty\n --> cog\.yaml:1:1/s,
  ],
  [
    "a file that is too large",
    { "cog.yaml": `# ${"x".repeat(10_000_000)}\n` },
    "cog.yaml",
    /import\/too-large/,
  ],
  ["no YAML", { "cog.yaml": "a: [" }, "cog.yaml", /document\/syntax/],
  [
    "code in a tag",
    { "cog.yaml": "predict: !!python/object/apply:os.system [id]" },
    "cog.yaml",
    /document\/.*\n --> cog\.yaml:1:10/,
  ],
  ["aliases without end", { "cog.yaml": bomb() }, "cog.yaml", /document\/too-many-aliases/],
  [
    "wrong types, all at once",
    {
      "cog.yaml":
        "build: {python_packages: 3.5.1, gpu: [], system_packages: {a: 1}, python_version: [3]}\npredict: {a: 1}\nimage: [x]\n",
    },
    "cog.yaml",
    /system_packages.*must be a list.*python_version.*must be a text.*predict.*must be a text.*image.*must be a text/s,
  ],
  [
    "a section that is none",
    { "cog.yaml": "build: 7\npredict: 'a.py:B'\n" },
    "cog.yaml",
    /`build` must be a mapping\n --> cog\.yaml:1:8/,
  ],
  [
    "no predictor",
    { "cog.yaml": "build: {}\n" },
    "cog.yaml",
    /import\/no-predictor.*hint: it is written as/s,
  ],
  [
    "a predictor that is not there",
    { "cog.yaml": "predict: nothere.py:Predictor\n", "nothere.py/a.txt": "" },
    "cog.yaml",
    /import\/no-predictor.*there is no `nothere\.py`.*cog\.yaml:1:10.*hint: name the file/s,
  ],
  ["a predictor elsewhere", { "cog.yaml": "predict: ../a.py:B\n" }, "cog.yaml", /import\/no-predictor/],
  [
    "requirements elsewhere",
    { "cog.yaml": "build: {python_requirements: ../r.txt}\npredict: 'a.py:B'\n" },
    "cog.yaml",
    /import\/outside-package.*`build\.python_requirements` leads out/s,
  ],
  [
    "a service with a command in it",
    { "bentofile.yaml": "service: 'a:b; rm -rf /'\n" },
    ".",
    /import\/no-service/,
  ],
  ["a model elsewhere", { Kitfile: "model: {path: /etc/passwd}\n" }, ".", /import\/outside-package/],
  [
    "a Kitfile with nothing to serve",
    { Kitfile: "manifestVersion: 1.0.0\n" },
    ".",
    /import\/nothing-to-serve/,
  ],
  [
    "the model's own folder",
    { MLmodel: "flavors: {sklearn: {}}\n" },
    ".",
    /import\/model-is-package.*hint: go to the folder above: `mlpackage init --from /s,
  ],
  [
    "a model of R",
    { "crate/MLmodel": "flavors: {crate: {version: 0.1}}\n" },
    "crate",
    /import\/not-served.*neither the flavor `sklearn` nor `python_function`/,
  ],
  [
    "a script elsewhere",
    { "inferenceconfig.json": '{"entryScript": "../../score.py"}' },
    ".",
    /import\/outside-package/,
  ],
  ["no script", { "inferenceconfig.json": '{"sourceDirectory": "src"}' }, ".", /import\/no-script/],
  [
    "an environment without a script",
    { "azureml_environment.json": '{"python": {"condaDependenciesFile": "c.yml"}}' },
    ".",
    /import\/no-script.*hint: put the script/s,
  ],
  [
    "a conda environment without dependencies",
    {
      "inferenceconfig.json":
        '{"entryScript": "score.py", "environment": {"python": {"condaDependencies": {"name": "x"}}}}',
    },
    ".",
    /has no list of `dependencies`/,
  ],
  ["a server of Triton", { "p.yml": "inferencing_server: {type: triton}\n" }, ".", /import\/no-server/],
  [
    "a server without a command",
    { "p.yml": "inferencing_server: {type: custom, inference_configuration: {scoring_route: {port: 80}}}\n" },
    ".",
    /import\/no-command/,
  ],
  [
    "a port that is none",
    {
      "p.yml":
        "inferencing_server: {type: custom, inference_configuration: {entry_script: serve, scoring_route: {port: -1}}}\n",
    },
    ".",
    /import\/unfit/,
  ],
];

for (const [what, files, from, told] of REFUSED) {
  test(`refuses ${what}`, async () => {
    const result = await importFrom(makeFolder(files), from);
    assert.is(result.ok, false);
    assert.match(renderDraft(result), told);
  });
}

test("refuses a file outside of the package", async () => {
  const folder = makeFolder({ "cog.yaml": "predict: a.py:B\n", "package/x": "" });
  const result = await importFrom(join(folder, "package"), "../cog.yaml");
  assert.match(renderDraft(result), /import\/outside-package.*hint: go to its folder/s);
});

test("paths are those of the package, wherever the file lies in it", async () => {
  const folder = makeFolder({
    "tools/cog.yaml": "build: {python_requirements: ../all.txt}\npredict: a.py:B\n",
    "tools/a.py": "",
  });
  const result = await importFrom(folder, "tools/cog.yaml");
  assert.ok(result.ok, renderDraft(result));
  const { config, files } = result.value;
  assert.equal(config.environment, { python: { requirements: "all.txt" } });
  assert.equal(config.inference, { entry_script: "score.py", source_directory: "tools" });
  assert.equal(Object.keys(files), ["tools/score.py"]);
});

test("a file that leads to itself is none, and hinders no other", async () => {
  const folder = makeFolder({ "a.txt": "" });
  symlinkSync("x.yaml", join(folder, "x.yaml"));
  assert.match(renderDraft(await importFrom(folder, "x.yaml")), /import\/missing-file/);
  assert.match(renderDraft(await importFrom(folder, ".")), /import\/unknown-format/);
});

const COMMANDS: readonly (readonly [what: string, script: string, prints: string])[] = [
  ["one line", "echo one", "one\n"],
  ["comments", "# first\necho one # said\n# then\necho two", "one\ntwo\n"],
  ["lines that go on", "echo one \\\n  two", "one two\n"],
  ["a branch and a loop", "if true; then\n  for i in 1 2; do\n    echo $i\n  done\nfi", "1\n2\n"],
  ["a text for a program", "cat <<END\n  one\n\nEND\necho two", "  one\n\ntwo\n"],
  ["what the shell would replace", "A='%s \\n \"$$\" `'\nprintf '%s\\n' \"$A $#$1\"", '%s \\n "$$" ` 0\n'],
  ["a line that fails", "echo one\nfalse\necho two", "one\n"],
];

for (const [what, script, prints] of COMMANDS) {
  test(`the command of a server is run as a shell reads it: ${what}`, async () => {
    const server = { type: "custom", inference_configuration: { entry_script: script } };
    const folder = makeFolder({ "p.json": JSON.stringify({ inferencing_server: server }) });
    const result = await importFrom(folder, "p.json");
    assert.ok(result.ok, renderDraft(result));
    const text = await writeDraft(result.value);
    const parsed = parseDocument({ path: "mlpackage.yaml", text });
    assert.ok(parsed.ok);
    const { inference } = parsed.value.value as { inference: { command: readonly string[] } };
    const [program, ...words] = inference.command.map((word) => word.replaceAll("$$", "$"));
    assert.is(spawnSync(program ?? "", words, { encoding: "utf8" }).stdout, prints);
  });
}

test("other ports than that of the scores are told of", async () => {
  const routes =
    "scoring_route: {port: 80}, liveness_route: {port: 81}, readiness_route: {port: 80, path: /r}";
  const folder = makeFolder({
    "p.yml": `inferencing_server: {type: custom, inference_configuration: {entry_script: serve, ${routes}}}\n`,
  });
  const result = await importFrom(folder, "p.yml");
  assert.ok(result.ok, renderDraft(result));
  assert.equal(
    result.value.leftOut.map(({ what }) => what.replace(/^.*configuration\./, "").replace("`", "")),
    ["liveness_route.port", "readiness_route.path"],
  );
});

test("numbers and flags keep their digits, but what only leads to them", async () => {
  const env = [
    "A: &w 4",
    "B: *w",
    'C: !!int "7"',
    "D: &v 3.10",
    "E: !!float 2.50",
    "F: &t !!bool True",
    "G: *t",
    "H: 1_000",
    "I: 0x1F",
    "J: *v",
  ];
  const folder = makeFolder({ "bentofile.yaml": `service: a:b\ndocker: {env: {${env.join(", ")}}}\n` });
  const result = await importFrom(folder, ".");
  assert.ok(result.ok, renderDraft(result));
  assert.equal(result.value.config.environment?.variables, {
    ...{
      A: "4",
      B: "4",
      C: "7",
      D: "3.10",
      E: "2.50",
      F: "True",
      G: "True",
      H: "1_000",
      I: "0x1F",
      J: "3.10",
    },
  });
});

const AGAIN: readonly (readonly [from: string, files: Record<string, string>, made: readonly string[]])[] = [
  [
    "cog.yaml",
    { "cog.yaml": "build: {run: [echo one]}\npredict: a.py:B\n", "a.py": "" },
    ["docker/Dockerfile", "score.py"],
  ],
  ["bentofile.yaml", { "bentofile.yaml": "service: a:b\nconda: {pip: [duckdb]}\n" }, ["conda.yaml"]],
  [
    "i.json",
    {
      "score.py": "",
      "i.json":
        '{"entryScript": "score.py", "environment": {"docker": {"baseDockerfile": "FROM a\\nRUN b\\n"}, "python": {"condaDependencies": {"dependencies": ["python=3.12"]}}}}',
    },
    ["docker/Dockerfile", "conda.yaml"],
  ],
];

for (const [from, files, made] of AGAIN) {
  test(`what was made of ${from} before is made again, and replaces nothing else`, async () => {
    const [first, second, beside] = [makeFolder(files), makeFolder(files), makeFolder(files)];
    const written = await importFrom(first, from);
    assert.ok(written.ok, renderDraft(written));
    assert.equal(Object.keys(written.value.files), made);
    for (const [name, text] of Object.entries(written.value.files)) {
      for (const folder of [second, beside]) mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(second, name), text);
      writeFileSync(join(beside, name), "other");
    }
    const again = await importFrom(second, from);
    assert.ok(again.ok && again.value.files);
    assert.equal(again.value.files, written.value.files);
    const others = await importFrom(beside, from);
    assert.ok(others.ok);
    assert.is(Object.keys(others.value.files).filter((name) => made.includes(name)).length, 0);
  });
}

test("a service may be named by the path of its file", async () => {
  const folder = makeFolder({ "bentofile.yaml": "service: ./src/service.py:svc\n" });
  const result = await importFrom(folder, ".");
  assert.match(renderDraft(result), /bentoml serve src\.service:svc --host/);
});

test("where pip finds packages is said beside a conda environment as well", async () => {
  const python = { index_url: "https://h.example.com/s", find_links: "w", packages: ["numpy"] };
  const sources = { index_url: python.index_url, find_links: ["w"] };
  for (const conda of [{ pip: ["duckdb"] }, { environment_yml: "environment.yml" }]) {
    const content = JSON.stringify({ service: "a:b", python, conda });
    const result = await importFrom(makeFolder({ "bentofile.yaml": content }), ".");
    assert.ok(result.ok, renderDraft(result));
    assert.equal(result.value.config.environment?.python, sources);
    assert.is(result.value.leftOut.length, conda.pip === undefined ? 1 : 0);
  }
});

function bomb(): string {
  const lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
  for (const [one, other] of ["ab", "bc", "cd", "de", "ef"])
    lines.push(`${other}: &${other} [${Array(10).fill(`*${one}`).join(", ")}]`);
  return `${lines.join("\n")}\n`;
}

test.run();
