import type { Step } from "../model/step.ts";

/** The steps so that each comes after all it needs; of those that could come next, the first in the list does. */
export function order(steps: readonly Step[]): readonly Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const ordered = new Set<Step>();
  const visiting = new Set<string>();
  // A stack of our own: a chain of ten thousand steps is deeper than the language's.
  const trail: Visit[] = [];
  const enter = (step: Step): void => {
    if (ordered.has(step)) return;
    if (visiting.has(step.id)) throw new Error(`step ${step.id} depends on itself`);
    visiting.add(step.id);
    trail.push({ step, dependencies: dependenciesOf(step).values() });
  };
  for (const first of steps) {
    enter(first);
    for (let visit = trail.at(-1); visit !== undefined; visit = trail.at(-1)) {
      const { step, dependencies } = visit;
      const next = dependencies.next();
      if (next.done !== true) enter(demandStep(next.value, step, byId));
      else {
        ordered.add(step);
        trail.pop();
      }
    }
  }
  return [...ordered];
}

/** A step on the way, and those of its dependencies that have not been looked at. */
type Visit = { readonly step: Step; readonly dependencies: Iterator<string, unknown> };

function demandStep(id: string, dependent: Step, byId: ReadonlyMap<string, Step>): Step {
  const step = byId.get(id);
  if (step === undefined) throw new Error(`step ${dependent.id} depends on ${id}, which does not exist`);
  return step;
}

/** All steps that must have succeeded before this one starts. */
export function dependenciesOf(step: Step): readonly string[] {
  return [...step.needs, ...step.after];
}
