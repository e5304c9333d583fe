import { suite } from "uvu";
import * as assert from "uvu/assert";
import { combineDocuments } from "../../src/config/combine-documents.ts";
import { locate, pointerTo } from "../../src/document/locate.ts";
import { parseDocument } from "../../src/document/parse.ts";
import type { Document } from "../../src/model/document.ts";
import type { Serializable } from "../../src/model/serializable.ts";

const test = suite("combineDocuments");

function parse(path: string, text: string): Document {
  const parsed = parseDocument({ path, text }, { takesMergeTags: true });
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(({ message }) => message).join("; "));
  return parsed.value;
}

/** The files are called `a`, `b` and so on. */
function merge(texts: readonly string[], profiles: readonly string[] = []): Document {
  const [first, ...rest] = texts.map((text, index) => parse("abc"[index] ?? "", text));
  if (first === undefined) throw new Error("nothing to merge");
  const combined = combineDocuments([first, ...rest], profiles);
  if (!combined.ok) throw new Error(combined.diagnostics.map(({ message }) => message).join("; "));
  return combined.value.document;
}

const ROWS: readonly (readonly [title: string, base: string, over: string, merged: Serializable])[] = [
  ["a scalar of the later wins", "name: a", "name: b", { name: "b" }],
  ["what the later does not say stays", "a: 1\nb: 2", "a: 3", { a: 3, b: 2 }],
  ["mappings merge", "m: {a: {x: 1}, b: 2}", "m: {a: {y: 3}}", { m: { a: { x: 1, y: 3 }, b: 2 } }],
  ["lists grow", "l: [1, 2]", "l: [2, 3]", { l: [1, 2, 2, 3] }],
  ["a list takes the place of a text", "l: r.txt", "l: [a]", { l: ["a"] }],
  ["a text takes the place of a mapping", "l: {a: 1}", "l: r.txt", { l: "r.txt" }],
  ["nothing is a value as any other", "a: {b: 1}", "a:", { a: null }],
  [
    "two of one name in the later are two, for the checks to tell",
    "models: [model.bin]",
    'models: [{name: model, version: "2"}, {name: model, version: "3"}]',
    {
      models: [
        { source: "model.bin", name: "model", version: "2" },
        { name: "model", version: "3" },
      ],
    },
  ],
  [
    "a command is replaced",
    "inference: {command: [a, b], port: 1}",
    "inference: {command: [c]}",
    { inference: { command: ["c"], port: 1 } },
  ],
  [
    "a text for a mapping, and a mapping over it",
    "inference: score.py",
    "inference: {workers: 2}",
    { inference: { entry_script: "score.py", workers: 2 } },
  ],
  [
    "a text over a mapping of the same kind",
    "inference: {entry_script: a.py, workers: 2}",
    "inference: b.py",
    { inference: { entry_script: "b.py", workers: 2 } },
  ],
  [
    "another kind takes the place of the whole",
    "inference: {entry_script: a.py, workers: 2}",
    "inference: {command: [serve]}",
    { inference: { command: ["serve"] } },
  ],
  [
    "an image over a Dockerfile",
    "base_image: {dockerfile: D, target: t}",
    "base_image: python",
    { base_image: "python" },
  ],
  [
    "a Dockerfile's target alone",
    "base_image: {dockerfile: D}",
    "base_image: {target: t}",
    { base_image: { dockerfile: "D", target: "t" } },
  ],
  [
    "models by name, which may be that of the source",
    "models: [{name: a, source: a1}, dir/b.pkl, c.pkl]",
    'models: [{name: b, version: "2"}, new/a, {name: c, source: c2}]',
    {
      models: [
        { name: "a", source: "new/a" },
        { source: "dir/b.pkl", version: "2", name: "b" },
        { source: "c2", name: "c" },
      ],
    },
  ],
  [
    "tests by name, those without one at the end",
    "tests: [{request: {path: /a}}, {name: t, request: {path: /b, body: [1]}}]",
    "tests: [{name: t, request: {body: [2]}}, {request: {path: /c}}]",
    {
      tests: [
        { request: { path: "/a" } },
        { name: "t", request: { path: "/b", body: [2] } },
        { request: { path: "/c" } },
      ],
    },
  ],
  [
    "an answer is data",
    "tests: [{name: t, expect: {json: {a: 1}, schema: {required: [a]}, headers: {x: y}}}]",
    "tests: [{name: t, expect: {json: {b: 1}, schema: {required: [b]}, headers: {z: y}}}]",
    {
      tests: [
        { name: "t", expect: { json: { b: 1 }, schema: { required: ["b"] }, headers: { x: "y", z: "y" } } },
      ],
    },
  ],
  [
    "secrets by id",
    "build: {secrets: [{id: a, env: A}, {id: b, env: B}]}",
    "build: {secrets: [{id: b, file: b}, {id: c, env: C}]}",
    {
      build: {
        secrets: [
          { id: "a", env: "A" },
          { id: "b", file: "b" },
          { id: "c", env: "C" },
        ],
      },
    },
  ],
  [
    "outputs at the end",
    "outputs: [{type: a}]",
    "outputs: [{type: a}]",
    { outputs: [{ type: "a" }, { type: "a" }] },
  ],
  ["!reset takes away", "a: {b: 1, c: 2}\nl: [1]", "a: {b: !reset null}\nl: !reset []", { a: { c: 2 } }],
  ["!reset of what is not there", "a: 1", "b: !reset {x: 1}", { a: 1 }],
  ["!override of a list", "l: [1, 2]", "l: !override [3]", { l: [3] }],
  ["!override of a mapping", "m: {a: 1}", "m: !override {b: 1}", { m: { b: 1 } }],
  ["!override keeps quotes", "a: 1", 'a: !override "2"', { a: "2" }],
  ["the first file's tags have nothing to do", "a: !override [1]\nb: !reset 2", "c: 3", { a: [1], c: 3 }],
  ["no prototype", "a: 1", "__proto__: {x: 1}", JSON.parse('{"a": 1, "__proto__": {"x": 1}}')],
];

