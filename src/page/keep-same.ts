import type { RunReport } from "../model/run-report.ts";

/** The next report, with the known one's steps where they are the same: what is the same is not drawn again. */
export function keepSame(known: RunReport, next: RunReport): RunReport {
  const before = new Map(known.steps.map((step) => [step.id, step]));
  return {
    ...next,
    steps: next.steps.map((step) => {
      const same = before.get(step.id);
      return same !== undefined && JSON.stringify(same) === JSON.stringify(step) ? same : step;
    }),
  };
}
