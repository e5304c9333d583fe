// The server is for Python 3.8 to 3.14. The contract is checked on 3.11 and 3.14; for older ones the sources are read.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { docker, repository } from "./runtime-image.ts";
import { timedSuite } from "./timed-suite.ts";
import { PYTHON_IMAGE } from "./workspace.ts";

const test = timedSuite("Python versions");

/** Answers with a line for each thing that is too new, and the number of files. */
async function findNewer(folder: string): Promise<readonly string[]> {
  const mounts = ["--volume", `${repository}/test/e2e:/check:ro`, "--volume", `${folder}:/sources:ro`];
  const printed = await docker(
    ...["run", "--rm", "--network", "none", ...mounts, PYTHON_IMAGE],
    ...["python3", "/check/check_old_python.py", "/sources"],
  );
  return printed.split("\n");
}

test("nothing of the server is newer than Python 3.8", async () => {
  const found = await findNewer(join(repository, "src/runtime"));
  assert.match(found.at(-1) ?? "", /^[4-9]\d files$/);
  assert.equal(found.slice(0, -1), []);
});

/** What would be too new, and what is none of it: an annotation that nobody evaluates. */
const SOURCES = {
  "annotation.py": "from __future__ import annotations\ndef f(x: list[int] | None) -> dict[str, int]: ...\n",
  "evaluated.py": "def f(x: list[int]): ...\n",
  "generic.py": "Rows = list[int]\n",
  "match.py": "match 1:\n    case 1: pass\n",
  "method.py": '"a".removeprefix("a")\n',
  "module.py": "import tomllib\n",
  "strict.py": "zip([1], [2], strict=True)\n",
};

test("what is newer is found", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mlpackage-python-"));
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(SOURCES)) await writeFile(join(folder, name), text);
    const found = await findNewer(folder);
    assert.equal(
      found.map((line) => line.split(":")[0]),
      ["evaluated.py", "generic.py", "match.py", "method.py", "module.py", "strict.py", "7 files"],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.run();
