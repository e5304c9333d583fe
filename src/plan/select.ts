import type { Graph } from "../model/graph.ts";
import { dependenciesOf } from "./order.ts";

/** The part of a graph that the named steps, or steps of a named kind, depend on; and the names nothing answers to. */
export function select(
  graph: Graph,
  names: readonly string[],
): { readonly graph: Graph; readonly unknown: readonly string[] } {
  if (names.length === 0) return { graph, unknown: [] };
  const answers = (name: string) => graph.steps.filter(({ id, kind }) => id === name || kind === name);
  const wanted = new Set(names.flatMap(answers).map(({ id }) => id));
  // What a step depends on stands before it, so one pass from the end finds all.
  for (const step of graph.steps.toReversed()) {
    if (wanted.has(step.id)) for (const id of dependenciesOf(step)) wanted.add(id);
  }
  return {
    graph: { steps: graph.steps.filter(({ id }) => wanted.has(id)) },
    unknown: names.filter((name) => answers(name).length === 0),
  };
}
