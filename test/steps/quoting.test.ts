import { suite } from "uvu";
import * as assert from "uvu/assert";
import { copyPaths, dockerfileString, shellWord } from "../../src/steps/quoting.ts";

const test = suite("quoting");

type Row = readonly [value: string, dockerfile: string, shell: string];

const rows: readonly Row[] = [
  ["", '""', "''"],
  ["plain-1.0_x", '"plain-1.0_x"', "plain-1.0_x"],
  ["a=b:c,d/e@f%g+h", '"a=b:c,d/e@f%g+h"', "a=b:c,d/e@f%g+h"],
  ["two words", '"two words"', "'two words'"],
  ['"', '"\\""', "'\"'"],
  ["'", '"\'"', "''\\'''"],
  ["$HOME", '"\\$HOME"', "'$HOME'"],
  ["${HOME}", '"\\${HOME}"', "'${HOME}'"],
  ["$(id)", '"\\$(id)"', "'$(id)'"],
  ["`id`", '"`id`"', "'`id`'"],
  ["end\\", '"end\\\\"', "'end\\'"],
  ["\\n", '"\\\\n"', "'\\n'"],
  ["numpy>=1; rm", '"numpy>=1; rm"', "'numpy>=1; rm'"],
  ["# x", '"# x"', "'# x'"],
  ["~", '"~"', "'~'"],
  ["*?[a]", '"*?[a]"', "'*?[a]'"],
  ["✓ é", '"✓ é"', "'✓ é'"],
];

for (const [value, dockerfile, shell] of rows) {
  test(`${JSON.stringify(value)}`, () => {
    assert.is(dockerfileString(value), dockerfile);
    assert.is(shellWord(value), shell);
  });
}

const copies: readonly (readonly [from: string, to: string, paths: string])[] = [
  ["*/", "/var/app/", "*/ /var/app/"],
  ["app/", "/a b/", '["app/","/a b/"]'],
  ["app/", "/it's/", '["app/","/it\\\\\'s/"]'],
  ["app/", '/$x/"q"/\\/', '["app/","/\\\\$x/\\\\\\"q\\\\\\"/\\\\\\\\/"]'],
  ["app/", "/[a]/", '["app/","/[a]/"]'],
];

for (const [from, to, paths] of copies) {
  test(`COPY ${from} ${to}`, () => assert.is(copyPaths(from, to), paths));
}

for (const character of ["\n", "\r", "\0", "\t", "\u001b", "\u007f", "\u0085", "\u2028", "\u2029"]) {
  test(`${JSON.stringify(character)} is refused`, () => {
    for (const quote of [dockerfileString, shellWord, (value: string) => copyPaths("a", value)]) {
      assert.throws(() => quote(`a${character}b`), /control character/);
    }
  });
}

test.run();
