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
    "nothing in a here-document or on a line that goes on is a stage or an argument",
    "FROM a AS x\nRUN <<E cat && <<-'F' cat\nFROM b\nARG V\nE\nFROM c\n\tF\nRUN a \\\n# FROM no\n\n  FROM d \\ \n&& e\nARG V",
    { buildArgs: { V: "1" } },
    [
      "FROM a AS x",
      "RUN <<E cat && <<-'F' cat",
      "FROM b",
      "ARG V",
      "E",
      "FROM c",
      "\tF",
      "RUN a \\",
      "# FROM no",
      "",
      "  FROM d \\ ",
      "&& e",
      "ARG V",
      'ARG V="1"',
      "",
      "FROM x AS ours",
    ],
  ],
  [
    "a shift is no here-document, nor is a quoted one",
    'FROM a AS x\nRUN echo $((1<<E)) <<<E "<<E"\nFROM b AS y',
    {},
    ["FROM a AS x", 'RUN echo $((1<<E)) <<<E "<<E"', "FROM b AS y", "", "FROM y AS ours"],
  ],
  [
    "a FROM that goes on",
    "FROM --platform=x \\\n  # why\n  a\nRUN b",
    {},
    ["FROM --platform=x \\", "  # why", "  a AS mlpackage-base", "RUN b", "", "FROM mlpackage-base AS ours"],
  ],
  [
    "a target by another case",
    "FROM a AS Build\nFROM b",
    { target: "bUILD" },
    ["FROM a AS Build", "FROM b", "", "FROM Build AS ours"],
  ],
  [
    "a target by its number",
    "FROM a\nFROM b AS y",
    { target: "0" },
    ["FROM a AS mlpackage-base", "FROM b AS y", "", "FROM mlpackage-base AS ours"],
  ],
  [
    "build arguments hold after each declaration",
    'ARG V\nARG W="1 V=2"\nFROM a:$V AS x\narg A=1 \\\n  V=3\nENV V=4',
    { buildArgs: { V: 'a "$b"', A: "2" } },
    [
      "ARG V",
      'ARG V="a \\"\\$b\\""',
      'ARG W="1 V=2"',
      "FROM a:$V AS x",
      "arg A=1 \\",
      "  V=3",
      'ARG V="a \\"\\$b\\""',
      'ARG A="2"',
      "ENV V=4",
      "",
      "FROM x AS ours",
    ],
  ],
  [
    "directives go before everything, a byte order mark goes",
    "\uFEFF# syntax=docker/dockerfile:1\r\n#check = skip=all\n# a comment\n# escape=`\nFROM a AS x",
    {},
    [
      "# syntax=docker/dockerfile:1",
      "#check = skip=all",
      "---",
      "# a comment",
      "# escape=`",
      "FROM a AS x",
      "",
      "FROM x AS ours",
    ],
  ],
];

function inline(text: string, { target, buildArgs = {} }: Row[2]) {
  const base = { kind: "dockerfile", dockerfile: "Dockerfile", context: ".", buildArgs } as const;
  return inlineBase(text, target === undefined ? base : { ...base, target }, "ours");
}

for (const [what, text, options, lines] of rows) {
  test(what, () => {
    const inlined = inline(text, options);
    if (!inlined.ok) throw new Error(inlined.diagnostics.map(({ message }) => message).join("; "));
    const { directives, stages } = inlined.value;
    assert.equal([...directives, ...(directives.length > 0 ? ["---"] : []), ...stages.split("\n")], lines);
  });
}

type Fault = readonly [what: string, text: string, options: Row[2], told: readonly unknown[]];

const faults: readonly Fault[] = [
  [
    "a target that no stage has",
    "FROM a AS x\nFROM b",
    { target: "2" },
    [["render/unknown-target", "/base_image/target", "write one of its stages: `x`, `1`"]],
  ],
  [
    "an argument that none declares, as names have a case",
    "ARG v=1\nFROM a",
    { buildArgs: { V: "2" } },
    [["render/unknown-build-arg", "/base_image/build_args/V", "write one of `v`"]],
  ],
  [
    "no stage at all",
    "# FROM a",
    {},
    [["render/no-stage", "/base_image/dockerfile", "begin it with `FROM python:3.12-slim`"]],
  ],
  [
    "another escape character",
    "# escape=`\nFROM a",
    {},
    [
      [
        "render/escape-directive",
        "/base_image/dockerfile",
        "remove the `# escape` directive, and continue lines with a backslash",
      ],
    ],
  ],
];

for (const [what, text, options, told] of faults) {
  test(`refuses ${what}`, () => {
    const inlined = inline(text, options);
    assert.equal(!inlined.ok && inlined.diagnostics.map(({ code, path, hint }) => [code, path, hint]), told);
  });
}

test.run();
