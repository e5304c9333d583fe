import { suite } from "uvu";
import * as assert from "uvu/assert";
import { versionsOfPoetry } from "../../src/requirements/versions-of-poetry.ts";

const test = suite("versions of poetry");

const rows: readonly (readonly [text: string, versions: string | undefined])[] = [
  ["*", ""],
  ["^1", ">=1,<2"],
  ["^1.2", ">=1.2,<2"],
  ["^1.2.3", ">=1.2.3,<2"],
  ["^0.2.3", ">=0.2.3,<0.3"],
  ["^0.0.3", ">=0.0.3,<0.0.4"],
  ["^0.0", ">=0.0,<0.1"],
  ["^0", ">=0,<1"],
  ["^2.0.0rc1", ">=2.0.0rc1,<3"],
  ["^2.0.0-beta.1", ">=2.0.0-beta.1,<3"],
  ["~1", ">=1,<2"],
  ["~1.2", ">=1.2,<1.3"],
  ["~1.2.3", ">=1.2.3,<1.3"],
  ["~=1.2", "~=1.2"],
  ["1.*", "==1.*"],
  ["1.2.*", "==1.2.*"],
  ["1.2.3", "==1.2.3"],
  ["==1.2.3", "==1.2.3"],
  [">=1.2,<2", ">=1.2,<2"],
  [">= 1.2, !=1.5", ">=1.2,!=1.5"],
  [">=1.2 <2", ">=1.2,<2"],
  ["^1.2,!=1.5", ">=1.2,<2,!=1.5"],
  ["^1 || ^2", undefined],
  ["^1|^2", undefined],
  ["latest", undefined],
  ["^a", undefined],
  [">=1\n--pre", undefined],
];

for (const [text, versions] of rows) {
  test(`${text} is ${versions}`, () => assert.is(versionsOfPoetry(text), versions));
}

test("no text takes long", () => {
  const started = performance.now();
  for (const part of ["a.", "a", "a1", "1", "a.1", "beta"]) versionsOfPoetry(`^1${part.repeat(60)}!`);
  assert.ok(performance.now() - started < 2_000);
});

test.run();
