import type { Graph } from "../model/graph.ts";
import type { Step, StepKindName } from "../model/step.ts";
import type { Links } from "./link-steps.ts";

/** Of a step that nobody has seen run, in milliseconds: only which of two takes longer has to be about right. */
const TYPICAL_DURATIONS_MS: Readonly<Record<StepKindName, number>> = {
  lock: 20_000,
  conda: 60_000,
  vendor: 60_000,
  fetch: 30_000,
  unpack: 10_000,
  scan: 1_000,
  layer: 5_000,
  render: 1_000,
  build: 60_000,
  load: 10_000,
  test: 20_000,
  upload: 60_000,
  push: 60_000,
  attest: 2_000,
  save: 30_000,
};

/**
 * The longest path of work that begins with each step, by its place, in milliseconds: its own duration and that of all
 * that can only come after it. A run cannot end sooner than that after the step has started.
 */
export function pathLengths(
  { steps }: Graph,
  { before }: Links,
  lastDuration: (stepId: string) => number | undefined,
): readonly number[] {
  const lengths = steps.map(() => 0);
  // What depends on a step stands behind it, and has said how long its path is by the time the step is looked at.
  for (let place = steps.length - 1; place >= 0; place -= 1) {
    const { id, kind } = steps[place] as Step;
    const length = (lengths[place] ?? 0) + (lastDuration(id) ?? TYPICAL_DURATIONS_MS[kind]);
    lengths[place] = length;
    for (const earlier of before[place] ?? []) lengths[earlier] = Math.max(lengths[earlier] ?? 0, length);
  }
  return lengths;
}
