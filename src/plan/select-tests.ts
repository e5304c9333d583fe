import type { Graph } from "../model/graph.ts";
import type { Step } from "../model/step.ts";

/** The names of the tests that a graph runs, in the order of the file. */
export function testNamesOf({ steps }: Graph): readonly string[] {
  return steps.flatMap((step) => (step.kind === "test" ? testsOf(step).map(({ name }) => name) : []));
}

/** The graph with those tests alone whose names hold one of these words; all of them where there is no word. */
export function selectTests(graph: Graph, words: readonly string[]): Graph {
  if (words.length === 0) return graph;
  const isWanted = (name: string) => words.some((word) => name.toLowerCase().includes(word.toLowerCase()));
  return {
    steps: graph.steps.map((step) => {
      if (step.kind !== "test") return step;
      const all = testsOf(step);
      const tests = all.filter(({ name }) => isWanted(name));
      if (tests.length === all.length) return step;
      return Object.freeze({ ...step, inputs: { ...step.inputs, tests }, whole: step });
    }),
  };
}

type NamedTest = { readonly name: string };

function testsOf({ inputs }: Step): readonly NamedTest[] {
  return inputs.tests as unknown as readonly NamedTest[];
}
