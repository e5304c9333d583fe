import { suite } from "uvu";
import * as assert from "uvu/assert";
import { selectTests, testNamesOf } from "../../src/plan/select-tests.ts";
import { makeStep } from "../fakes/steps.ts";

const test = suite("selectTests");

const tests = [{ name: "Two rows" }, { name: "one row" }, { name: "health" }];
const graph = {
  steps: [
    makeStep("load:image"),
    makeStep("test", "load:image", { kind: "test", inputs: { port: 1, tests } }),
  ],
};

const choices: readonly (readonly [words: readonly string[], names: readonly string[]])[] = [
  [[], ["Two rows", "one row", "health"]],
  [["row"], ["Two rows", "one row"]],
  [
    ["two", "heal"],
    ["Two rows", "health"],
  ],
  [["none"], []],
  [
    ["row", "health"],
    ["Two rows", "one row", "health"],
  ],
];

for (const [words, names] of choices) {
  test(words.join(" ") || "no words", () => {
    const selected = selectTests(graph, words);
    assert.equal(testNamesOf(selected), names);
    assert.is(selected.steps[0], graph.steps[0]);
    assert.is(selected.steps[1]?.inputs.port, 1);
    assert.is(selected.steps[1]?.whole, names.length < tests.length ? graph.steps[1] : undefined);
  });
}

test.run();
