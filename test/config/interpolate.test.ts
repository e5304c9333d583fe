import { suite } from "uvu";
import * as assert from "uvu/assert";
import { interpolate, usesGit } from "../../src/config/interpolate.ts";
import { interpolateText } from "../../src/config/interpolate-text.ts";
import { lookupIn } from "../../src/config/known-names.ts";
import { parseDocument } from "../../src/document/parse.ts";

const test = suite("interpolation");

const lookup = lookupIn(
  {
    variables: {
      SET: "value",
      EMPTY: "",
      NESTED: "${SET} $SET $$",
      DASH: "a-b",
      GONE: undefined,
      lower: "case",
    },
    git: { sha: "0123456789", shortSha: "0123456", branch: "main", timestamp: "1700000000" },
  },
  "diabetes",
);

const texts: readonly (readonly [text: string, result: string])[] = [
  ["", ""],
  ["plain", "plain"],
  ["${SET}", "value"],
  ["$SET", "value"],
  ["$SET-x ${SET}x", "value-x valuex"],
  ["$lower", "case"],
  ["$$", "$"],
  ["$$SET $${SET} $$$SET", "$SET ${SET} $value"],
  ["${EMPTY}", ""],
  ["${EMPTY:-default}", "default"],
  ["${EMPTY-default}", ""],
  ["${NONE:-default}", "default"],
  ["${NONE-default}", "default"],
  ["${GONE:-default}", "default"],
  ["${NONE:-}", ""],
  ["${NONE-}", ""],
  ["${NONE:-a b:c-d?e}", "a b:c-d?e"],
  ["${NONE:-${SET}}", "value"],
  ["${NONE:-${OTHER:-deep}}", "deep"],
  ["${NONE:-$$x}", "$x"],
  ["${NONE:-{}}", "{}"],
  ["${SET:-${OTHER}}", "value"],
  ["${SET:?message}", "value"],
  ["${EMPTY?message}", ""],
  ["${SET:+other}", "other"],
  ["${EMPTY:+other}", ""],
  ["${EMPTY+other}", "other"],
  ["${NONE+other}", ""],
  ["${NONE:+${OTHER}}", ""],
  ["${NESTED}", "${SET} $SET $$"],
  ["${NONE:-${NESTED}}", "${SET} $SET $$"],
  ["${DASH}", "a-b"],
  ["${name}:${git.short_sha}", "diabetes:0123456"],
  ["${git.sha} ${git.branch}", "0123456789 main"],
  ["${git.tag:-untagged}", "untagged"],
];

for (const [text, result] of texts) {
  test(`${JSON.stringify(text)} is ${JSON.stringify(result)}`, () => {
    const { used: _, ...interpolated } = interpolateText(text, lookup);
    assert.equal(interpolated, { text: result, problems: [] });
  });
}

const usedNames: readonly (readonly [text: string, used: readonly string[]])[] = [
  ["plain $$", []],
  ["a ${SET} b $SET", ["SET in ${SET}", "SET in $SET"]],
  ["${NONE:-x y}", ["no NONE in x y"]],
  ["${NONE:-${SET}}", ["SET in ${SET}"]],
  ["${NONE:-${GONE:-x}}", ["no GONE in x"]],
  ["${SET:-x}", ["SET in ${SET:-x}"]],
  ["${SET:+${name}}", ["name in ${name}"]],
];

for (const [text, used] of usedNames) {
  test(`what is put into ${JSON.stringify(text)}`, () => {
    const put = interpolateText(text, lookup).used.map(
      ({ name, isDefault, start, end }) => `${isDefault ? "no " : ""}${name} in ${text.slice(start, end)}`,
    );
    assert.equal(put, used);
  });
}

