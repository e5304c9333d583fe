import { suite } from "uvu";
import * as assert from "uvu/assert";
import { maskLogins } from "../../src/model/mask-logins.ts";

const test = suite("maskLogins");

const DIGEST = `@sha256:${"0".repeat(64)}`;

const texts: readonly (readonly [text: string, told: string])[] = [
  ["", ""],
  ["me@example.com", "me@example.com"],
  ["https://h/a", "https://h/a"],
  ["https://h/a me@h", "https://h/a me@h"],
  ["https://u:p@h/a", "https://***@h/a"],
  ["https://token@h", "https://***@h"],
  ["postgres://u:p@SEKRET@h/db", "postgres://***@h/db"],
  ["https://u:p/SEKRET@h", "https://***@h"],
  ["https://u:p#SEKRET@h", "https://***@h"],
  ["https://u:p?SEKRET@h", "https://***@h"],
  ["https://tok'SEKRET@h", "https://***@h"],
  ["'https://tok\"SEKRET@h'", "'https://***@h'"],
  ['"https://tok\'SEKRET@h", b@c', '"https://***@h", b@c'],
  ['"https://tok\'SEKRET@h",b@c', '"https://***@h",b@c'],
  ["'https://tok'',SEKRET@h'", "'https://***@h'"],
  ['"https://tok\\",SEKRET@h"', '"https://***@h"'],
  ["`https://tok'SEKRET@h`: b@c", "`https://***@h`: b@c"],
  ["a://x,b://u:SEKRET@h", "a://***@h"],
  ["a://u:p@h b://v:q@i", "a://***@h b://***@i"],
  ["a://h\n@b", "a://h\n@b"],
  [`docker-image://base${DIGEST}`, `docker-image://base${DIGEST}`],
  [`docker-image://u:p@base${DIGEST}`, `docker-image://***@base${DIGEST}`],
  ["ssh://me@h", "ssh://me@h"],
  ["git+ssh://git@h/r", "git+ssh://git@h/r"],
  ["ssh://me:p@h", "ssh://***@h"],
  ["wasbs://models@a.blob.core.windows.net/x", "wasbs://models@a.blob.core.windows.net/x"],
  ["abfss://models@a.dfs.core.windows.net/x", "abfss://models@a.dfs.core.windows.net/x"],
  ["abfss://me:p@a.dfs.core.windows.net/x", "abfss://***@a.dfs.core.windows.net/x"],
  ["://@", "://***@"],
];

for (const [text, told] of texts) test(JSON.stringify(text), () => assert.is(maskLogins(text), told));

test("what stands in the place can be as long", () => {
  assert.is(
    maskLogins("a://u:p@h", (login) => "*".repeat(login.length)),
    "a://***@h",
  );
  assert.is(
    maskLogins("a://token@h", (login) => "*".repeat(login.length)),
    "a://*****@h",
  );
});

for (const [what, text] of [
  ["many addresses", "a://b ".repeat(200_000)],
  ["an address in an address", "a://".repeat(200_000)],
  ["many marks", `a://${"@".repeat(1_000_000)}`],
  ["quotes", `'a://${"'".repeat(1_000_000)}`],
  ["a long word before", "a".repeat(1_000_000)],
] as const)
  test(`takes no longer than the text is: ${what}`, () => {
    const before = performance.now();
    maskLogins(text);
    assert.ok(performance.now() - before < 10_000);
  });

test.run();
