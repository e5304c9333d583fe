import { Graph, layout } from "@dagrejs/dagre";
import type { ReportedStep } from "../model/run-report.ts";
import { cutMiddle } from "./words.ts";

/** More steps than these make no picture that anybody can read, and take long to lay out. */
export const MOST_DRAWN = 120;
/** Pixels that a graph from left to right may take, a little more than the page has; a wider one goes downwards. */
const MOST_WIDTH = 1260;
const NODE_HEIGHT = 62;
/** Takes the longest line of state and time. */
const LEAST_WIDTH = 132;
const MOST_LETTERS = 20;

export type Point = { readonly x: number; readonly y: number };

/** Pixels; `x` and `y` are the upper left corner. */
export type DrawnNode = Point & {
  readonly id: string;
  readonly label: string;
  readonly width: number;
  readonly height: number;
};

/** `points` run from the step that is waited for to the one that waits. `isOrder`: nothing flows along it. */
export type DrawnEdge = {
  readonly from: string;
  readonly to: string;
  readonly isOrder: boolean;
  readonly points: readonly Point[];
};

export type DrawnGraph = {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
};

type Shape = Pick<ReportedStep, "id" | "kind" | "name" | "needs" | "after">;
type Edge = Omit<DrawnEdge, "points">;

/** Where each step and edge of the graph lies: the same for the same steps, whatever their state. */
export function layOutGraph(steps: readonly Shape[]): DrawnGraph {
  const across = layOut(steps, "LR");
  return across.width <= MOST_WIDTH ? across : layOut(steps, "TB");
}

function layOut(steps: readonly Shape[], rankdir: "LR" | "TB"): DrawnGraph {
  const graph = new Graph();
  graph.setGraph({
    rankdir,
    nodesep: 14,
    ranksep: rankdir === "LR" ? 34 : 38,
    edgesep: 10,
    marginx: 6,
    marginy: 6,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, kind, name } of steps)
    graph.setNode(id, { width: widthOf(kind, name), height: NODE_HEIGHT });
  const edges = edgesOf(steps);
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as Partial<DrawnGraph>;
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes: steps.map(({ id, name }) => {
      const node = graph.node(id) as Omit<DrawnNode, "id" | "label">;
      return {
        id,
        label: cutMiddle(name, MOST_LETTERS),
        width: node.width,
        height: node.height,
        x: node.x - node.width / 2,
        y: node.y - node.height / 2,
      };
    }),
    edges: edges.map((edge) => ({ ...edge, points: (graph.edge(edge.from, edge.to) as DrawnEdge).points })),
  };
}

/** Letters take about these pixels in the fonts of the systems; a name in the middle of which is cut fits anyway. */
function widthOf(kind: string, name: string): number {
  const letters = Math.max(kind.length + 3, Math.min([...name].length, MOST_LETTERS));
  return Math.max(LEAST_WIDTH, 26 + letters * 6.8);
}

/** Edges between steps that are there; what is needed as well as waited for is needed. */
function edgesOf(steps: readonly Shape[]): readonly Edge[] {
  const known = new Set(steps.map(({ id }) => id));
  return steps.flatMap(({ id, needs, after }) => {
    const needed = new Set(needs);
    const others = after.filter((one) => !needed.has(one));
    return [
      ...needs.filter((one) => known.has(one)).map((from) => ({ from, to: id, isOrder: false })),
      ...others.filter((one) => known.has(one)).map((from) => ({ from, to: id, isOrder: true })),
    ];
  });
}

/** The steps in stages: each is in the first one after all that it waits for. */
export function stagesOf<T extends Shape>(steps: readonly T[]): readonly (readonly T[])[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const waitsFor = new Map(steps.map(({ id }) => [id, 0]));
  const followers = new Map<string, string[]>();
  for (const { from, to } of edgesOf(steps)) {
    waitsFor.set(to, (waitsFor.get(to) ?? 0) + 1);
    const known = followers.get(from);
    if (known === undefined) followers.set(from, [to]);
    else known.push(to);
  }
  const stages: (readonly T[])[] = [];
  let stage = steps.filter(({ id }) => waitsFor.get(id) === 0);
  while (stage.length > 0) {
    stages.push(stage);
    const next = new Set<string>();
    for (const { id } of stage) {
      for (const follower of followers.get(id) ?? []) {
        const left = (waitsFor.get(follower) ?? 0) - 1;
        waitsFor.set(follower, left);
        if (left === 0) next.add(follower);
      }
    }
    stage = [...next].flatMap((id) => byId.get(id) ?? []);
  }
  return stages;
}

/** An edge as a path without corners: through the middles of its legs, bent at its points. */
export function pathOf(points: readonly Point[]): string {
  const [first = { x: 0, y: 0 }, ...rest] = points;
  const middle = (a: Point, b: Point) => `${round((a.x + b.x) / 2)} ${round((a.y + b.y) / 2)}`;
  const bends = rest.map((point, index) => {
    const next = rest[index + 1];
    const bend = `${round(point.x)} ${round(point.y)}`;
    if (next === undefined) return `L${bend}`;
    return `${index === 0 ? `L${middle(first, point)}` : ""}Q${bend} ${middle(point, next)}`;
  });
  return `M${round(first.x)} ${round(first.y)}${bends.join("")}`;
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
