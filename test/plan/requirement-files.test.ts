import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findRequirementFiles, pipOptionsIn } from "../../src/plan/requirement-files.ts";
import { makeHost } from "../fakes/host.ts";
import { makeFolder } from "../fakes/temporary-folder.ts";

const test = suite("requirement files");

const { files } = makeHost();

async function find(first: string, texts: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const found = await findRequirementFiles(first, makeFolder(texts), files);
  return found.ok
    ? [...found.value].sort()
    : found.diagnostics.map(({ code, message }) => `${code} ${message}`);
}

type Row = readonly [what: string, first: string, texts: Record<string, string>, found: readonly string[]];

const rows: readonly Row[] = [
  ["one file", "requirements.txt", { "requirements.txt": "numpy\n" }, ["requirements.txt"]],
  ["written with a dot", "./a/r.txt", { "a/r.txt": "" }, ["a/r.txt"]],
  [
    "what it takes in, however that is written",
    "r.txt",
    {
      "r.txt":
        "-r a.txt\n--requirement b.txt # c\n  -r=c.txt\n-c d.txt\n--constraint=e.txt\n#-r no.txt\nx -r no\n",
      "a.txt": "",
      "b.txt": "",
      "c.txt": "",
      "d.txt": "",
      "e.txt": "",
    },
    ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt", "r.txt"],
  ],
  [
    "paths are relative to the file that names them",
    "deep/r.txt",
    { "deep/r.txt": "-r ../base.txt\n-r more/x.txt", "base.txt": "", "deep/more/x.txt": "-r ../../base.txt" },
    ["base.txt", "deep/more/x.txt", "deep/r.txt"],
  ],
  ["a circle", "a.txt", { "a.txt": "-r b.txt", "b.txt": "-r a.txt\n-r b.txt" }, ["a.txt", "b.txt"]],
  ["addresses are pip's affair", "a.txt", { "a.txt": "-r https://example.com/r.txt" }, ["a.txt"]],
  [
    "carriage returns",
    "a.txt",
    { "a.txt": "-r b.txt\r\n-c c.txt\r\n", "b.txt": "", "c.txt": "" },
    ["a.txt", "b.txt", "c.txt"],
  ],
];

for (const [what, first, texts, found] of rows) {
  test(what, async () => assert.equal(await find(first, texts), found));
}

const missing: readonly (readonly [what: string, include: string, path: string])[] = [
  ["a file that is not there", "b.txt", "b.txt"],
  ["a file outside the package", "../b.txt", "../b.txt"],
  ["a file further outside", "x/../../../b.txt", "../../b.txt"],
  ["an absolute path", "/etc/hostname", "/etc/hostname"],
  ["a folder", "folder", "folder"],
];

for (const [what, include, path] of missing) {
  test(what, async () => {
    assert.equal(await find("a.txt", { "a.txt": `-r ${include}`, "folder/x": "" }), [
      `plan/requirements-file-missing the requirements file \`${path}\` is not in the package`,
    ]);
  });
}

const local: readonly (readonly [line: string, hint: string])[] = [
  ["./wheels/a_b-1.0-py3-none-any.whl", "write `a-b==1.0` instead, and `find_links: [wheels]`"],
  ["wheels/more/a-1.0+cpu-1-cp312-abi3-linux_x86_64.whl ; os_name == 'posix'", "`find_links: [wheels/more]`"],
  ["file:wheels/a-1.0-py3-none-any.whl", "`find_links: [wheels]`"],
  ["a-1.0-py3-none-any.whl", "pip wheel"],
  ["../wheels/a-1.0-py3-none-any.whl", "pip wheel"],
  ["/wheels/a-1.0-py3-none-any.whl", "pip wheel"],
  ["a @ file:///wheels/a.whl", "pip wheel"],
  ["./a.tar.gz", "pip wheel"],
  ["-e .", "pip wheel"],
  ["-e ./packages/a", "pip wheel"],
  [".", "pip wheel"],
  ["./a[extra]  # why", "pip wheel"],
];

for (const [line, hint] of local) {
  test(`a requirement that is a path: ${line}`, async () => {
    const folder = makeFolder({ "r.txt": `numpy\n-r in/more.txt\n`, "in/more.txt": `${line}\n` });
    const found = await findRequirementFiles("r.txt", folder, files);
    const [first, second] = found.ok ? [] : found.diagnostics;
    assert.is(first?.code, "plan/local-requirement");
    assert.match(first?.hint ?? "", hint);
    assert.is(first?.details?.file, "in/more.txt");
    assert.is(second, undefined);
  });
}

test("what only looks like a path is none", async () => {
  const lines = [
    "numpy>=1.0",
    "a.b",
    "a @ https://example.com/a-1.0-py3-none-any.whl",
    "https://example.com/a-1.0-py3-none-any.whl",
    "git+https://example.com/a.git",
    "# ./a.whl",
    "--find-links ./wheels",
    "numpy  # ./a.whl",
  ];
  assert.equal(await find("r.txt", { "r.txt": lines.join("\n") }), ["r.txt"]);
});

const options: readonly (readonly [what: string, texts: readonly string[], options: readonly string[]])[] = [
  ["requirements, and what they take in", ["numpy\n-r a.txt\n-c b.txt\n-e .\nscipy --hash=sha256:0\n"], []],
  ["what says that digests are needed, which they always are", ["--require-hashes\n"], []],
  [
    "where pip looks, in every way to write it",
    [
      "-i https://a/\n--index-url=https://b/\n--extra-index-url https://c/\n-f d\n-fd\n--find-links e\n--no-index",
      "--trusted-host f",
    ],
    [
      "-i https://a/",
      "--index-url=https://b/",
      "--extra-index-url https://c/",
      "-f d",
      "-fd",
      "--find-links e",
      "--no-index",
      "--trusted-host f",
    ],
  ],
  [
    "and what of it pip takes",
    ["--pre\n--prefer-binary\n--no-binary :all:\n--only-binary=numpy\n"],
    ["--pre", "--prefer-binary", "--no-binary :all:", "--only-binary=numpy"],
  ],
  [
    "comments and space",
    ["  --pre  # as they are\n# --no-index\n-i https://a/#b # c\n"],
    ["--pre", "-i https://a/#b"],
  ],
  ["carriage returns", ["--pre\r\nnumpy\r\n"], ["--pre"]],
  ["what several files say, once", ["--pre\n--no-index", "--no-index\n--pre"], ["--pre", "--no-index"]],
  [
    "a line that goes on in the next",
    ["--index-url \\\n  https://a/\nnumpy \\\r\n  --hash=sha256:0\n--pre"],
    ["--index-url   https://a/", "--pre"],
  ],
  ["which a comment does not", ["# one \\\n--pre\n"], ["--pre"]],
  ["a requirement that is called like an option", ["pre\nno-index\n"], []],
  ["an option that only begins like one", ["--index-urls x\n--no-indexes\n"], []],
];

for (const [what, texts, found] of options) {
  test(`options: ${what}`, () => assert.equal(pipOptionsIn(texts), found));
}

test.run();
