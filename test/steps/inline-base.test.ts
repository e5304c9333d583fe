import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inlineBase } from "../../src/steps/inline-base.ts";

const test = suite("inlineBase");

type Row = readonly [
  what: string,
  text: string,
  options: { readonly target?: string; readonly buildArgs?: Readonly<Record<string, string>> },
  lines: readonly string[],
];

const rows: readonly Row[] = [
  [
    "one stage without a name",
    "FROM debian\nRUN a",
    {},
    ["FROM debian AS mlpackage-base", "RUN a", "", "FROM mlpackage-base AS ours"],
  ],
  ["one with a name", "from debian as Mine\n", {}, ["from debian as Mine", "", "FROM Mine AS ours"]],
  [
    "the last of several",
    "FROM a AS x\nFROM x",
    {},
    ["FROM a AS x", "FROM x AS mlpackage-base", "", "FROM mlpackage-base AS ours"],
  ],
  [
    "a stage that is called as others are",
    "FROM a AS base\nFROM base",
    {},
    ["FROM a AS base", "FROM base AS mlpackage-base", "", "FROM mlpackage-base AS ours"],
  ],
  [
    "the target",
    "FROM a AS x\nFROM b AS y",
    { target: "x" },
    ["FROM a AS x", "FROM b AS y", "", "FROM x AS ours"],
  ],
  [
    "with a platform",
    "FROM --platform=$BUILDPLATFORM a",
    {},
    ["FROM --platform=$BUILDPLATFORM a AS mlpackage-base", "", "FROM mlpackage-base AS ours"],
  ],
  [
    "carriage returns and an open end",
    "FROM a\r\nRUN b\r\n\r\n",
    {},
    ["FROM a AS mlpackage-base", "RUN b", "", "FROM mlpackage-base AS ours"],
  ],
  [
    "Python in a here-document is no stage",
    "FROM a AS x\nRUN <<E\nfrom b import c\nE",
    {},
    ["FROM a AS x", "RUN <<E", "from b import c", "E", "", "FROM x AS ours"],
  ],
  [
    "build arguments are the defaults",
    "ARG V\nARG W=1\nARG VV=2\nFROM a:$V AS x\narg V=3\nENV V=4",
    { buildArgs: { V: 'a "$b"', Z: "no" } },
    [
      'ARG V="a \\"\\$b\\""',
      "ARG W=1",
      "ARG VV=2",
      "FROM a:$V AS x",
      'arg V="a \\"\\$b\\""',
      "ENV V=4",
      "",
      "FROM x AS ours",
    ],
  ],
  [
    "names of arguments have a case",
    "ARG v=1\nFROM a AS x",
    { buildArgs: { V: "2" } },
    ["ARG v=1", "FROM a AS x", "", "FROM x AS ours"],
  ],
];

for (const [what, text, { target, buildArgs = {} }, lines] of rows) {
  test(what, () => {
    const base = { kind: "dockerfile", dockerfile: "Dockerfile", context: ".", buildArgs } as const;
    const inlined = inlineBase(text, target === undefined ? base : { ...base, target }, "ours");
    assert.equal(inlined.split("\n"), lines);
  });
}

test.run();
