import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BadPackage } from "../../src/conda/bad-package.ts";
import { readVariables } from "../../src/conda/read-variables.ts";
import { warnOfEnvironment } from "../../src/conda/told-of-packages.ts";
import { type CondaPackage, makeCondaPackage } from "../fakes/conda-package.ts";
import { layOutArchives, layOutPackages } from "../fakes/laid-out-packages.ts";
import { zip } from "../fakes/zip.ts";

const test = suite("layers of conda's packages");

const LONG = `/long/${"placeholder_".repeat(15)}`;
const PYTHON: CondaPackage = { name: "python", version: "3.12.4", files: { "bin/python3.12": "elf" } };

test("files, links and other names of files, as the archive has them", async () => {
  const { entries } = await layOutPackages({
    name: "a",
    files: {
      "bin/a": { content: "run", isExecutable: true },
      "lib/liba.so.1": "library",
      "lib/liba.so": { link: "liba.so.1" },
      "bin/also-a": { same: "bin/a" },
      "share/empty": "",
      "share/näme": "text",
    },
  });
  assert.equal(entries, {
    "opt/conda": "folder",
    "opt/conda/.wh..wh..opq": "644 ",
    "opt/conda/bin": "folder",
    "opt/conda/lib": "folder",
    "opt/conda/share": "folder",
    "opt/conda/bin/a": "755 run",
    "opt/conda/lib/liba.so.1": "644 library",
    "opt/conda/lib/liba.so": "→ liba.so.1",
    "opt/conda/bin/also-a": "= opt/conda/bin/a 755",
    "opt/conda/share/empty": "644 ",
    "opt/conda/share/näme": "644 text",
  });
});

test("what is long, and what a plain header has no room for", async () => {
  const long = `share/${"folder/".repeat(30)}${"n".repeat(150)}`;
  const { entries } = await layOutPackages({
    name: "a",
    files: {
      [long]: "content",
      "share/link": { link: long.slice("share/".length) },
      "share/same": { same: long },
    },
  });
  assert.is(entries[`opt/conda/${long}`], "644 content");
  assert.is(entries["opt/conda/share/link"], `→ ${long.slice("share/".length)}`);
  assert.is(entries["opt/conda/share/same"], `= opt/conda/${long} 644`);
});

test("the environment's folder: longer and shorter in texts, at the same length in binaries", async () => {
  const binary = `\0${LONG}/a:${LONG}/b\0x${LONG}\0end${LONG}`;
  const { entries } = await layOutPackages({
    name: "a",
    files: {
      "bin/text": { content: `#!${LONG}/bin/python\n# ${LONG}\n`, placeholder: LONG, isExecutable: true },
      "lib/binary": { content: binary, placeholder: LONG, isBinary: true },
      "lib/none": { content: "nothing", placeholder: LONG, isBinary: true },
    },
  });
  assert.is(entries["opt/conda/bin/text"], "755 #!/opt/conda/bin/python\n# /opt/conda\n");
  const zeros = (count: number) => "\0".repeat(count * (LONG.length - "/opt/conda".length));
  const moved = `\0/opt/conda/a:/opt/conda/b${zeros(2)}\0x/opt/conda${zeros(1)}\0end/opt/conda${zeros(1)}`;
  assert.is(entries["opt/conda/lib/binary"], `644 ${moved}`);
  assert.is(entries["opt/conda/lib/none"], "644 nothing");
});

test("pure Python goes where the environment's Python looks, with a script for each entry point", async () => {
  const { entries } = await layOutPackages(PYTHON, {
    name: "pure",
    noarch: "python",
    entryPoints: ["pure = pure.cli:app.main"],
    files: { "site-packages/pure/__init__.py": "", "python-scripts/other": "text", "etc/pure.conf": "" },
  });
  assert.ok("opt/conda/lib/python3.12/site-packages/pure/__init__.py" in entries);
  assert.ok("opt/conda/bin/other" in entries);
  assert.ok("opt/conda/etc/pure.conf" in entries);
  assert.is(
    entries["opt/conda/bin/pure"],
    '755 #!/opt/conda/bin/python3.12\nimport sys\n\nfrom pure.cli import app\n\nif __name__ == "__main__":\n    sys.exit(app.main())\n',
  );
  const free = { ...PYTHON, info: { "info/index.json": indexOf("lib/python3.12t/site-packages") } };
  const other = await layOutPackages(free, {
    name: "pure",
    noarch: "python",
    files: { "site-packages/p.py": "" },
  });
  assert.ok("opt/conda/lib/python3.12t/site-packages/p.py" in other.entries);
});

function indexOf(sitePackages: string): object {
  const index = { name: "python", version: "3.12.4", build: "0", depends: [] };
  return { ...index, python_site_packages_path: sitePackages };
}

