import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderGraph } from "../../src/report/graph-text.ts";
import { makeStep } from "../fakes/steps.ts";

const test = suite("renderGraph");

const graph = {
  steps: [
    makeStep("fetch:a", "", { name: 'a "b" \\' }),
    makeStep("build", "fetch:a", { kind: "build", name: "image" }),
    makeStep("push:x", "build", { kind: "push", name: "x:1", after: ["test"] }),
  ],
};
const complete = { steps: [...graph.steps, makeStep("test", "build", { kind: "test", name: "image" })] };

test("Mermaid", () => {
  assert.equal(renderGraph(complete, "mermaid").split("\n"), [
    "flowchart LR",
    '  s0["fetch a #quot;b#quot; \\"]',
    '  s1["build image"]',
    '  s2["push x:1"]',
    '  s3["test image"]',
    "  s0 --> s1",
    "  s1 --> s2",
    "  s3 -.-> s2",
    "  s1 --> s3",
    "",
  ]);
});

test("DOT", () => {
  assert.equal(renderGraph(complete, "dot").split("\n"), [
    "digraph package {",
    "  rankdir=LR;",
    "  node [shape=box];",
    '  "fetch:a" [label="fetch a \\"b\\" \\\\"];',
    '  "build" [label="build image"];',
    '  "push:x" [label="push x:1"];',
    '  "test" [label="test image"];',
    '  "fetch:a" -> "build";',
    '  "build" -> "push:x";',
    '  "test" -> "push:x" [style=dotted];',
    '  "build" -> "test";',
    "}",
    "",
  ]);
});

test("JSON is the shape alone", () => {
  assert.equal(JSON.parse(renderGraph(graph, "json")), {
    steps: [
      { id: "fetch:a", kind: "fetch", name: 'a "b" \\', needs: [], after: [] },
      { id: "build", kind: "build", name: "image", needs: ["fetch:a"], after: [] },
      { id: "push:x", kind: "push", name: "x:1", needs: ["build"], after: ["test"] },
    ],
  });
});

const HOSTILE = [
  'a"] --> x["b',
  "%%{init: {'theme': 'dark'}}%%",
  "`**bold**`",
  "<script>alert(1)</script>",
  "one\ntwo\r\u2028three\u0000",
  "#quot; #35; &lt; ; end",
  "}\n  evil [shape=circle",
  "日本/モデル:1 😀 é",
  "\\",
] as const;

for (const name of HOSTILE) {
  const named = { steps: [makeStep("fetch:a", "", { name })] };

  test(`Mermaid: ${JSON.stringify(name)} is one label`, () => {
    const lines = renderGraph(named, "mermaid").split("\n");
    assert.is(lines.length, 3);
    const [, label = ""] = /^ {2}s0\["([^"]*)"\]$/.exec(lines[1] ?? "") ?? [];
    assert.not.match(label, /[%`<>{}&\p{Cc}\u2028]/u);
    assert.is(decodeEntities(label), `fetch ${name}`);
  });

  test(`DOT: ${JSON.stringify(name)} is one label`, () => {
    const lines = renderGraph(named, "dot").split("\n");
    assert.is(lines.length, 6);
    assert.match(lines[3] ?? "", /^ {2}"fetch:a" \[label="(?:[^"\\\n]|\\["\\])*"\];$/);
  });
}

/** As Mermaid reads a label. */
function decodeEntities(label: string): string {
  return label.replace(/#(quot|\d+);/g, (_, entity) =>
    entity === "quot" ? '"' : String.fromCodePoint(entity),
  );
}

test("a graph without steps", () => {
  assert.is(renderGraph({ steps: [] }, "mermaid"), "flowchart LR\n");
});

test.run();
