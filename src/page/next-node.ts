import type { DrawnGraph, DrawnNode } from "./layout-graph.ts";

const DIRECTIONS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * The node that an arrow key leads to: the nearest in that direction, where one aside counts as further than one ahead.
 * Undefined for other keys, and at the rim.
 */
export function nextNode({ nodes }: DrawnGraph, from: string, key: string): string | undefined {
  if (key === "Home") return nodes[0]?.id;
  if (key === "End") return nodes.at(-1)?.id;
  const direction = Object.hasOwn(DIRECTIONS, key) ? DIRECTIONS[key] : undefined;
  const start = nodes.find(({ id }) => id === from);
  if (direction === undefined || start === undefined) return undefined;
  const [x, y] = direction;
  let [nearest, least]: [DrawnNode | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const node of nodes) {
    const [right, down] = [centre(node).x - centre(start).x, centre(node).y - centre(start).y];
    const [ahead, aside] = [right * x + down * y, Math.abs(right * y) + Math.abs(down * x)];
    const distance = ahead + 2 * aside;
    if (ahead > 1 && distance < least) [nearest, least] = [node, distance];
  }
  return nearest?.id;
}

function centre({ x, y, width, height }: DrawnNode) {
  return { x: x + width / 2, y: y + height / 2 };
}
