import type { Pool, Step } from "../../src/model/step.ts";
import { makeStep } from "./steps.ts";

const POOLS: readonly Pool[] = ["cpu", "network", "engine", "tags"];

/** Up to `most` steps in an order that respects what they need, in all pools, some only `after` others. */
export function randomSteps(random: () => number, most: number): readonly Step[] {
  const ids = Array.from({ length: 1 + upTo(most, random) }, (_, index) => `s${index}`);
  return ids.map((id, index) => {
    const before = ids.slice(0, index).filter(() => random() < 0.25);
    const isAfter = before.map(() => random() < 0.3);
    return makeStep(id, before.filter((_, at) => !isAfter[at]).join(" "), {
      after: before.filter((_, at) => isAfter[at]),
      pool: oneOf(POOLS, random),
    });
  });
}

/** A whole number from 0 to below `limit`. */
export function upTo(limit: number, random: () => number): number {
  return Math.floor(random() * limit);
}

export function oneOf<T>(items: readonly T[], random: () => number): T {
  const item = items[upTo(items.length, random)];
  if (item === undefined) throw new Error("there is nothing to choose from");
  return item;
}
