import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import { readPipReports, readSystemPackages, writeRequirements } from "../../src/steps/read-answers.ts";

const test = suite("what apt and pip answer");

const digest = digestOf("wheel");
const sha256 = digest.slice("sha256:".length);
const wheel = "https://example.com/a-1.0-py3-none-any.whl";

/** A package as a report of pip has it; what else there is, nobody reads. */
function install(name: string, download: object, more: object = {}): object {
  return {
    download_info: {
      url: wheel,
      archive_info: { hash: `sha256=${sha256}`, hashes: { sha256 } },
      ...download,
    },
    is_direct: false,
    is_yanked: false,
    requested: true,
    metadata: { metadata_version: "2.1", name, version: "1.0" },
    ...more,
  };
}

const reportOf = (...installs: readonly object[]) =>
  JSON.stringify({ version: "1", pip_version: "24.0", install: installs, environment: {} });

const direct = { is_direct: true };
const a = { name: "a", version: "1.0", digest };

for (const [what, installs, packages] of [
  ["nothing to install", [], []],
  ["a package of an index", [install("a", {})], [a]],
  ["as pip 22 tells its digest", [install("a", { archive_info: { hash: `sha256=${sha256}` } })], [a]],
  ["as pip 23 and later do", [install("a", { archive_info: { hashes: { sha256, md5: "0" } } })], [a]],
  ["a wheel in a folder of ours", [install("a", { url: "file:///tmp/mlpackage/wheels-1/a.whl" })], [a]],
  ["one that is asked for by its address", [install("a", {}, direct)], [{ ...a, url: wheel }]],
  [
    "and lies deeper in the archive",
    [install("a", { url: "https://example.com/a.tar.gz", subdirectory: "python/a" }, direct)],
    [{ ...a, url: "https://example.com/a.tar.gz#subdirectory=python/a" }],
  ],
  [
    "names in their normal form, and sorted by it",
    [install("Ruamel.YAML_clib", {}), install("a", {}), install("B--b", {})],
    [a, { ...a, name: "b-b" }, { ...a, name: "ruamel-yaml-clib" }],
  ],
  [
    "a local version",
    [install("torch", {}, { metadata: { name: "torch", version: "2.1.0+cpu" } })],
    [{ ...a, name: "torch", version: "2.1.0+cpu" }],
  ],
] as const) {
  test(`pip: ${what}`, () => {
    const read = readPipReports([reportOf(...installs)]);
    assert.equal(read.ok && read.value, packages);
  });
}

test("pip: of a package that is in several reports the first counts", () => {
  const newer = { metadata: { name: "A", version: "2.0" } };
  const read = readPipReports([
    reportOf(install("b", {}), install("a", {})),
    reportOf(install("c", {}), install("a", {}, newer)),
  ]);
  assert.equal(read.ok && read.value.map(({ name, version }) => `${name} ${version}`), [
    "a 1.0",
    "b 1.0",
    "c 1.0",
  ]);
});

test("pip: nobody was asked", () => {
  const read = readPipReports([]);
  assert.equal(read.ok && read.value, []);
});

const vcs = { vcs: "git", requested_revision: "main", commit_id: "0".repeat(40) };

for (const [what, installed] of [
  [
    "a repository",
    install("a", { url: "https://example.com/a.git", vcs_info: vcs, archive_info: undefined }, direct),
  ],
  ["a folder", install("a", { url: "file:///src/a", dir_info: {}, archive_info: undefined }, direct)],
  [
    "one that is edited",
    install("a", { url: "file:///src/a", dir_info: { editable: true }, archive_info: undefined }, direct),
  ],
  ["an archive that is named by its path", install("a", { url: "file:///src/a.whl" }, direct)],
  ["an archive without a digest", install("a", { archive_info: {} })],
  ["another kind of digest", install("a", { archive_info: { hash: "md5=0", hashes: { md5: "0" } } })],
  ["a digest that is none", install("a", { archive_info: { hashes: { sha256: "0" } } })],
] as const) {
  test(`pip: ${what} cannot be locked`, () => {
    const read = readPipReports([reportOf(install("b", {}), installed), reportOf(installed)]);
    const told = read.ok ? [] : read.diagnostics.map(({ code, details }) => [code, details?.subject]);
    assert.equal(told[0], ["packages/no-digest", "a"]);
  });
}

for (const url of [
  "https://ada:secret@example.com/a.whl",
  "https://secret@example.com/a.whl",
  "https://example.com/a.whl?token=secret",
]) {
  test(`pip: an address that may hold a secret comes into no lock: ${url}`, () => {
    const read = readPipReports([reportOf(install("a", { url }, direct))]);
    const told = read.ok ? [] : read.diagnostics;
    assert.equal(
      told.map(({ code, details }) => [code, details?.subject]),
      [["packages/secret-address", "a"]],
    );
    assert.not.match(JSON.stringify(told), /=secret|secret@/);
  });
}

test("pip: of an index nobody sees the address", () => {
  const read = readPipReports([reportOf(install("a", { url: "https://ada:secret@example.com/a.whl?x=y" }))]);
  assert.equal(read.ok && read.value, [a]);
});

test("apt: name and version, and whose they are where they are of another architecture", () => {
  const text =
    "curl amd64 7.88.1-10+deb12u5\nlibc6 i386 2.36-9\nlibc6 amd64 2.36-9\ntzdata all 2024a-0+deb12u1\n";
  assert.equal(readSystemPackages(text, "amd64"), {
    curl: "7.88.1-10+deb12u5",
    "libc6:i386": "2.36-9",
    libc6: "2.36-9",
    tzdata: "2024a-0+deb12u1",
  });
  assert.equal(readSystemPackages("", "amd64"), {});
});

test("what is written for pip has exact versions, digests, and the options of the file it was asked by", () => {
  const packages = [a, { ...a, name: "b", url: wheel }];
  assert.equal(writeRequirements(packages, ["--extra-index-url https://example.com/simple"]).split("\n"), [
    "--extra-index-url https://example.com/simple",
    `a==1.0 --hash=${digest}`,
    `b @ ${wheel} --hash=${digest}`,
    "",
  ]);
  assert.is(writeRequirements([], []), "");
});

test.run();
