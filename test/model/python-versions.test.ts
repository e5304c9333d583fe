import { execFileSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { asPythonExpression, mayBe } from "../../src/model/python-versions.ts";

const test = suite("versions of Python");

const rows: readonly (readonly [versions: string, is: boolean])[] = [
  ["", true],
  [">=3.9", true],
  [">=3.12", true],
  [">=3.12.4", true],
  [">=3.13", false],
  [">3.12", true],
  ["<3.12", false],
  ["<3.12.1", true],
  ["<=3.12", true],
  ["<3.13,>=3.10", true],
  ["<4", true],
  ["==3.12.*", true],
  ["==3.12", true],
  ["==3.1.*", false],
  ["==3.*", true],
  ["~=3.9", true],
  ["~=3.12.1", true],
  ["~=3.11.1", false],
  ["!=3.12.*", false],
  ["!=3.12.0", true],
  [">=3.9rc1", true],
];

for (const [versions, is] of rows) {
  test(`3.12 may be ${versions}: ${is}`, () => assert.is(mayBe(versions, [3, 12]), is));
}

test("Python itself agrees", () => {
  const ask = `import sys
print(*[int(any(eval(e, {"sys": type("S", (), {"version_info": (3, 12, p)})}) for p in range(20))) for e in sys.stdin.read().split("\\n")])`;
  const answers = execFileSync("python3", ["-c", ask], {
    input: rows.map(([versions]) => asPythonExpression(versions)).join("\n"),
    encoding: "utf8",
  });
  assert.equal(
    answers.trim().split(" "),
    rows.map(([, is]) => String(Number(is))),
  );
});

test.run();
