import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hidePackages } from "../../src/conda/hide-packages.ts";

const test = suite("a channel's list without some packages");

const LIST = {
  info: { subdir: "linux-64", note: 'no entry: "zlib-1-0.conda": {' },
  packages: { "zlib-1-0.tar.bz2": { name: "zlib", depends: ['}"{'] } },
  "packages.conda": {
    "a-1-0.conda": { depends: ["zlib >=1"], track: { of: {} } },
    "zlib-1-0.conda": { name: "zlib", note: "\\" },
    "zlib-ng-1-0.conda": { name: "zlib-ng" },
    "zlib-2-0.conda": { name: "zlib", nested: { deeper: {} } },
  },
  removed: ["zlib-0-0.conda"],
};

for (const indent of [undefined, 1])
  test(`no other record changes, indented or not: ${indent}`, () => {
    const hidden = hidePackages(Buffer.from(JSON.stringify(LIST, null, indent)), ["zlib"]);
    const { packages, "packages.conda": own, ...rest } = LIST;
    assert.equal(JSON.parse(Buffer.from(hidden).toString("utf8")), {
      ...rest,
      packages: {},
      "packages.conda": { "a-1-0.conda": own["a-1-0.conda"], "zlib-ng-1-0.conda": own["zlib-ng-1-0.conda"] },
    });
    assert.ok("zlib-1-0.tar.bz2" in packages);
  });

test("all may be gone, and a list that ends too early does no harm", () => {
  const text = JSON.stringify({ "packages.conda": { "b-1-0.conda": {}, "a-1-0.conda": {} } });
  assert.is(
    Buffer.from(hidePackages(Buffer.from(text), ["a", "b"])).toString("utf8"),
    '{"packages.conda":{}}',
  );
  for (let length = 0; length < text.length; length += 1)
    assert.ok(hidePackages(Buffer.from(text.slice(0, length)), ["a", "b"]).length <= length);
});

test.run();