test("byte-code that goes by the time of its source is taken as it is from then on", async () => {
  const header = (flags: number) => `\xcb\r\r\n${String.fromCharCode(flags)}\0\0\0`;
  const code = (flags: number) => Buffer.from(`${header(flags)}timesizecode`, "latin1");
  const { entries } = await layOutPackages({
    name: "a",
    files: { "lib/timed.pyc": code(0), "lib/checked.pyc": code(3), "lib/short.pyc": "x" },
  });
  assert.is(entries["opt/conda/lib/timed.pyc"], `644 ${header(1)}${"\0".repeat(8)}code`);
  assert.is(entries["opt/conda/lib/checked.pyc"], `644 ${header(3)}timesizecode`);
  assert.is(entries["opt/conda/lib/short.pyc"], "644 x");
});

test("the same packages in another order are the same bytes", async () => {
  const [a, b]: readonly CondaPackage[] = [
    { name: "a", depends: ["b >=1"], files: { "lib/a": "a" } },
    { name: "b", files: { "lib/b": "b" } },
  ];
  if (a === undefined || b === undefined) throw new Error("there are two");
  const { tar, environment } = await layOutPackages(a, b);
  assert.ok(tar.equals((await layOutPackages(b, a)).tar));
  assert.equal(
    environment.packages.map(({ info }) => info.name),
    ["b", "a"],
  );
});

test("of a path that several have, the bytes are those of who needs the others, and that is told", async () => {
  const { entries, environment } = await layOutPackages(
    { name: "a", depends: ["z"], files: { "etc/one": "of a", "etc/same": "same" } },
    { name: "z", files: { "etc/one": "of z", "etc/same": "same" } },
  );
  assert.is(entries["opt/conda/etc/one"], "644 of a");
  const [warning, ...others] = warnOfEnvironment(environment);
  assert.is(warning?.code, "conda/same-path");
  assert.equal(warning?.excerpt, ["etc/one: of a, not of z"]);
  assert.equal(others, []);
});

test("other names of a file that is another package's are the file as their own package has it", async () => {
  const { entries } = await layOutPackages(
    { name: "a", depends: ["z"], files: { "etc/one": "of a" } },
    {
      name: "z",
      files: {
        "etc/one": { content: "of z", isExecutable: true },
        "etc/two": { same: "etc/one" },
        "etc/three": { same: "etc/one" },
      },
    },
  );
  assert.is(entries["opt/conda/etc/one"], "644 of a");
  assert.is(entries["opt/conda/etc/two"], "755 of z");
  assert.is(entries["opt/conda/etc/three"], "= opt/conda/etc/two 755");
});

test("what conda would run is named, and variables are read", async () => {
  const { environment, variableFiles } = await layOutPackages({
    name: "a",
    files: {
      "bin/.a-post-link.sh": "",
      "etc/conda/activate.d/a.sh": "",
      "etc/conda/env_vars.d/b.json": '{"A": "2"}',
      "etc/conda/env_vars.d/a.json": '{"A": "1", "B": "3"}',
    },
  });
  assert.equal(
    warnOfEnvironment(environment).map(({ code, excerpt }) => [code, excerpt]),
    [
      ["conda/script-not-run", ["a: bin/.a-post-link.sh"]],
      ["conda/activation-not-run", ["a: etc/conda/activate.d/a.sh"]],
    ],
  );
  assert.equal(readVariables(variableFiles), { A: "2", B: "3" });
});

for (const text of [
  "{",
  "[]",
  '{"A": 1}',
  '{"A B": "c"}',
  '{"PATH": "/x"}',
  '{"LD_PRELOAD": "/x"}',
  '{"A": "\\u0000"}',
])
  test(`variables that are none: ${text}`, () => {
    const files = new Map([["etc/conda/env_vars.d/a.json", text]]);
    assert.throws(
      () => readVariables(files),
      (error: unknown) => error instanceof BadPackage,
    );
  });

async function refused(what: Promise<unknown>, reason: string): Promise<void> {
  const error: unknown = await what.then(
    () => undefined,
    (fault) => fault,
  );
  assert.ok(error instanceof BadPackage, String(error));
  assert.match(error.message, reason);
}

const pathsOf = (...paths: readonly string[]) => ({
  "info/paths.json": {
    paths_version: 1,
    paths: paths.map((_path) => ({ _path, path_type: "hardlink", size_in_bytes: 1, sha256: "" })),
  },
});

