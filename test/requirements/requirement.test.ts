import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseRequirement, renderRequirement } from "../../src/requirements/requirement.ts";

const test = suite("requirements");

const rows: readonly (readonly [text: string, line: string])[] = [
  ["numpy", "numpy"],
  ["Typing_Extensions.x", "typing-extensions-x"],
  ["numpy >= 2.1 , < 3", "numpy>=2.1,<3"],
  ["numpy (>=2)", "numpy>=2"],
  ["numpy==2.*", "numpy==2.*"],
  ["torch==2.6.0+cpu", "torch==2.6.0+cpu"],
  ["a[ B , c_d ]~=1.0", "a[b,c-d]~=1.0"],
  ["a[]>1", "a>1"],
  ["a===1!2.0.post1", "a===1!2.0.post1"],
  ["a\t[b]\t>=1\t;\tos_name == 'posix'", "a[b]>=1 ; os_name == 'posix'"],
  ["a; python_version<'3'", "a ; python_version < '3'"],
  ["a>=1;os_name == 'posix'", "a>=1 ; os_name == 'posix'"],
  ["a @ https://example.com/a-1.0.whl", "a @ https://example.com/a-1.0.whl"],
  [
    "a[x]@https://example.com/a.zip#subdirectory=b/c ; os_name == 'posix'",
    "a[x] @ https://example.com/a.zip#subdirectory=b/c ; os_name == 'posix'",
  ],
];

for (const [text, line] of rows) {
  test(`reads ${text}`, () => {
    const requirement = parseRequirement(text);
    assert.equal(requirement && renderRequirement(requirement), [line]);
  });
}

const refused = [
  "",
  "-r other.txt",
  "--index-url https://evil.example",
  "a\n--index-url https://evil.example",
  "a>=1\n--pre",
  "a==1 --hash=sha256:0",
  "a==1 \\",
  "a==$VERSION",
  "a b",
  "a>=",
  "a==1,,==",
  "a[b\nc]",
  "a @ file:///a.whl",
  "a @ git+https://example.com/a.git",
  "a @ https://user:secret@example.com/a.whl",
  "a @ https://example.com/${HOME}/a.whl",
  "a @ https://example.com/a.whl?token=1",
  "a @ https://example.com/a.whl#egg=b",
  "a @ https://example.com/a.zip#subdirectory=../b",
  ...["\u0085", "\u001c", "\u001d", "\u001e", "\u00a0", "\u200b", "é"].flatMap((character) => [
    `a @ https://example.com/a.whl${character}--pre`,
    `a>=1${character}--pre`,
    `a ; os_name == 'b${character}--pre'`,
  ]),
  "a ; os_name == 'b --pre'",
  "a ; os_name == '${HOME}'",
  "a ; os_name == 'b #'",
  "a ; --pre",
  "# a",
  "./a.whl",
  `a>=${"1.".repeat(5000)}1`,
];

for (const text of refused) {
  test(`refuses ${JSON.stringify(text).slice(0, 60)}`, () => assert.is(parseRequirement(text), undefined));
}

test("no text takes long", () => {
  const started = performance.now();
  for (const part of ["a", "a ", "a,", "a[", ";", "a@", "(", " ", "a-"])
    parseRequirement(`${part.repeat(1000)}{`);
  for (const blanks of [1_900, 100_000]) parseRequirement(`a${" ".repeat(blanks)}{(`);
  assert.ok(performance.now() - started < 2_000);
});

test.run();