for (const [title, base, over, merged] of ROWS) {
  test(title, () => assert.equal(merge([base, over]).value, merged));
  test(`${title}, by a profile`, () => {
    const indented = over.replace(/^/gm, "    ");
    const { profiles: _, ...value } = merge([`${base}\nprofiles:\n  p:\n${indented}\n`], ["p"])
      .value as Record<string, Serializable>;
    assert.equal(value, merged);
  });
}

test("files one after the other, then the profiles in the order that is asked for", () => {
  const texts = [
    "l: [a]\nx: 1\nprofiles: {p: {l: [p], x: 2}, q: {l: [q], x: 3}}",
    "l: [b]\nx: 4\nprofiles: {p: {l: [r]}}",
    "l: [c]",
  ];
  const listOf = (profiles: readonly string[]) => {
    const { l, x } = merge(texts, profiles).value as { l: Serializable; x: Serializable };
    return [l, x];
  };
  assert.equal(listOf([]), [["a", "b", "c"], 4]);
  assert.equal(listOf(["p"]), [["a", "b", "c", "p", "r"], 2]);
  assert.equal(listOf(["q", "p"]), [["a", "b", "c", "q", "p", "r"], 2]);
  assert.equal(listOf(["p", "q"]), [["a", "b", "c", "p", "r", "q"], 3]);
});

test("a tag in a profile is for what the profile is merged over", () => {
  const text = "l: [a]\nm: {x: 1}\nprofiles: {p: {l: !override [p], m: !reset {}}}";
  const { value } = merge([text, "l: [b]"], ["p"]);
  assert.equal((value as { l: Serializable }).l, ["p"]);
  assert.not.ok("m" in (value as object));
});

/** What stands at a place, in the file where it is, by its text alone. */
function written(document: Document, pointer: string): string {
  const { file, range } = locate(document, pointer);
  return `${file.path}: ${file.text.slice(range.start, range.end)}`;
}

test("every value keeps its place", () => {
  const document = merge(
    [
      "m: {a: 11, b: 12}\nl: [13]\nmodels: [{name: n, source: s1}, t.pkl]\nprofiles: {p: {m: {c: 14}, l: [15]}}",
      "m: {b: 21}\nl: [22, {d: 23}]\nmodels: [{name: n, source: s2}, {name: t, version: v2}, u]",
    ],
    ["p"],
  );
  const places = ["/m/a", "/m/b", "/m/c", "/l/0", "/l/1", "/l/2/d", "/l/3"];
  assert.equal(
    places.map((pointer) => written(document, pointer)),
    ["a: 11", "b: 21", "a: 14", "a: 13", "b: 22", "b: 23", "a: 15"],
  );
  const models = ["/0/name", "/0/source", "/1/source", "/1/version", "/2"];
  assert.equal(
    models.map((pointer) => written(document, `/models${pointer}`)),
    ["b: n", "b: s2", "a: t.pkl", "b: v2", "b: u"],
  );
  assert.equal(
    [...document.ranges].flatMap(([pointer, { profile }]) => (profile === undefined ? [] : [pointer])),
    ["/m/c", "/l/3"],
  );
});

test("every value has a place, and every place a value", () => {
  for (const [, base, over] of ROWS) {
    const document = merge([base, over]);
    // A text that was written out as a mapping has the place of the text for its member.
    assert.equal([...document.ranges.keys()].sort(), pointersOf(document.value, "").toSorted());
  }
});

function pointersOf(value: Serializable, pointer: string): readonly string[] {
  if (value === null || typeof value !== "object") return [pointer];
  const members = Object.entries(value).flatMap(([key, member]) =>
    pointersOf(member, pointerTo(pointer, key)),
  );
  return [pointer, ...members];
}

test("files are known in their order", () => {
  const { file, overlays } = merge(["a: 1", "b: 1", "c: 1"]);
  assert.equal(
    [file, ...overlays].map(({ path }) => path),
    ["a", "b", "c"],
  );
});

test.run();
