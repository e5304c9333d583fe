import { suite } from "uvu";
import * as assert from "uvu/assert";
import { layOutGraph, MOST_DRAWN, pathOf, stagesOf } from "../../src/page/layout-graph.ts";
import { nextNode } from "../../src/page/next-node.ts";
import { makeReport, makeStep } from "../fakes/run-report.ts";

const test = suite("layout of the graph");

test("no two steps cover each other, and all are within the picture", () => {
  const { nodes, width, height } = layOutGraph(makeReport().steps);
  assert.is(nodes.length, 11);
  for (const a of nodes) {
    assert.ok(a.x >= 0 && a.y >= 0 && a.x + a.width <= width && a.y + a.height <= height, a.id);
    for (const b of nodes) {
      const covers =
        a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
      assert.is(covers, a === b, `${a.id} and ${b.id}`);
    }
  }
});

test("what is needed lies ahead; order alone is marked, and no edge leads to a step that is not there", () => {
  const { nodes, edges } = layOutGraph([
    makeStep("fetch:a", "fresh", { needs: ["gone"] }),
    makeStep("layer:a", "fresh", { needs: ["fetch:a"], after: ["fetch:a"] }),
    makeStep("test", "fresh", { after: ["layer:a"] }),
  ]);
  const [fetch = { x: 0 }, layer = { x: 0 }, last = { x: 0 }] = nodes;
  assert.ok(fetch.x < layer.x && layer.x < last.x);
  assert.equal(
    edges.map(({ from, to, isOrder }) => [from, to, isOrder]),
    [
      ["fetch:a", "layer:a", false],
      ["layer:a", "test", true],
    ],
  );
});

test("a long chain goes downwards, and as many steps as are drawn take no second", () => {
  const chain = Array.from({ length: MOST_DRAWN }, (_, index) =>
    makeStep(`fetch:${index}`, "fresh", { needs: index === 0 ? [] : [`fetch:${index - 1}`] }),
  );
  const began = performance.now();
  const { width, height } = layOutGraph(chain);
  assert.ok(performance.now() - began < 5000);
  assert.ok(height > 10 * width, `${width} × ${height}`);
});

test("a step is in the stage after all that it waits for", () => {
  const stages = stagesOf(makeReport().steps).map((stage) =>
    stage.map(({ id }) => id.replace(/registry.*/, "")),
  );
  assert.equal(stages, [
    ["fetch:ridge", "fetch:embeddings", "lock:packages"],
    ["layer:ridge", "layer:embeddings", "build:environment"],
    ["build:image"],
    ["load:image"],
    ["test"],
    ["push:"],
    ["attest:"],
  ]);
});

test("arrow keys go to the nearest step in their direction, and nowhere at the rim", () => {
  const drawn = layOutGraph(makeReport().steps);
  assert.is(nextNode(drawn, "fetch:ridge", "ArrowRight"), "layer:ridge");
  assert.is(nextNode(drawn, "layer:ridge", "ArrowLeft"), "fetch:ridge");
  assert.is(nextNode(drawn, "fetch:ridge", "ArrowLeft"), undefined);
  assert.is(nextNode(drawn, "test", "Home"), "fetch:ridge");
  assert.is(nextNode(drawn, "test", "toString"), undefined);
  assert.is(nextNode(drawn, "gone", "ArrowLeft"), undefined);
});

test("a path goes from the first point to the last", () => {
  const path = pathOf([
    { x: 0, y: 0 },
    { x: 10, y: 0 },
    { x: 20, y: 10.123 },
  ]);
  assert.is(path, "M0 0L5 0Q10 0 15 5.1L20 10.1");
});

test.run();
