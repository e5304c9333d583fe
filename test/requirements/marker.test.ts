import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decideExtras, type Marker, parseMarker, renderMarker } from "../../src/requirements/marker.ts";

const test = suite("markers");

function rendered(marker: Marker | undefined): string {
  return typeof marker === "object" ? renderMarker(marker) : String(marker);
}

const rows: readonly (readonly [text: string, read: string])[] = [
  ["python_version>='3.9'", "python_version >= '3.9'"],
  ['sys_platform == "win32"', "sys_platform == 'win32'"],
  ["'linux' in sys_platform", "'linux' in sys_platform"],
  ["sys_platform not   in 'win32 darwin'", "sys_platform not in 'win32 darwin'"],
  [
    "os_name == 'a' and (os_name == 'b' or os_name == 'c')",
    "os_name == 'a' and (os_name == 'b' or os_name == 'c')",
  ],
  [
    "os_name == 'a' and os_name == 'b' or os_name == 'c'",
    "os_name == 'a' and os_name == 'b' or os_name == 'c'",
  ],
  ["((os_name == 'a'))", "os_name == 'a'"],
  ["os_name == 'a' or os_name == 'a'", "os_name == 'a'"],
];

for (const [text, read] of rows) {
  test(`reads ${text}`, () => assert.is(rendered(parseMarker(text)), read));
}

const refused = [
  "",
  "python_version",
  "python_version <",
  "python_version < 3.9",
  "'a' == 'b'",
  "os_name == sys_platform",
  "something == 'a'",
  "os_name == 'a' and",
  "os_name == 'a')",
  "(os_name == 'a'",
  "os_name == 'a' --hash=sha256:0",
  "os_name == 'a'\n--index-url https://evil.example",
  "os_name == 'a\n--index-url https://evil.example'",
  "os_name == 'a\u2028b'",
  "os_name == 'a\\'",
  "os_name == 'a' ; os_name == 'b'",
  "os_name == 'a' # b",
  `${"(".repeat(1000)}os_name == 'a'${")".repeat(1000)}`,
  Array.from({ length: 10_000 }, () => "os_name == 'a'").join(" or "),
];

for (const text of refused) {
  test(`refuses ${JSON.stringify(text).slice(0, 60)}`, () => assert.is(parseMarker(text), undefined));
}

const decided: readonly (readonly [text: string, read: string])[] = [
  ["extra == 'on'", "true"],
  ["extra == 'off'", "false"],
  ["extra != 'on'", "false"],
  ["'on' == extra and os_name == 'a'", "os_name == 'a'"],
  ["extra == 'off' and os_name == 'a'", "false"],
  ["extra == 'off' or os_name == 'a'", "os_name == 'a'"],
  ["(extra == 'off' or extra == 'on') and os_name == 'a'", "os_name == 'a'"],
];

for (const [text, read] of decided) {
  test(`with the extra \`on\`, ${text} is ${read}`, () => {
    const marker = parseMarker(text);
    assert.is(
      rendered(marker === undefined ? undefined : decideExtras(marker, (extra) => extra === "on")),
      read,
    );
  });
}

test.run();
