import type { Step } from "../model/step.ts";

/** The steps so that each comes after all it needs; of those that could come next, the first in the list does. */
export function order(steps: readonly Step[]): readonly Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const ordered = new Set<Step>();
  const visiting = new Set<string>();
  const visit = (step: Step): void => {
    if (ordered.has(step)) return;
    if (visiting.has(step.id)) throw new Error(`step ${step.id} depends on itself`);
    visiting.add(step.id);
    for (const id of dependenciesOf(step)) {
      const dependency = byId.get(id);
      if (dependency === undefined) throw new Error(`step ${step.id} depends on ${id}, which does not exist`);
      visit(dependency);
    }
    ordered.add(step);
  };
  for (const step of steps) visit(step);
  return [...ordered];
}

/** All steps that must have succeeded before this one starts. */
export function dependenciesOf(step: Step): readonly string[] {
  return [...step.needs, ...step.after];
}