for (const [what, reason, wanted] of [
  ["a path above", "leads elsewhere", { info: pathsOf("../../etc/passwd") }],
  ["an absolute path", "leads elsewhere", { info: pathsOf("/etc/passwd") }],
  ["a path with a control character", "leads elsewhere", { info: pathsOf("a\u001b[2J") }],
  ["an empty path", "leads elsewhere", { info: pathsOf("") }],
  ["a link out", "leads out of the environment", { files: { "lib/a": { link: "../../../etc/passwd" } } }],
  ["an absolute link", "leads out of the environment", { files: { "lib/a": { link: "/etc/passwd" } } }],
  [
    "a link that goes up after a name, which is a link itself",
    "leads out of the environment",
    { files: { "a/b/c": "", d: { link: "a/b" }, out: { link: "d/../../x" }, "a/up": { link: "b/../c" } } },
  ],
  ["a folder that is none", "built for no folder", { files: { a: { content: "x", placeholder: "x" } } }],
  ["a folder as short as any", "built for no folder", { files: { a: { content: "x", placeholder: "/" } } }],
  ["a file below a link", "no folder", { files: { lib: { link: "share" }, "lib/a": "x", "share/b": "" } }],
  ["another name of what is not there", "not before it", { files: { "lib/a": { same: "lib/none" } } }],
  [
    "another name of what lies elsewhere",
    "not before it",
    { files: { "lib/a": { same: "../../etc/shadow" } } },
  ],
  [
    "a device",
    "neither a file nor a link",
    { info: pathsOf("dev"), stray: [{ name: "dev", type: "character-device" }] },
  ],
  ["a pipe", "neither a file nor a link", { info: pathsOf("p"), stray: [{ name: "p", type: "fifo" }] }],
  ["a file that is listed and not there", "lacks `none`", { info: pathsOf("none") }],
  ["an index of another package", "says that it is", { info: { "info/index.json": { name: "other" } } }],
  ["no list", "no JSON", { info: { "info/paths.json": "{" } }],
  [
    "a list of another version",
    "not known",
    { info: { "info/paths.json": { paths_version: 2, paths: [] } } },
  ],
  [
    "pure Python without Python",
    "no Python is among",
    { noarch: "python", files: { "site-packages/a": "" } },
  ],
] satisfies readonly (readonly [string, string, Partial<CondaPackage>])[]) {
  test(`refused: ${what}`, () => refused(layOutPackages({ name: "a", ...wanted }), reason));
}

for (const entry of ["a = b", "a = b:c; import os", ".. = b:c", "a = b:c()"])
  test(`refused: the entry point ${JSON.stringify(entry)}`, () =>
    refused(
      layOutPackages(PYTHON, { name: "a", noarch: "python", entryPoints: [entry] }),
      entry.startsWith("..") ? "leads elsewhere" : "entry point that is none",
    ));

test("what lies in the archive and is not listed goes nowhere", async () => {
  const stray = [
    { name: "../../etc/passwd", content: Buffer.from("x") },
    { name: "etc/b", type: "fifo" as const },
  ];
  const { entries } = await layOutPackages({ name: "a", files: { "etc/a": "a" }, stray });
  assert.equal(Object.keys(entries), [
    "opt/conda",
    "opt/conda/.wh..wh..opq",
    "opt/conda/etc",
    "opt/conda/etc/a",
  ]);
});

test("an archive that is damaged anywhere is refused, and never more than that", async () => {
  const { file, bytes } = await makeCondaPackage({ name: "a", files: { "lib/a": "text ".repeat(200) } });
  const whole = await layOutArchives({ file, bytes });
  let refusals = 0;
  for (let length = 0; length < bytes.length; length += 7) {
    await refused(layOutArchives({ file, bytes: bytes.subarray(0, length) }), "");
    refusals += 1;
  }
  for (let at = 0; at < bytes.length; at += 5) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 0x55;
    const laidOut = await layOutArchives({ file, bytes: changed }).catch((error) => {
      assert.ok(error instanceof BadPackage, `${at}: ${error.stack}`);
      refusals += 1;
    });
    for (const name of Object.keys(laidOut?.entries ?? {})) assert.ok(name in whole.entries, name);
  }
  assert.ok(refusals > 100, `only ${refusals}`);
});

test("what is no zip of the second format, and what grows without an end", async () => {
  await refused(layOutArchives({ file: "a-1.0-0.conda", bytes: Buffer.from("BZh9") }), "is no zip");
  await refused(
    layOutArchives({ file: "a-1.0-0.conda", bytes: zip({ "pkg-a.tar.zst": "" }) }),
    "has not one `info-",
  );
  const { bytes } = await makeCondaPackage({ name: "a", files: { "lib/zeros": Buffer.alloc(200_000_000) } });
  assert.ok(bytes.length < 100_000, `${bytes.length}`);
  await refused(layOutArchives({ file: "a-1.0-0.conda", bytes }), "1000 times as large");
});

test.run();
