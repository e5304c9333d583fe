import type { Graph } from "../model/graph.ts";
import type { Step } from "../model/step.ts";
import { visibleText } from "./visible-text.ts";

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
  const nodes = steps.map((step) => `  ${nodeOf(step.id)}["${quoteForMermaid(label(step))}"]`);
  const edges = steps.flatMap((step) => [
    ...step.needs.map((id) => `  ${nodeOf(id)} --> ${nodeOf(step.id)}`),
    ...step.after.map((id) => `  ${nodeOf(id)} -.-> ${nodeOf(step.id)}`),
  ]);
  return `${["flowchart LR", ...nodes, ...edges].join("\n")}\n`;
}

/** Mermaid reads directives, Markdown and HTML inside of quotes too: what could begin any of them is an entity. */
function quoteForMermaid(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N} .,:;/@_+=()[\]\\-]/gu, (character) =>
    character === '"' ? "#quot;" : `#${character.codePointAt(0)};`,
  );
}

function renderDot({ steps }: Graph): string {
  const quote = (text: string) => JSON.stringify(text);
  // Graphviz reads entities in labels, in names it does not.
  const quoteLabel = (text: string) => quote(visibleText(text).replaceAll("&", "&amp;"));
  const nodes = steps.map((step) => `  ${quote(step.id)} [label=${quoteLabel(label(step))}];`);
  const edges = steps.flatMap((step) => [
    ...step.needs.map((id) => `  ${quote(id)} -> ${quote(step.id)};`),
    ...step.after.map((id) => `  ${quote(id)} -> ${quote(step.id)} [style=dotted];`),
  ]);
  return `${["digraph package {", "  rankdir=LR;", "  node [shape=box];", ...nodes, ...edges, "}"].join("\n")}\n`;
}

function label({ kind, name }: Step): string {
  return `${kind} ${name}`;
}
