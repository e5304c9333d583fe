import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type BuildFailure, wordBuildFailure } from "../../src/engines/build-failure.ts";

/** What failing builds look like as a whole is in `buildx.test.ts`; here are the words of other tools and versions. */
const test = suite("wordBuildFailure");

const failure: BuildFailure = { log: [], otherLines: [] };
const run = (log: string, exitCode = 1): BuildFailure => ({
  vertexName: "[environment 3/4] RUN --mount=type=cache,target=/x  pip install",
  vertexError: `process "/bin/sh -c pip" did not complete successfully: exit code: ${exitCode}`,
  log: log.split("\n"),
  otherLines: [],
});

type Row = readonly [what: string, failure: BuildFailure, code: string, subject?: string];

const rows: readonly Row[] = [
  ["nothing known", failure, "build/failed"],
  [
    "a requirement of another",
    run("ERROR: No matching distribution found for numpy<1 (from scipy)"),
    "build/requirement-not-found",
    "numpy<1",
  ],
  [
    "an index that has no address",
    run(
      "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno -2] Name or service not known')': /simple/a/\nERROR: Could not find a version that satisfies the requirement a (from versions: none)\nERROR: No matching distribution found for a",
    ),
    "build/index-unreachable",
    "a",
  ],
  [
    "an index that is named, and does not answer",
    run(
      "WARNING: Retrying (Retry(total=0)) after connection broken by 'ConnectTimeoutError(<HTTPSConnection(host='pypi.example.com', port=443) at 0x7f>, 'timed out')': /simple/a/\nERROR: No matching distribution found for a",
    ),
    "build/index-unreachable",
    "a",
  ],
  [
    "a requirement with spaces",
    run("ERROR: No matching distribution found for a >= 2, < 3"),
    "build/requirement-not-found",
    "a >= 2, < 3",
  ],
  [
    "a version of a system package",
    run("E: Version '9' for 'curl' was not found", 100),
    "build/system-package-not-found",
    "curl",
  ],
  [
    "a version that is installed, and gone from its archive",
    run("E: Can't find a source to download version '9' of 'curl:amd64'", 100),
    "build/system-package-not-found",
    "curl",
  ],
  [
    "a package without a candidate",
    run("E: Package 'x11' has no installation candidate", 100),
    "build/system-package-not-found",
    "x11",
  ],
  ["no pip", run("/usr/bin/python3: No module named pip"), "build/no-pip"],
  ["dash's words", run("/bin/sh: 1: python3: not found", 127), "build/command-not-found", "python3"],
  [
    "bash's words",
    run("/bin/bash: line 1: python3: command not found", 127),
    "build/command-not-found",
    "python3",
  ],
  ["busybox' words", run("/bin/sh: python3: not found", 127), "build/command-not-found", "python3"],
  ["anything else", run("boom", 3), "build/instruction-failed"],
  ["a full disk, in the log", run("tar: write error: No space left on device"), "build/disk-full"],
  [
    "a full disk, while exporting",
    { ...failure, vertexName: "exporting to image", vertexError: "mkdir /x: no space left on device" },
    "build/disk-full",
  ],
  [
    "a part of the cache that an interrupted build took along",
    {
      ...failure,
      vertexName: "[image 2/3] LINK COPY app */ /",
      vertexError:
        "failed to finalize parent during merge: failed to commit a to b during finalize: failed to stat active key during commit: snapshot a does not exist: not found",
    },
    "build/lost-snapshot",
  ],
  [
    "a base image",
    {
      ...failure,
      vertexName: "[internal] load metadata for docker.io/library/debian:x",
      vertexError: "not found",
    },
    "build/base-image-unavailable",
    "debian:x",
  ],
  [
    "an index that wants a password",
    run(
      "User for pypi.example.com:8080: Traceback (most recent call last):\nEOFError: EOF when reading a line\n",
    ),
    "build/login-refused",
    "pypi.example.com",
  ],
  [
    "a cache that cannot be written",
    { ...failure, vertexName: "exporting cache to registry", vertexError: "401 Unauthorized" },
    "build/cache-not-written",
  ],
  [
    "a cache that the builder does not know",
    { ...failure, otherLines: ['ERROR: failed to build: failed to solve: unknown cache exporter: "s3"'] },
    "build/cache-unsupported",
  ],
  [
    "an engine that writes no caches",
    { ...failure, otherLines: ["ERROR: Cache export is not supported for the docker driver."] },
    "build/cache-unsupported",
  ],
  [
    "a base image elsewhere",
    { ...failure, vertexName: "[internal] load metadata for ghcr.io/a/b:x", vertexError: "403" },
    "build/base-image-unavailable",
    "ghcr.io/a/b:x",
  ],
];

for (const [what, given, code, subject] of rows) {
  test(what, () => {
    const diagnostic = wordBuildFailure(given);
    assert.is(diagnostic.code, code);
    assert.is(diagnostic.details?.subject, subject);
    assert.not.match(diagnostic.message, /undefined|\n/);
  });
}

test("an instruction is told without its mounts, on one line", () => {
  assert.is(wordBuildFailure(run("", 9)).message, "`RUN pip install` ended with exit code 9");
});

test("a long one is cut", () => {
  const { message } = wordBuildFailure({ ...run(""), vertexName: `RUN ${"x".repeat(999)}` });
  assert.is(message.length, "`` ended with exit code 1".length + 100);
});

test("the excerpt is the end of the log", () => {
  const { excerpt } = wordBuildFailure(
    run(Array.from({ length: 40 }, (_, index) => `line ${index}\n`).join("\n")),
  );
  assert.is(excerpt?.length, 15);
  assert.is(excerpt?.at(-1), "line 39");
});

test("what buildx says on its last line, without its preambles", () => {
  const otherLines = ["x", "ERROR: failed to build: failed to solve: no such stage", "", "hint"];
  assert.is(wordBuildFailure({ ...failure, otherLines }).message, "buildx failed: no such stage");
});

test.run();
