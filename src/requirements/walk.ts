import { ALWAYS, type Condition, eitherOf, onlyIf, Tangled } from "./conditions.ts";
import type { Marker } from "./marker.ts";

/** What a package needs, and when. */
export type Edge = { readonly to: string; readonly marker: Marker };

/** Circles come to rest soon: this is far beyond any real lock. */
const MOST_VISITS = 100_000;

/** All that is reached from the start, and on which conditions. Circles are followed until nothing is added. */
export function walk(
  start: readonly string[],
  edgesOf: (node: string) => readonly Edge[],
): ReadonlyMap<string, Condition> {
  const reached = new Map<string, Condition>(start.map((node) => [node, ALWAYS]));
  const waiting = new Set(start);
  let visits = 0;
  for (const node of waiting) {
    waiting.delete(node);
    visits += 1;
    if (visits > MOST_VISITS) throw new Tangled();
    const condition = reached.get(node) ?? [];
    for (const { to, marker } of edgesOf(node)) {
      const before = reached.get(to) ?? [];
      const after = eitherOf(before, onlyIf(condition, marker));
      if (after === before) continue;
      reached.set(to, after);
      waiting.add(to);
    }
  }
  return reached;
}