const mistakes: readonly (readonly [text: string, code: string, place: string])[] = [
  ["a ${NONE} b", "config/unset-variable", "${NONE}"],
  ["a $NONE b", "config/unset-variable", "$NONE"],
  ["${GONE}", "config/unset-variable", "${GONE}"],
  ["${toString}", "config/unset-variable", "${toString}"],
  ["${NONE:?say}", "config/unset-variable", "${NONE:?say}"],
  ["${EMPTY:?}", "config/unset-variable", "${EMPTY:?}"],
  ["${SET:+${NONE}}", "config/unset-variable", "${NONE}"],
  ["${git.tag}", "config/unset-variable", "${git.tag}"],
  ["${git.dirty}", "config/unset-variable", "${git.dirty}"],
  ["${other.thing}", "config/unset-variable", "${other.thing}"],
  ["costs $5", "config/malformed-variable", "$"],
  ["$", "config/malformed-variable", "$"],
  ["${", "config/malformed-variable", "$"],
  ["${}", "config/malformed-variable", "$"],
  ["${SET", "config/malformed-variable", "$"],
  ["${SET:-a", "config/malformed-variable", "$"],
  ["${SET:=a}", "config/malformed-variable", "$"],
  ["${SET SET}", "config/malformed-variable", "$"],
  ["${9}", "config/malformed-variable", "$"],
];

for (const [text, code, place] of mistakes) {
  test(`${JSON.stringify(text)} is a mistake`, () => {
    const [problem, ...others] = interpolateText(text, lookup).problems;
    assert.is(problem?.code, code);
    assert.is(text.slice(problem?.start, problem?.end), place);
    assert.equal(others, []);
  });
}

test("tells every unset variable", () => {
  const { problems } = interpolateText("$A ${B} ${C:-${D}} ${E:?}", lookup);
  assert.equal(
    problems.map(({ start }) => start),
    [0, 3, 13, 19],
  );
});

test("goes on after a variable that is not closed, each looked at once", () => {
  const { problems } = interpolateText(`${"${A:-".repeat(90)}$B`, lookup);
  assert.equal(
    problems.map(({ code, start }) => [code, start]),
    [...Array(90).keys()]
      .map((index) => ["config/malformed-variable", index * 5] as const)
      .concat([["config/unset-variable" as never, 450]]),
  );
});

for (const [what, text] of [
  ["defaults in defaults", "${NOPE:-".repeat(8000)],
  ["names that are not closed", "${X".repeat(10_000)],
  ["defaults that are closed", `${"${NOPE:-".repeat(8000)}${"}".repeat(8000)}`],
] as const)
  test(`${what}: one mistake, at the first that is too deep`, () => {
    const { problems } = interpolateText(text, lookup);
    const width = text.indexOf("$", 1);
    assert.equal(
      problems.map(({ code, start, end }) => [code, start, end]),
      [["config/malformed-variable", 100 * width, 100 * width + 2]],
    );
  });

test("what is closed again is not deep", () => {
  assert.equal(interpolateText("${SET}$${".repeat(1000), lookup).problems, []);
});

test("a variable that is put in 20,000 times has a place each time", () => {
  const body = `$SET $$SET ${"$SET ${NONE:-$SET}".repeat(10_000)}`;
  const parsed = parseDocument({ path: "f", text: `a: '${body}'` });
  assert.ok(parsed.ok);
  if (!parsed.ok) return;
  const { changed } = interpolate(parsed.value, { variables: { SET: "x" } });
  const places = (changed.get("/a") ?? []).map(({ location }) => location.range.start - "a: '".length);
  assert.is(places.length, 20_001);
  assert.equal(places.slice(0, 4), [0, 11, 24, 29]);
  assert.is(places.at(-1), body.lastIndexOf("$SET"));
});

const gitUses: readonly (readonly [text: string, uses: boolean])[] = [
  ["name: demo", false],
  ["name: git.sha", false],
  ["name: ${git.sha}", true],
  ["outputs: [{tags: ['a:${TAG:-${git.tag}}']}]", true],
];

for (const [text, uses] of gitUses) {
  test(`${JSON.stringify(text)} ${uses ? "asks" : "does not ask"} for git`, () => {
    const parsed = parseDocument({ path: "f", text });
    assert.ok(parsed.ok);
    assert.is(parsed.ok && usesGit(parsed.value), uses);
  });
}

test.run();
