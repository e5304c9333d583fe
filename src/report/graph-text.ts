import type { Graph } from "../model/graph.ts";
import type { Step } from "../model/step.ts";

export const GRAPH_FORMATS = ["mermaid", "dot", "json"] as const;
export type GraphFormat = (typeof GRAPH_FORMATS)[number];

/** The graph in a language that other tools draw. Dotted edges are order alone: nothing flows along them. */
export function renderGraph(graph: Graph, format: GraphFormat): string {
  switch (format) {
    case "mermaid":
      return renderMermaid(graph);
    case "dot":
      return renderDot(graph);
    case "json":
      return `${JSON.stringify({ steps: graph.steps.map(({ id, kind, name, needs, after }) => ({ id, kind, name, needs, after })) }, undefined, 2)}\n`;
  }
}

function renderMermaid({ steps }: Graph): string {
  const nodeOf = (id: string) => `s${steps.findIndex((step) => step.id === id)}`;
  const nodes = steps.map((step) => `  ${nodeOf(step.id)}["${label(step).replaceAll('"', "#quot;")}"]`);
  const edges = steps.flatMap((step) => [
    ...step.needs.map((id) => `  ${nodeOf(id)} --> ${nodeOf(step.id)}`),
    ...step.after.map((id) => `  ${nodeOf(id)} -.-> ${nodeOf(step.id)}`),
  ]);
  return `${["flowchart LR", ...nodes, ...edges].join("\n")}\n`;
}

function renderDot({ steps }: Graph): string {
  const quote = (text: string) => JSON.stringify(text);
  const nodes = steps.map((step) => `  ${quote(step.id)} [label=${quote(label(step))}];`);
  const edges = steps.flatMap((step) => [
    ...step.needs.map((id) => `  ${quote(id)} -> ${quote(step.id)};`),
    ...step.after.map((id) => `  ${quote(id)} -> ${quote(step.id)} [style=dotted];`),
  ]);
  return `${["digraph package {", "  rankdir=LR;", "  node [shape=box];", ...nodes, ...edges, "}"].join("\n")}\n`;
}

function label({ kind, name }: Step): string {
  return `${kind} ${name}`;
}
