import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatOf } from "../../src/requirements/formats.ts";
import { readRequirements } from "../../src/requirements/read-requirements.ts";

/** Puts what would be an option or a line of its own wherever a file has a text: no line that pip reads may hold it. */
const test = suite("injection into requirements");

const fixtures = new URL("../../fixtures/valid/", import.meta.url);
const names = ["pyproject.toml", "uv.lock", "poetry.lock", "conda.yaml"];
const cases = readdirSync(fixtures, { withFileTypes: true }).flatMap(({ name: folder }) =>
  readdirSync(new URL(folder, fixtures)).flatMap((name) =>
    names.includes(name)
      ? [{ name, text: readFileSync(new URL(`${folder}/${name}`, fixtures), "utf8") }]
      : [],
  ),
);

const evil = [
  String.raw`"x\n--index-url https://evil.example"`,
  '"x --index-url https://evil.example"',
  '"1.0 --pre"',
  String.raw`"os_name == 'a\n--pre'"`,
  '"https://evil.example/a.whl --pre"',
  '"--pre"',
  String.raw`"x\u2028--pre"`,
  '"$HOME"',
];

const LINE =
  /^[a-z0-9][a-z0-9-]*(\[[a-z0-9,-]+\])?((==|~=|!=|<=|>=|<|>)[A-Za-z0-9.*+!_-]+,?)*( @ https?:\/\/[^\s$]+)?( ; [a-z_]+ [^$\n]*?)?( --hash=sha256:[0-9a-f]{64})*$/;

test("there are files, and what they come to is as it should be", async () => {
  assert.ok(cases.length >= 6, `only ${cases.length}`);
  for (const { name, text } of cases) {
    const lines = await linesOf(name, text);
    assert.ok(lines.length > 0, name);
    assert.equal(
      lines.filter((line) => !isGood(line)),
      [],
    );
  }
});

for (const { name, text } of cases) {
  test(`${name}: nothing gets in`, async () => {
    let tried = 0;
    for (const { 0: quoted, index } of text.matchAll(/"[^"\n]*"/g)) {
      for (const other of evil) {
        const changed = `${text.slice(0, index)}${other}${text.slice(index + quoted.length)}`;
        tried += 1;
        const bad = (await linesOf(name, changed)).filter((line) => !isGood(line));
        assert.equal(bad, [], `${quoted} at ${index}: ${other}`);
      }
    }
    for (const { 0: item, index } of text.matchAll(/(?<=- ).+$/gm)) {
      for (const other of name === "conda.yaml" ? evil : []) {
        const changed = `${text.slice(0, index)}${other}${text.slice(index + item.length)}`;
        tried += 1;
        assert.equal(
          (await linesOf(name, changed)).filter((line) => !isGood(line)),
          [],
        );
      }
    }
    assert.ok(tried > 20, `only ${tried}`);
  });
}

function isGood(line: string): boolean {
  return LINE.test(line) && !/(?<!^) --(?!hash=)/.test(line) && !line.startsWith("-");
}

/** The lines, the indexes and the folders that a file comes to; none where it is refused. */
async function linesOf(name: string, text: string): Promise<readonly string[]> {
  const format = formatOf(name, name === "conda.yaml");
  if (format === undefined) throw new Error(`${name} has no format`);
  const found = await readRequirements({
    ...{ format, file: { path: name, text } },
    choice: { extras: [], groups: [] },
    locateChoice: () => ({ file: { path: name, text }, range: { start: 0, end: 0 } }),
  });
  if (!found.ok) return name === "poetry.lock" ? NOTHING_TOLD : [];
  for (const place of [...found.value.indexes, ...found.value.findLinks]) assert.not.match(place, /[\s$]/);
  return found.value.lines;
}

/** A lock of poetry 1 is nothing without its project. */
const NOTHING_TOLD = ["a", "b", "c"];

test.run();
