import type { Graph } from "../model/graph.ts";
import type { Outcome } from "../model/outcome.ts";
import type { Pool, Step } from "../model/step.ts";
import { dependenciesOf } from "../plan/order.ts";

export type Limits = Readonly<Record<Pool, number>> & { readonly jobs: number };

/** Where a run stands: which steps are under way, and how the others ended. Every function below is pure. */
export type Schedule = {
  readonly graph: Graph;
  readonly limits: Limits;
  readonly keepGoing: boolean;
  readonly stopping: boolean;
  readonly running: ReadonlySet<string>;
  readonly outcomes: ReadonlyMap<string, Outcome>;
};

export function createSchedule(graph: Graph, limits: Limits, keepGoing: boolean): Schedule {
  return { graph, limits, keepGoing, stopping: false, running: new Set(), outcomes: new Map() };
}

/** The steps that may start now, in the graph's order, within every limit. */
export function readySteps(schedule: Schedule): readonly Step[] {
  if (schedule.stopping) return [];
  const ready: Step[] = [];
  for (const step of schedule.graph.steps) {
    if (isSettled(schedule, step.id) || !dependenciesOf(step).every((id) => hasSucceeded(schedule, id)))
      continue;
    const under = [...stepsRunning(schedule), ...ready];
    if (under.length >= schedule.limits.jobs) break;
    if (under.filter(({ pool }) => pool === step.pool).length < schedule.limits[step.pool]) ready.push(step);
  }
  return ready;
}

export function start(schedule: Schedule, stepId: string): Schedule {
  return { ...schedule, running: new Set([...schedule.running, stepId]) };
}

/** Records how a step ended, and what that means for the steps that wait for it. */
export function settle(schedule: Schedule, stepId: string, outcome: Outcome): Schedule {
  const running = new Set(schedule.running);
  running.delete(stepId);
  const outcomes = new Map(schedule.outcomes).set(stepId, outcome);
  const settled = { ...schedule, running, outcomes };
  if (outcome.status !== "failed") return settled;
  const blocked = blockDependents(settled);
  return schedule.keepGoing ? blocked : stop(blocked);
}

/** Starts nothing more. What has not started is cancelled; what runs is still waited for. */
export function stop(schedule: Schedule): Schedule {
  const outcomes = new Map(schedule.outcomes);
  for (const { id } of schedule.graph.steps) {
    if (!isSettled(schedule, id)) outcomes.set(id, { status: "cancelled" });
  }
  return { ...schedule, stopping: true, outcomes };
}

export function isFinished(schedule: Schedule): boolean {
  return schedule.running.size === 0 && readySteps(schedule).length === 0;
}

function blockDependents(schedule: Schedule): Schedule {
  const outcomes = new Map(schedule.outcomes);
  for (const step of schedule.graph.steps) {
    if (outcomes.has(step.id) || schedule.running.has(step.id)) continue;
    const by = dependenciesOf(step).filter((id) =>
      ["failed", "blocked"].includes(outcomes.get(id)?.status ?? ""),
    );
    if (by.length > 0) outcomes.set(step.id, { status: "blocked", by });
  }
  return { ...schedule, outcomes };
}

function isSettled(schedule: Schedule, id: string): boolean {
  return schedule.outcomes.has(id) || schedule.running.has(id);
}

function hasSucceeded(schedule: Schedule, id: string): boolean {
  const status = schedule.outcomes.get(id)?.status;
  return status === "succeeded" || status === "fresh";
}

function stepsRunning(schedule: Schedule): readonly Step[] {
  return schedule.graph.steps.filter(({ id }) => schedule.running.has(id));
}
